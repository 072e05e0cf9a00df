"""What is stored of a member, in bytes: keys and values, as the store holds them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random

import msgspec
import pytest

from services.gateway.projection.model.followups import OPEN_MAX, Followups
from services.gateway.projection.model.people import MEETINGS_MAX, Item, Meetings, Profile
from shared.contracts import (
    CallHeld,
    Contact,
    ContactConnected,
    Event,
    EventData,
    FollowupScheduled,
    InviteReceived,
    InviteSent,
    MeetingCancelled,
    MeetingProposed,
    MeetingScheduled,
    PromiseMade,
)
from shared.runtime.processing.member.member_state import NOTES, PROFILE
from tests.unit.services.gateway.member_events import golden, known_by
from tests.unit.services.lives import at, joined, side_by_side, told

BYTES_MAX = 10_000
PEOPLE = 50
APART_DAYS = 1
"""From one invite to the next."""
DAYS = 70
OF_THE_SHELL = len(NOTES) + 1 + 12 * 8
"""The marks of the last events that it keeps."""


def person(number: int) -> Contact:
    return Contact(
        id=f"c-{number:04}",
        name=f"Josephine Number {number}",
        headline="Engineer at a company in Lyon",
    )


def story() -> list[Event]:
    script = joined(zone="Europe/Paris", digest={"every": "weekly"})
    for count in range(PEOPLE):
        invite: dict[str, object] = {"invite_id": f"inv-{count:04}", "contact": person(count)}
        kind = InviteReceived if count % 10 == 0 else InviteSent
        script.append(told(0.1 + count * APART_DAYS, kind.model_validate({**invite, "why": "We met at the fair."})))
        if count % 2:
            script.append(told(3 + count * APART_DAYS, ContactConnected(contact=person(count))))
    happened: list[EventData] = [
        CallHeld(contact_id=f"c-{2 * n + 1:04}", what="She moves to Lyon in May.") for n in range(5)
    ]
    happened += [
        PromiseMade.model_validate(
            {"promise_id": f"p{n}", "contact_id": f"c-{n:04}", "due": "2026-02-01T09:00", "what": "Send the paper."}
        )
        for n in range(3)
    ]
    happened += [
        MeetingScheduled.model_validate(
            {"meeting_id": f"k{n}", "contact_ids": [f"c-{n:04}"], "kind": "lunch", "starts": "2026-02-10T12:30",
             "zone": "Europe/Paris", "minutes": 60, "place": "Chez Paul"}
        )
        for n in range(3)
    ]  # fmt: skip
    return [*script, *(told(count * APART_DAYS + 4, data) for count, data in enumerate(happened))]


def stored(profile: Profile, items: Mapping[str, Item | None]) -> dict[str, int]:
    sizes = {key: len(key) + len(msgspec.msgpack.encode(item)) for key, item in items.items()}
    return {**sizes, PROFILE: len(msgspec.msgpack.encode(profile)), NOTES: OF_THE_SHELL}


def test_fifty_invites_and_fifty_contacts_take_ten_kilobytes_at_most() -> None:
    """Fifty people, each invited, half of them connected: looked at each day."""
    script = story()
    said = side_by_side(script, at(DAYS))
    order = sorted([*script, *said], key=lambda event: event.logged)
    most_open, largest = 0, 0
    for day in range(1, DAYS):
        profile, items = known_by(event for event in order if event.logged <= at(day))
        sizes = stored(profile, items)
        largest = max(largest, sum(sizes.values()))
        assert largest <= BYTES_MAX, (day, largest, sizes)
        followups = items["followups"]
        assert isinstance(followups, Followups)
        most_open = max(most_open, len(followups.open))
    assert most_open > PEOPLE / 2, "and there is much to remember"
    assert largest > BYTES_MAX / 2


def test_of_too_many_followups_those_that_are_due_first_are_kept() -> None:
    first = golden(FollowupScheduled.TYPE)
    assert isinstance(first.data, FollowupScheduled)
    planned = [
        msgspec.structs.replace(
            first,
            number=count + 1,
            data=first.data.model_copy(
                update={"followup_id": f"reminder/{count}/own/1", "due_at": first.time + timedelta(days=count)}
            ),
        )
        for count in range(OPEN_MAX + 3)
    ]
    followups = known_by(planned)[1]["followups"]
    assert isinstance(followups, Followups)
    assert set(followups.open) == {f"reminder/{count}/own/1" for count in range(OPEN_MAX)}


@pytest.mark.parametrize("seed", range(3))
def test_of_too_many_meetings_those_that_come_soonest_are_kept_then_those_told_of_last(seed: int) -> None:
    """An import tells a calendar in one millisecond, in any order: by what was told last alone, chance decides."""
    planned = [meeting(MeetingScheduled, count, count + 1) for count in range(MEETINGS_MAX + 56)]
    over = [meeting(MeetingCancelled, -count, count + 1) for count in range(1, 6)]
    told = Random(seed).sample([*planned, *over], len(planned) + len(over))
    assert kept(told) == {f"k{count}" for count in range(MEETINGS_MAX)}
    few = [one for one in told if one.id in {f"k{count}" for count in range(MEETINGS_MAX - 2)}]
    late = [msgspec.structs.replace(one, time=one.time - timedelta(hours=n)) for n, one in enumerate(over)]
    assert kept([*late, *few]) == {one.id for one in (*few, *late[:2])}


def test_of_meetings_that_are_over_or_have_no_hour_none_comes() -> None:
    """Whatever hour is known of one that was called off, and though one that is proposed may be open without any."""
    fields = {"contact_ids": ("c",), "starts": None, "zone": None, "minutes": None}
    off = [meeting(MeetingScheduled, 900, 0.1), meeting(MeetingCancelled, 900, 0.1)]
    off[1] = msgspec.structs.replace(off[1], id="off", time=off[1].time + timedelta(seconds=1))
    data = golden(MeetingProposed.TYPE).data.model_copy(update={"meeting_id": "vague", **fields})
    vague = msgspec.structs.replace(off[0], id="vague", data=data)
    planned = [meeting(MeetingScheduled, count, count + 1) for count in range(MEETINGS_MAX - 1)]
    assert kept([vague, *off, *planned]) == {one.id for one in planned} | {"k900"}, "of which something was said last"


def meeting(kind: type[EventData], number: int, day: float) -> Event:
    """Return that a meeting so many days later is planned or cancelled."""
    data = golden(kind.TYPE).data
    first = golden(MeetingScheduled.TYPE)
    plan = {"starts": (first.time + timedelta(days=day)).replace(tzinfo=None)} if kind is MeetingScheduled else {}
    data = data.model_copy(update={"meeting_id": f"k{number}", **plan})
    return msgspec.structs.replace(first, id=f"k{number}", data=data)


def kept(told: list[Event]) -> set[str]:
    meetings = known_by(told)[1]["meetings"]
    assert isinstance(meetings, Meetings)
    return set(meetings.by_id)
