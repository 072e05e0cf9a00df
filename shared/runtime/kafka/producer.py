"""One partition's transactional producer: what it appends is visible all at once, or never.

Its transactional id is the own topic and the partition number. Kafka lets only the newest producer under an id append,
so a sleeper that wakes up late is refused by the log itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.runtime.kafka.connection import CLOSE_SECONDS_MAX, KafkaAccess, uncertain
from shared.runtime.kafka.library_internals import (
    add_to_transaction,
    end_sender,
    send_nothing_more,
    set_transaction_pause,
)
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Message, Uncertain
from shared.runtime.ports.limits import FACT_BYTES_MAX, TRANSACTION_BYTES_MAX

TRANSACTION_TIMEOUT_MS = 15_000
"""When the broker aborts what a dead owner left open: above the request timeout, far below Kafka's own 60 s."""
REQUEST_TIMEOUT_MS = 10_000
FENCE_SECONDS_MAX = 30.0
"""Starting a producer: the broker may have to abort what was open, and to find its coordinator first."""
APPEND_SECONDS_MAX = 15.0
COMMIT_SECONDS_MAX = 15.0
TRANSACTION_PAUSE_SECONDS = 0.002
"""aiokafka's wait while the marker of a producer's previous transaction is still being written.

Its own 20 ms bound one producer to 81 transactions a second; with 2 ms it makes more than 400. There is no public
setting.
"""


def shorten_transaction_pause() -> None:
    """Set aiokafka's pause between two transactions of one producer, for the whole process."""
    set_transaction_pause(TRANSACTION_PAUSE_SECONDS)


class KafkaWriter:
    """A `Writer`: one open transaction at a time, every error `Uncertain`."""

    def __init__(self, access: KafkaAccess, transactional_id: str, partition: int) -> None:
        self._partition = partition
        self._abandoned = False
        self._producer = AIOKafkaProducer(
            **access.connection(),
            transactional_id=transactional_id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            acks="all",
            linger_ms=0,
            max_batch_size=max(TRANSACTION_BYTES_MAX, FACT_BYTES_MAX),
        )

    async def start(self) -> None:
        """Shut every earlier producer of this id out; what it left open is aborted before this returns."""
        with uncertain("fence the log"):
            await asyncio.wait_for(self._producer.start(), FENCE_SECONDS_MAX)

    async def begin(self) -> None:
        """Begin a transaction."""
        with uncertain("begin a transaction"):
            await self._producer.begin_transaction()

    async def append(self, topic: str, messages: Sequence[Message]) -> int:
        """Append to this partition of the topic, in as few produce requests as fit; return the first one's offset."""
        if not messages:
            raise ValueError("messages: nothing to append")
        with uncertain(f"append to {topic}"):
            async with asyncio.timeout(APPEND_SECONDS_MAX):
                return await self._send(topic, _batches(self._producer, messages))

    async def _send(self, topic: str, batches: Sequence[BatchBuilder]) -> int:
        sent: list[tuple[asyncio.Future[Any], int]] = []
        for batch in batches:
            count = batch.record_count()
            sent.append((await self._producer.send_batch(batch, topic, partition=self._partition), count))
        replies = await asyncio.gather(*(future for future, _ in sent), return_exceptions=True)
        first: int | None = None
        expected = 0
        for reply, (_, count) in zip(replies, sent, strict=True):
            if isinstance(reply, BaseException):
                raise reply
            if first is None:
                first = expected = reply.offset
            if reply.offset != expected or expected < 0:
                raise Uncertain(f"append: landed at {reply.offset}, not at {expected}", UncertainKind.LOG_MOVED)
            expected += count
        assert first is not None
        return first

    async def commit(self) -> None:
        """Commit. `Uncertain` leaves open whether it was: the next recovery reads it back, or finds it aborted."""
        with uncertain("commit a transaction"):
            if self._abandoned:
                raise Uncertain("commit a transaction: it was abandoned")
            await asyncio.wait_for(self._producer.commit_transaction(), COMMIT_SECONDS_MAX)

    async def seal(self, topic: str) -> None:
        """Commit a transaction that has the partition in it and nothing else. aiokafka has no public call for that."""
        with uncertain("seal the log"):
            await self._producer.begin_transaction()
            add_to_transaction(self._producer, TopicPartition(topic, self._partition))
            await asyncio.wait_for(self._producer.commit_transaction(), COMMIT_SECONDS_MAX)

    async def abandon(self) -> None:
        """Send nothing more, at once.

        An abort would be sent when the broker is back, and so would what waits to be appended. Where that broker has left out
        the control record of the commit before, both would end as one: what was said before would be taken back.
        """
        self.silence()
        with suppress(Exception):
            await asyncio.wait_for(self._producer.client.close(), CLOSE_SECONDS_MAX / 2)

    def silence(self) -> None:
        """Let nothing more leave from now on, tries under way included. What is on the wire cannot be taken back."""
        self._abandoned = True
        with suppress(AttributeError):  # parts of a producer that never started, or of another aiokafka
            send_nothing_more(self._producer)
            end_sender(self._producer)

    async def close(self) -> None:
        """Close the producer, by force when it waits for a broker that does not answer."""
        try:
            await asyncio.wait_for(self._producer.stop(), CLOSE_SECONDS_MAX / 2)
        finally:
            with suppress(AttributeError):  # parts of a producer that never started, or of another aiokafka
                end_sender(
                    self._producer
                )  # it tells of a fencing by futures that nobody awaits, when the uncertain outcome came another way
            await self._producer.client.close()


def _batches(producer: AIOKafkaProducer, messages: Sequence[Message]) -> list[BatchBuilder]:
    """Encode the messages, in order, into batches that each fit into one produce request."""
    batches: list[BatchBuilder] = [producer.create_batch()]
    for message in messages:
        if not _add(batches[-1], message):
            batches.append(producer.create_batch())
            if not _add(batches[-1], message):
                raise Uncertain("append: a message does not fit into one produce request")
    return batches


def _add(batch: BatchBuilder, message: Message) -> bool:
    headers = list(message.headers)
    added = batch.append(timestamp=message.logged_ms, key=message.key, value=message.value, headers=headers)
    return added is not None
