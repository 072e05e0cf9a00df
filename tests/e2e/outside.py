"""What an outsider reads of a system: raw records of its topics, per partition, and the judgement of the checker."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from shared.contracts import DEAD_LETTERS
from shared.contracts.topic_names import TOPICS
from shared.contracts.topics import topic_plan
from shared.decider import Decider
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import record_of
from shared.runtime.ports.interfaces import Record
from shared.testing.simulation.checker import Evidence, Replay, check_attempts, check_dead_letters

READ_SECONDS_MAX = 120.0
Records = dict[tuple[str, int], list[Record]]


async def records_of(
    access: KafkaAccess, topics: Iterable[str] = TOPICS, *, as_visible: bool = False, partitions: int | None = None
) -> Records:
    """Read all committed records that stand in the topics now, by topic and partition.

    A commit is acknowledged before its records can be read, so this waits for transactions that are about to end. With
    `as_visible` it does not: of a writer that was killed, one may stay open.
    """
    found: Records = defaultdict(list)
    parts = [
        TopicPartition(topic, number) for topic in topics for number in range(partitions or topic_plan().partitions)
    ]
    async with access.reader(isolation_level="read_committed" if as_visible else "read_uncommitted") as reader:
        ends = await reader.end_offsets(parts)
    async with access.reader(isolation_level="read_committed", auto_offset_reset="earliest") as consumer:
        consumer.assign(parts)
        await consumer.seek_to_beginning(*parts)
        async with asyncio.timeout(READ_SECONDS_MAX):
            while any([await consumer.position(at) < end for at, end in ends.items()]):
                for at, raws in (await consumer.getmany(timeout_ms=50)).items():
                    found[at.topic, at.partition] += [record_of(raw) for raw in raws]
    return found


Acknowledged = dict[tuple[str, int, int], datetime]
"""(topic, partition, offset) -> when the producer had the acknowledgement."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the log tells of one service."""

    violations: Sequence[str]
    """What was said against the rules, out of order, twice or with other bytes."""
    unpublished: Sequence[str]
    """What should have been said by now, dead letters among it."""
    replays: Sequence[Replay]
    """By partition, the apply of the log."""


def judge(
    decider: Decider[Any, Any], records: Records, now: datetime, acknowledged: Acknowledged | None = None
) -> Verdict:
    """Replay every partition of a service from its topics, and check numbers, rules, dead letters and attempts.

    With `acknowledged`, also that no wake was answered without what its producer knew to be on the log before.
    """
    violations, unpublished, replays = [], [], []
    for number in range(topic_plan().partitions):
        dead = [one for one in records[DEAD_LETTERS, number] if _source(one) == f"/rapport/{decider.name}"]
        own = records[decider.own, number]
        evidence = Evidence(
            {topic: records[topic, number] for topic in decider.reads},
            own,
            dead,
            _of_partition(acknowledged or {}, number),
        )
        replay = Replay([decider], evidence)
        letters = check_dead_letters(replay)
        found = [*replay.run(), *(one for one in letters if not _is_missing(one)), *check_attempts(own)]
        violations += [f"{decider.name} {number}: {violation}" for violation in found]
        unpublished += [*replay.unpublished(now), *filter(_is_missing, letters)]
        replays.append(replay)
    return Verdict(violations, unpublished, replays)


def _source(record: Record) -> str:
    return dict(record.headers)["ce_source"].decode()


def _of_partition(acknowledged: Acknowledged, number: int) -> dict[tuple[str, int], datetime]:
    return {(topic, offset): at for (topic, partition, offset), at in acknowledged.items() if partition == number}


def _is_missing(violation: str) -> bool:
    """A dead letter that is not there yet may still come; all else can not be mended."""
    return violation.startswith("no dead letter")
