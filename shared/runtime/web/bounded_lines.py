"""Lines of libraries that anybody outside can cause: each kind once a minute at most, with how many were left out."""

from __future__ import annotations

import logging
import time
from typing import Final

LINE_SECONDS: Final = 60.0
KINDS_MAX: Final = 100
"""Kinds of lines that are remembered; beyond it all are forgotten, and each may be said once more."""


class Bounded(logging.Filter):
    """Lets the first line of its kind pass, and for a minute no other. A kind is a message before its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self._logged_at: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the line passes; one that does tells how many of its kind did not."""
        kind, now = str(record.msg).partition("\n")[0], time.monotonic()
        if now - self._logged_at.get(kind, -LINE_SECONDS) < LINE_SECONDS:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        if len(self._logged_at) >= KINDS_MAX:
            self._logged_at.clear()
            self._left_out.clear()
        self._logged_at[kind] = now
        if count := self._left_out.pop(kind, 0):
            record.msg = f"{kind} (and {count} times more since the last such line)"
        return True


def bound_lines(*names: str) -> None:
    """Bound the lines of these loggers, once however often it is asked for."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(one, Bounded) for one in logger.filters):
            logger.addFilter(Bounded())
