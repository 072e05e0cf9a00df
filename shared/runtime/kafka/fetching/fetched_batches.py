"""The batches of a fetch as aiokafka's consumers read them, with a reader of ours in place: no batch can stop a partition.

aiokafka unpacks a batch in the middle of a poll. What it raises there loses the records that the same poll had taken
already, of other partitions too, and the batch comes again for ever. Its fetcher has no setting for a reader, so its
class of batches is replaced by one that

- reads all of Kafka's codecs, up to a limit of unpacked bytes (`unpacking.py`);
- reads header names that are not UTF-8 with U+FFFD in them: no broker checks that they are;
- puts one record that says so in the place of what nobody can read. It stands at the batch's last offset, so that the
  partition goes on behind it, and becomes a dead letter like any record that cannot be read.

A wrong checksum may be a fault of the way or of the broker's memory, so such a batch is fetched `CHECKSUM_TRIES` times
before it is given up. Until then a fetch ends before it: nothing is raised, so every reader gets past it alike.

A fetch also ends when enough of it is unpacked (`UNPACKED_FETCH_BYTES_MAX`, for a whole poll as for one partition): a
megabyte may hold a hundred batches that each unpack to the most that one may. What is left is fetched again, by its place.
Of batches that are handed on in parts, all consumers of the process hold so many bytes at once (`unpacked_bytes.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch

from shared.runtime.kafka.fetching.unpacked_bytes import BUDGET
from shared.runtime.kafka.fetching.unpacking import Unpackable, plain
from shared.runtime.kafka.library_internals import (
    PythonBatch,
    PythonRecords,
    RecordsOfPartition,
    end_walk,
    next_slice,
    read_batches_by,
)

CHECKSUM_TRIES: Final = 3
"""Fetches of the same bytes after which a wrong checksum is believed."""
WRONG_REMEMBERED_MAX: Final = 64
"""Batches with a wrong checksum whose fetches are counted; beyond it the oldest is forgotten and counted anew."""
UNPACKED_FETCH_BYTES_MAX: Final = 8 * 1024 * 1024
"""What is unpacked of one partition's fetch, and of all partitions in one poll, before the rest is left for the next: so
a poll brings at most this and one batch more, however well its records are packed."""
RAW_BYTES_MAX: Final = 1024
"""What is kept of a batch that nobody can read: its beginning, head included."""
_MAGIC: Final = 2
"""The format since Kafka 0.11; older ones have no headers."""
_MAGIC_AT, _OLD_ATTRIBUTES_AT, _COUNT_AT = 16, 17, 57
_CODEC_MASK: Final = 0x07


class UnreadableBatch(bytes):
    """The beginning of a batch that nobody can read, in the place of a record's value."""

    reason: str
    first: int
    """The offset from which on nothing of it could be read. The record itself stands at the last."""

    @classmethod
    def of(cls, raw: bytes | memoryview, reason: str, first: int) -> UnreadableBatch:
        """Return the beginning of `raw`, with the reason for which it cannot be read."""
        value = cls(raw[:RAW_BYTES_MAX])
        value.reason, value.first = reason, first
        return value


def read_any_batch() -> None:
    """Make aiokafka's consumers read whatever a batch holds, for the whole process."""
    read_batches_by(PythonRecords, PartitionRecords)


@dataclass(slots=True)
class Budget:
    """What may still be unpacked."""

    left: int = field(default_factory=lambda: UNPACKED_FETCH_BYTES_MAX)


POLL: Final[ContextVar[Budget | None]] = ContextVar("POLL", default=None)
"""The budget of the poll under way in this task; none: each partition's fetch stands for itself."""


