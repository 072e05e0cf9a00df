"""What is kept of imports, as whoever serves them keeps it: one of a member, for a while, bounded, for any process."""

from __future__ import annotations

from typing import Protocol


class Keeper(Protocol):
    """Keeps the import of each member. Errors of the store are `Uncertain`."""

    async def begin(self, member: str, identity: str, status: bytes) -> bool:
        """Keep a new one in the place of any before, from now on for its time; False where there is no room."""

    async def note(
        self, member: str, identity: str, status: bytes, events: bytes | None = None, instead_of: bytes = b""
    ) -> bool:
        """Keep how far it is, and its events where they are given; False where it is another one by now, or gone.

        `NoRoom` where others keep too much already for its events; `Changed` where `instead_of` is not what was noted last.
        """

    async def status(self, member: str) -> bytes | None:
        """Return what was noted last."""

    async def events(self, member: str, identity: str) -> bytes | None:
        """Return its events; None where they are not there, or it is another one."""

    async def drop(self, member: str, identity: str = "") -> None:
        """Keep nothing of a member; with `identity`, where it is that import still."""
