"""Keeps all that was ever committed to the topics, read from the start: a log that loses its beginning is judged whole.

It reads beside the run, through every restart of the broker. What is deleted is at least `RETENTION_DAYS` old on the world's
clock; should the reader ever be too late for it, that is a violation of the run, not of the product, and is told as one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from shared.contracts.topic_names import TOPICS
from shared.contracts.topics import topic_plan
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import record_of
from tests.e2e.outside import Records

AGAIN_SECONDS: Final = 0.2
STOP_SECONDS_MAX: Final = 5.0
CAUGHT_UP_SECONDS_MAX: Final = 120.0
POLL_MS: Final = 200


class Recorder:
    """The records of all partitions of some topics, in order."""

    def __init__(self, access: KafkaAccess, topics: Iterable[str] = TOPICS) -> None:
        self._access = access
        self.records: Records = defaultdict(list)
        self.late: list[str] = []
        """Where something was deleted before it was read."""
        numbers = range(topic_plan().partitions)
        self._positions = {TopicPartition(topic, number): 0 for topic in topics for number in numbers}

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[Recorder]:
        """Read on until the block ends."""
        task = asyncio.create_task(self._run(), name="recorder")
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def caught_up(self) -> None:
        """Wait until all that stands in the topics now was read. Raises TimeoutError."""
        async with self._access.reader() as reader:
            ends = await reader.end_offsets(list(self._positions))
        async with asyncio.timeout(CAUGHT_UP_SECONDS_MAX):
            while any(self._positions[at] < end for at, end in ends.items()):  # noqa: ASYNC110 - the task reads
                await asyncio.sleep(AGAIN_SECONDS)

    async def begins(self) -> dict[tuple[str, int], int]:
        """Return where each partition begins now."""
        async with self._access.reader() as reader:
            found = await reader.beginning_offsets(list(self._positions))
        return {(at.topic, at.partition): begin for at, begin in found.items()}

    async def _run(self) -> None:
        while True:
            with suppress(KafkaError, OSError, TimeoutError):
                await self._read()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        consumer = self._access.reader(isolation_level="read_committed", auto_offset_reset="none")
        try:
            await consumer.start()
            consumer.assign(list(self._positions))
            for at, position in self._positions.items():
                consumer.seek(at, position)
            while True:
                for at, raws in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    self.records[at.topic, at.partition] += [record_of(raw) for raw in raws]
                    self._positions[at] = raws[-1].offset + 1
                for at in self._positions:
                    self._positions[at] = await consumer.position(at)
        except OffsetOutOfRangeError as error:
            self.late.append(f"the reader of the run was too late: {error}")
            raise
        finally:
            with suppress(Exception):
                await asyncio.wait_for(consumer.stop(), STOP_SECONDS_MAX)
