"""Histories told by products whose clocks are wrong: each event is read from its record, as services read it.

What an event says of its time is right, years ahead, a little ahead, or decades ago. Where the broker does not say when it
came, its record's timestamp may be the event's own time, or seconds in place of milliseconds. Services write what their
clocks show.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from msgspec.structs import replace

from services.digest.decider import DECIDER as DIGEST
from services.followups.decider import DECIDER as FOLLOWUPS
from services.invites.decider import DECIDER as INVITES
from shared.contracts import ACTIVITY, Event
from shared.contracts.cloudevents import codec
from shared.decider import Decider
from shared.testing.loop import Loop
from tests.unit.services.digest import digest_world, test_digest_laws
from tests.unit.services.followups import followups_history
from tests.unit.services.invites import invites_history

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PRODUCER_TIMES: tuple[Callable[[datetime], datetime], ...] = (
    lambda logged: datetime(2099, 1, 1, tzinfo=UTC),
    lambda logged: logged + 500 * DAY,
    lambda logged: logged + 2 * DAY,
    lambda logged: EPOCH + (logged - EPOCH) / 1_000,
    lambda logged: datetime(1999, 12, 31, tzinfo=UTC),
)
WRONG = 0.35
"""How many events of a history come from a wrong clock."""


def read(event: Event, stated: datetime, logged: datetime) -> Event:
    """Return what a reader makes of the record of a product's event that names that time and has that timestamp."""
    told = replace(event, time=stated, source="/product", number=None, producer_time=None)
    found = codec.decode(*codec.encode(told), logged, ACTIVITY)
    assert found is not None
    return found


def _producer_time(rng: random.Random, event: Event) -> datetime:
    return rng.choice(PRODUCER_TIMES)(event.logged) if rng.random() < WRONG else event.time


def from_a_wrong_clock(rng: random.Random, event: Event) -> Event:
    """Most events stay as they are; the broker says when each came."""
    return read(event, _producer_time(rng, event), event.logged) if event.data.TOPIC == ACTIVITY else event


def with_a_wrong_timestamp(rng: random.Random, event: Event) -> Event:
    """As `from_a_wrong_clock`, and the producer says when it came: by the event's own time, in seconds, or rightly."""
    if event.data.TOPIC != ACTIVITY:
        return event
    stated = _producer_time(rng, event)
    logged = rng.choice([stated, EPOCH + (event.logged - EPOCH) / 1_000, event.logged])
    return read(event, stated, logged)


class Service(NamedTuple):
    """A service, and what its members live through."""

    decider: Decider[Any, Any]
    history: Callable[[random.Random], Sequence[Event]]
    """Events in the order of the log, told by right clocks."""
    days: int
    """Days until it is over."""
    lives: int
    """How many of them the laws look at."""

    def member(self) -> Loop[Any, Any]:
        return Loop(self.decider, "m" if self.decider is DIGEST else "m1")


def _digest_history(rng: random.Random) -> list[Event]:
    world = digest_world.World("2026-10-12 00:00")
    events = [world.join(zone=rng.choice(test_digest_laws.ZONES))]
    told = [(what, key) for what in test_digest_laws.TOLD for key in _keys_of(what)]
    for _ in range(rng.randint(3, 20)):
        world.now += timedelta(hours=rng.choice([1, 7, 30, 100]))
        what, key = rng.choice(told)
        events.append(test_digest_laws.TOLD[what](world, key, rng.randint(0, 12)))
    return events


def _keys_of(what: str) -> Sequence[str]:
    few = {
        "every": ("off", "daily", "weekly"),
        "time": ("00:00", "08:00", "23:30"),
        "weekday": test_digest_laws.WEEKDAYS,
        "zone": test_digest_laws.ZONES,
    }
    return few.get(what, "ab")[:3]


SERVICES = {
    "invites": Service(INVITES, invites_history.draw_history, 4_000, 60),
    "followups": Service(FOLLOWUPS, lambda rng: followups_history.history(rng, repeated=False), 200, 8),
    "digest": Service(DIGEST, _digest_history, 40, 16),
}
