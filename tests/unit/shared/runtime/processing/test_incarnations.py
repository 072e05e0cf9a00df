"""Erasure is exact across topics: what is known follows from how far each topic was read, not from the order between them.

Broken on purpose, alone, each guard in `invariants` that bears on it fails here: `is_later`, `is_earlier`, `counts_from`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.gateway.projection.decider import PROJECTION
from services.invites.decider import DECIDER as INVITES_DECIDER
from shared.contracts import (
    ACTIVITY,
    Contact,
    ContactConnected,
    Event,
    EventData,
    FollowupLapsed,
    InviteIgnored,
    InviteSent,
    MemberErased,
    MemberJoined,
    MemberPreferencesSet,
)
from shared.runtime.processing import invariants
from shared.runtime.processing.member.member_state import MemberState
from shared.runtime.processing.member.runtime_meta import stored_of
from shared.testing.simulation.checker import AllItems

T0 = datetime(2026, 1, 1, tzinfo=UTC)
TOLD: tuple[EventData, ...] = (
    MemberErased(), MemberErased(), MemberJoined(name="Mo"), MemberJoined(name="Mo"), MemberJoined(name="Mo"),
    InviteSent(invite_id="i1", contact=Contact(id="c1", name="Chris")),
    ContactConnected(contact=Contact(id="c2", name="Cyd")), MemberPreferencesSet(per_day=1),
)  # fmt: skip
SAID: tuple[tuple[EventData, ...], ...] = (
    (InviteIgnored(invite_id="i1", contact_id="c1", age_days=60), InviteIgnored(invite_id="i2", contact_id="c2", age_days=9)),
    (FollowupLapsed(followup_id="contact/c1/thank/2026-01-05", rule="thank"),),
)  # fmt: skip
"""What two other services say."""


@dataclass(frozen=True)
class History:
    """Topics, each in its order: the activity topic first."""

    topics: tuple[tuple[Event, ...], ...]


def told(offset: int, data: EventData, mark: int, hours: int) -> Event:
    at = T0 + timedelta(hours=offset)
    return Event(
        f"e-{mark}", "m1", min(at + timedelta(hours=hours), at + timedelta(days=1)), at, data, "/product", offset=offset
    )


def said(number: int, data: EventData, incarnation: int, hours: int = 0) -> Event:
    at = T0 + timedelta(hours=number + hours)
    return Event(
        f"s-{number}", "m1", at, at, data, "/rapport/other", number=number, input_offsets={}, incarnation=incarnation
    )


def erasures(activity: Sequence[Event]) -> list[Event]:
    """Those that count: none that is told again."""
    seen: set[str] = set()
    found = []
    for event in activity:
        if isinstance(event.data, MemberErased | MemberJoined) and event.id not in seen:
            seen.add(event.id)
            found += [event] if isinstance(event.data, MemberErased) else []
    return found


def last_before(activity: Sequence[Event], input_offsets: int) -> int:
    return max(
        (one.offset + 1 for one in erasures(activity) if one.offset is not None and one.offset < input_offsets),
        default=0,
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    marks = st.integers(0, 5)  # so few that joinings and erasures are told again, and never more than are remembered
    drawn = draw(st.lists(st.tuples(st.sampled_from(TOLD), marks, st.integers(-300, 30)), max_size=14))
    activity = tuple(
        told(offset, data, mark if isinstance(data, MemberErased | MemberJoined) else 100 + offset, hours)
        for offset, (data, mark, hours) in enumerate(drawn)
    )
    topics: list[tuple[Event, ...]] = [activity]
    number = 0
    for kinds in SAID:
        events = []
        for input_offsets in sorted(
            draw(st.lists(st.integers(0, len(activity)), max_size=6))
        ):  # a service goes on, never back
            number += 1
            events.append(said(number, draw(st.sampled_from(kinds)), last_before(activity, input_offsets)))
        topics.append(tuple(events))
    return History(tuple(topics))


def orders(draw: st.DataObject, history: History) -> list[Event]:
    """Return all events in some order that keeps that of each topic."""
    turns = [number for number, topic in enumerate(history.topics) for _ in topic]
    rest = [iter(topic) for topic in history.topics]
    return [next(rest[number]) for number in draw.draw(st.permutations(turns))]


def read(events: Sequence[Event]) -> MemberState[Any, Any]:
    member: MemberState[Any, Any] = MemberState(PROJECTION, "m1")
    member.items = AllItems()
    for event in events:
        member.apply(event)
    return member


def items(member: MemberState[Any, Any]) -> object:
    return member.profile, {key: item for key, item in member.items.items() if item is not None}


@given(histories(), st.data())
def test_the_order_between_topics_does_not_matter(history: History, data: st.DataObject) -> None:
    one, other = read(orders(data, history)), read(orders(data, history))
    assert items(one) == items(other)
    assert stored_of(one.notes, one.recent) == stored_of(other.notes, other.recent)


@given(histories(), st.data())
def test_what_counts_is_what_was_said_in_the_last_incarnation(history: History, data: st.DataObject) -> None:
    """As if nothing else had ever been told: the last erasure, the joining behind it, and what follows."""
    activity, *others = history.topics
    begins = last_before(activity, len(activity))
    joined = None if begins else T0 - timedelta(days=365)
    counted: list[Event] = []
    joinings: set[str] = set()
    for event in activity:
        first = event.id not in joinings
        if isinstance(event.data, MemberErased | MemberJoined):
            joinings.add(event.id)
        if event.offset is None or event.offset < begins or isinstance(event.data, MemberErased):
            continue
        if joined is None and isinstance(event.data, MemberJoined) and first:
            joined = min(max(event.time, T0 + timedelta(hours=begins - 1)), event.logged)
            counted.append(event)
        elif joined is not None and event.time >= joined:
            counted.append(event)
    counted += [replace(event, incarnation=0) for topic in others for event in topic if event.incarnation == begins]
    assert items(read(orders(data, history))) == items(read(counted))


def state(*events: Event) -> MemberState[Any, Any]:
    return read(events)


IGNORED = SAID[0][0]


def test_an_event_of_the_next_incarnation_erases_before_the_erasure_is_met_and_that_is_met_once() -> None:
    member = state(told(0, TOLD[5], 100, 0), said(1, IGNORED, 12), told(1, TOLD[6], 101, 0))
    assert (member.notes.incarnation, member.notes.erased_at) == (12, None)
    assert list(items(member)[1]) == ["findings"]  # type: ignore[index]
    assert member.apply(told(11, MemberErased(), 1, 0))
    assert member.notes.erased_at == T0 + timedelta(hours=11)
    assert list(items(member)[1]) == ["findings"]  # type: ignore[index]
    assert member.notes.erased, "they have not joined yet"


def test_what_was_said_before_an_erasure_and_is_read_behind_it_is_passed_over_and_counted() -> None:
    member = state(told(11, MemberErased(), 1, 0), told(12, MemberJoined(name="Mo"), 2, 0))
    assert not member.apply(said(1, IGNORED, 0))
    assert not member.apply(said(2, IGNORED, 11))
    assert member.earlier == 2
    assert member.apply(said(3, IGNORED, 12))
    assert member.earlier == 2


def test_a_record_of_before_the_attribute_counts_by_what_its_service_had_read() -> None:
    member = state(told(11, MemberErased(), 1, 0), told(12, MemberJoined(name="Mo"), 2, 0))
    assert not member.apply(replace(said(1, IGNORED, 0), input_offsets={ACTIVITY: 11}))
    assert member.apply(replace(said(2, IGNORED, 0), input_offsets={ACTIVITY: 12}))


def test_what_a_product_writes_as_incarnation_or_number_means_nothing() -> None:
    member = state(replace(told(3, TOLD[6], 100, 0), incarnation=900, number=7))
    assert member.notes.incarnation == 0
    assert items(member)[1]  # type: ignore[index]


def test_an_erasure_counts_whatever_else_bears_its_id() -> None:
    """What else was told of the member is remembered by each service in its own way; they would disagree."""
    member = state(told(0, TOLD[5], 1, 0), told(1, MemberErased(), 1, 0))
    assert member.notes.incarnation == 2


@pytest.mark.parametrize(
    ("guard", "broken"),
    [
        ("is_later", lambda said, state: False),
        ("is_earlier", lambda said, state: False),
        ("counts_from", lambda incarnation, offset: True),
    ],
)
def test_without_a_guard_two_orders_differ(
    guard: str, broken: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    joining, behind = told(4, MemberJoined(name="Mo"), 3, 0), told(11, MemberErased(), 1, 0)
    late = told(5, TOLD[6], 105, 20)
    one: tuple[Event, ...] = (joining, late, behind, said(1, IGNORED, 0), said(2, SAID[0][1], 12))
    other: tuple[Event, ...] = (said(1, IGNORED, 0), said(2, SAID[0][1], 12), joining, late, behind)
    assert items(state(*one)) == items(state(*other))
    assert state(*one).notes == state(*other).notes
    monkeypatch.setattr(invariants, guard, broken)
    assert (items(state(*one)), state(*one).notes) != (items(state(*other)), state(*other).notes)


def test_a_member_who_was_never_erased_is_stored_as_before() -> None:
    member: MemberState[Any, Any] = MemberState(INVITES_DECIDER, "m1")
    member.items = AllItems()
    member.apply(told(0, TOLD[5], 0, 0))
    assert stored_of(member.notes, member.recent) == bytes((1,)) + member.recent
