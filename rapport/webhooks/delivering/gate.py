"""How many attempts an endpoint gets: some at once while it takes them, one now and then while it takes none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.delivery.attempts import pause_after
from shared.delivery.outcome import Delivered, Outcome, Rejected

AT_ONCE_MAX: Final = 8
"""Attempts under way, of one endpoint in one process."""
DIFFERENT_MAX: Final = 3
"""After so many different events have failed without a success between them, one attempt is made now and then alone."""
RETRY_SECONDS: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""From one attempt to the next; the last one again and again."""
FIRST_SECONDS: Final = 3.0
"""While one attempt is made now and then, an event that has not failed yet goes before those that have."""


def retry_seconds(number: int) -> float:
    """Return how long to wait after the `number`th failure in a row, from 0."""
    return pause_after(RETRY_SECONDS, number + 1)


@dataclass(frozen=True, slots=True)
class Turn:
    """An attempt that may be made."""

    probe: bool
    """Whether it is the one that says if the endpoint is back."""


class Gate:
    """What all partitions of one endpoint ask before an attempt."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.places = asyncio.Semaphore(AT_ONCE_MAX)
        self._now = now
        self._failing: set[str] = set()
        """Events that have failed since the last success."""
        self._probing = False
        self._probes = 0
        """Attempts that have failed since it was shut."""
        self._shut_at = self._next = now()

    @property
    def shut(self) -> bool:
        """Whether one attempt is made now and then alone."""
        return len(self._failing) >= DIFFERENT_MAX

    def turn(self, resumed: datetime | None, *, failed: bool) -> Turn | None:
        """Return the attempt that may begin, None for not now; whoever has one calls `ended`.

        `resumed`: no wait from before it counts. `failed`: the event has failed before.
        """
        if not self.shut:
            return Turn(probe=False)
        now = self._now()
        at = self._next + timedelta(seconds=FIRST_SECONDS) if failed else self._next
        fresh = resumed is not None and resumed >= self._shut_at
        if self._probing or not (fresh or now >= at):
            return None
        self._probing = True
        return Turn(probe=True)

    def ended(self, turn: Turn, identity: str, outcome: Outcome | None) -> None:
        """Take what an attempt at an event ended in; None: it was broken off."""
        self._probing = self._probing and not turn.probe
        if outcome is None:
            return
        if isinstance(outcome, Delivered):
            self._failing.clear()
            self._probes = 0
            return
        was_shut = self.shut
        self._failing.add(identity)
        if turn.probe or (self.shut and not was_shut):  # what was under way before says nothing new
            asked = outcome.wait_seconds if isinstance(outcome, Rejected) else 0.0
            self._shut_at = self._now()
            self._next = self._shut_at + timedelta(seconds=max(retry_seconds(self._probes), asked))
            self._probes += 1
