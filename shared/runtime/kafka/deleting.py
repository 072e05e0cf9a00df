"""Deletes records from the beginning of a topic's partition, over a connection of its own, made when it is first needed."""

from __future__ import annotations

import asyncio

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from shared.runtime.kafka.connection import KafkaAccess, uncertain

DELETE_SECONDS_MAX = 10.0
"""How long the broker may take, together with whoever deletes before."""


class Deleter:
    """Deletes by the offset; needs the right to `Delete` on the topic."""

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        self._admin: AIOKafkaAdminClient | None = None
        self._one_at_a_time = asyncio.Lock()

    async def delete(self, topic: str, partition: int, before: int) -> None:
        """Delete what stands below an offset. Raises `Uncertain`: where it is not allowed, too."""
        with uncertain(f"end {topic} at {before}"):
            async with asyncio.timeout(DELETE_SECONDS_MAX), self._one_at_a_time:
                if self._admin is None:
                    admin = AIOKafkaAdminClient(**self._access.connection())
                    try:
                        await admin.start()
                    except BaseException:
                        await admin.close()
                        raise
                    self._admin = admin
                await self._admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before)})

    async def stop(self) -> None:
        """Disconnect."""
        if self._admin is not None:
            admin, self._admin = self._admin, None
            await admin.close()
