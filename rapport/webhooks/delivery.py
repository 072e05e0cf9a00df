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

from rapport.webhooks.endpoints import Endpoint
from rapport.webhooks.gate import Gate, retry_seconds
from rapport.webhooks.message import Message
from rapport.webhooks.standing import REASON_CHARS_MAX, Standing
from shared.delivery.outcome import Failed, Gone, Outcome, Taken

LOOK_SECONDS: Final = 1.0
"""How soon a resumed, changed or removed endpoint is noticed."""
GONE: Final = "answers 410: it wants no more of this"


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
        keep: Callable[[Standing], Awaitable[None]],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Ask `endpoint` before each attempt; `keep` is called when the batch begins to fail, and when it is `gone`."""
        self._endpoint, self._post, self._gate, self._keep = endpoint, post, gate, keep
        self._now, self._sleep = now, sleep
        self.standing: Standing | None = None

    async def run(self, messages: Iterable[Message], standing: Standing | None) -> None:
        """Return when all are taken; `standing` is what was kept of the first of them. Raises `Removed`."""
        self.standing = standing
        members: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            members[message.member].append(message)
        try:
            async with asyncio.TaskGroup() as group:
                for one in members.values():
                    group.create_task(self._in_order(one))
        except* Removed as gone:
            raise Removed from gone
        self.standing = None

    @property
    def paused(self) -> bool:
        """Whether nothing is posted until somebody says so."""
        endpoint = self._endpoint()
        return endpoint is not None and self.standing is not None and self.standing.paused(endpoint, self._now())

    async def _in_order(self, messages: Sequence[Message]) -> None:
        for message in messages:
            await self._until_taken(message)

    async def _until_taken(self, message: Message) -> None:
        failures = 0
        while True:
            if (endpoint := self._endpoint()) is None:
                raise Removed
            if not endpoint.wants(message.type):
                return
            outcome = None if self.paused else await self._attempt(endpoint, message)
            if isinstance(outcome, Taken):
                return
            if outcome is None or self._gate.shut:
                await self._sleep(LOOK_SECONDS)
            else:
                asked = outcome.wait_seconds if isinstance(outcome, Failed) else 0.0
                await self._sleep(max(retry_seconds(failures), asked))
                failures += 1

    async def _attempt(self, endpoint: Endpoint, message: Message) -> Outcome | None:
        """Return what an attempt ended in; None where it is not its turn."""
        async with self._gate.places:
            if not self._gate.may_try(endpoint.resumed):
                return None
            outcome: Outcome | None = None
            try:
                outcome = await self._post(endpoint, message)
            finally:
                self._gate.ended(outcome)
        if not isinstance(outcome, Taken):
            await self._failed(endpoint, outcome)
        return outcome

    async def _failed(self, endpoint: Endpoint, outcome: Failed | Gone) -> None:
        reason = GONE if isinstance(outcome, Gone) else outcome.reason[:REASON_CHARS_MAX]
        before = self.standing
        if before is not None and endpoint.resumed is not None and endpoint.resumed >= before.since:
            before = None  # that was answered by whoever resumed it: another three days begin
        now = self._now()
        if before is None:
            self.standing = Standing(now, reason, isinstance(outcome, Gone))
        elif isinstance(outcome, Gone) and not before.gone:
            self.standing = Standing(before.since, reason, gone=True)
        else:
            return
        await self._keep(self.standing)
