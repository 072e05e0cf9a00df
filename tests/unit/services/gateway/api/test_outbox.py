"""How long Kafka may take: it is its silence that is bounded, and not the work that there is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from services.gateway.api.events import outbox
from services.gateway.api.events.outbox import Outbox
from services.gateway.publishing import NotTaken, Position
from shared.contracts import Event
from tests.unit.services.gateway.members import due

EVENTS = [due(day) for day in range(3)]
FEW_SECONDS = 0.2


async def test_a_batch_that_takes_long_is_waited_for_as_long_as_anything_is_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the batches at once, only the first is heard of for as long as all together may take, three times over.

    Broken on purpose (the seconds bound the work; or only what is acknowledged of the batch itself counts), it fails.
    """
    monkeypatch.setattr(outbox, "PUBLISH_SECONDS_MAX", FEW_SECONDS)
    loop = asyncio.get_running_loop()
    until = loop.time() + 3 * FEW_SECONDS

    async def append(events: Sequence[Event], heard: Callable[[], None]) -> list[Position | NotTaken]:
        while loop.time() < until:
            if len(events) == 1:
                heard()
            await asyncio.sleep(0)
        return [Position(0, offset) for offset in range(len(events))]

    box = Outbox(append)
    first, second = await asyncio.gather(box.say(EVENTS[:1]), box.say(EVENTS))
    assert [*first, *second] == [Position(0, 0), Position(0, 0), Position(0, 1), Position(0, 2)]


async def test_a_silence_ends_the_waiting_and_gives_its_room_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PUBLISH_SECONDS_MAX", 0.01)
    ended = asyncio.Event()

    async def append(events: Sequence[Event], heard: Callable[[], None]) -> list[Position | NotTaken]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    box = Outbox(append)
    assert [type(one) for one in await box.say(EVENTS)] == [NotTaken] * len(EVENTS)
    await asyncio.wait_for(ended.wait(), 60)
    assert box._under_way == 0
