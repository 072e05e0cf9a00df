"""What the projection keeps of the words of services: each event what it says, up to the limit of each set."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from services.gateway.projection.model.followups import (
    DIGESTS,
    DIGESTS_KEPT_MAX,
    ENDED_MAX,
    FINDINGS,
    FINDINGS_MAX,
    FOLLOWUPS,
    HEARD_MAX,
    RULES_QUIET_MAX,
    TEXT_CHARS_MAX,
    Digest,
    Digests,
    Finding,
    Findings,
    Followups,
    Proposal,
)
from shared.contracts import Event
from tests.unit.services.gateway.member_events import golden, known_by

T = TypeVar("T")
GOLDEN = cache(golden)
T0 = GOLDEN("rapport.followup.due").time
HOUR = timedelta(hours=1)


def said(name: str, number: int, **fields: Any) -> Event:
    """Return an event of a service, said so many hours after the first."""
    event = GOLDEN(f"rapport.{name}")
    time = T0 + number * HOUR
    return replace(event, number=number, time=time, logged=time, data=event.data.model_copy(update=fields))


def item(kind: type[T], key: str, *events: Event) -> T:
    found = known_by(events)[1][key]
    assert isinstance(found, kind)
    return found


def hour(number: int) -> datetime:
    return T0 + number * HOUR


def test_each_finding_sets_what_it_says_and_leaves_the_rest() -> None:
    names = ("ignored", "retraction_noticed", "retracted", "expired", "reinvite_allowed")
    about = {"invite_id": "i", "contact_id": "c"}
    events = [said(f"invite.{name}", number, **about) for number, name in enumerate(names, start=1)]
    events[1] = said("invite.retraction_noticed", 2, **about, retract_at=hour(100))
    expected = Finding(
        hour(5), "c", ignored_at=hour(1), retract_at=hour(100), noticed_at=hour(2), retracted_at=hour(3),
        expired_at=hour(4), again_at=hour(5),
    )  # fmt: skip
    assert item(Findings, FINDINGS, *events) == Findings(5, {"i": expected})


def test_of_findings_those_of_which_something_was_said_last_are_kept() -> None:
    events = [said("invite.ignored", n + 1, invite_id=f"i{n}", contact_id="c") for n in range(FINDINGS_MAX)]
    assert len(item(Findings, FINDINGS, *events).by_id) == FINDINGS_MAX
    events.append(said("invite.expired", FINDINGS_MAX + 1, invite_id="i0", contact_id="c"))
    events.append(said("invite.ignored", FINDINGS_MAX + 2, invite_id="more", contact_id="c"))
    kept = list(item(Findings, FINDINGS, *events).by_id)
    assert kept == [*(f"i{n}" for n in range(2, FINDINGS_MAX)), "i0", "more"]


@pytest.mark.parametrize(("more", "count"), [(None, 0), (("x", "y"), 2)])
def test_a_proposal_keeps_the_ids_that_it_shows_and_how_many_it_names_beyond_them(more: Any, count: int) -> None:
    event = said("invite.retraction_proposed", 1, proposal_id="p", attempt=2, more=more)
    shown = tuple(one.invite_id for one in event.data.invites)  # type: ignore[attr-defined]  # it is a proposal
    assert shown
    assert item(Findings, FINDINGS, event).proposal == Proposal("p", hour(1), 2, shown, count)


def mailed(*events: Event) -> Digests:
    return item(Digests, DIGESTS, *events)


def test_a_digest_stands_as_its_last_event_leaves_it() -> None:
    period: dict[str, Any] = {"period": "2026-W48"}
    prepared = said("digest.prepared", 1, **period, due_at=hour(0))
    items = len(prepared.data.items)  # type: ignore[attr-defined]  # it has been prepared
    told = [
        prepared, said("digest.sending", 2, **period, attempt=1),
        said("digest.failed", 3, **period, reason="unreachable" + "!" * TEXT_CHARS_MAX, switched_off=False),
        said("digest.sending", 4, **period, attempt=2), said("digest.sent", 5, **period),
    ]  # fmt: skip
    base = Digest("2026-W48", hour(1), "prepared", due_at=hour(0), items=items)
    reason = ("unreachable" + "!" * TEXT_CHARS_MAX)[:TEXT_CHARS_MAX]
    expected = [
        base, replace(base, at=hour(2), outcome="sending", attempt=1),
        replace(base, at=hour(3), outcome="failed", attempt=1, reason=reason),
        replace(base, at=hour(4), outcome="sending", attempt=2, reason=reason),
        replace(base, at=hour(5), outcome="sent", attempt=2),
    ]  # fmt: skip
    for number, one in enumerate(expected, start=1):
        assert mailed(*told[:number]) == Digests(number, {"2026-W48": one})
    lost = mailed(*told[:4], said("digest.unknown", 5, **period))
    assert lost.by_period["2026-W48"] == replace(expected[4], outcome="unknown")
    skipped = mailed(said("digest.skipped", 1, **period, why="empty"))
    assert skipped.by_period["2026-W48"] == Digest("2026-W48", hour(1), "skipped", reason="empty")


def test_when_mails_were_given_up_stays_known_after_another_failure() -> None:
    off = said("digest.failed", 1, period="2026-W48", switched_off=True)
    later = said("digest.failed", 2, period="2026-W49", switched_off=False)
    assert mailed(later).off_at is None
    assert mailed(off, later).off_at == hour(1)


def test_the_last_ten_digests_are_kept() -> None:
    told = [said("digest.skipped", n + 1, period=f"2026-W{10 + n}") for n in range(DIGESTS_KEPT_MAX)]
    assert len(mailed(*told).by_period) == DIGESTS_KEPT_MAX
    more = said("digest.skipped", 99, period="2026-W40")
    assert list(mailed(*told, more).by_period) == [
        *(f"2026-W{11 + n}" for n in range(DIGESTS_KEPT_MAX - 1)),
        "2026-W40",
    ]


def followups(*events: Event) -> Followups:
    return item(Followups, FOLLOWUPS, *events)


def test_a_followup_is_named_by_its_id_and_says_itself_what_that_does_not() -> None:
    for key, rule, contact, left in (
        ("contact/c1/thank/1", "thank", "c1", ("", "")),
        ("contact/c1/thank/1", "other", "c2", ("other", "c2")),
        ("meeting/m1/met/1", "met", None, ("", "")),
    ):
        plan = said("followup.scheduled", 1, followup_id=key, rule=rule, contact_id=contact)
        one = followups(plan).open[key]
        assert (one.rule, one.contact_id) == left
        assert (one.attempt, one.pushed, one.reminded_at, one.text, one.lapses_at) == (0, False, None, "", None)


@pytest.mark.parametrize("push", [True, False])
def test_one_that_is_due_says_when_that_was_said_and_whether_it_was_pushed(push: bool) -> None:
    due = said(
        "followup.due", 3, followup_id="contact/c/thank/1", attempt=2, push=push, lapses_at=hour(50), text="Thank her.",
        what="w" * (TEXT_CHARS_MAX + 1),
    )  # fmt: skip
    one = followups(due).open["contact/c/thank/1"]
    assert (one.reminded_at, one.attempt, one.pushed, one.lapses_at) == (hour(3), 2, push, hour(50))
    assert (one.text, one.what) == ("Thank her.", "w" * TEXT_CHARS_MAX)


def test_one_that_was_put_off_says_instead_of_when() -> None:
    put_off = said("followup.rescheduled", 2, followup_id="f", instead_of=hour(1), due_at=hour(9))
    assert followups(put_off).open["f"].instead_of == hour(1)
    again = said("followup.scheduled", 3, followup_id="f", due_at=hour(9))
    assert followups(put_off, again).open["f"].instead_of is None


def test_what_has_ended_is_open_no_more_and_the_last_ten_are_shown() -> None:
    ends = ("completed", "cancelled", "lapsed")
    told = [said("followup.scheduled", 1, followup_id="open")]
    told += [said(f"followup.{ends[n % 3]}", n + 2, followup_id=f"f{n:02}") for n in range(ENDED_MAX)]
    told.append(said("followup.completed", ENDED_MAX + 2, followup_id="open"))
    known = followups(*told)
    assert known.open == {}
    assert [(one.id, one.at, one.how) for one in known.ended] == [
        *((f"f{n:02}", hour(n + 2), ends[n % 3]) for n in range(1, ENDED_MAX)),
        ("open", hour(ENDED_MAX + 2), "completed"),
    ]


def test_what_was_said_before_is_not_applied_again() -> None:
    plan, end = said("followup.scheduled", 1, followup_id="f"), said("followup.lapsed", 2, followup_id="f")
    known = followups(plan, end)
    assert followups(plan, end, end) == followups(plan, end, plan) == known
    assert len(known.ended) == 1


def test_a_rule_is_quiet_until_it_comes_back() -> None:
    quiet = said("rule.quieted", 1, rule="thank", asks_again_at=hour(1000))
    assert followups(quiet).quiet == {"thank": hour(1000)}
    assert followups(quiet, said("rule.resumed", 2, rule="other")).quiet == {"thank": hour(1000)}
    assert followups(quiet, said("rule.resumed", 2, rule="thank")).quiet == {}
    many = [said("rule.quieted", n + 1, rule=f"r{n}", asks_again_at=hour(n)) for n in range(RULES_QUIET_MAX + 1)]
    assert list(followups(*many).quiet) == [f"r{n}" for n in range(1, RULES_QUIET_MAX + 1)]


def test_of_the_member_s_own_reminders_it_is_known_when_they_were_last_heard_of() -> None:
    told = [said("followup.scheduled", n + 1, followup_id=f"reminder/r{n}/own_reminder/1") for n in range(HEARD_MAX)]
    told.append(said("followup.due", HEARD_MAX + 1, followup_id="reminder/r0/own_reminder/2"))
    told.append(said("followup.scheduled", HEARD_MAX + 2, followup_id="contact/c/thank/1"))
    told.append(said("followup.scheduled", HEARD_MAX + 3, followup_id="reminder/a/b/own_reminder/1"))
    heard = followups(*told).heard
    assert list(heard) == [*(f"r{n}" for n in range(2, HEARD_MAX)), "r0", "a/b"]
    assert (heard["r0"], heard["a/b"]) == (hour(HEARD_MAX + 1), hour(HEARD_MAX + 3))
