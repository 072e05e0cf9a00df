"""Performs what own events begin outside, once each: after the event is on the log and in the store, never before.

An effect whose process dies, whose owner lost its recovery, or whose fate nobody knows reports nothing; the service says so
in its own time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import structlog

from shared.contracts import Event
from shared.decider import Missing, NewEvent, View
from shared.runtime.ports.limits import EFFECT_SLOTS_MAX, EFFECTS_AT_ONCE_MAX, LOAD_ROUNDS_MAX
from shared.runtime.processing.partition_task import PartitionTask


class Channel(Protocol):
    """What carries out effects, a mail, say. One for a process."""

    async def perform(self, view: View[Any, Any], event: Event, /) -> NewEvent | None:
        """Perform the effect that `event` announced, on a view that was just read, and return its outcome where it is known.

        Raises `Missing` before anything has begun.
        """

    async def close(self) -> None:
        """End what is kept open. Nothing is under way any more."""


PUBLISHED_LOOK_SECONDS = 0.01
"""Between two looks whether owners have said what was reported to them."""

_log = structlog.get_logger()


class Performer:
    """The effects of one process, a bounded number of them at a time.

    An owner asks for places before it says that effects begin, and says no more of them than it has places; a place is free
    again once the outcome is said. So a process that dies leaves no more behind than it can do at once.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._tasks: set[asyncio.Task[None]] = set()
        self._owners: set[PartitionTask[Any, Any]] = set()
        """Those that effects were reported to since all was said."""
        self._reserved = 0
        self._closed = False
        self._waiting: set[PartitionTask[Any, Any]] = set()
        """Owners that found no place; they are rung when there is one. One a partition at most."""

    @property
    def under_way(self) -> int:
        """How many effects have begun."""
        return len(self._tasks)

    def start(self, event: Event, owner: PartitionTask[Any, Any]) -> None:
        """Begin the effect in a task of its own."""
        task = asyncio.create_task(self._run(event, owner))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    @contextmanager
    def slots(self, owner: PartitionTask[Any, Any]) -> Iterator[int]:
        """Reserve places for effects that a step may begin, some at most; what it did not begin is free again after it.

        None: there is no place now, and the owner is rung when there is one.
        """
        free = 0 if self._closed else EFFECTS_AT_ONCE_MAX - self._taken()
        count = max(0, min(free, EFFECT_SLOTS_MAX))
        if not count:
            self._waiting.add(owner)
        self._reserved += count
        try:
            yield count
        finally:
            self._reserved -= count
            self._ring()

    def published(self) -> None:
        """Give back the places of outcomes that were said."""
        self._ring()

    def open(self) -> None:
        """Let effects begin."""
        self._closed = False
        self._ring()

    async def drain(self, seconds: float) -> None:
        """Let no effect begin, and what is under way end and its outcome be said, for so long at most."""
        self._closed = True
        until = time.monotonic() + seconds
        while self._unpublished() and time.monotonic() < until:  # noqa: ASYNC110 - tasks, steps and owners, all of them
            await asyncio.sleep(PUBLISHED_LOOK_SECONDS)

    def _unpublished(self) -> bool:
        """Say whether something is under way, or reported to an owner that can say it and has not yet."""
        return self._taken() > 0

    def _taken(self) -> int:
        """Return how many places are taken: reserved, under way, or reported to an owner that can say it and has not yet."""
        self._owners = {owner for owner in self._owners if owner.reports and not owner.released}
        return len(self._tasks) + self._reserved + sum(len(owner.reports) for owner in self._owners if owner.live)

    async def stop(self) -> None:
        """End what is still under way: its fate is unknown."""
        self._closed = True
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._channel.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ring()

    def _ring(self) -> None:
        """Ring whoever found no place, if there is one now."""
        if self._closed or self._taken() >= EFFECTS_AT_ONCE_MAX:
            return
        waiting, self._waiting = self._waiting, set()
        for owner in waiting:
            owner.feed.ring()

    async def _run(self, event: Event, owner: PartitionTask[Any, Any]) -> None:
        try:
            outcome = await self._with_current_state(event, owner)
        except Exception as error:  # noqa: BLE001 - its fate is unknown, and the service says so in time
            _log.warning("an effect ended without an outcome", id=event.id, error=type(error).__name__)
            return
        if outcome is not None:
            owner.report(event, outcome)
            self._owners.add(owner)
            owner.feed.ring()

    async def _with_current_state(self, event: Event, owner: PartitionTask[Any, Any]) -> NewEvent | None:
        keys = {*owner.decider.touches(event), *owner.decider.woken_with}
        for _ in range(LOAD_ROUNDS_MAX):
            view = await owner.look(event, keys)
            try:
                return await self._channel.perform(view, event)
            except Missing as absent:
                keys |= absent.keys
        raise RuntimeError("asks for more and more items")
