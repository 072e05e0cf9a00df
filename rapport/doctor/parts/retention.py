"""What `rapport doctor` says of snapshots and of the ends of the topics: how old they are, and whom deletion waits for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rapport.doctor.parts.check import Check

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.snapshot_model.snapshot_form import Mark

SECONDS_MAX = 60.0
ROUNDS_LATE = 2
"""A round that has not come to its end after so many periods is overdue."""
PRIVACY = "docs/privacy.md, the log may end"
RUNBOOK = "docs/operations.md, snapshots or the end of the log are behind"
REFUSED = "docs/operations.md, a partition is refused"
KEPT = f"none: the topics keep every word for ever, those of erased members, too ({PRIVACY})"


@dataclass(slots=True)
class RetentionState:
    """How snapshots and the topics of events stand, over all partitions."""

    marks: dict[str, dict[int, Mark]]
    """By topic of snapshots and partition."""
    oldest: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """By topic of events, the partition whose first record is the oldest one, and when that was logged."""


async def retention_checks(settings: Settings, now: datetime) -> list[Check]:
    """Return what there is to say of snapshots and retention. Kafka and the topics are there; nothing is changed."""
    from aiokafka.errors import KafkaError

    from shared.runtime.ports.interfaces import Refused, Uncertain

    if settings.snapshot_every is None:
        return [Check("retention", ok=True, says=KEPT)]
    try:
        async with asyncio.timeout(SECONDS_MAX):
            found = await retention_state(settings)
    except Refused as error:
        return [Check("snapshots", ok=False, says=str(error), way_out=REFUSED)]
    except (Uncertain, KafkaError, OSError, TimeoutError) as error:
        return [Check("retention", ok=True, says=f"not looked at ({str(error) or type(error).__name__})")]
    return verdict(found, settings.snapshot_every, settings.keep, now)


async def retention_state(settings: Settings) -> RetentionState:
    """Look at each partition's newest marks, and at the first record of each topic of events."""
    from rapport.system.endpoints import kafka_access
    from shared.contracts.retained import COVERED_BY
    from shared.contracts.topic_names import SNAPSHOTS
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.snapshots.newest_mark import newest_mark_of_another

    log = KafkaLog(kafka_access(settings), "", sorted(COVERED_BY))
    partitions = range(settings.partitions)
    try:
        await log.start()
        marks = {
            topic: {number: await newest_mark_of_another(log, topic, number) for number in partitions}
            for topic in SNAPSHOTS
        }
        firsts = {topic: [await _first(log, topic, number) for number in partitions] for topic in sorted(COVERED_BY)}
    finally:
        await log.stop()
    oldest = {
        topic: min(there, key=lambda one: one[1]) for topic, all_of in firsts.items() if (there := _there(all_of))
    }
    return RetentionState(marks, oldest)


def verdict(found: RetentionState, every: timedelta, keep: timedelta | None, now: datetime) -> list[Check]:
    """Say what is overdue and what is behind."""
    return [_of_snapshots(found, every, now), _of_retention(found, every, keep, now)]


def _of_snapshots(found: RetentionState, every: timedelta, now: datetime) -> Check:
    from shared.runtime.ports.instants import from_ms
    from shared.runtime.snapshots.snapshot_round import is_ahead

    late, oldest = [], now
    for topic, marks in found.marks.items():
        whole = [from_ms(mark.began_ms) for mark in marks.values() if mark.position is not None]
        oldest = min([oldest, *whole])
        if without := len(marks) - len(whole):
            late.append(f"{_service_of(topic)} has none of {without} of {len(marks)} partitions")
        elif is_ahead(max(whole), now):
            late.append(
                f"those of {_service_of(topic)} are of {max(whole):%Y-%m-%d}, which is yet to come: a host's clock is"
                " wrong, or this one's"
            )
        elif now - min(whole) > ROUNDS_LATE * every:
            late.append(
                f"those of {_service_of(topic)} are of {min(whole):%Y-%m-%d}, and a round is due every {_days(every)}"
            )
    if late:
        return Check("snapshots", ok=False, says="; ".join(late), way_out=RUNBOOK)
    return Check(
        "snapshots", ok=True, says=f"of all services and partitions, the oldest round of {oldest:%Y-%m-%d %H:%M}"
    )


def _of_retention(found: RetentionState, every: timedelta, keep: timedelta | None, now: datetime) -> Check:
    if keep is None:
        return Check("retention", ok=True, says=KEPT)
    allowed = keep + ROUNDS_LATE * every
    behind = []
    for topic, (partition, logged) in found.oldest.items():
        if now - logged > allowed:
            waits = ", ".join(sorted(_waited_for(found, topic, partition))) or "its own service, to delete"
            behind.append(f"{topic}, partition {partition}, begins on {logged:%Y-%m-%d} and waits for {waits}")
    held = _held(found)
    if behind:
        behind += held
        return Check("retention", ok=False, says="; ".join(behind), way_out=RUNBOOK)
    first = min((logged for _, logged in found.oldest.values()), default=None)
    begins = "the topics are empty" if first is None else f"the topics begin on {first:%Y-%m-%d}"
    return Check("retention", ok=True, says="; ".join([_days(keep), begins, *held]))


def _held(found: RetentionState) -> list[str]:
    """Say whose log is held for what was set aside, by service."""
    from shared.runtime.ports.limits import SET_ASIDE_DAYS

    partitions = {topic: sum(bool(mark.held) for mark in marks.values()) for topic, marks in found.marks.items()}
    return [
        f"{_service_of(topic)} keeps what it set aside in {count} of {len(found.marks[topic])} partitions "
        f"for {SET_ASIDE_DAYS} days at most (rapport dead-letters list)"
        for topic, count in partitions.items()
        if count
    ]


def _waited_for(found: RetentionState, topic: str, partition: int) -> set[str]:
    """Return the readers that cover least of a topic's partition; none where all have moved on from where it begins."""
    from shared.contracts.retained import COVERED_BY

    needed = {reader: found.marks[reader][partition].needed.get(topic, 0) for reader in COVERED_BY[topic]}
    least = min(needed.values())
    return {_service_of(reader) for reader, offset in needed.items() if offset == least}


async def _first(log: KafkaLog, topic: str, partition: int) -> tuple[int, datetime] | None:
    from shared.runtime.ports.instants import from_ms

    bounds = (await log.bounds([topic], partition))[topic]
    end = await log.stable(topic, partition)
    records = (await log.read(topic, partition, bounds.begin, end, 1))[0] if bounds.begin < end else []
    return (partition, from_ms(records[0].logged_ms)) if records else None


def _there(firsts: list[tuple[int, datetime] | None]) -> list[tuple[int, datetime]]:
    return [one for one in firsts if one is not None]


def _service_of(snapshots: str) -> str:
    from rapport.composition import SERVICES

    return next(name for name, service in SERVICES.items() if service.snapshots == snapshots)


def _days(span: timedelta) -> str:
    days = span // timedelta(days=1)
    return "a day" if days == 1 else f"{days} days"
