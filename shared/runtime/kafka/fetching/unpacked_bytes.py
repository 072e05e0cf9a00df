"""How many bytes of unpacked batches the consumers of this process hold at once, and how many they may.

A batch of a thousand small records is handed on in several polls, and stays unpacked until its last record is. Each partition
of each consumer may have come to the middle of one, so what is in memory would grow with their number. All consumers of the
process share this: where it is full, no further batch is opened, and its partition is fetched again. What is open already
is read to its end, so it is never full for good.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

UNPACKED_BYTES_RESERVED_MAX: Final = 32 * 1024 * 1024
"""Above it no batch is opened, so this and one batch (`UNPACKED_BYTES_MAX`) is the most that is held."""
COLLECT_SECONDS: Final = 1.0
"""While it is full, how often the collector looks for a consumer that was stopped in the middle of a batch."""


class ByteBudget:
    """Bytes of batches that are unpacked and not read to their end."""

    def __init__(self) -> None:
        self.bytes = 0
        self._collected = -COLLECT_SECONDS

    @contextmanager
    def reserving(self, size: int) -> Iterator[None]:
        """Count so many bytes for as long as this lasts."""
        self.bytes += size
        try:
            yield
        finally:
            self.bytes -= size

    def full(self) -> bool:
        """Say whether no further batch may be opened."""
        if self.bytes >= UNPACKED_BYTES_RESERVED_MAX and time.monotonic() - self._collected >= COLLECT_SECONDS:
            gc.collect()
            self._collected = time.monotonic()
        return self.bytes >= UNPACKED_BYTES_RESERVED_MAX


BUDGET: Final = ByteBudget()
"""Of this process."""
