"""A place among the effects of a process is taken until the outcome stands on the log: so a kill leaves no more unknown."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from typing import Any

from structlog.testing import capture_logs

from shared.contracts import Event
from shared.decider import NewEvent, View
from shared.runtime.ports.limits import EFFECT_SLOTS_MAX, EFFECTS_AT_ONCE_MAX, LOAD_ROUNDS_MAX
from shared.runtime.processing.effects import Performer
from tests.unit.shared.runtime.processing.toy_decider import OnePartition, expired, sent


class Mailed:
    """A channel to which every mail goes at once."""

    closed = False

    async def perform(self, _view: View[Any, Any], _event: Event, /) -> NewEvent:
        return expired("mail")

    async def close(self) -> None:
        self.closed = True


def announced(one: OnePartition) -> Event:
    one.tell(sent("mail"))
    one.run()
    ((event, _),) = one.effects.begun
    return event


def rung(one: OnePartition) -> bool:
    return one.feed.stirred


def free(performer: Performer, one: OnePartition) -> int:
    with performer.slots(one.owner) as count:
        return count


async def fill(performer: Performer, one: OnePartition, event: Event) -> None:
    """Begin as many effects as there are places, and let them end."""
    for _ in range(EFFECTS_AT_ONCE_MAX):
        performer.start(event, one.owner)
    assert performer.under_way == EFFECTS_AT_ONCE_MAX
    async with asyncio.timeout(10):
        while performer.under_way:  # noqa: ASYNC110 - tasks of its own
            await asyncio.sleep(0)


def test_an_effect_keeps_its_place_until_its_outcome_is_said() -> None:
    """Without the reports in `Performer._taken`, a process that is killed leaves more unknown than it has places."""
    one = OnePartition()
    event = announced(one)
    performer = Performer(Mailed())

    asyncio.run(fill(performer, one, event))
    assert len(one.owner.reports) == EFFECTS_AT_ONCE_MAX
    assert free(performer, one) == 0
    one.run()
    assert free(performer, one) == EFFECT_SLOTS_MAX


def test_an_owner_that_can_say_nothing_any_more_takes_no_place_from_others() -> None:
    one = OnePartition()
    event = announced(one)
    performer = Performer(Mailed())

    asyncio.run(fill(performer, one, event))
    one.owner.reset()
    assert free(performer, one) == EFFECT_SLOTS_MAX
    one.owner.live = True
    assert free(performer, one) == 0, "it has recovered again, and can say them"


def test_whoever_found_no_place_is_rung_when_outcomes_are_said() -> None:
    one, other = OnePartition(), OnePartition()
    event = announced(one)
    performer = Performer(Mailed())

    asyncio.run(fill(performer, one, event))
    other.run()
    assert free(performer, other) == 0
    performer.published()
    assert not rung(other), "nothing is said yet"
    one.run()
    performer.published()
    assert rung(other)


def test_a_channel_is_closed_when_nothing_is_under_way_any_more() -> None:
    channel = Mailed()
    asyncio.run(Performer(channel).stop())
    assert channel.closed


def test_an_effect_that_fails_leaves_a_line_with_its_event() -> None:
    class Refusing(Mailed):
        async def perform(self, _view: View[Any, Any], _event: Event, /) -> NewEvent:
            raise OSError("the mail server is away")

    one = OnePartition()
    event = announced(one)
    performer = Performer(Refusing())
    with capture_logs() as lines:
        asyncio.run(fill(performer, one, event))
    assert {(line["id"], line["error"]) for line in lines} == {(event.id, "OSError")}
    assert len(lines) == EFFECTS_AT_ONCE_MAX
    assert not one.owner.reports


def test_places_that_one_step_has_reserved_are_not_free_for_another_until_it_is_over() -> None:
    one, other = OnePartition(), OnePartition()
    performer = Performer(Mailed())
    with ExitStack() as steps:
        places = [steps.enter_context(performer.slots(one.owner)) for _ in range(EFFECTS_AT_ONCE_MAX)]
        full = [EFFECT_SLOTS_MAX] * (EFFECTS_AT_ONCE_MAX // EFFECT_SLOTS_MAX)
        assert places == full + [0] * (len(places) - len(full))
        other.run()
        assert free(performer, other) == 0
        assert not rung(other)
    assert rung(other), "the end of a step rings whoever found no place"
    assert free(performer, one) == EFFECT_SLOTS_MAX


def test_a_step_gets_what_is_left_where_that_is_less_than_a_step_may_have() -> None:
    one = OnePartition()
    event = announced(one)
    performer = Performer(Mailed())

    async def begin() -> list[int]:
        left = []
        for _ in range(EFFECTS_AT_ONCE_MAX + 1):
            left.append(free(performer, one))
            performer.start(event, one.owner)
        await performer.stop()
        return left

    left = asyncio.run(begin())
    assert left == [min(EFFECT_SLOTS_MAX, max(0, EFFECTS_AT_ONCE_MAX - begun)) for begun in range(len(left))]


def test_no_effect_begins_while_a_process_ends_and_who_waits_is_rung_when_it_may() -> None:
    one = OnePartition()
    performer = Performer(Mailed())
    one.run()
    asyncio.run(performer.drain(0))
    assert free(performer, one) == 0
    performer.published()
    assert not rung(one), "it could begin nothing"
    performer.open()
    assert rung(one)
    assert free(performer, one) == EFFECT_SLOTS_MAX


def test_an_end_waits_until_what_is_under_way_is_said_and_no_longer_than_it_may() -> None:
    one = OnePartition()
    event = announced(one)
    performer = Performer(Mailed())

    async def end(seconds: float) -> bool:
        began = time.monotonic()
        await performer.drain(seconds)
        return time.monotonic() - began >= seconds

    async def begin_and_end() -> None:
        performer.start(event, one.owner)
        assert await end(0.05), "its outcome is reported, and nobody says it"
        assert len(one.owner.reports) == 1
        one.run()
        assert not await end(20.0)

    asyncio.run(begin_and_end())


def test_a_channel_gets_what_it_asks_for_and_not_more_and_more() -> None:
    class Asking(Mailed):
        def __init__(self, rounds: int) -> None:
            self.rounds = rounds

        async def perform(self, view: View[Any, Any], event: Event, /) -> NewEvent:
            for number in range(self.rounds):
                view.item(f"invite/other-{number}")
            return await super().perform(view, event)

    one = OnePartition()
    event = announced(one)
    for rounds, outcomes in ((LOAD_ROUNDS_MAX - 1, EFFECTS_AT_ONCE_MAX), (LOAD_ROUNDS_MAX, 0)):
        with capture_logs() as lines:
            asyncio.run(fill(Performer(Asking(rounds)), one, event))
        assert (len(one.owner.reports), len(lines)) == (outcomes, EFFECTS_AT_ONCE_MAX - outcomes)
        one.owner.reports.clear()


def test_an_owner_is_rung_when_an_outcome_is_reported() -> None:
    one = OnePartition()
    event = announced(one)
    one.run()
    assert not rung(one)
    asyncio.run(fill(Performer(Mailed()), one, event))
    assert rung(one)


def test_whoever_found_no_place_is_rung_when_an_effect_ends_without_an_outcome() -> None:
    class Refusing(Mailed):
        async def perform(self, _view: View[Any, Any], _event: Event, /) -> NewEvent:
            assert free(performer, other) == 0
            raise OSError("the mail server is away")

    one, other = OnePartition(), OnePartition()
    event = announced(one)
    other.run()
    performer = Performer(Refusing())
    asyncio.run(fill(performer, one, event))
    assert rung(other)


def test_what_is_still_under_way_at_the_end_is_cut_short_and_nothing_begins_after_it() -> None:
    class Waiting(Mailed):
        async def perform(self, _view: View[Any, Any], _event: Event, /) -> NewEvent:
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")

    one = OnePartition()
    event = announced(one)
    performer = Performer(Waiting())

    async def begin_and_stop() -> None:
        performer.start(event, one.owner)
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await performer.stop()

    asyncio.run(begin_and_stop())
    assert performer.under_way == 0
    assert free(performer, one) == 0
