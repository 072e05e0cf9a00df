"""A receiver of webhooks, its endpoint, and a clock that goes on to whoever waits next."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from rapport.webhooks.delivering.delivery import Delivery
from rapport.webhooks.delivering.endpoints import Endpoint
from rapport.webhooks.delivering.failure import DeliveryFailure
from rapport.webhooks.delivering.gate import Gate
from rapport.webhooks.delivering.message import Message
from shared.delivery.outcome import Delivered, Outcome
from shared.delivery.signature import new_secret

BEGIN = datetime(2026, 11, 30, 8, tzinfo=UTC)
DUE = "rapport.followup.due"


class World:
    """An endpoint, its receiver, and a clock that goes to the next one who waits when nobody else runs."""

    def __init__(self, receiver: Callable[[Message, datetime], Outcome]) -> None:
        self.at = BEGIN
        self.endpoint: Endpoint | None = Endpoint(
            name="crm", url="https://example.org", secret=new_secret(), created=BEGIN
        )
        self.receiver = receiver
        self.taken: list[str] = []
        self.attempts: dict[str, list[datetime]] = defaultdict(list)
        self.under_way = self.most = 0
        self.kept: list[DeliveryFailure | None] = []
        self._waiting: list[tuple[datetime, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._waiting.append((self.at + timedelta(seconds=seconds), next(self._numbers), event))
        await event.wait()

    async def post(self, endpoint: Endpoint, message: Message, /) -> Outcome:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.attempts[message.id].append(self.at)
        outcome = self.receiver(message, self.at)
        if isinstance(outcome, Delivered):
            self.taken.append(message.id)
        return outcome

    async def keep(self, failure: DeliveryFailure | None) -> None:
        self.kept.append(failure)

    def delivery(self, gate: Gate | None = None) -> Delivery:
        gate = gate or Gate(self.now)
        return Delivery(lambda: self.endpoint, self.post, gate, self.keep, self.now, sleep=self.sleep)

    async def until(self, task: asyncio.Task[None], end: datetime | None = None) -> None:
        """Let time pass until the task is done, or an instant has come."""
        while not task.done():
            for _ in range(30):
                await asyncio.sleep(0)
            if task.done():
                break
            assert self._waiting, "somebody waits for nothing"
            first = min(self._waiting)
            if end is not None and first[0] > end:
                self.at = end
                return
            self._waiting.remove(first)
            self.at = max(self.at, first[0])
            first[2].set()
        await task


def messages(*names: str, kind: str = DUE) -> list[Message]:
    """Return messages by `member/number`."""
    return [Message(name, kind, name.partition("/")[0], b"{}") for name in names]


async def delivered(world: World, given: Iterable[Message], failure: DeliveryFailure | None = None) -> Delivery:
    delivery = world.delivery()
    await world.until(asyncio.ensure_future(delivery.run(given, failure)))
    return delivery
