"""Log lines about what comes in floods: each kind at once when it begins, then once a minute with how many there were.

A producer that writes thousands of wrong records a second would else fill the disk with lines. Nothing is left uncounted:
what was held back is said when the minute is over, or at the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LINE_SECONDS: Final = 60.0
KINDS_MAX: Final = 100
"""Kinds that are told apart at once; more of them share one line a minute."""
MANY: Final = "many"
"""The kind of those that are beyond `KINDS_MAX`."""
Say = Callable[..., None]
"""Writes one line: `say(event, **fields)`."""


@dataclass(slots=True)
class _Kind:
    """What is known of one kind."""

    logged_at: float
    """When its last line was."""
    suppressed: int = 0
    """How many came since."""
    last: Mapping[str, Any] = field(default_factory=dict)
    """What the last of them says."""


class CountedLines:
    """Lines of one event. A line has what the last one of its kind says, and `count`, how many came since the line before."""

    def __init__(self, event: str, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._event, self._say, self._clock = event, say, clock
        self._kinds: dict[Hashable, _Kind] = {}

    def note(self, kind: Hashable, **says: Any) -> None:
        """Count one of a kind, and say it where it is the first within a minute."""
        key = kind if kind in self._kinds or len(self._kinds) < KINDS_MAX else MANY
        counted = self._kinds.get(key)
        if counted is None:
            self._kinds[key] = _Kind(self._clock())
            self._say(self._event, **says, count=1)
        else:
            counted.suppressed, counted.last = counted.suppressed + 1, says

    def flush(self, *, all_of_it: bool = False) -> None:
        """Say what was held back for a minute, or all of it, and forget kinds of which nothing came. Call it now and then."""
        now = self._clock()
        for key, kind in list(self._kinds.items()):
            if now - kind.logged_at < LINE_SECONDS and not all_of_it:
                continue
            del self._kinds[key]
            if kind.suppressed:
                self._say(self._event, **kind.last, count=kind.suppressed, **({"kinds": MANY} if key == MANY else {}))
                self._kinds[key] = _Kind(now)
