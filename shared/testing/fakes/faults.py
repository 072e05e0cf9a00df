"""Where the shipped fakes can be hurt: one step before and one after the effect of every call.

A scheduler that drives the shell implements `Faults`. At a step it may go on with another task (delay, sleep), raise
`Uncertain` (the request, or after the effect the reply, is lost) or never come back (the process is dead).
"""

from __future__ import annotations

from typing import Protocol


class Faults(Protocol):
    """What happens at the places where a call to the world can go wrong."""

    async def step(self, where: str) -> None:
        """Pass `where`: `store.load` before the effect of the store's `load`, `store.load.reply` after it."""


class NoFaults:
    """Nothing ever goes wrong."""

    async def step(self, where: str) -> None:
        """Go on at once."""
