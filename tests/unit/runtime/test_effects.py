"""A place among the effects of a process is taken until the outcome stands on the log: so a kill leaves no more unknown."""

from __future__ import annotations

import asyncio
from typing import Any

from structlog.testing import capture_logs

from shared.contracts import Event
from shared.decider import NewEvent, View
from shared.runtime.ports.limits import EFFECT_SLOTS_MAX, EFFECTS_AT_ONCE_MAX
from shared.runtime.processing.effects import Performer
from tests.unit.runtime.toy_decider import OnePartition, expired, sent


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


def free(performer: Performer, one: OnePartition) -> int:
    with performer.slots(one.owner) as count:
        return count


async def fill(performer: Performer, one: OnePartition, event: Event) -> None:
    """Begin as many effects as there are places, and let them end."""
    for _ in range(EFFECTS_AT_ONCE_MAX):
        performer.start(event, one.owner)
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
    assert not other.feed.stirred, "nothing is said yet"
    one.run()
    performer.published()
    assert other.feed.stirred


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
