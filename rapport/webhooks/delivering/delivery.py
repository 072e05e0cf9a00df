"""The events of one partition on their way: in order for each member, and again and again until they are taken.

Members do not wait for each other within a batch; the batch as a whole is done when all of it is taken, and only then the
offset moves. So a process that dies posts some of them twice: a receiver knows them by their ids.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

from rapport.webhooks.delivering.endpoints import Endpoint
from rapport.webhooks.delivering.failure import REASON_CHARS_MAX, DeliveryFailure
from rapport.webhooks.delivering.gate import Gate, retry_seconds
from rapport.webhooks.delivering.message import Message
from shared.delivery.attempts import Guarantee, Next, next_of
from shared.delivery.outcome import Delivered, Outcome, Rejected, Unknown

LOOK_SECONDS: Final = 1.0
"""How soon a resumed, changed or removed endpoint is noticed."""


class Post(Protocol):
    """One attempt."""

    def __call__(self, endpoint: Endpoint, message: Message, /) -> Awaitable[Outcome]: ...


class Removed(Exception):
    """There is no such endpoint any more."""


class Delivery:
    """What is under way on one partition of one endpoint."""

    def __init__(
        self,
        endpoint: Callable[[], Endpoint | None],
        post: Post,
        gate: Gate,
        keep: Callable[[DeliveryFailure | None], Awaitable[None]],
        now: Callable[[], datetime],
        paused: Callable[[], bool] = lambda: False,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Ask `endpoint` before each attempt, and `paused` whether another partition of it is.

        `keep` is called with what is to outlive the process, whenever that changes.
        """
        self._endpoint, self._post, self._gate, self._keep = endpoint, post, gate, keep
        self._now, self._paused, self._sleep = now, paused, sleep
        self._failing: dict[str, DeliveryFailure] = {}
        self._kept: DeliveryFailure | None = None

    async def run(self, messages: Iterable[Message], failure: DeliveryFailure | None) -> None:
        """Return when all are taken; `failure` is what was kept of one of them. Raises `Removed`."""
        members: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            members[message.member].append(message)
            if failure is not None and message.id == failure.event:
                self._failing[message.id] = self._kept = failure
        try:
            async with asyncio.TaskGroup() as group:
                for one in members.values():
                    group.create_task(self._in_order(one))
        except* Removed as gone:
            raise Removed from gone

    @property
    def failure(self) -> DeliveryFailure | None:
        """What has failed for longest and is not taken yet; one that wants no more before all others."""
        return min(self._failing.values(), key=lambda one: (not one.gone, one.since), default=None)

    @property
    def paused(self) -> bool:
        """Whether nothing is posted until somebody says so."""
        endpoint = self._endpoint()
        return endpoint is not None and self.failure is not None and self.failure.paused(endpoint, self._now())

    async def _in_order(self, messages: Sequence[Message]) -> None:
        for message in messages:
            await self._until_taken(message)
            if self._failing.pop(message.id, None) is not None:
                await self._keep_if_changed()

    async def _until_taken(self, message: Message) -> None:
        failures = 0
        while True:
            if (endpoint := self._endpoint()) is None:
                raise Removed
            if not endpoint.wants(message.type) or message.id in endpoint.skipped:
                return
            outcome = None if self.paused or self._paused() else await self._attempt(message)
            if isinstance(outcome, Delivered):
                return
            if outcome is None or self._gate.shut:
                await self._sleep(LOOK_SECONDS)
            else:
                asked = outcome.wait_seconds if isinstance(outcome, Rejected) else 0.0
                await self._wait(max(retry_seconds(failures), asked), endpoint)
                failures += 1

    async def _wait(self, seconds: float, endpoint: Endpoint) -> None:
        """Wait, and no longer when the endpoint has changed."""
        while seconds > 0 and self._endpoint() == endpoint:
            await self._sleep(min(seconds, LOOK_SECONDS))
            seconds -= LOOK_SECONDS

    async def _attempt(self, message: Message) -> Outcome | None:
        """Return what an attempt ended in; None where it is not its turn."""
        async with self._gate.places:
            endpoint = self._endpoint()  # it may have changed while others had their turns
            failed = message.id in self._failing
            if endpoint is None or (turn := self._gate.turn(endpoint.resumed, failed=failed)) is None:
                return None
            outcome: Outcome | None = None
            try:
                outcome = await self._post(endpoint, message)
            finally:
                self._gate.ended(turn, message.id, outcome)
        if not isinstance(outcome, Delivered):
            await self._failed(endpoint, message.id, outcome)
        return outcome

    async def _failed(self, endpoint: Endpoint, event: str, outcome: Rejected | Unknown) -> None:
        gone = next_of(Guarantee.AT_LEAST_ONCE, outcome) is Next.GIVEN_UP
        reason = outcome.reason[:REASON_CHARS_MAX]
        before = self._failing.get(event)
        if before is None or before.answered(endpoint):  # whoever has resumed it gives it three days more
            self._failing[event] = DeliveryFailure(event, self._now(), reason, gone)
        elif gone and not before.gone:
            self._failing[event] = DeliveryFailure(event, before.since, reason, gone)
        await self._keep_if_changed()

    async def _keep_if_changed(self) -> None:
        if (failure := self.failure) != self._kept:
            self._kept = failure
            await self._keep(failure)
