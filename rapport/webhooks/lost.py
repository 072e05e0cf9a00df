"""Records that an endpoint's group has not read and that are gone: a retention ends the topics, and knows no webhooks."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from structlog.typing import FilteringBoundLogger


def lost_of(
    committed: Mapping[TopicPartition, OffsetAndMetadata], begins: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Return by partition how many offsets were deleted before they were read; control records count, too."""
    lost = {at: begins[at] - one.offset for at, one in committed.items()}
    return {at: number for at, number in lost.items() if number > 0}


async def tell_lost(
    consumer: AIOKafkaConsumer, committed: Mapping[TopicPartition, OffsetAndMetadata], log: FilteringBoundLogger
) -> None:
    """Say what will never be posted, before reading goes on where the partition begins."""
    begins = await consumer.beginning_offsets(list(committed)) if committed else {}
    for at, number in sorted(lost_of(committed, begins).items()):
        log.error(
            "records were deleted before they were posted", topic=at.topic, partition=at.partition, offsets=number
        )
