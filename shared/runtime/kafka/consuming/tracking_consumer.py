"""aiokafka's consumer with a say in each poll: FastStream makes it, and `subscriber.py` is asked whenever it polls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

Poll = Callable[..., Awaitable[Mapping[TopicPartition, Sequence[ConsumerRecord]]]]


class TrackingConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka is untyped
    """aiokafka's consumer, whose polls are counted: FastStream's loop calls `getmany`, which is `SubscriberLoop._getmany`."""

    def __init__(self, tracked: Poll, **settings: Any) -> None:
        super().__init__(**settings)
        self._tracked = tracked

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """Poll as the feeds do it."""
        return await self._tracked(*partitions, timeout_ms=timeout_ms, max_records=max_records)

    async def poll(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """Poll as aiokafka does it."""
        found: Mapping[TopicPartition, Sequence[ConsumerRecord]] = await super().getmany(
            *partitions, timeout_ms=timeout_ms, max_records=max_records
        )
        return found
