"""Bytes that are counted while they are read: limits hold for what comes out, not for what a header declares."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO
from zipfile import BadZipFile

from shared.importing.files.entries import Entry
from shared.importing.limits import RATIO_FROM_BYTES, RATIO_MAX, UNPACKED_BYTES_MAX
from shared.importing.refusals import ArchiveError, FileRefused, shown

Progress = Callable[[int, int], None]
"""Told (bytes read so far, bytes to read in all); every file is read twice."""


@dataclass(slots=True)
class Meter:
    """How far an import has come, over all of its files and both readings."""

    total: int
    progress: Progress | None = None
    done: int = 0

    def add(self, count: int) -> None:
        """Take note of bytes read."""
        self.done += count
        if self.progress is not None and count:
            self.progress(min(self.done, self.total), self.total)


class CountedBytes(io.RawIOBase):
    """One file's bytes, counted and digested on the way. `allowance` is how many the archive may still give."""

    def __init__(self, entry: Entry, meter: Meter, allowance: int = UNPACKED_BYTES_MAX) -> None:
        super().__init__()
        self.count = 0
        self._entry = entry
        self._meter = meter
        self._allowance = allowance
        self._digest = hashlib.sha256()
        self._file: IO[bytes] = entry.open()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed: any Buffer
        try:
            chunk = self._file.read(len(buffer))
        except (BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
            raise FileRefused(f"{shown(self._entry.name)}: is damaged") from None
        size = len(chunk)
        buffer[:size] = chunk
        self.count += size
        self._check()
        self._digest.update(chunk)
        self._meter.add(size)
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def digest(self) -> bytes:
        """Return the SHA-256 of what was read so far."""
        return self._digest.digest()

    def _check(self) -> None:
        label, packed = shown(self._entry.name), self._entry.packed
        if self.count > self._allowance:
            raise ArchiveError(f"{label}: the archive unpacks to more than {UNPACKED_BYTES_MAX // 1024**2:,} MB")
        if packed is not None and self.count > RATIO_FROM_BYTES and self.count > RATIO_MAX * packed:
            raise ArchiveError(f"{label}: unpacks to more than {RATIO_MAX} times its size")
