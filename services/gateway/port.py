"""What the operators' page, and the API about one member, ask of the system.

Whoever serves them answers: the gateway itself knows no service.

All of it is read when it is asked for, and bounded; texts that come from records may hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class NoAnswer(Exception):
    """The system does not tell: Kafka or the store does not answer, a right is missing; the message says which."""


class NotFound(Exception):
    """There is no such member or item; the message says what there is."""


class WrongQuestion(Exception):
    """What is asked for can not be, now or later; the message says why, and `field` which part of the question it is."""

    def __init__(self, why: str, field: str = "set") -> None:
        super().__init__(why)
        self.field = field


class Busy(Exception):
    """Others are asking already; the same question may be answered in a moment."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that is at work for a service, as it says of itself."""

    name: str
    seconds_ago: int
    """Since it said so."""
    partitions: int
    reasons: tuple[str, ...] = ()
    """Why it is not ready; empty when all is well."""
    mails_under_way: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    """Since its start: timers, dead_letters, parked, mails_sent, mails_failed, mails_refused, mails_unknown, pushes_sent
    ..."""
    publish_ms: tuple[float, float] | None = None
    """How long its last steps took on Kafka: of a hundred, 50 took no longer than the first, and 99 than the second."""
    commit_ms: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """One partition of a service."""

    number: int
    owners: tuple[str, ...]
    """The processes that say they own it: one, none, or for a moment two."""
    recovered: bool = False
    lag: int | None = None
    """Records that are still to be read; None where nobody says it."""
    due: int = 0
    """Timers that are due now, as far as they are counted."""
    late_seconds: float = 0.0
    """How long the earliest of them has been due."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service: its processes, and its partitions."""

    name: str
    workers: tuple[Worker, ...]
    partitions: tuple[PartitionStatus, ...]

    @property
    def owned(self) -> int:
        """How many partitions have an owner that has claimed them."""
        return sum(one.recovered for one in self.partitions)

    @property
    def lag(self) -> int | None:
        """Records that are still to be read, of partitions with an owner; None where nobody says it of any."""
        lags = [one.lag for one in self.partitions if one.lag is not None]
        return sum(lags) if lags else None

    @property
    def due(self) -> int:
        """Timers that are due now."""
        return sum(one.due for one in self.partitions)

    @property
    def late_seconds(self) -> float:
        """How long the earliest of them has been due."""
        return max((one.late_seconds for one in self.partitions), default=0.0)

    def counted(self, name: str) -> int:
        """Return what all processes have counted under a name."""
        return sum(one.counts.get(name, 0) for one in self.workers)

    @property
    def mails_under_way(self) -> int:
        """Mails that are handed over just now."""
        return sum(one.mails_under_way for one in self.workers)


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check of `rapport doctor` found."""

    name: str
    ok: bool
    says: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A record that could not be read, by whichever services."""

    place: str
    """topic/partition/offset."""
    logged: datetime
    reason: str
    services: tuple[str, ...]
    named: str = ""
    """Type, id, source and member of the event, as far as they could be read."""
    replayed: bool = False
    """Whether it was asked to be read again."""


@dataclass(frozen=True, slots=True)
class LetterInFull:
    """The same with the record itself, as it stands now."""

    line: LetterLine
    now: str
    """What is wrong with it under the present rules; empty: it can be read."""
    rows: tuple[tuple[str, str], ...]
    """Name and text of its key, headers and value, each cut where it is long."""


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """An item that a service has left aside."""

    id: str
    """service/topic/partition/offset of the event that says so: that is what is replayed."""
    logged: datetime
    member: str
    item: str
    reason: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of requests to read records again."""

    asked: tuple[str, ...]
    left: tuple[tuple[str, str], ...] = ()
    """Which were left alone, and why."""


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """What happened to an item of a member, and what comes next; one sentence a line."""

    steps: tuple[str, ...]
    earlier: int
    """Steps before these, which are not shown."""
    stands: tuple[str, ...]
    unreadable: int = 0
    """Records about the member that cannot be read."""
    kept: tuple[str, ...] = ()
    """What is known to have happened before the steps, although the log has lost it."""
    begins: str = ""
    """From when on all is told; empty: from the first record."""
    nothing: str = "Nothing yet."
    """What is said where there are neither steps nor anything kept."""


class Operators(Protocol):
    """Answers for the system. Each raises `NoAnswer` or `Busy`, and `why` also `NotFound` or `WrongQuestion`."""

    async def services(self) -> Sequence[ServiceStatus]:
        """Return how each service stands."""

    async def checks(self) -> Sequence[Checked]:
        """Return what `rapport doctor` finds. It takes seconds."""

    async def letters(self) -> tuple[Sequence[LetterLine], int, int]:
        """Return the records that could not be read and were not ticked off, the last ones first; and how many there are.

        Then stands among how many newest ones that was counted; 0: among all.
        """

    async def letter(self, place: str) -> LetterInFull | None:
        """Return one of them with its record; None where there is none."""

    async def replay_letters(self, places: Sequence[str]) -> Replayed:
        """Have records read again by every service that has set them aside."""

    async def discard_letters(self, places: Sequence[str]) -> int:
        """Tick records off; return how many it were."""

    async def parked(self) -> tuple[Sequence[ParkedLine], int]:
        """Return the items that were left aside lately, the last ones first.

        Beside them stands among how many records of each partition they were looked for.
        """

    async def replay_parked(self, identity: str) -> Replayed:
        """Have an item tried again."""

    async def why(self, member: str, item: str) -> ItemHistory:
        """Return what happened to an item of a member, and what comes next."""


class Asked(Protocol):
    """Plays a member's records again. Each raises `NotFound`, `WrongQuestion`, `NoAnswer` or `Busy`."""

    async def why(self, member: str, item: str) -> Mapping[str, Any]:
        """Return what the API's `WhyAnswer` holds."""

    async def preview(self, member: str, days: int, wishes: Sequence[str]) -> Mapping[str, Any]:
        """Return what the API's `PreviewAnswer` holds; `WrongQuestion` for wishes that are no preferences."""
