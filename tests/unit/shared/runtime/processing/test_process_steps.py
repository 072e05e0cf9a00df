"""What a partition does with a decider that says several things at once, begins effects, and changes its mind in a sweep."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.digest.decider import DECIDER as DIGEST
from services.invites.decider import DECIDER as INVITES
from shared.contracts import (
    InviteAccepted,
    InviteExpired,
    InviteIgnored,
    MemberErased,
    MemberJoined,
    MemberPreferencesSet,
    Parked,
)
from shared.decider import Evaluation, View
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.processing import process
from shared.runtime.processing.member.member_state import PROFILE
from shared.testing.fakes import fake_store
from shared.testing.fakes.fake_log import FakeWriter
from shared.testing.simulation.scheduler import finish
from tests.unit.shared.runtime.processing.toy_decider import ECHO, TOY, OnePartition, Thing, expired, sent

LONG_AGO = timedelta(days=91)
"""An invite of this age counts as ignored."""


def stored(one: OnePartition, key: str, member: str = "m1") -> Thing | None:
    value = one.store.contents(0)[member][0].get(key)
    return None if value is None else msgspec.msgpack.decode(value, type=Thing)


def test_two_things_that_are_said_at_once_are_both_said_and_stored() -> None:
    one = OnePartition()
    one.tell(sent("a"))
    one.run()
    assert one.heard() == ["ignored a", "expired a"]
    assert [event.number for event in one.said()] == [1, 2]
    assert stored(one, "invite/a") == Thing(ignored=True, expired=True)


@pytest.mark.parametrize("name", ["bad", "large"])
def test_where_one_of_two_can_not_be_said_neither_is_said_nor_stored_and_the_item_is_parked(name: str) -> None:
    """Without `back_to` in `UnitOfWork.say`, the store leaves the log: it would hold an `ignored` that nobody reads."""
    one = OnePartition()
    one.tell(sent("a"))
    one.tell(sent(name))
    one.run()
    events = [event.data for event in one.said()]
    assert [type(data) for data in events] == [InviteIgnored, InviteExpired, Parked]
    assert getattr(events[-1], "item", "") == f"invite/{name}"
    assert stored(one, f"invite/{name}") == Thing()
    rebuilt = OnePartition(cluster=one.cluster)
    rebuilt.run()
    assert rebuilt.store.contents(0) == one.store.contents(0), "the log says the same"


def test_a_step_that_is_cancelled_while_it_appends_sends_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that fails: else what waits to be appended leaves when its producer is closed (`except Exception` lets it)."""

    async def cancelled(*_: object) -> int:
        raise asyncio.CancelledError

    one = OnePartition()
    one.tell(sent("a"))
    monkeypatch.setattr(FakeWriter, "append", cancelled)
    with pytest.raises(asyncio.CancelledError):
        one.run()
    assert isinstance(one.owner.writer, FakeWriter)
    with pytest.raises(Uncertain, match="abandoned"):
        finish(one.owner.writer.commit())


def test_an_effect_begins_once_when_its_event_stands_in_log_and_store_and_its_outcome_is_said_once() -> None:
    one = OnePartition()
    one.tell(sent("mail"))
    one.run()
    ((event, number),) = one.effects.begun
    assert (event.number, number) == (1, 1), "the store has counted it"
    assert one.heard() == ["retracted mail"]
    one.owner.report(event, expired("mail"))
    one.owner.report(event, expired("mail"))
    one.run()
    assert one.heard() == ["retracted mail", "expired mail"]
    assert not one.owner.reports
    assert one.effects.all_published == 1
    assert len(one.effects.begun) == 1


def test_a_sweep_that_is_owed_anew_by_its_own_last_page_is_done_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """`echo` stands on the last page and changes the profile: the others, who were looked at before, have to speak.

    Without the look at `known.sweep` in `process.sweep` it is marked as done, and `a` never speaks.
    """
    monkeypatch.setattr(process, "COMMIT_ITEMS_MAX", 1)
    one = OnePartition()
    one.tell(sent("a"))
    one.tell(sent("echo"))
    one.run()
    said = len(one.said())
    one.tell(MemberPreferencesSet(zone="Europe/Paris"))
    one.run()
    assert one.heard()[said:] == ["reinvite_allowed echo", "reinvite_allowed a"]
    assert not one.owner.sweeping
    assert stored(one, ECHO) == Thing(ignored=True, expired=True, spoken=1)


