"""What the reading routes read from: whoever knows members, as the projection has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from services.gateway.projection.model.people import Item, Profile
from shared.decider import View
from shared.runtime.reader import AnswerWithOffsets

T = TypeVar("T")


class Members(Protocol):
    """Reads members: `shared.runtime.reader.Reader`, or one of a test's."""

    def partition_of(self, member: str) -> int:
        """Return the partition on which a member's events stand."""

    async def read(self, member: str, question: Callable[[View[Profile, Item]], T], after: int | None = None) -> T:
        """Return the answer to a question; `UnknownMember`, `NotVisible`, or `Uncertain` where the store cannot tell."""


class Followed(Members, Protocol):
    """Says with an answer what it is made of, too, so that what follows can be told after it, or that nothing does."""

    async def read_with_offsets(
        self, member: str, question: Callable[[View[Profile, Item]], T]
    ) -> AnswerWithOffsets[T]:
        """Return the answer to a question, and which records it is made of; raises what `read` raises."""

    async def read_stored(
        self, member: str, question: Callable[[View[Profile, Item]], T], after: int | None = None
    ) -> tuple[T, Mapping[str, bytes | None]]:
        """Return the answer to a question, and by key the stored bytes that it follows from; raises what `read` raises."""

    async def is_stored(self, member: str, expected: Mapping[str, bytes | None], after: int | None = None) -> bool:
        """Say whether exactly these bytes are stored now; `NotVisible`, `Uncertain`."""
