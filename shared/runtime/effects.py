"""Performs what own facts begin outside, once each: after the fact is on the log and in the store, never before.

An effect whose process dies, whose owner lost its claim, or whose fate nobody knows reports nothing; the service says so
in its own time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from shared.contracts import Fact
from shared.decision import Missing, Said, View
from shared.runtime.limits import EFFECTS_AT_ONCE_MAX, LOAD_ROUNDS_MAX
from shared.runtime.owner import Owner

Perform = Callable[[View[Any, Any], Fact], Awaitable[Said | None]]
"""Performs the effect that a fact announced, on a view that was just read; raises `Missing` before it begins anything."""

_log = structlog.get_logger()


class Performer:
    """The effects of one process, a bounded number of them at a time."""

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._room = asyncio.Semaphore(EFFECTS_AT_ONCE_MAX)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        """How many effects have begun or wait for room."""
        return len(self._tasks)

    def start(self, fact: Fact, owner: Owner[Any, Any]) -> None:
        """Begin the effect in a task of its own."""
        task = asyncio.create_task(self._run(fact, owner))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, seconds: float) -> None:
        """Let what is under way end, for so long at most."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()

    async def _run(self, fact: Fact, owner: Owner[Any, Any]) -> None:
        try:
            async with self._room:
                outcome = await self._on_what_is_known(fact, owner)
        except Exception as error:  # noqa: BLE001 - its fate is unknown, and the service says so in time
            _log.warning("an effect ended without an outcome", fact=fact.id, error=type(error).__name__)
            return
        if outcome is not None:
            owner.report(fact, outcome)
            owner.feed.ring()

    async def _on_what_is_known(self, fact: Fact, owner: Owner[Any, Any]) -> Said | None:
        keys = set(owner.core.touches(fact))
        for _ in range(LOAD_ROUNDS_MAX):
            view = await owner.look(fact.member, keys)
            try:
                return await self._perform(view, fact)
            except Missing as absent:
                keys |= absent.keys
        raise RuntimeError("asks for more and more items")
