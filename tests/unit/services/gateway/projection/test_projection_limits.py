"""What the projection keeps of the words of product and member: each register, each set at its number and one beyond it."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from services.gateway.projection.apply.people import WORDS_CHARS_MAX
from services.gateway.projection.model.followups import TEXT_CHARS_MAX
from services.gateway.projection.model.people import (
    ANSWERS_MAX,
    CONTACT,
    DATES_MAX,
    INVITES,
    INVITES_MAX,
    LATELY_MAX,
    MEETING_PEOPLE_MAX,
    MEETINGS,
    PROMISES,
    PROMISES_MAX,
    PROPOSALS_ANSWERED_MAX,
    REMINDERS,
    REQUESTS_MAX,
    Invites,
    Meetings,
    Person,
    Promises,
    Reminders,
)
from services.gateway.projection.model.registers import Stated, later, stamp_of, time_of
from shared.contracts import Contact, Event
from shared.contracts.limits import DAYS_MAX
from tests.unit.services.gateway.member_events import golden, known_by

T = TypeVar("T")
GOLDEN = cache(golden)
T0 = GOLDEN("rapport.contact.connected").time
HOUR = timedelta(hours=1)


def told(name: str, hour: float, key: str = "", **fields: Any) -> Event:
    """Return an event of the product, so many hours after the first."""
    event = GOLDEN(f"rapport.{name}")
    time = T0 + hour * HOUR
    return replace(event, id=key or f"{name}/{hour}", time=time, logged=time, data=event.data.model_copy(update=fields))


def item(kind: type[T], key: str, *events: Event) -> T:
    found = known_by(events)[1][key]
    assert isinstance(found, kind)
    return found


def invites(*events: Event) -> Invites:
    return item(Invites, INVITES, *events)


def person(*events: Event) -> Person:
    return item(Person, CONTACT + "c", *events)


def c(name: str = "Ada") -> Contact:
    return Contact(id="c", name=name)


def test_a_register_holds_the_latest_and_of_one_instant_that_of_the_highest_stamp() -> None:
    one, other = (Stated(stamp_of(told("note.added", 1, key)), key) for key in ("a", "b"))
    assert {later(later(None, one), other).value, later(later(None, other), one).value} == {
        max(one, other, key=lambda it: it.stamp).value
    }
    assert later(one, one) is one
    assert time_of(one.stamp) == one.time == T0 + HOUR
    assert one.stamp[:-3] == round((T0 + HOUR).timestamp() * 1000).to_bytes(6, "big"), "then three of the id's digest"
    assert stamp_of(told("note.added", 1, "z")) < stamp_of(told("note.added", 1 + 1 / 3_600_000, "a")), "a millisecond"


def test_of_several_sendings_of_an_invite_the_earliest_counts() -> None:
    first = told("invite.sent", 1, invite_id="i", contact=c())
    again = told("invite.received", 2, invite_id="i", contact=Contact(id="d", name="Dan"))
    for events in ((first, again), (again, first)):
        sent = invites(*events).by_id["i"].sent
        assert sent is not None
        assert (sent.time, sent.contact_id, sent.mine) == (T0 + HOUR, "c", True)


def test_an_invite_keeps_its_last_outcome_and_why_it_was_sent() -> None:
    one = invites(
        told("invite.declined", 2, invite_id="i"), told("contact.connected", 1, via_invite="i", contact=c()),
        told("invite.why_given", 3, invite_id="i", why="w" * (TEXT_CHARS_MAX + 1)),
    ).by_id["i"]  # fmt: skip
    assert one.outcome is not None
    assert one.why is not None
    assert (one.outcome.time, one.why.value) == (T0 + 2 * HOUR, "w" * TEXT_CHARS_MAX)


@pytest.mark.parametrize(("days", "until"), [(None, None), (30, 30), (DAYS_MAX, DAYS_MAX), (DAYS_MAX + 1, DAYS_MAX)])
def test_an_invite_is_kept_for_good_or_for_so_many_days(days: int | None, until: int | None) -> None:
    kept = invites(told("invite.kept", 1, invite_ids=("i",), proposal_id=None, for_days=days)).by_id["i"].wish
    assert kept is not None
    assert kept.kept
    assert kept.until == (None if until is None else T0 + HOUR + timedelta(days=until))


@pytest.mark.parametrize("minutes", [None, 10])
def test_an_invite_that_is_let_go_waits_for_so_many_minutes(minutes: int | None) -> None:
    said = told("invite.retraction_approved", 1, invite_ids=("i",), proposal_id=None, wait_minutes=minutes)
    let_go = invites(said).by_id["i"].wish
    assert let_go is not None
    assert (let_go.kept, let_go.until) == (False, None if minutes is None else T0 + HOUR + timedelta(minutes=minutes))


def test_the_last_proposals_that_were_answered_as_a_whole_are_kept() -> None:
    answers = [told("invite.kept", n, proposal_id=f"p{n}", invite_ids=None) for n in range(PROPOSALS_ANSWERED_MAX + 1)]
    assert set(invites(*answers[:-1]).proposals) == {f"p{n}" for n in range(PROPOSALS_ANSWERED_MAX)}
    assert set(invites(*answers).proposals) == {f"p{n}" for n in range(1, PROPOSALS_ANSWERED_MAX + 1)}
    assert set(invites(*answers[1:], answers[0]).proposals) == {f"p{n}" for n in range(1, PROPOSALS_ANSWERED_MAX + 1)}


def test_of_invites_those_of_which_something_was_said_last_are_kept_whatever_it_was() -> None:
    sent = [told("invite.sent", n, invite_id=f"i{n:03}", contact=c()) for n in range(INVITES_MAX)]
    assert len(invites(*sent).by_id) == INVITES_MAX
    again = [
        told("invite.declined", 600, invite_id="i000"), told("invite.why_given", 601, invite_id="i001"),
        told("invite.kept", 602, invite_ids=("i002",), proposal_id=None), told("invite.sent", 603, invite_id="new"),
    ]  # fmt: skip
    assert {f"i{n:03}" for n in range(INVITES_MAX)} - set(invites(*sent, *again).by_id) == {"i003"}
    equal = [replace(one, time=T0, id="same") for one in sent]
    left = set(invites(*equal, replace(told("invite.sent", 0, "same", invite_id="i999"), time=T0)).by_id)
    assert "i000" not in left, "of those of the same instant the first by its id goes"


def test_a_meeting_keeps_plan_status_company_and_questions_each_by_its_last_word() -> None:
    ids = tuple(f"c{n}" for n in range(MEETING_PEOPLE_MAX + 1))
    events = [
        told("meeting.scheduled", 1, meeting_id="m", contact_ids=ids),
        told("meeting.cancelled", 3, meeting_id="m", contact_ids=()),
        told("meeting.rescheduled", 2, meeting_id="m", contact_ids=(), place=None),
        told("meeting.questions_prepared", 1, meeting_id="m", count=4),
        told("meeting.questions_prepared", 0, meeting_id="m", count=9),
    ]  # fmt: skip
    one = item(Meetings, MEETINGS, *events).by_id["m"]
    assert one.status is not None
    assert one.plan is not None
    assert one.company is not None
    assert one.questions is not None
    assert (one.status.value, one.plan.time, one.plan.place) == ("cancelled", T0 + 2 * HOUR, "")
    assert (one.company.contact_ids, one.company.count) == (ids[:MEETING_PEOPLE_MAX], MEETING_PEOPLE_MAX + 1)
    assert one.questions.value == 4


def test_promises_requests_and_answers_are_kept_as_far_as_something_was_said_of_them_last() -> None:
    made = [told("promise.made", n, promise_id=f"p{n:03}") for n in range(PROMISES_MAX + 1)]
    assert set(item(Promises, PROMISES, *made).by_id) == {f"p{n:03}" for n in range(1, PROMISES_MAX + 1)}
    kept = told("promise.kept", 999, promise_id="p000")
    assert "p000" in item(Promises, PROMISES, made[0], kept, *made[1:]).by_id
    asked = [told("followup.requested", n, followup_id=f"r{n:03}") for n in range(REQUESTS_MAX + 1)]
    done = [told("followup.done", n, followup_id=f"f{n:03}") for n in range(ANSWERS_MAX + 1)]
    known = item(Reminders, REMINDERS, *asked, *done)
    assert set(known.requests) == {f"r{n:03}" for n in range(1, REQUESTS_MAX + 1)}
    assert set(known.answers) == {f"f{n:03}" for n in range(1, ANSWERS_MAX + 1)}


@pytest.mark.parametrize(("name", "how"), [("done", "done"), ("snoozed", "snoozed"), ("dismissed", "dismissed")])
def test_an_answer_says_how_and_a_snooze_until_when(name: str, how: str) -> None:
    until = T0 + 48 * HOUR
    fields: dict[str, Any] = {"until": until} if name == "snoozed" else {}
    answer = item(Reminders, REMINDERS, told(f"followup.{name}", 1, followup_id="f", **fields)).answers["f"]
    assert (answer.how, answer.until) == (how, until if fields else None)


def test_words_are_cut_where_a_page_would_cut_them() -> None:
    long = "w" * (TEXT_CHARS_MAX + 1)
    made = item(Promises, PROMISES, told("promise.made", 1, promise_id="p", what=long)).by_id["p"].made
    asked = item(Reminders, REMINDERS, told("followup.requested", 1, followup_id="r", what=long)).requests["r"]
    (noted,) = person(told("note.added", 1, contact_id="c", what=long)).lately
    (mention,) = person(told("invite.sent", 1, contact=c(), why=long, note=None)).mentions
    assert made is not None
    assert made.what == asked.what == long[:TEXT_CHARS_MAX]
    assert noted.what == mention.why == long[:WORDS_CHARS_MAX]


def test_of_what_happened_with_a_person_the_last_times_are_kept_oldest_first() -> None:
    notes = [told("note.added", n, contact_id="c", what=f"Note {n}") for n in (4, 1, 3, 2)]
    assert [one.what for one in person(*notes).lately] == [f"Note {5 - LATELY_MAX + n}" for n in range(LATELY_MAX)]


def test_connected_muted_and_how_often_are_as_was_said_last() -> None:
    pairs = (("connected", "contact.connected", "contact.removed"), ("muted", "contact.muted", "contact.unmuted"))
    for field, on, off in pairs:
        about: dict[str, Any] = {"contact": c()} if on == "contact.connected" else {"contact_id": "c"}
        yes, no = told(on, 1, **about), told(off, 2, contact_id="c")
        for events in ((yes, no), (no, yes)):
            assert getattr(person(*events), field).value is False
        assert getattr(person(no, told(on, 3, **about)), field).value is True
    assert person(told("contact.cadence_set", 1, contact_id="c", every_days=None)).every_days is not None
    by_invite = person(told("invite.accepted", 1, contact_id="c")).connected
    assert by_invite is not None
    assert by_invite.value is True


def test_name_and_reason_are_each_by_the_last_event_that_has_one() -> None:
    reason = told("invite.sent", 1, contact=c("Ada"), why="Her talk.", note=None)
    name = told("contact.connected", 2, contact=c("Ada Lovelace"))
    for events in ((reason, name), (name, reason)):
        assert [(one.name, one.why) for one in person(*events).mentions] == [("", "Her talk."), ("Ada Lovelace", "")]
    other = told("invite.received", 1.5, contact=c("Ada"), why="Her engine.", note=None)
    for order in ((reason, other, name), (other, name, reason)):
        assert [(one.name, one.why) for one in person(*order).mentions] == [("", "Her engine."), ("Ada Lovelace", "")]
    both = person(name, told("invite.received", 3, contact=c("Countess"), why=None, note="By letter."))
    assert [(one.name, one.why) for one in both.mentions] == [("Countess", "By letter.")]


def test_of_the_days_of_a_person_that_which_was_set_longest_ago_makes_room() -> None:
    days = [told("contact.date_set", n, contact_id="c", label=f"d{n:02}", month=2, day=n + 1) for n in range(DATES_MAX)]
    known = person(*days)
    assert {label: one.value for label, one in known.dates.items()} == {f"d{n:02}": 201 + n for n in range(DATES_MAX)}
    more = told("contact.date_set", 99, contact_id="c", label="more", month=12, day=24)
    again = told("contact.date_set", 98, contact_id="c", label="d00", month=1, day=1)
    assert set(person(*days, again, more).dates) == {"d00", *(f"d{n:02}" for n in range(2, DATES_MAX)), "more"}
