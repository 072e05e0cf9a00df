"""Drives the shell by hand: one coroutine per process, one await at a time, with death, sleep and lost messages between.

There is no event loop here. The fakes await `Scheduler.step` before and after each effect; each such await hands control
back to whoever drives the coroutine, who goes on with it, leaves it asleep, throws a lost message into it, or drops it.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any

from shared.runtime.ports.interfaces import Uncertain


@types.coroutine
def _pause(where: str) -> Generator[str, None, None]:
    yield where


class Scheduler:
    """The `Faults` of the simulation: every step is a place where the driver decides what happens."""

    async def step(self, where: str) -> None:
        """Hand control back to the driver."""
        await _pause(where)


class Process:
    """One coroutine that is driven by hand, and the place where it stands."""

    def __init__(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        self.name = name
        self.coroutine = coroutine
        self.where = "begin"
        self.ended = False

    def turn(self, lost: str | None = None) -> str:
        """Go on to the next place; with `lost`, throw a lost message into the call that it waits for."""
        try:
            if lost is not None and self.where != "begin":
                self.where = str(self.coroutine.throw(Uncertain(lost)))
            else:
                self.where = str(self.coroutine.send(None))
        except StopIteration:
            self.ended = True
        return self.where


def finish(coroutine: Coroutine[Any, Any, Any], steps_max: int = 1_000_000) -> Any:
    """Drive a coroutine to its end without any fault and return its result."""
    for _ in range(steps_max):
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
    raise RuntimeError(f"no end after {steps_max} steps")
