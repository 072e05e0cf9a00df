"""What time it is, and how long until an instant: the system's clock, and one that stands until it is moved.

Whoever waits for an instant asks `seconds_until` and listens: a clock that stands rings its listeners when it is moved.
So the same waiting code serves both, and 120 days pass as fast as the work in them is done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

Ring = Callable[[], None]


class Alarm(Protocol):
    """A `Clock` that can also be waited for."""

    def now(self) -> datetime:
        """Return the present instant, UTC, truncated to milliseconds."""

    def seconds_until(self, instant: datetime) -> float | None:
        """Return the real seconds until `instant`, 0.0 when it has come, None when somebody has to move the clock."""

    def listen(self, ring: Ring) -> Ring:
        """Call `ring` whenever the clock is moved; return what ends that."""


def _truncated(instant: datetime) -> datetime:
    """Return the instant in UTC, without the microseconds that no timestamp on the wire can carry."""
    if instant.tzinfo is None:
        raise ValueError("instant: must carry a time zone")
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


class SystemClock:
    """The machine's clock. It moves by itself, so it never rings."""

    def now(self) -> datetime:
        """Return the present instant, UTC, truncated to milliseconds."""
        return _truncated(datetime.now(UTC))

    def seconds_until(self, instant: datetime) -> float:
        """Return the seconds until `instant`, 0.0 when it has come."""
        return max(0.0, (instant - datetime.now(UTC)).total_seconds())

    def listen(self, ring: Ring) -> Ring:  # noqa: ARG002 - nobody moves this clock, so nothing ever rings
        """Return at once: waiting for this clock needs a timeout, not a ring."""
        return lambda: None


class VirtualClock:
    """A clock that stands at an instant until its driver moves it. It never goes back."""

    def __init__(self, instant: datetime) -> None:
        self._now = _truncated(instant)
        self._rings: dict[int, Ring] = {}
        self._next_ring = 0

    def now(self) -> datetime:
        """Return the instant at which it stands."""
        return self._now

    def advance_to(self, instant: datetime) -> None:
        """Move to `instant` (an earlier one changes nothing) and ring every listener."""
        self._now = max(self._now, _truncated(instant))
        for ring in list(self._rings.values()):
            ring()

    def seconds_until(self, instant: datetime) -> float | None:
        """Return 0.0 when `instant` has come, else None: no number of seconds brings it nearer."""
        return 0.0 if instant <= self._now else None

    def listen(self, ring: Ring) -> Ring:
        """Call `ring` whenever the clock is moved; return what ends that."""
        key, self._next_ring = self._next_ring, self._next_ring + 1
        self._rings[key] = ring

        def end() -> None:
            self._rings.pop(key, None)

        return end
