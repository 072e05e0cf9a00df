"""The last records of what services say, of all members: what a stream that was interrupted takes up again from.

One reader of a process fills it (`shared.runtime` knows how to read; this only keeps). A stream stands at the offset of the
next record of each topic, on its partition. What lies before `RECORDS_MAX` or `BYTES_MAX` is forgotten, oldest first.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Final, TypeAlias

from shared.contracts import FOLLOWUPS, INVITES
from shared.runtime.ports.interfaces import Record

TOPICS: Final = (FOLLOWUPS, INVITES)
"""What a stream tells of: follow-ups as they fall due and end, invites as something becomes of them."""
RECORDS_MAX: Final = 10_000
BYTES_MAX: Final = 16 * 1024 * 1024
"""Of values and headers; with what Python adds, about twice as much."""
NextOffsets: TypeAlias = tuple[int, ...]
"""By topic, in the order of `TOPICS`: the offset of the next record."""
Part: TypeAlias = tuple[str, int]
"""A topic, and the number of a partition."""


class Recent:
    """What was read last. `begin` comes before `add` for each partition of each topic."""

    def __init__(self, records_max: int = RECORDS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._records_max, self._bytes_max = records_max, bytes_max
        self._kept: dict[Part, deque[Record]] = {}
        self._begins: dict[Part, int] = {}
        """From where on nothing is missing."""
        self._ends: dict[Part, int] = {}
        self._order: deque[Part] = deque()
        self._bytes = 0

    def begin(self, starts: Mapping[Part, int]) -> None:
        """Forget everything, and be filled from these offsets on."""
        self._kept = {part: deque() for part in starts}
        self._begins, self._ends = dict(starts), dict(starts)
        self._order.clear()
        self._bytes = 0

    def add(self, record: Record) -> None:
        """Keep a record, the next one of its partition."""
        part = record.topic, record.partition
        self._kept[part].append(record)
        self._ends[part] = record.offset + 1
        self._order.append(part)
        self._bytes += _size(record)
        while len(self._order) > self._records_max or self._bytes > self._bytes_max:
            oldest = self._order.popleft()
            gone = self._kept[oldest].popleft()
            self._begins[oldest] = gone.offset + 1
            self._bytes -= _size(gone)

    def reach(self, part: Part, offset: int) -> None:
        """Note that nothing more stands below the offset, where a topic ends with what is no record."""
        self._ends[part] = max(self._ends[part], offset)

    def ends(self) -> Mapping[Part, int]:
        """Return the offset of the next record of each partition."""
        return self._ends

    def end(self, partition: int) -> NextOffsets:
        """Return the offsets behind all that was read."""
        return tuple(self._ends.get((topic, partition), 0) for topic in TOPICS)

    def since(self, partition: int, offsets: NextOffsets, member: bytes) -> list[Record] | None:
        """Return the member's records from these offsets on, about in the order of time; each topic's in its own order.

        None: not all of them are known any more, or an offset lies beyond what was read.
        """
        found = []
        for topic, offset in zip(TOPICS, offsets, strict=True):
            part = topic, partition
            if not self._begins.get(part, 1) <= offset <= self._ends.get(part, 0):
                return None
            kept = self._kept[part]
            first = next((n for n, one in enumerate(kept) if one.offset >= offset), len(kept))
            found.append([one for one in islice(kept, first, None) if one.key == member])
        return list(heapq.merge(*found, key=lambda one: one.logged_ms))


def after(offsets: NextOffsets, record: Record) -> NextOffsets:
    """Return the offsets behind a record."""
    return tuple(
        max(record.offset + 1, offset) if topic == record.topic else offset
        for topic, offset in zip(TOPICS, offsets, strict=True)
    )


def _size(record: Record) -> int:
    return len(record.value or b"") + sum(len(name) + len(value) for name, value in record.headers)
