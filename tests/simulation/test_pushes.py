"""Reminders for members' channels among everything that can go wrong: each attempt at most once, and no more than places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from msgspec.structs import replace

from shared.contracts import (
    ACTIVITY,
    DigestSending,
    Event,
    EventData,
    FollowupDue,
    MemberChannelSet,
    MemberJoined,
    MemberPreferencesSet,
    PushSending,
    PushWithdrawing,
    PushWithdrawn,
)
from shared.contracts.cloudevents import codec
from shared.contracts.topic_names import SOURCES
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.processing.reading import read_event
from shared.testing.judgement import evidence_of
from shared.testing.simulation.actor import FAKE_SLOTS
from shared.testing.simulation.plan import plan_of
from shared.testing.world import World
from tests.simulation.scenes import PUSHES, taken_back
from tests.simulation.snapshotted import make_small

SENT: Final = (range(20), pytest.param(range(20, 120), marks=pytest.mark.deep))
"""Seeds: in one of three or four something is sent."""
TAKEN_BACK: Final = (range(8, 16), pytest.param(range(16, 48), marks=pytest.mark.deep))
"""Seeds: in one of four or five something is taken back, and each is three times as long as one of the others."""
MONDAY = datetime(2026, 3, 9, 10, tzinfo=UTC)
MEMBERS = ("m1", "m2", "m3", "m4")


@pytest.mark.parametrize("seeds", SENT)
def test_the_promises_hold_with_reminders_for_channels(seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken on purpose: where a hindrance is looked at and nothing is said of it, a wake that did not fire is found."""
    make_small(monkeypatch)
    assert lived(PUSHES.world(seed, plan_of(seed)) for seed in seeds)[PushSending] > 0, "and something was pushed"


@pytest.mark.parametrize("seeds", TAKEN_BACK)
def test_the_promises_hold_where_reminders_are_taken_back(seeds: range) -> None:
    said = lived(map(taken_back, seeds))
    assert said[PushWithdrawing] >= said[PushWithdrawn] > 0, "and some were"


def test_a_mail_and_a_reminder_of_one_member_take_two_places() -> None:
    """Look at as many members as there are places, and twice as much is begun."""
    world = PUSHES.world(1, clocks="right")
    actor = world.start()
    assert world.settle(actor) is None
    world.clock.advance_to(MONDAY - timedelta(hours=2))
    for member in MEMBERS:
        put(world, member, MemberJoined(name="Ada", email="ada@example.org", zone="UTC"))
        put(world, member, MemberPreferencesSet.model_validate({"digest": {"every": "weekly", "time": "10:00"}}))
        put(world, member, MemberChannelSet(channel="ntfy", sealed="c2VhbGVk"))
    assert world.settle(actor) is None
    for member in MEMBERS:
        put(world, member, FollowupDue(followup_id="r1", rule="own_reminder", attempt=1, due_at=MONDAY, push=True,
                                       text="Call Ben."), at=MONDAY)  # fmt: skip
    assert world.settle(actor) is None
    world.clock.advance_to(MONDAY + timedelta(minutes=1))
    assert world.settle(actor) is None
    begun = kinds_said(world)
    assert (begun[DigestSending], begun[PushSending]) == (len(MEMBERS), len(MEMBERS))
    assert 2 * len(MEMBERS) > FAKE_SLOTS
    assert world.mail is not None
    assert world.mail.crowded == []


def lived(worlds: Iterable[World]) -> Counter[type[EventData]]:
    """Live through histories, without a violation; return what the service said in them, by kind."""
    said: Counter[type[EventData]] = Counter()
    for world in worlds:
        assert not (violations := world.live()), violations
        said.update(kinds_said(world))
    return said


def kinds_said(world: World) -> Counter[type[EventData]]:
    return Counter(type(event.data) for event in map(read_event, evidence_of(world).own) if isinstance(event, Event))


def put(world: World, member: str, data: EventData, *, at: datetime | None = None) -> None:
    """Say an event on its topic; of a service until it is worth nothing, nine hours later."""
    now, topic = world.clock.now(), data.TOPIC or ACTIVITY
    mark = world.cluster.bounds(topic, 0).end
    event = Event(f"{topic}/{mark}", member, at or now, now, data, source="/test")
    if topic != ACTIVITY:  # with the marks that a service's own events have
        event = replace(
            event, source=SOURCES[topic], number=mark + 1, input_offsets={}, expires=now + timedelta(hours=9)
        )
    key, value, headers = codec.encode(event)
    offset = world.cluster.append_plain(topic, 0, Message(key, value, headers, to_ms(now)))
    world.traffic.acknowledged[topic, offset] = now
