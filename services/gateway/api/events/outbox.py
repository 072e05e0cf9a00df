"""Hands events on to Kafka for whoever asked over HTTP: so many at once, and each for so long at most."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.problems import later
from services.gateway.publishing import Append, NotTaken, Position
from shared.contracts import Event

EVENTS_UNDER_WAY_MAX: Final = 5_000
"""Events of all requests that wait for Kafka's acknowledgement, in one process; beyond it the answer is 503."""
PUBLISH_SECONDS_MAX: Final = 10.0
"""How long Kafka may acknowledge nothing at all; then the answer is 503, and the same request again says the same events.

How much there is to acknowledge is bounded above. Several large batches at once take their time."""


class Outbox:
    """The way to the activity topic."""

    def __init__(self, append: Append) -> None:
        self._append = append
        self._under_way = 0
        self._acknowledged = 0.0
        """When Kafka did so last, by the event loop's clock."""

    async def say(self, events: Sequence[Event]) -> Sequence[Position | NotTaken]:
        """Append events in their order; each is acknowledged, or said not to be. `Problem` 503 where they are too many."""
        if self._under_way + len(events) > EVENTS_UNDER_WAY_MAX:
            raise later(RETRY_AFTER_SECONDS, "too many events are under way")
        self._under_way += len(events)
        loop = asyncio.get_running_loop()
        began, appending = loop.time(), asyncio.ensure_future(self._append(events, self._note_acknowledged))
        try:
            while not appending.done():
                if (left := max(began, self._acknowledged) + PUBLISH_SECONDS_MAX - loop.time()) <= 0:
                    return [NotTaken("TimeoutError")] * len(events)
                await asyncio.wait({appending}, timeout=left)
                await asyncio.sleep(0)  # where the loop itself has stood, what has come meanwhile is heard first
            return appending.result()
        finally:
            appending.cancel()
            self._under_way -= len(events)

    def _note_acknowledged(self) -> None:
        self._acknowledged = asyncio.get_running_loop().time()

    async def say_one(self, event: Event) -> Position:
        """Append an event and return where it stands; `Problem` 503 where it was not acknowledged."""
        [outcome] = await self.say([event])
        if isinstance(outcome, NotTaken):
            raise later(RETRY_AFTER_SECONDS, "Kafka has not acknowledged it: the same request again is the same event")
        return outcome
