"""What the driver and its workers share: a page of memory, so that a change is seen by all at the same instant.

On it stands how far the world's clock is ahead of the machine's. Everybody who asks for the time reads it there, so what
the driver knows to be acknowledged before an instant was acknowledged before any worker's clock showed that instant.
"""

from __future__ import annotations

import mmap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

WORKERS_MAX: Final = 16
FIELDS: Final = (
    "skew_ms",
    "hold",
    "held",
    "recoveries",
    "uncertain",
    "refusals",
    "slept",
    "restored",
    "snapshots",
    "rounds",
    "deletions",
    "answers",
)
"""Of one worker: how far its clock is off; at which moment it is to wait, and where it waits; what it has counted."""
RECEIVER: Final = WORKERS_MAX - 1
"""Whose number no worker has: the receiver of webhooks."""
ANSWERS: Final = ("takes", "fails", "fails every other", "takes and fails")
"""How it answers: the last takes an event and says that it has not."""
MOMENTS: Final = (
    "", "publish", "append", "commit", "deliver", "handed", "fence", "ends", "mailed", "snapshot", "delete", "restore",
)  # fmt: skip
"""Where a worker can be made to wait: before the publish, between the append and the log's commit, between the log's
commit and the store's, between poll and hand-over, between hand-over and the next poll, before the log is fenced,
before the ends are asked for, between a mail and its outcome, between the parts of snapshots and the log's commit, before
records are deleted, and before a member is restored. The first is nowhere."""
_BYTES: Final = 8


class Board:
    """Whole numbers of 8 bytes in a file that every process maps."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_BYTES * (1 + WORKERS_MAX * len(FIELDS))))
        with path.open("r+b") as file:
            self._cells = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")

    def read(self, worker: int, field: str) -> int:
        """Return one of a worker's numbers."""
        return self._cells[_place(worker, field)]

    def write(self, worker: int, field: str, number: int) -> None:
        """Set one of a worker's numbers."""
        self._cells[_place(worker, field)] = number

    def count(self, worker: int, field: str) -> None:
        """Add one; only the worker itself counts, or who starts it."""
        self._cells[_place(worker, field)] += 1

    def total(self, field: str) -> int:
        """Return the sum over all workers."""
        return sum(self.read(worker, field) for worker in range(WORKERS_MAX))

    def now(self) -> datetime:
        """Return the world's time, as it is on a clock without error."""
        return datetime.now(UTC) + timedelta(milliseconds=self._cells[0])

    def jump(self, ahead: timedelta) -> None:
        """Let so much time pass at once."""
        self._cells[0] += ahead // timedelta(milliseconds=1)


def _place(worker: int, field: str) -> int:
    return 1 + worker * len(FIELDS) + FIELDS.index(field)
