"""What the shell itself knows of a member: erasure and joining again, parked items, and that applying is all or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.invites.decider import DECIDER
from shared.contracts import Contact, Event, EventData, InviteSent, MemberErased, MemberJoined, Parked
from shared.contracts.cloudevents.envelope import believed
from shared.decider import Missing
from shared.runtime.ports.limits import PARKED_ITEMS_MAX, TURNS_MAX
from shared.runtime.processing.member.member_state import EVERYTHING, NOTES, MemberState
from shared.runtime.processing.member.runtime_meta import MARK_BYTES, RuntimeMeta
from shared.runtime.processing.member.stored_form import StoredForm

FORM: StoredForm[Any, Any] = StoredForm(DECIDER)
T0 = datetime(2026, 1, 1, tzinfo=UTC)
KEY = "invite/i1"
SENT = InviteSent(invite_id="i1", contact=Contact(id="c1", name="Chris"))


def event(data: EventData, day: float, stated: float | None = None) -> Event:
    """What is told on a day, and claims another time: as a reader makes it of its record."""
    at = T0 + timedelta(days=day)
    time, producer_time = believed(at if stated is None else T0 + timedelta(days=stated), at)
    return Event(
        id=f"{data.TYPE}/{day}",
        member="m1",
        time=time,
        logged=at,
        data=data,
        source="/product",
        producer_time=producer_time,
    )


def own(data: EventData) -> Event:
    return msgspec.structs.replace(event(data, 0), source="/rapport/invites")


def state(*loaded: str) -> MemberState[Any, Any]:
    member = MemberState(DECIDER, "m1")
    for key in loaded:
        member.items[key] = None
    return member


def test_an_item_that_was_not_loaded_is_asked_for_and_nothing_changes() -> None:
    member = state()
    with pytest.raises(Missing) as missing:
        member.apply(event(SENT, 0))
    assert KEY in missing.value.keys
    assert not member.dirty


def test_an_erasure_forgets_everything_at_once_and_what_comes_later_until_the_member_joins_again() -> None:
    member = state(KEY, "proposals", "contact/c1")
    assert member.apply(event(SENT, 0))
    assert member.apply(event(MemberErased(), 5))
    assert member.items[KEY] is None
    assert member.change(FORM).wipe
    assert not member.apply(event(SENT, 6))
    assert member.apply(event(MemberJoined(name="Mo"), 7))
    assert not member.apply(event(SENT, 4)), "it happened before the erasure"
    assert member.apply(event(SENT, 8))
    assert member.items[KEY] is not None


def test_an_erasure_told_again_after_joining_again_erases_nothing() -> None:
    member = state(KEY, "proposals", "contact/c1")
    erased = event(MemberErased(), 5)
    assert member.apply(erased)
    assert member.apply(event(MemberJoined(name="Mo"), 7))
    assert member.apply(event(SENT, 8))
    assert not member.apply(erased)
    assert member.items[KEY] is not None


@pytest.mark.parametrize("stated", [-3000, -1, 0, 1, 40_000])
def test_an_erasure_counts_from_its_place_whatever_time_it_or_the_joining_before_it_claims(stated: float) -> None:
    """Compared by their times, as it once was, a joining "in 2150" could never be erased."""
    for joining, erasure in ((stated, 5.0), (1.0, stated)):
        member = state(KEY, "proposals", "contact/c1")
        member.apply(event(MemberJoined(name="Mo"), 1, joining))
        assert member.apply(event(SENT, 2))
        assert member.apply(event(MemberErased(), 5, erasure))
        assert member.items[KEY] is None
        assert not member.apply(event(SENT, 6, 50_000)), "told after it, whenever it happened"
        assert member.apply(event(MemberJoined(name="Mo"), 7))
        assert member.apply(event(SENT, 8))


@pytest.mark.parametrize("erasure", [-3000, 5, 40_000])
@pytest.mark.parametrize("stated", [-3000, 4, 7, 8, 40_000])
def test_who_joins_after_an_erasure_is_back_whatever_times_the_two_claim(stated: float, erasure: float) -> None:
    """Broken on purpose in `_erase` (the time that it claims) and in either bound of `_let_in`, this fails."""
    member = state(KEY, "proposals", "contact/c1")
    assert member.apply(event(MemberErased(), 5, erasure))
    assert member.apply(event(MemberJoined(name="Mo"), 7, stated))
    assert not member.apply(event(SENT, 7.5, 4.9)), "it happened before the erasure"
    assert member.apply(event(SENT, 7.6)), "a joining that is ahead shuts nothing out"


def test_a_joining_of_before_an_erasure_that_is_told_again_lets_nobody_in() -> None:
    """Without the ids of joinings (`RuntimeMeta.turns`) a producer's second try brings back who wished to be forgotten."""
    member = state(KEY, "proposals", "contact/c1")
    first = event(MemberJoined(name="Mo"), 1)
    member.apply(first)
    assert member.apply(event(MemberErased(), 5))
    assert not member.apply(msgspec.structs.replace(first, logged=T0 + timedelta(days=6)))
    assert member.notes.erased


def test_no_more_joinings_are_remembered_than_the_limit() -> None:
    member = state()
    for day in range(3 * TURNS_MAX):
        member.apply(event(MemberJoined(name="Mo"), day))
    assert len(member.notes.turns) == TURNS_MAX * MARK_BYTES


def test_what_a_wiped_member_loads_afterwards_is_gone_as_well() -> None:
    member = state()
    member.apply(event(MemberErased(), 5))
    before = state(KEY, "proposals", "contact/c1")
    before.apply(event(SENT, 0))
    member.add({KEY: FORM.of_item(KEY, before.items[KEY])}, FORM)
    assert member.items[KEY] is None


def test_a_parked_item_is_tried_again_under_other_rules_only() -> None:
    member = state(KEY)
    assert member.apply(own(Parked(item=KEY, rules=DECIDER.rules, reason="too large")))
    assert member.is_parked(KEY)
    member.notes = RuntimeMeta(parked={KEY: "older rules"})
    assert not member.is_parked(KEY)


def test_more_parked_items_than_the_limit_park_the_member_as_a_whole() -> None:
    member = state()
    member.notes = RuntimeMeta(parked={f"invite/{n}": DECIDER.rules for n in range(PARKED_ITEMS_MAX)})
    assert member.apply(own(Parked(item=KEY, rules=DECIDER.rules, reason="too large")))
    assert member.notes.parked == {EVERYTHING: DECIDER.rules}
    assert member.is_parked("invite/other")
    assert NOTES in member.change(FORM).puts
