"""Read topics as anybody could: what is committed, owning nothing and disturbing nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    from shared.runtime.kafka.connection import KafkaAccess
    from shared.runtime.ports.interfaces import Record

POLL_MS = 500
RECORDS_MAX = 2_000
STANDSTILL_SECONDS_MAX = 30.0
"""Longer than the brokers keep a transaction open that its producer has left."""


async def existing_records(
    access: KafkaAccess, topics: Iterable[str], partitions: Iterable[int] | None = None, last: int | None = None
) -> AsyncIterator[Sequence[Record]]:
    """Yield the records that stand in the topics now, as they are read together; none: all partitions.

    `last`: of each partition only what stands in that many of its last places; None: all of it.

    `Failure` when a topic does not exist, or when its end is not reached.
    """
    from aiokafka import TopicPartition

    from rapport.system.endpoints import partitions_of

    numbers = None if partitions is None else list(partitions)
    parts = [
        TopicPartition(topic, number)
        for topic in topics
        for number in (range(await partitions_of(access, topic)) if numbers is None else numbers)
    ]
    async with opened(access, parts, from_start=True) as (reader, ends):
        if last is not None:
            begins = await reader.beginning_offsets(parts)
            for at, end in ends.items():
                reader.seek(at, max(begins[at], end - last))
        async for records in follow(reader, ends):
            yield records


@asynccontextmanager
async def opened(
    access: KafkaAccess, parts: Sequence[TopicPartition], *, from_start: bool
) -> AsyncIterator[tuple[AIOKafkaConsumer, Mapping[TopicPartition, int]]]:
    """Give a reader at the begin of the partitions, or at their end, and the ends as they are now."""
    reader = access.reader(isolation_level="read_committed", auto_offset_reset="earliest")
    try:
        await reader.start()
        reader.assign(parts)
        ends = await _ends(access, parts)
        begins = await reader.beginning_offsets(parts) if from_start else ends
        for at in parts:
            reader.seek(at, begins[at])
        yield reader, ends
    finally:
        await reader.stop()


async def follow(
    reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int] | None
) -> AsyncIterator[Sequence[Record]]:
    """Yield records as they come, those read together by the time of their append; up to `ends`, or for ever."""
    from rapport.terminal.failure import Failure
    from shared.runtime.kafka.log import record_of

    loop = asyncio.get_running_loop()
    left, moved = dict(ends or {}), loop.time()
    while True:
        for at in [at for at, end in left.items() if await reader.position(at) >= end]:
            del left[at]
        if ends is not None and not left:
            return
        found = await reader.getmany(timeout_ms=POLL_MS, max_records=RECORDS_MAX)
        records = [
            record_of(raw) for at, raws in found.items() for raw in raws if ends is None or raw.offset < ends[at]
        ]
        if records:
            moved = loop.time()
            yield sorted(records, key=lambda record: record.logged_ms)
        elif ends is not None and loop.time() - moved > STANDSTILL_SECONDS_MAX:
            raise Failure("the topic's end is not reached: a transaction stays open, or Kafka does not answer")


async def _ends(access: KafkaAccess, parts: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
    """Ask where topics end, commits included that are acknowledged and not visible yet."""
    asking = access.reader()  # a read_committed one is told of the last stable offset, which may lie before them
    try:
        await asking.start()
        ends: Mapping[TopicPartition, int] = await asking.end_offsets(parts)
    finally:
        await asking.stop()
    return ends
