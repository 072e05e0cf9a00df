"""Answers that were composed, kept by one process while they read the same: they cost several times what sending does.

The store is read for each request all the same. An answer that is kept counts only where each byte that it follows from is
stored still, and where the clock changes nothing in it (`reading.spans`). So it is never older than one that is made anew.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.gateway.reading.spans import Span

ANSWERS_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of all answers in one process, with what they follow from and what Python adds: some 250 pages of the longest agenda, or
10,000 of a usual one. The one that was given longest ago goes first."""
UNREAD_SECONDS_MAX: Final = 120.0
"""How long an answer is kept that is not given again: of a member who was erased no word is in memory for longer."""
ENTRY_BYTES: Final = 3_000
"""Of an answer beside its body and what it follows from: the longest cursor, ids, and what holds them."""
FIELD_BYTES: Final = 160
"""Of a stored field, beside its bytes: two objects of Python, and a place in a table."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and all that it follows from."""

    body: bytes
    tag: str
    stored: Mapping[str, bytes | None]
    """By key of the member's, as the store had it."""
    span: Span

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes."""
        fields = sum(FIELD_BYTES + len(key) + len(value or b"") for key, value in self.stored.items())
        return ENTRY_BYTES + len(self.body) + fields


@dataclass(slots=True)
class _Entry:
    kept: Kept
    size: int
    given_at: float


def _by_loop(seconds: float, call: Callable[[], None]) -> Any:
    return asyncio.get_running_loop().call_later(seconds, call)


class AnswerCache:
    """Answers by what was asked: the member, the route, all of the query. `call_later` calls after so many seconds."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        bytes_max: int = ANSWERS_BYTES_MAX,
        call_later: Callable[[float, Callable[[], None]], Any] = _by_loop,
    ) -> None:
        self._monotonic, self._bytes_max, self._call_later = monotonic, bytes_max, call_later
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bytes, self._swept = 0, False

    def find(self, asked: Hashable) -> Kept | None:
        """Return the answer that is kept; whoever takes it asks the store and the clock whether it holds."""
        entry = self._entries.get(asked)
        return None if entry is None else entry.kept

    def took(self, asked: Hashable) -> None:
        """Note that the answer held, and was given."""
        if (entry := self._entries.get(asked)) is not None:
            self._entries.move_to_end(asked)
            entry.given_at = self._monotonic()

    def keep(self, asked: Hashable, kept: Kept) -> None:
        """Keep an answer in place of the one before, and let go what is too much."""
        self.drop(asked)
        if (size := kept.size) > self._bytes_max:
            return
        self._entries[asked] = _Entry(kept, size, self._monotonic())
        self._bytes += size
        while self._bytes > self._bytes_max:
            self.drop(next(iter(self._entries)))
        self._sweep_later()

    def drop(self, asked: Hashable) -> None:
        """Let an answer go, where one is kept."""
        if (entry := self._entries.pop(asked, None)) is not None:
            self._bytes -= entry.size

    def _sweep_later(self) -> None:
        """See to it that what nobody asks for goes, though no request comes."""
        if not self._swept and self._entries:
            first = next(iter(self._entries.values()))
            self._swept = True
            self._call_later(max(0.0, first.given_at + UNREAD_SECONDS_MAX - self._monotonic()), self._sweep)

    def _sweep(self) -> None:
        self._swept, now = False, self._monotonic()
        while self._entries:
            asked, entry = next(iter(self._entries.items()))
            if now - entry.given_at < UNREAD_SECONDS_MAX:
                break
            self.drop(asked)
        self._sweep_later()
