"""What the shell reports to its observers: one narrow port, called once a step, a recovery or an error, never once an event.

The shell writes no log lines and counts nothing itself. Log lines (`log_observer.py`), metrics (`metrics.py`) and traces
(`tracing.py`) are observers. None of them can change what a service publishes, and without observers nothing is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from shared.contracts import Event

if TYPE_CHECKING:
    from shared.runtime.processing.unit_of_work import UnitOfWork

START: Final = "start"
REBALANCE: Final = "rebalance"
REFUSED: Final = "refused"
"""Reasons for a recovery, beside `UncertainKind`: a process begins, a partition comes, a refusal is looked at again."""


class Observer(Protocol):
    """Watches the owners of one service in one process. Nothing here may raise, wait, or change what it is shown."""

    def began(self, work: UnitOfWork[Any, Any], events: Sequence[Event]) -> None:
        """A step begins, with these events from outside, or from an effect. It may set `work.trace_of`, nothing else."""

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        """A step is published and committed, at the clock's instant `now`."""

    def recovered(self, partition: int, why: str, seconds: float) -> None:
        """A recovery has ended well; `why` it was made: `START`, `REBALANCE`, `REFUSED` or an `UncertainKind`."""

    def uncertain(self, partition: int, kind: str, error: Exception) -> None:
        """A step or a recovery has ended in an uncertain outcome: what it began is void, and a recovery follows."""

    def refused(self, partition: int, reason: str) -> None:
        """A recovery, or a step, found what only an operator can decide. It is told again at each look."""

    def rebalanced(self, partitions: Sequence[int]) -> None:
        """The group has given these partitions to this process, in place of those before."""


class Silent:
    """An `Observer` that does nothing; others override what they want to see."""

    def began(self, work: UnitOfWork[Any, Any], events: Sequence[Event]) -> None: ...

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None: ...

    def recovered(self, partition: int, why: str, seconds: float) -> None: ...

    def uncertain(self, partition: int, kind: str, error: Exception) -> None: ...

    def refused(self, partition: int, reason: str) -> None: ...

    def rebalanced(self, partitions: Sequence[int]) -> None: ...


SILENT: Final = Silent()


class Several(Silent):
    """Tells several observers, in their order."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def began(self, work: UnitOfWork[Any, Any], events: Sequence[Event]) -> None:
        for one in self._observers:
            one.began(work, events)

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        for one in self._observers:
            one.finished(work, now, publish_seconds, commit_seconds)

    def recovered(self, partition: int, why: str, seconds: float) -> None:
        for one in self._observers:
            one.recovered(partition, why, seconds)

    def uncertain(self, partition: int, kind: str, error: Exception) -> None:
        for one in self._observers:
            one.uncertain(partition, kind, error)

    def refused(self, partition: int, reason: str) -> None:
        for one in self._observers:
            one.refused(partition, reason)

    def rebalanced(self, partitions: Sequence[int]) -> None:
        for one in self._observers:
            one.rebalanced(partitions)