class _Lenient(bytearray):
    """Bytes whose slices decode whatever they hold."""

    def __getitem__(self, at: Any) -> Any:
        part = super().__getitem__(at)
        return _Lenient(part) if isinstance(at, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:  # noqa: ARG002 - called with one argument
        return super().decode(encoding, "replace")


class _LenientBatch(PythonBatch):
    """aiokafka's batch in pure Python, reading from lenient bytes."""

    def readable(self, plain: bytearray) -> bytearray:
        """Return bytes that decode whatever they hold."""
        return _Lenient(plain)


@dataclass(frozen=True, slots=True)
class _Gap:
    """A record, as aiokafka has them, in the place of those that cannot be read."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: UnreadableBatch
    key: None = None
    checksum: None = None
    headers: tuple[()] = ()


class _WrongSums:
    """How often batches with a wrong checksum were fetched."""

    def __init__(self) -> None:
        self._fetches: OrderedDict[tuple[int, int, int], int] = OrderedDict()

    def believed(self, batch: Any, raw: bytes | memoryview) -> bool:
        """Count one more fetch, and say whether it is enough to believe that the batch is damaged where it lies."""
        name = (batch.base_offset, batch.crc, hash(bytes(raw)))
        self._fetches[name] = self._fetches.pop(name, 0) + 1
        if len(self._fetches) > WRONG_REMEMBERED_MAX:
            self._fetches.popitem(last=False)
        return self._fetches[name] >= CHECKSUM_TRIES


_WRONG: Final = _WrongSums()


class Walk:
    """The batches of one partition in a fetch, as far as they are to be read now."""

    def __init__(self, records: PythonRecords, at: object = "") -> None:
        self.ended = False
        """Behind what cannot be read another fetch begins: what this one knows of aborted transactions may be wrong."""
        self._records = records
        self._at = at
        self._own = Budget()
        self._next: _Batch | None = None

    def has_next(self) -> bool:
        """Say whether a batch is to be read now. `CorruptRecordException` where not even its end can be told."""
        poll = POLL.get()
        if self.ended or self._own.left <= 0 or (poll is not None and (poll.left <= 0 or BUDGET.full())):
            return False
        raw = next_slice(self._records)
        if self._next is None and raw is not None:
            batch = self._records.next_batch()
            following = next_slice(self._records)
            self._next = self._opened(batch, raw, following)
        return self._next is not None

    def next_batch(self) -> _Batch | None:
        """Return the batch that `has_next` has found."""
        batch, self._next = self._next, None
        return batch

    def count(self, unpacked: int) -> None:
        """Count the bytes of a batch, unpacked."""
        for budget in (self._own, POLL.get()):
            if budget is not None:
                budget.left -= unpacked

    def _opened(self, batch: Any, raw: bytes | memoryview, following: bytes | memoryview | None) -> _Batch | None:
        """Return the batch to read; None when its checksum is wrong, and may be right when it is fetched again."""
        if batch.validate_crc():
            return _Batch(self, batch, raw, batch.next_offset, damaged=False)
        if not _WRONG.believed(batch, raw):
            return None
        end = _end(batch, raw, following)
        if end is None:
            raise CorruptRecordException(f"{self._at}: a batch with a wrong checksum does not say where it ends")
        return _Batch(self, batch, raw, end, damaged=True)


class PartitionRecords:
    """aiokafka's walk over the batches of a fetch, on ours; it ends as soon as aiokafka lets go of it.

    aiokafka's own is a circle with its generator. Where a partition is paused or sought in the middle of a batch, the batch
    would stay until the collector comes, which in a process that is tuned for work is seldom.
    """

    def __init__(self, tp: Any, records: Any, *more: Any, **others: Any) -> None:
        self._records = RecordsOfPartition(tp, Walk(records, tp), *more, **others)

    @property
    def next_fetch_offset(self) -> int:
        """The offset behind what was read."""
        offset: int = self._records.next_fetch_offset
        return offset

    def __iter__(self) -> Iterator[Any]:
        """Return itself."""
        return self

    def __next__(self) -> Any:
        """Return the next record."""
        return next(self._records)

    def __del__(self) -> None:
        """Let go of the batch that is open."""
        end_walk(self._records)


def _end(batch: Any, raw: bytes | memoryview, following: bytes | memoryview | None) -> int | None:
    """Return the offset behind a damaged batch, None where it cannot be told.

    Nothing is compacted, so the last offset and the count of records say the same; else the next batch tells.
    """
    if raw[_MAGIC_AT] < _MAGIC:
        return int(batch.next_offset)  # there it stands outside of what the checksum is of
    count = int.from_bytes(raw[_COUNT_AT : _COUNT_AT + 4], "big", signed=True)
    if count > 0 and batch.next_offset == batch.base_offset + count:
        return int(batch.next_offset)
    return None if following is None else int.from_bytes(following[:8], "big", signed=True)


class _Batch:
    """One batch: its head as aiokafka reads it, its records one by one, and a gap for those that cannot be read."""

    def __init__(self, walk: Walk, batch: Any, raw: bytes | memoryview, next_offset: int, *, damaged: bool) -> None:
        self.base_offset = int.from_bytes(raw[:8], "big", signed=True)
        self.next_offset = next_offset
        self.producer_id: int | None = batch.producer_id
        # The head of a damaged one is not believed: a control batch and an aborted one are passed over in silence.
        self.is_control_batch: bool = batch.is_control_batch and not damaged
        self.is_transactional: bool = batch.is_transactional and not damaged
        self._walk, self._batch, self._raw, self._damaged = walk, batch, raw, damaged

    def validate_crc(self) -> bool:
        """Say yes: the walk has looked at the checksum."""
        return True

    def __next__(self) -> Any:
        """Return the only record of a control batch."""
        return next(iter(self._batch))

    def __iter__(self) -> Iterator[Any]:
        """Yield the records as they are asked for: a million small ones are never objects all at once."""
        if self._damaged:
            yield self._gap("the batch has a wrong checksum", self.base_offset)
            return
        following = self.base_offset
        try:
            for reader in self._readers():
                try:
                    for record in reader:
                        if record.offset >= following:
                            following = record.offset + 1
                            yield record
                    return
                except UnicodeDecodeError:
                    continue
        except MemoryError:
            raise
        except Unpackable as error:
            yield self._gap(str(error), following)
        except Exception as error:  # noqa: BLE001 - whatever a batch does to its reader, its partition goes on
            if following < self.next_offset:  # what stands behind the last record is nobody's loss
                yield self._gap(f"the batch is malformed: {type(error).__name__}", following)

    def _readers(self) -> Iterator[Any]:
        """Yield what reads the records, and what does so where a header's name is no text."""
        if self._raw[_MAGIC_AT] < _MAGIC:
            if self._raw[_OLD_ATTRIBUTES_AT] & _CODEC_MASK:
                raise Unpackable("the batch is packed in a format from before Kafka 0.11")
            self._walk.count(len(self._raw))
            yield self._batch
            return
        raw = plain(self._raw)
        self._walk.count(len(raw))
        with BUDGET.reserving(len(raw)):
            yield DefaultRecordBatch(raw)
            yield _LenientBatch(raw)

    def _gap(self, reason: str, first: int) -> _Gap:
        self._walk.ended = True
        last = self.next_offset - 1
        extent = f"record {last}" if first == last else f"records {first} to {last}"
        structlog.get_logger().error("a batch cannot be read", reason=reason, first=first, last=last)
        value = UnreadableBatch.of(self._raw, f"{extent}: {reason}", first)
        readable = not self._damaged and self._raw[_MAGIC_AT] >= _MAGIC
        timestamp = self._batch.max_timestamp if readable else -1
        return _Gap(last, timestamp, self._batch.timestamp_type if readable else 0, value)
