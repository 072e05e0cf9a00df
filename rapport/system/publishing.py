"""Append events to the activity topic, as a product would: each acknowledged by all replicas, none twice by a retry.

A member's events go to the partition that every client chooses for the member, in the order in which they were given.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from rapport.system.endpoints import partitions_of
from rapport.terminal.failure import Failure
from shared.contracts import ACTIVITY, Event, encode, partition_for
from shared.runtime.diagnostics.kafka_diagnosis import forbidden
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.publishing import PublishingBroker

UNACKNOWLEDGED_MAX = 5_000
"""Records under way together: beyond it, the oldest is waited for."""
BATCH_BYTES_MAX = 256 * 1024
LINGER_MS = 5


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Publisher:
    """Appends to the activity topic, through FastStream's broker."""

    def __init__(self, broker: PublishingBroker, partitions: int, now_ms: Callable[[], int] = _now_ms) -> None:
        self._broker = broker
        self._now_ms = now_ms
        self._partitions = partitions
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self.acknowledged = 0

    async def put(self, event: Event) -> None:
        """Append an event; it is acknowledged for certain only after `settle`. `Failure` when the broker refuses."""
        if len(self._waiting) >= UNACKNOWLEDGED_MAX:
            await self._settle_one()
        while self._waiting and self._waiting[0].done():
            await self._settle_one()
        try:
            sent = await self._append(event)
        except KafkaError as error:
            raise self._failure(error) from error
        self._waiting.append(sent)

    async def say(self, event: Event) -> None:
        """Append one event and wait for its own acknowledgement; a `KafkaError` when it does not come."""
        await (await self._append(event))

    async def say_all(
        self, events: Sequence[Event], heard: Callable[[], None] = lambda: None
    ) -> list[RecordMetadata | KafkaError]:
        """Append events in their order; return where each stands, or why Kafka did not take it, once all are answered.

        `heard` is called with each acknowledgement.
        When it is cancelled, those that were given to the producer may be acknowledged all the same.
        """
        sent = [await self._handed_over(event, heard) for event in events]
        if waiting := [one for one in sent if isinstance(one, asyncio.Future)]:
            await asyncio.wait(waiting)  # which leaves them alone when it is cancelled
        return [one if isinstance(one, KafkaError) else _outcome(one) for one in sent]

    async def _handed_over(self, event: Event, heard: Callable[[], None]) -> asyncio.Future[Any] | KafkaError:
        try:
            sent = await self._append(event)
        except KafkaError as error:
            return error
        sent.add_done_callback(_looked_at)
        sent.add_done_callback(lambda one: None if one.cancelled() or one.exception() else heard())
        return sent

    async def answers(self) -> None:
        """Ask Kafka whether it answers; a `KafkaError` when it does not."""
        await self._broker.answers()

    async def _append(self, event: Event) -> asyncio.Future[Any]:
        partition = partition_for(event.member, self._partitions)
        return await self._broker.append(ACTIVITY, encode(event), partition, self._now_ms())

    async def settle(self) -> None:
        """Wait until all that was put is acknowledged."""
        while self._waiting:
            await self._settle_one()

    async def _settle_one(self) -> None:
        try:
            await self._waiting.popleft()
        except KafkaError as error:
            raise self._failure(error) from error
        self.acknowledged += 1

    def _failure(self, error: KafkaError) -> Failure:
        if (denied := forbidden(error)) is not None:
            return Failure(denied)
        return Failure(
            f"Kafka did not take an event ({type(error).__name__}); {self.acknowledged} before it are acknowledged."
            " Sending the same again is safe: consumers drop repetitions by id"
        )


def _looked_at(sent: asyncio.Future[Any]) -> None:
    """Look at what became of a record, so that asyncio does not complain where nobody waits any more."""
    if not sent.cancelled():
        sent.exception()


def _outcome(sent: asyncio.Future[Any]) -> RecordMetadata | KafkaError:
    error = sent.exception()
    if error is None:
        return sent.result()
    if isinstance(error, KafkaError):
        return error
    raise error


@asynccontextmanager
async def publisher(access: KafkaAccess, now_ms: Callable[[], int] = _now_ms) -> AsyncIterator[Publisher]:
    """Connect, give a publisher, and at the end wait for what is under way.

    `now_ms` dates records where the topic lets a producer do so: on a virtual clock.
    """
    partitions = await partitions_of(access, ACTIVITY)
    async with PublishingBroker(access, linger_ms=LINGER_MS, max_batch_size=BATCH_BYTES_MAX) as broker:
        given = Publisher(broker, partitions, now_ms)
        yield given
        await given.settle()
