"""How far an endpoint is behind: what it has not taken, since when that stands on its topics, and what was deleted of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiokafka import TopicPartition

from rapport.system.endpoints import partitions_of
from rapport.webhooks.delivering.endpoints import Endpoint
from rapport.webhooks.lost import lost_of
from rapport.webhooks.runner import BEFORE, offsets_of
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.ports.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Behind:
    """What an endpoint has not taken."""

    name: str
    since: datetime | None = None
    """When the oldest record that it has not taken was logged; None where it has taken all."""
    lost: int = 0
    """Offsets that were deleted before they were posted."""


async def behind_of(access: KafkaAccess, endpoint: Endpoint) -> Behind:
    """Look how far an endpoint's group is behind. Errors are `Uncertain` or a `KafkaError`.

    Where nothing is committed, no process has run yet, or Kafka has forgotten the group: one that runs begins where the
    endpoint did.
    """
    parts = [
        TopicPartition(topic, number)
        for topic in sorted(endpoint.topics())
        for number in range(await partitions_of(access, topic))
    ]
    committed = await offsets_of(access, endpoint, parts)
    new = [at for at in parts if at not in committed]
    async with access.reader(isolation_level="read_committed") as reader:
        begins = await reader.beginning_offsets(list(committed)) if committed else {}
        ends = await reader.end_offsets(parts) if parts else {}
        begun = to_ms(endpoint.created - BEFORE)
        since = await reader.offsets_for_times(dict.fromkeys(new, begun)) if new else {}
    offsets = {at: max(one.offset, begins[at]) for at, one in committed.items()}
    offsets |= {at: found.offset for at, found in since.items() if found is not None}
    firsts = await _logged(access, offsets, ends)
    return Behind(endpoint.name, min(firsts, default=None), sum(lost_of(committed, begins).values()))


async def _logged(
    access: KafkaAccess, offsets: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> Collection[datetime]:
    """Return when the first record at each place, or behind it, was logged."""
    waiting = {at: offset for at, offset in offsets.items() if offset < ends[at]}
    if not waiting:
        return ()
    log, found = KafkaLog(access, "", [at.topic for at in waiting]), []
    try:
        await log.start()
        for at, offset in waiting.items():
            records, _ = await log.read(at.topic, at.partition, offset, ends[at], 1)
            found += [from_ms(record.logged_ms) for record in records]
    finally:
        await log.stop()
    return found
