"""What waits for an endpoint, as its consumer group has it: any process can say it."""

from __future__ import annotations

from aiokafka import TopicPartition

from rapport.system.endpoints import partitions_of, present
from rapport.webhooks.delivering.endpoints import Endpoint
from rapport.webhooks.delivering.failure import read_back
from rapport.webhooks.lost import lost_of
from rapport.webhooks.runner import offsets_of
from shared.contracts.fields import instant_text
from shared.runtime.kafka.connection import KafkaAccess


async def status_of(access: KafkaAccess, endpoint: Endpoint) -> str:
    """Return one line: how many records wait, and what is kept of a failure."""
    parts = [
        TopicPartition(topic, number)
        for topic in sorted(endpoint.topics())
        for number in range(await partitions_of(access, topic))
    ]
    committed = await offsets_of(access, endpoint, parts)
    if not committed:
        return f"{endpoint.name}  nothing was posted yet: `rapport webhooks run` posts, or `rapport run`"
    async with access.reader(isolation_level="read_committed") as reader:
        ends = await reader.end_offsets(parts)
        lost = sum(lost_of(committed, await reader.beginning_offsets(parts)).values())
    # Behind the last record stands the mark that ends its transaction.
    waiting = sum(max(ends[at] - committed[at].offset - 1, 0) for at in parts if at in committed)
    failing = [found for at in parts if at in committed and (found := read_back(committed[at].metadata)) is not None]
    line = f"{endpoint.name}  {waiting} records wait"
    if lost:
        line += f"  {lost} offsets were deleted before they were posted: RAPPORT_RETENTION_DAYS knows no webhooks"
    if failing:
        first = min(failing, key=lambda one: one.since)
        line += f"  {first.event} is not taken since {instant_text(first.since)}: {first.reason}"
        if any(one.paused(endpoint, present()) for one in failing):
            line += f"  paused: `rapport webhooks resume {endpoint.name}` goes on"
    return line
