"""What was seen of the services of a process at one moment, and what it means: do they live, are they ready, why not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True)
class HealthThresholds:
    """How long something may take before it counts as wrong, in seconds of real time."""

    loop: float = 10.0
    """Without a sighting: the event loop stands. No step of the shell takes a tenth of it."""
    poll: float = 60.0
    """Without a poll, while a member: the poll loop stands. It may wait for an owner's recovery, which takes seconds."""
    stuck: float = 30.0
    """With the same wake due: a partition does not get on."""


PATIENCE: Final = HealthThresholds()


class PartitionSeen(NamedTuple):
    """One partition that the group has given to this process."""

    recovered: bool
    overdue: float
    """How long its earliest timer has been due, in seconds of the services' own time."""
    lag: int | None
    """Records of its inputs that are not applied yet, as Kafka said last; None before it has."""


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """One service, as it was seen."""

    name: str
    member: bool
    owned: int
    recovered: int
    refused: Mapping[int, str]
    dead: Sequence[int]
    """Partitions whose owner has ended although it was not let go."""
    stuck: Mapping[int, float]
    """Partition -> seconds for which the same wake has been due, where that is too long."""
    overdue: float
    """How long the earliest timer has been due, in the services' own time."""
    silent: float | None
    """Seconds since the last poll; None before the first."""
    uncertain: Sequence[str]
    """The last uncertain outcome of each partition that has not recovered."""
    absent: Sequence[str] = ()
    """Topics that are not there."""
    poll_failing: str | None = None
    """Why polls fail, while they do."""
    fetches_failing: Mapping[str, str] = field(default_factory=dict)
    """`topic/partition` -> why Kafka hands out nothing of it, where that has lasted for a while."""
    fetching: bool = True
    """Whether the consumer fetches; once that has ended, only another one does."""
    snapshots_overdue: float = 0.0
    """How long the next round of snapshots has been due in the partition where that is longest, in the services' own time."""
    undeleted: int = 0
    """Partitions whose last look at what may be deleted has failed."""
    held: int = 0
    """Partitions whose log is held by what was set aside, for whoever wants it to be read again."""
    deleted: int = 0
    """Offsets that were deleted from topics since the start."""
    poll_failures: int = 0
    """Polls that failed since the start."""
    partitions: Mapping[int, PartitionSeen] = field(default_factory=dict)
    """Those that are owned."""
    effects: int = 0
    """What is done outside and has not ended: mails that are handed over."""

    def not_ready(self) -> list[str]:
        """Return why the service is not ready; empty when it is."""
        reasons = [] if self.member else ["is not a member of its group"]
        reasons += [f"{topic} is not there" for topic in self.absent]
        if self.poll_failing is not None:
            reasons.append(f"polls fail: {self.poll_failing}")
        reasons += [f"fetches of {at} fail: {reason}" for at, reason in self.fetches_failing.items()]
        if self.recovered < self.owned:
            reasons.append(f"{self.owned - self.recovered} of {self.owned} partitions are not recovered")
        reasons += self.uncertain
        reasons += [f"partition {number} is refused: {reason}" for number, reason in sorted(self.refused.items())]
        reasons += [
            f"partition {number} is stuck: the same wake has been due for {seconds:.0f} s"
            for number, seconds in sorted(self.stuck.items())
        ]
        return reasons

    def not_live(self, patience: HealthThresholds) -> list[str]:
        """Return why only a restart can help; empty when it need not."""
        reasons = [f"the owner of partition {number} has ended" for number in self.dead]
        if self.member and self.silent is not None and self.silent > patience.poll:
            reasons.append(f"the poll loop has stood for {self.silent:.0f} s")
        if not self.fetching:
            reasons.append("fetching has ended")
        return reasons


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """All services of the process at one moment."""

    at: float
    """As `time.monotonic` counts."""
    services: Sequence[ServiceSeen]
    away: Mapping[str, float]
    """Who does not answer (`kafka`, `store`) -> for how many seconds."""
    closed: Sequence[str] = ()
    """HTTP servers that are to serve, and do not yet."""


def not_live(seen: HealthSnapshot | None, patience: HealthThresholds) -> list[str]:
    """Return why only a restart can help; empty when it need not."""
    reasons = _blocked(seen, patience)
    for one in seen.services if seen else ():
        reasons += [f"{one.name}: {reason}" for reason in one.not_live(patience)]
    return reasons


def not_ready(seen: HealthSnapshot | None, patience: HealthThresholds) -> list[str]:
    """Return why not everything is done as it should be; empty when it is."""
    reasons = of_process(seen, patience)
    for one in seen.services if seen else ():
        reasons += [f"{one.name}: {reason}" for reason in one.not_ready()]
    return reasons


def of_process(seen: HealthSnapshot | None, patience: HealthThresholds) -> list[str]:
    """Return what is wrong with the process as a whole: its event loop, those that it needs, its HTTP servers."""
    reasons = _blocked(seen, patience)
    if seen is not None:
        reasons += [f"{name} has not answered for {seconds:.0f} s" for name, seconds in sorted(seen.away.items())]
        reasons += [f"{name}: is not open yet" for name in seen.closed]
    return reasons


def of_service(seen: HealthSnapshot | None, patience: HealthThresholds, service: str) -> list[str]:
    """Return what is wrong with one service of the process: why it is not ready, and what a restart alone mends."""
    found = [one for one in seen.services if one.name == service] if seen else []
    return [f"{one.name}: {reason}" for one in found for reason in (*one.not_live(patience), *one.not_ready())]


def _blocked(seen: HealthSnapshot | None, patience: HealthThresholds) -> list[str]:
    if seen is None:
        return ["nothing was seen yet"]
    age = time.monotonic() - seen.at
    return [f"the event loop has stood for {age:.0f} s"] if age > patience.loop else []
