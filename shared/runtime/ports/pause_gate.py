"""Between two steps: where an owner stands still while its group decides who owns what, and where it ends."""

from __future__ import annotations

import asyncio


class PauseGate:
    """A gate before every step of an owner. It is open until somebody holds it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._standing = asyncio.Event()

    async def passed(self) -> None:
        """Return at once, or when the gate is opened again."""
        while self.closed:
            self._standing.set()
            await self._open.wait()

    @property
    def closed(self) -> bool:
        """Whether the owner is to stand."""
        return not self._open.is_set()

    def close(self) -> None:
        """Let no further step begin."""
        self._open.clear()

    def open(self) -> None:
        """Let the owner go on."""
        self._standing.clear()
        self._open.set()

    async def wait_paused(self) -> None:
        """Return when the step in hand has ended."""
        await self._standing.wait()
