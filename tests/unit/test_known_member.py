"""What the shell itself knows of a member: erasure and joining again, parked items, and that folding is all or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.invites.core import CORE
from shared.contracts import Contact, EventData, Fact, InviteSent, MemberErased, MemberJoined, Parked
from shared.decision import Missing
from shared.runtime.known import EVERYTHING, NOTES, Known, Notes
from shared.runtime.limits import PARKED_ITEMS_MAX

ENCODER = msgspec.msgpack.Encoder()
T0 = datetime(2026, 1, 1, tzinfo=UTC)
KEY = "invite/i1"
SENT = InviteSent(invite_id="i1", contact=Contact(id="c1", name="Chris"))


def fact(data: EventData, day: float) -> Fact:
    at = T0 + timedelta(days=day)
    return Fact(id=f"{data.TYPE}/{day}", member="m1", time=at, logged=at, data=data, source="/rapport/invites")


def known(*loaded: str) -> Known[Any, Any]:
    member = Known(CORE, "m1")
    for key in loaded:
        member.items[key] = None
    return member


def test_an_item_that_was_not_loaded_is_asked_for_and_nothing_changes() -> None:
    member = known()
    with pytest.raises(Missing) as missing:
        member.fold(fact(SENT, 0))
    assert KEY in missing.value.keys
    assert not member.dirty


def test_an_erasure_forgets_everything_at_once_and_what_comes_later_until_the_member_joins_again() -> None:
    member = known(KEY, "proposals", "contact/c1")
    assert member.fold(fact(SENT, 0))
    assert member.fold(fact(MemberErased(), 5))
    assert member.items[KEY] is None
    assert member.change(ENCODER).wipe
    assert not member.fold(fact(SENT, 6))
    assert member.fold(fact(MemberJoined(name="Mo"), 7))
    assert not member.fold(fact(SENT, 4)), "it happened before the erasure"
    assert member.fold(fact(SENT, 8))
    assert member.items[KEY] is not None


def test_an_erasure_told_again_after_joining_again_erases_nothing() -> None:
    member = known(KEY, "proposals", "contact/c1")
    erased = fact(MemberErased(), 5)
    assert member.fold(erased)
    assert member.fold(fact(MemberJoined(name="Mo"), 7))
    assert member.fold(fact(SENT, 8))
    assert not member.fold(erased)
    assert member.items[KEY] is not None


def test_what_a_wiped_member_loads_afterwards_is_gone_as_well() -> None:
    member = known()
    member.fold(fact(MemberErased(), 5))
    before = known(KEY, "proposals", "contact/c1")
    before.fold(fact(SENT, 0))
    member.add({KEY: ENCODER.encode(before.items[KEY])}, msgspec.msgpack.Decoder(CORE.item))
    assert member.items[KEY] is None


def test_a_parked_item_is_tried_again_under_other_rules_only() -> None:
    member = known(KEY)
    assert member.fold(fact(Parked(item=KEY, rules=CORE.rules, reason="too large"), 0))
    assert member.is_parked(KEY)
    member.notes = Notes(parked={KEY: "older rules"})
    assert not member.is_parked(KEY)


def test_more_parked_items_than_the_limit_park_the_member_as_a_whole() -> None:
    member = known()
    member.notes = Notes(parked={f"invite/{n}": CORE.rules for n in range(PARKED_ITEMS_MAX)})
    assert member.fold(fact(Parked(item=KEY, rules=CORE.rules, reason="too large"), 0))
    assert member.notes.parked == {EVERYTHING: CORE.rules}
    assert member.is_parked("invite/other")
    assert NOTES in member.change(ENCODER).puts
