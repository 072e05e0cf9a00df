"""Laws over random histories in which clocks are wrong: what an event says of its time changes nothing that must hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from shared.contracts import AboutMeeting, Event
from shared.contracts.cloudevents import codec, envelope
from shared.contracts.limits import AHEAD_MAX
from shared.testing.loop import Loop
from tests.unit.services.wrong_clocks import SERVICES, from_a_wrong_clock, read, with_a_wrong_timestamp

ORDERS = 60
EACH = pytest.mark.parametrize("name", sorted(SERVICES))


def told(name: str, seed: int, tell: Callable[[random.Random, Event], Event] = from_a_wrong_clock) -> list[Event]:
    rng = random.Random(seed)
    return [tell(rng, event) for event in SERVICES[name].history(rng)]


def applied(name: str, events: Sequence[Event]) -> object:
    loop = SERVICES[name].member()
    for event in events:
        loop.take(event)
    return loop.profile, loop.items


def lived(name: str, events: Sequence[Event]) -> Loop[Any, Any]:
    """Let a member live through a log, and on until all is over."""
    loop = SERVICES[name].member()
    for event in events:
        loop.run_until(event.logged)
        loop.apply(event)
    loop.assert_settled()
    loop.run_until(loop.now + timedelta(days=SERVICES[name].days))
    loop.assert_settled()
    return loop


def as_far_as_believed(events: Sequence[Event]) -> list[Event]:
    """The same of clocks that are a day ahead where they were years ahead."""
    return [
        event if event.producer_time is None else read(event, event.logged + AHEAD_MAX, event.logged)
        for event in events
    ]


@pytest.mark.deep
@EACH
def test_a_clock_that_is_years_ahead_does_what_one_does_that_is_a_day_ahead(name: str) -> None:
    """So it silences nothing and wins over nobody for longer than that; and in the end nothing more is said."""
    far = 0
    for seed in range(SERVICES[name].lives):
        events = told(name, seed)
        far += sum(event.producer_time is not None for event in events)
        one, other = lived(name, events), lived(name, as_far_as_believed(events))
        assert [(at.time, at.data) for at in one.published] == [(at.time, at.data) for at in other.published], seed
        assert (one.profile, one.items) == (other.profile, other.items), seed
        before = len(one.published)
        one.apply(*(event for event in random.Random(seed).sample(events, len(events))))
        assert len(one.published) == before, f"{seed}: who reads it all again adds something"
        assert applied(name, [*one.published, *events]) == applied(name, [*events, *one.published]), seed
    assert far > SERVICES[name].lives, "some claimed more than is believed"


@EACH
@pytest.mark.parametrize("where", [codec, envelope], ids=["at a glance", "header by header"])
def test_what_is_known_would_be_another_thing_without_the_limit(
    name: str, where: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit broken on purpose in either way of reading: then years of a wrong clock count."""
    if where is envelope:
        monkeypatch.setattr(codec, "glance", lambda *_: None)
    guarded = [told(name, seed) for seed in range(ORDERS)]
    monkeypatch.setattr(where, "believed", lambda time, logged: (time, None))
    free = [told(name, seed) for seed in range(ORDERS)]
    differ = [applied(name, a) != applied(name, b) for a, b in zip(guarded, free, strict=True)]
    assert sum(differ) > ORDERS // 2


@EACH
@pytest.mark.parametrize("tell", [from_a_wrong_clock, with_a_wrong_timestamp])
def test_events_join_in_any_order_any_number_of_times(name: str, tell: Callable[[random.Random, Event], Event]) -> None:
    """Timestamps of months ago are left out for meetings in a digest: what lies so far back in the log it has forgotten."""
    for seed in range(ORDERS):
        rng, events = random.Random(seed), told(name, seed, tell)
        if name == "digest" and tell is with_a_wrong_timestamp:
            events = [event for event in events if not isinstance(event.data, AboutMeeting)]
        shuffled = rng.sample(events, len(events)) + rng.choices(events, k=4)
        ends = [applied(name, order) for order in (events, [*events, *events], shuffled, events[::-1])]
        assert ends[0] == ends[1] == ends[2] == ends[3], seed
