"""Faults, done to a run. Each ends by itself; some take a while, and others happen meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from datetime import timedelta

from tests.chaos.board import Board
from tests.chaos.crew import CLOCK_MARGIN_MS, SESSION_TIMEOUT_MS, Crew
from tests.chaos.ground import Ground
from tests.chaos.plan import Fault, Jump

SKEW_MS = CLOCK_MARGIN_MS - 20
"""As far ahead as the promise allows."""
REPLIES = 3
NOT_DONE = object()
"""There was nobody left to do it to."""


class Faults:
    """What is done to the run, and how often it was."""

    def __init__(
        self,
        crew: Crew,
        ground: Ground,
        board: Board,
        more: Mapping[str, Callable[[Fault], Awaitable[object]]] | None = None,
    ) -> None:
        """`more`: kinds of fault that a run has besides."""
        self._crew, self._ground, self._board = crew, ground, board
        self.done: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._store = asyncio.Lock()
        """One fault of the store at a time, else files are taken away from a server that is just starting."""
        self._kinds: Mapping[str, Callable[[Fault], Awaitable[object]]] = {
            "worker killed": self._kill_worker,
            "worker stopped": self._stop_worker,
            "broker restarted": lambda fault: self._ground.restart("kafka"),
            "broker killed": lambda fault: self._ground.kill("kafka"),
            "store killed": lambda fault: self._ground.kill("valkey"),
            "store lost its last second": self._cut_store,
            "store put back": self._put_store_back,
            "store emptied": lambda fault: self._ground.empty_store(),
            "link cut": lambda fault: self._crew.links[fault.worker].cut(fault.seconds),
            "link held": lambda fault: self._crew.links[fault.worker].hold(fault.seconds),
            "replies lost": self._lose_replies,
            "clock ahead": lambda fault: self._set_clock(fault, SKEW_MS),
            "clock back": lambda fault: self._set_clock(fault, -SKEW_MS),
            **(more or {}),
        }

    @property
    def deaths(self) -> int:
        """How many faults there were; that time passes is none."""
        return sum(count for kind, count in self.done.items() if kind != "time passed")

    def begin(self, what: Fault | Jump) -> None:
        """Let it happen; return at once."""
        if isinstance(what, Jump):
            self._board.jump(timedelta(hours=what.hours))
            self.done["time passed"] += 1
            return
        task = asyncio.create_task(self._do(what), name=what.kind)
        self._tasks.add(task)

    async def over(self) -> None:
        """Wait until all that was begun is over. Raises what went wrong with the driver's own work."""
        while self._tasks:
            await self._tasks.pop()

    async def _do(self, fault: Fault) -> None:
        async with self._store if fault.kind.startswith("store") else nullcontext():
            if await self._kinds[fault.kind](fault) is not NOT_DONE:
                self.done[fault.kind] += 1

    async def _kill_worker(self, fault: Fault) -> object:
        if not (awake := self._crew.awake):
            return NOT_DONE
        worker = fault.worker if fault.worker in awake else awake[0]
        self._crew.kill(worker)
        await asyncio.sleep(fault.seconds)
        await self._crew.start(worker)
        return None

    async def _stop_worker(self, fault: Fault) -> object:
        if not (awake := self._crew.awake):
            return NOT_DONE
        worker = fault.worker if fault.worker in awake else awake[0]
        life = self._crew.stop(worker)
        await asyncio.sleep(fault.seconds + (self._ground.where.session_timeout_ms - SESSION_TIMEOUT_MS) / 1000)
        self._crew.wake(worker, life)
        return None

    async def _cut_store(self, fault: Fault) -> None:
        await self._ground.cut_store(fault.seconds)

    async def _put_store_back(self, fault: Fault) -> None:
        await self._ground.copy_store()
        await asyncio.sleep(fault.seconds)
        await self._ground.put_store_back()

    async def _lose_replies(self, fault: Fault) -> None:
        self._crew.links[fault.worker].lose(REPLIES)

    async def _set_clock(self, fault: Fault, skew_ms: int) -> None:
        self._board.write(fault.worker, "skew_ms", skew_ms)
