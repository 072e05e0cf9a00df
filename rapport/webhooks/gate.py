"""How many attempts an endpoint gets: some at once while it takes them, one now and then while it takes none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.delivery.outcome import Failed, Outcome, Taken

AT_ONCE_MAX: Final = 8
"""Attempts under way, of one endpoint in one process."""
IN_A_ROW: Final = 3
"""After so many failures without a success between them nobody else is tried, until the next one is due."""
RETRY_SECONDS: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""From one attempt to the next; the last one again and again."""


def retry_seconds(number: int) -> float:
    """Return how long to wait after the `number`th failure in a row, from 0."""
    return RETRY_SECONDS[min(number, len(RETRY_SECONDS) - 1)]


class Gate:
    """What all partitions of one endpoint ask before an attempt."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.places = asyncio.Semaphore(AT_ONCE_MAX)
        self._now = now
        self._failures = 0
        self._trying = False
        self._failed: datetime | None = None
        self._next = now()

    @property
    def shut(self) -> bool:
        """Whether attempts have failed so often in a row that one is made now and then alone."""
        return self._failures >= IN_A_ROW

    def may_try(self, resumed: datetime | None) -> bool:
        """Tell whether an attempt may begin; whoever is told so calls `ended`. `resumed`: no wait from before it counts."""
        if not self.shut:
            return True
        fresh = resumed is not None and self._failed is not None and resumed >= self._failed
        if self._trying or not (fresh or self._now() >= self._next):
            return False
        self._trying = True
        return True

    def ended(self, outcome: Outcome | None) -> None:
        """Take what an attempt ended in; None: it was broken off."""
        self._trying = False
        if isinstance(outcome, Taken):
            self._failures = 0
        elif outcome is not None:
            asked = outcome.wait_seconds if isinstance(outcome, Failed) else 0.0
            self._failed = self._now()
            self._next = self._failed + timedelta(seconds=max(retry_seconds(self._failures - IN_A_ROW + 1), asked))
            self._failures += 1
