"""The batches of a fetch as aiokafka's consumers read them, with a reader of ours in place: no batch can stop a partition.

aiokafka unpacks a batch in the middle of a poll. What it raises there loses the records that the same poll had taken
already, of other partitions too, and the batch comes again for ever. Its fetcher has no setting for a reader, so its
class of batches is replaced by one that

- reads all of Kafka's codecs, up to a limit of unpacked bytes (`unpacking.py`);
- reads header names that are not UTF-8 with U+FFFD in them: no broker checks that they are;
- puts one record that says so in the place of what nobody can read. It stands at the batch's last offset, so that the
  partition goes on behind it, and becomes a dead letter like any record that cannot be read.

A wrong checksum may be a fault of the way or of the broker's memory, so such a batch is fetched `CHECKSUM_TRIES` times
before it is given up; until then the poll fails, and its owners read again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

from shared.runtime.unpacking import Unpackable, plain

CHECKSUM_TRIES: Final = 3
"""Fetches of the same bytes after which a wrong checksum is believed."""
WRONG_REMEMBERED_MAX: Final = 64
"""Batches with a wrong checksum whose fetches are counted; beyond it the oldest is forgotten and counted anew."""
RAW_BYTES_MAX: Final = 1024
"""What is kept of a batch that nobody can read: its beginning, head included."""
_MAGIC_AT: Final = 16
"""Where a batch says its format's version; headers exist from version 2 on."""


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
    if not hasattr(fetcher, "MemoryRecords"):
        raise RuntimeError("aiokafka.consumer.fetcher.MemoryRecords: is not there in this version of aiokafka")
    fetcher.MemoryRecords = _Batches


class _Lenient(bytearray):
    """Bytes whose slices decode whatever they hold."""

    def __getitem__(self, at: Any) -> Any:
        part = super().__getitem__(at)
        return _Lenient(part) if isinstance(at, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:  # noqa: ARG002 - called with one argument
        return super().decode(encoding, "replace")


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka is untyped
    """aiokafka's batch in pure Python, reading from lenient bytes."""

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = _Lenient(self._buffer)


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


class _Batch:
    """One batch: its head as aiokafka reads it, its records one by one, and a gap for those that cannot be read."""

    def __init__(self, batch: Any, raw: bytes | memoryview, next_base: int | None) -> None:
        self._batch = batch
        self._raw = raw
        self._next_base = next_base
        self._damaged = False
        self._records: Iterator[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    @property
    def is_control_batch(self) -> bool:
        """Of a damaged batch the head is not believed: it would be passed over in silence."""
        return not self._damaged and bool(self._batch.is_control_batch)

    @property
    def is_transactional(self) -> bool:
        """The same: an aborted one is passed over."""
        return not self._damaged and bool(self._batch.is_transactional)

    def validate_crc(self) -> bool:
        """Say whether the poll may go on: the checksum is right, or the batch is given up and its extent is plain."""
        if self._batch.validate_crc():
            return True
        self._damaged = _WRONG.believed(self._batch, self._raw) and self._extent_is_plain()
        return self._damaged

    def _extent_is_plain(self) -> bool:
        """Say whether the offsets of a damaged batch can be believed: its own words agree, or the next one begins there."""
        count = int.from_bytes(self._raw[57:61], "big", signed=True)
        after = self._batch.next_offset
        if self._next_base is not None:
            return bool(self._batch.base_offset < after <= self._next_base)
        return bool(count > 0 and after == self._batch.base_offset + count)

    def __iter__(self) -> Iterator[Any]:
        if self._records is None:
            self._records = self._read()
        return self._records

    def __next__(self) -> Any:
        return next(iter(self))

    def _read(self) -> Iterator[Any]:
        if self._damaged:
            yield self._gap("the batch has a wrong checksum", self._batch.base_offset)
            return
        following = self._batch.base_offset
        try:
            raw = plain(self._raw)
            try:
                for record in DefaultRecordBatch(raw):
                    yield record
                    following = record.offset + 1
            except UnicodeDecodeError:
                for record in _LenientBatch(raw):
                    if record.offset >= following:
                        yield record
                        following = record.offset + 1
        except GeneratorExit:
            raise
        except Unpackable as error:
            yield self._gap(str(error), following)
        except Exception as error:  # noqa: BLE001 - whatever a batch does to its reader, its partition goes on
            if following < self._batch.next_offset:  # what stands behind the last record is nobody's loss
                yield self._gap(f"the batch is malformed: {type(error).__name__}", following)

    def _gap(self, reason: str, first: int) -> _Gap:
        last = self._batch.next_offset - 1
        extent = f"record {last}" if first == last else f"records {first} to {last}"
        structlog.get_logger().error("a batch cannot be read", reason=reason, first=first, last=last)
        value = UnreadableBatch.of(self._raw, f"{extent}: {reason}", first)
        timestamp = -1 if self._damaged else self._batch.max_timestamp
        return _Gap(last, timestamp, self._batch.timestamp_type, value)


class _Batches(_MemoryRecordsPy):  # type: ignore[misc]  # aiokafka is untyped
    """The batches of one partition in a fetch."""

    def next_batch(self) -> Any:
        raw = self._next_slice
        batch = super().next_batch()
        if raw is None or raw[_MAGIC_AT] < 2:
            return batch
        following = self._next_slice
        next_base = None if following is None else int.from_bytes(following[:8], "big", signed=True)
        return _Batch(batch, raw, next_base)
