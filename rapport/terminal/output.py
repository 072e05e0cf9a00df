"""What a command shows: JSON for programs on stdout, and a progress bar for people on stderr.

The bar appears only when the work has taken longer than `QUIET_SECONDS`: most of it is over by then.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

QUIET_SECONDS = 2.0


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print one JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=indent), flush=True)


class Bar:
    """How far the work has come; `advance` may be called as often as wanted."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._begun = time.monotonic()
        self._shown: Progress | None = None

    def advance(self, done: int, total: int | None, label: str | None = None) -> None:
        """Say how much is done, of how much where that is known."""
        if self._shown is None:
            if time.monotonic() - self._begun < QUIET_SECONDS:
                return
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(show_speed=True),
                TimeElapsedColumn(),
            )
            self._shown = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())
            self._shown.add_task(self._label, total=total)
            self._shown.start()
        self._shown.update(self._shown.task_ids[0], completed=done, total=total, description=label or self._label)

    def close(self) -> None:
        """Take the bar away."""
        if self._shown is not None:
            self._shown.stop()


@contextmanager
def late_bar(label: str) -> Iterator[Bar]:
    """Give a bar that closes at the end, however it ends."""
    bar = Bar(label)
    try:
        yield bar
    finally:
        bar.close()
