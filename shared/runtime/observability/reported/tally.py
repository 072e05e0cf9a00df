"""What one process has done of a service lately, as few numbers: its report in the store carries them (`process_report.py`).

Metrics tell more, where they are switched on. This is always on, so it costs some appends and additions a step.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from shared.contracts import EventData, Parked
from shared.runtime.observability.metric_labels import MAILS, PUSHES, mail_result, push_result
from shared.runtime.processing.observer import Silent
from shared.runtime.processing.unit_of_work import UnitOfWork

STEPS_MAX: Final = 200
"""Steps by whose times a process tells how long one takes: the last ones."""
_COUNTED: Final = frozenset({Parked, *MAILS, *PUSHES})


class Took(NamedTuple):
    """How long the last steps took, in ms: of a hundred, fifty took no longer, and 99."""

    half: float
    most: float
    steps: int


class Tally(Silent):
    """An `Observer` that counts for one service of a process, since its start. Another thread may read it."""

    def __init__(self) -> None:
        self._publish: deque[float] = deque(maxlen=STEPS_MAX)
        self._commit: deque[float] = deque(maxlen=STEPS_MAX)
        self._counts: Counter[str] = Counter()

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        self._commit.append(commit_seconds)
        if work.events or work.dead:
            self._publish.append(publish_seconds)
            self._counts["dead_letters"] += len(work.dead)
            if not _COUNTED.isdisjoint({type(event.data) for event, _ in work.events}):
                self._count([event.data for event, _ in work.events])
        self._counts["timers"] += len(work.woken)

    def _count(self, emitted: Sequence[EventData]) -> None:
        for data in emitted:
            if isinstance(data, Parked):
                self._counts["parked"] += 1
            elif (result := mail_result(data)) is not None:
                self._counts[f"mails_{result}"] += 1
            elif (result := push_result(data)) is not None:
                self._counts[f"pushes_{result}"] += 1

    @property
    def counts(self) -> dict[str, int]:
        """What was counted: timers, dead letters, parked items, mails and pushes by what became of them."""
        return dict(self._counts)

    @property
    def publish(self) -> Took | None:
        """How long transactions on Kafka took; None before the first."""
        return _took(self._publish.copy())

    @property
    def commit(self) -> Took | None:
        """How long commits to the store took."""
        return _took(self._commit.copy())


def _took(seconds: Sequence[float]) -> Took | None:
    if not seconds:
        return None
    inorder = sorted(seconds)
    return Took(_part(inorder, 50), _part(inorder, 99), len(inorder))


def _part(inorder: Sequence[float], of_hundred: int) -> float:
    """Return what so many of a hundred do not exceed, in ms (nearest rank)."""
    place = -(-len(inorder) * of_hundred // 100)
    return round(inorder[place - 1] * 1000, 1)
