"""Each step tells its observer what began and that it has finished, and the owner counts what it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.invites.decider import DECIDER as INVITES
from shared.contracts import ACTIVITY, Event, InviteIgnored, MemberErased, MemberPreferencesSet
from shared.decider import Decider
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.processing.observer import Silent
from shared.runtime.processing.unit_of_work import UnitOfWork
from tests.unit.shared.runtime.processing.toy_decider import T0, TOY, OnePartition, expired, retracted, sent

LONG_AGO = timedelta(days=91)
"""An invite of this age counts as ignored."""


class Told(Silent):
    """What an observer is told of each step: what came in, what had woken, what was said."""

    def __init__(self) -> None:
        self.begun: list[tuple[list[str], list[str]]] = []
        self.ended: list[tuple[datetime, int]] = []

    def began(self, work: UnitOfWork[Any, Any], events: Sequence[Event]) -> None:
        assert len(self.begun) == len(self.ended), "the one before has finished"
        self.begun.append(([event.data.TYPE for event in events], [key for _, _, key in work.woken]))

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        assert publish_seconds >= 0
        assert commit_seconds >= 0
        self.ended.append((now, len(work.events)))


def watched(decider: Decider[Any, Any] = TOY) -> tuple[OnePartition, Told]:
    one, told = OnePartition(decider), Told()
    one.owner.observer = told
    one.owner.counts.clear()
    return one, told


def test_a_batch_a_report_and_a_sweep_are_told_each_as_a_step() -> None:
    one, told = watched()
    one.tell(sent("mail"))
    one.run()
    assert told.begun == [(["rapport.invite.sent"], [])]
    ((event, _),) = one.effects.begun
    one.owner.report(event, expired("mail"))
    one.run()
    assert told.begun[1:] == [(["rapport.invite.retracted"], [])]
    one.tell(MemberPreferencesSet(zone="Europe/Paris"))
    one.run()
    assert told.begun[2:] == [(["rapport.member.preferences_set"], []), ([], [])], (
        "the batch, and the sweep that it owes"
    )
    assert told.ended == [(T0, 1), (T0, 1), (T0, 0), (T0, 0)]
    assert (one.owner.counts["events"], one.owner.counts["published"], one.owner.counts["wakes"]) == (2, 2, 0)
    assert one.owner.counts["commits"] == len(told.ended)


def test_what_wakes_is_told_by_its_key_and_counted() -> None:
    one, told = watched(INVITES)
    one.tell(sent("a"), one.clock.now() - LONG_AGO)
    one.run()
    assert told.begun == [(["rapport.invite.sent"], []), ([], ["invite/a"])]
    assert [type(event.data) for event in one.said()] == [InviteIgnored]
    assert one.owner.counts["wakes"] == 1


def test_what_is_no_event_is_counted_apart_and_so_is_what_a_member_s_erasure_has_overtaken() -> None:
    one, told = watched()
    now = to_ms(one.clock.now())
    unknown = [("ce_id", b"1"), ("ce_source", b"/x"), ("ce_specversion", b"1.0"), ("ce_type", b"com.example.other")]
    one.cluster.append_plain(ACTIVITY, 0, Message(b"m1", b"{}", unknown, now))
    one.cluster.append_plain(ACTIVITY, 0, Message(b"m1", b"no event", [], now))
    one.run()
    counts = one.owner.counts
    assert (counts["events"], counts["unknown"], counts["dead"], counts["earlier"]) == (2, 1, 1, 0)
    assert one.owner.strange == {"com.example.other": 1}
    assert told.begun == [([], [])]


def test_a_report_of_who_was_erased_meanwhile_is_counted_as_lost() -> None:
    one, _ = watched()
    one.tell(sent("mail"))
    one.run()
    ((event, _),) = one.effects.begun
    one.tell(MemberErased())
    one.run()
    one.owner.report(event, expired("mail"))
    one.run()
    assert one.owner.counts["reports_lost"] == 1
    assert one.heard() == ["retracted mail"]


def test_a_report_that_can_not_be_said_is_counted_as_lost_and_stops_nobody() -> None:
    one, _ = watched()
    one.tell(sent("mail"))
    one.run()
    ((event, _),) = one.effects.begun
    one.owner.report(event, retracted("mail"))  # it is, already: nothing would change
    one.owner.report(event, expired("mail"))
    one.run()
    assert one.heard() == ["retracted mail", "expired mail"]
    assert one.owner.counts["reports_lost"] == 1