def test_members_are_swept_together_up_to_the_items_of_one_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fourth goes on where the items of the first commit end. Who has nothing is done, too."""
    monkeypatch.setattr(process, "COMMIT_ITEMS_MAX", 4)
    asked: list[tuple[str, str]] = []

    def evaluate(view: View[Any, Any], key: str, at: datetime | None) -> Evaluation:
        asked.append((view.member, key.rpartition("/")[2]))
        return TOY.evaluate(view, key, at)

    one = OnePartition(replace(TOY, evaluate=evaluate))
    wanted = {"m1": ["a"], "m2": ["b", "c"], "m3": [], "m4": ["d", "e", "f"], "m5": []}
    for member, names in wanted.items():
        for name in names:
            one.tell(sent(name), member=member)
    one.run()
    commits = one.owner.counts["commits"]
    asked.clear()
    for member in wanted:
        one.tell(MemberPreferencesSet(zone="Europe/Paris"), member=member)
    assert one.step()
    assert list(one.owner.sweeping) == [*wanted][3:]
    one.run()
    assert asked == [(member, name) for member, names in wanted.items() for name in names]
    assert one.owner.counts["commits"] - commits == 3, "one applies, two sweep"
    assert not one.owner.sweeping
    assert finish(one.store.sweeps(0, 10)) == []


def test_a_profile_under_which_all_stays_as_it_was_is_stored_and_nothing_is_swept() -> None:
    """Invites of a member who is asked do not read the zone; under `auto` they do, and the change to `auto` is swept."""
    one = OnePartition(INVITES)
    one.tell(sent("a"))
    one.run()
    commits = one.owner.counts["commits"]
    one.tell(MemberJoined(name="Ada", email="ada@example.org", zone="Europe/Paris"))
    one.run()
    assert one.owner.counts["commits"] - commits == 1, "one applies, none sweeps"
    assert b"Paris" in one.store.contents(0)["m1"][0][PROFILE]
    one.tell(MemberPreferencesSet.model_validate({"retraction": {"policy": "auto"}}))
    one.run()
    one.tell(MemberPreferencesSet(zone="Asia/Tokyo"))
    one.run()
    assert one.owner.counts["commits"] - commits == 1 + 2 * 2, "each applies, and sweeps"


def test_members_whose_keys_do_not_fit_one_page_are_swept_by_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page holds one key here: of two members, one is swept by a step, and the other is not forgotten."""
    monkeypatch.setattr(fake_store, "SWEEP_PAGE_KEYS_MAX", 1)
    asked: list[str] = []

    def evaluate(view: View[Any, Any], key: str, at: datetime | None) -> Evaluation:
        asked.append(view.member)
        return TOY.evaluate(view, key, at)

    one = OnePartition(replace(TOY, evaluate=evaluate))
    for member in ("m1", "m2"):
        one.tell(sent("a"), member=member)
    one.run()
    asked.clear()
    for member in ("m1", "m2"):
        one.tell(MemberPreferencesSet(zone="Europe/Paris"), member=member)
    assert one.step()
    assert (asked, list(one.owner.sweeping)) == (["m1"], ["m2"])
    one.run()
    assert asked == ["m1", "m2"]
    assert finish(one.store.sweeps(0, 10)) == []


def test_what_an_import_makes_due_waits_for_the_answer_that_stands_behind_it() -> None:
    """The instant that was proven before is no proof of what is applied since.

    Without `proven = None` in `apply_batches`, `b` is found to be ignored, although the log says that it was accepted.
    """
    one = OnePartition(INVITES)
    now = one.clock.now()
    one.tell(sent("a"), now - LONG_AGO)
    one.run()
    assert one.heard() == ["ignored a"]
    one.tell(sent("b"), now - LONG_AGO)
    one.tell(InviteAccepted(invite_id="b", contact_id="ada"), now)
    one.step(records_max=1)
    one.run()
    assert [event.data.invite_id for event in one.said() if isinstance(event.data, InviteIgnored)] == ["a"]


def test_who_joins_again_after_an_erasure_gets_mail_at_the_address_that_the_joining_tells() -> None:
    again, anew = OnePartition(DIGEST), OnePartition(DIGEST)
    joined = MemberJoined.model_validate({"name": "Ada", "email": "ada@example.org"})
    again.tell(MemberJoined.model_validate({"name": "Ada", "email": "old@example.org"}))
    again.tell(MemberErased())
    for one in (again, anew):
        one.clock.advance_to(one.clock.now() + timedelta(days=1))
        one.tell(joined)
        one.tell(MemberPreferencesSet(zone="Europe/Paris"))
        one.run()
    profiles = [one.store.contents(0)["m1"][0][PROFILE] for one in (again, anew)]
    assert b"ada@example.org" in profiles[0]
    assert b"Europe/Paris" in profiles[0], "told at the very instant of the joining"
    assert b"old@example.org" not in profiles[0]
