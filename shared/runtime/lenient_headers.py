"""Records whose header names are not UTF-8 are read like any other, with U+FFFD in the name.

Kafka's protocol calls a header's name a string, but no broker checks it. aiokafka raises on such a name in the middle
of a fetch: the records before it in the same poll are lost, the consumer never gets past it, and FastStream's poll loop
ends. One record by anybody would stop every partition of a service. aiokafka has no setting for this, so its fetcher is
given a reader of its own batches that falls back to the slower one, for the batch concerned only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

_MAGIC_AT = 16
"""Where a batch says its format's version; headers exist from version 2 on."""


def read_any_header_name() -> None:
    """Make aiokafka's consumers read any header name, for the whole process."""
    if not hasattr(fetcher, "MemoryRecords"):
        raise RuntimeError("aiokafka.consumer.fetcher.MemoryRecords: is not there in this version of aiokafka")
    fetcher.MemoryRecords = _Records


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


class _Batch:
    """aiokafka's fast batch, or the lenient one when the fast one stumbles."""

    def __init__(self, batch: Any, raw: bytes | memoryview) -> None:
        self._batch = batch
        self._raw = raw
        self._records: Iterator[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        if self._records is None:
            try:
                records = list(self._batch)
            except UnicodeDecodeError:
                records = list(_LenientBatch(self._raw))
            self._records = iter(records)
        return self._records

    def __next__(self) -> Any:
        return next(iter(self))


class _Records(_MemoryRecordsPy):  # type: ignore[misc]  # aiokafka is untyped
    """The batches of one partition in a fetch."""

    def next_batch(self) -> Any:
        raw = self._next_slice
        batch = super().next_batch()
        return batch if raw is None or raw[_MAGIC_AT] < 2 else _Batch(batch, raw)
