"""Reads what services say from near the end of their topics, once for all open streams of a process.

It owns nothing and disturbs nobody. After an error it goes on where it was, so streams miss nothing; where that is not there
any more, or the topics are others, it begins anew and the streams do as well.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from aiokafka import TopicPartition

from services.gateway.api.stream.recent import RECORDS_MAX, TOPICS
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import record_of
from shared.runtime.kafka.topic_identity import TopicIdentities

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer

    from services.gateway.api.stream.streams import Streams

POLL_MS = 100
RECORDS_AT_ONCE = 500
"""Before others have their turn in the event loop."""
AGAIN_SECONDS = 2.0
STAMP_CHARS = 8


def hearing(access: KafkaAccess, partitions: int) -> Callable[[Streams], Coroutine[Any, Any, None]]:
    """Return what fills streams until it is cancelled."""

    async def listen(streams: Streams) -> None:
        logged: str | None = None
        while True:
            try:
                await _listen(access, partitions, streams)
            except Exception as error:  # noqa: BLE001 - else all streams would go on in silence, and tell nothing
                if (why := f"{type(error).__name__}: {error}") != logged:
                    logged = why
                    structlog.get_logger(service="gateway").warning(f"streams: the topics cannot be read: {why}")
            await asyncio.sleep(AGAIN_SECONDS)

    return listen


async def _listen(access: KafkaAccess, partitions: int, streams: Streams) -> None:
    stamp = await _stamp(access)
    reader = access.reader(isolation_level="read_committed", auto_offset_reset="none")
    try:
        await reader.start()
        parts = [TopicPartition(topic, number) for topic in TOPICS for number in range(partitions)]
        reader.assign(parts)
        begins, ends = await reader.beginning_offsets(parts), await reader.end_offsets(parts)
        back = RECORDS_MAX // len(parts)
        read_to = streams.recent.ends() if stamp == streams.stamp else {}
        if any(not begins[at] <= read_to.get((at.topic, at.partition), -1) <= ends[at] for at in parts):
            read_to = {}
        starts = {at: read_to.get((at.topic, at.partition), max(begins[at], ends[at] - back)) for at in parts}
        for at, start in starts.items():
            reader.seek(at, start)
        streams.begin(stamp, {(at.topic, at.partition): start for at, start in starts.items()})
        await _follow(reader, ends, streams)
    finally:
        await reader.stop()


async def _follow(reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], streams: Streams) -> None:
    left = set(ends)
    while True:
        found = await reader.getmany(timeout_ms=POLL_MS, max_records=RECORDS_AT_ONCE)
        for raws in found.values():
            streams.hear([record_of(raw) for raw in raws])
        if streams.awaited:
            for at in ends:
                position = await reader.position(at)
                streams.reach((at.topic, at.partition), position)
                if position >= ends[at]:
                    left.discard(at)
            if not left:
                streams.caught_up()


async def _stamp(access: KafkaAccess) -> str:
    """Return what stands for these very topics: one that is made again has another."""
    identities = TopicIdentities(access)
    try:
        await identities.start()
        names = await identities.ask(TOPICS)
    finally:
        await identities.stop()
    return hashlib.sha256(repr(sorted(names.items())).encode()).hexdigest()[:STAMP_CHARS]
