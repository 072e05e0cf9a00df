"""A log to test: the fake, the fake whose markers come late, and the real one, embedded and in a container."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, Protocol
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import TopicAlreadyExistsError

from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.ports.interfaces import Log, Message, Record, Writer
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_log import FakeLog
from tests.docker.fixtures import APACHE_KAFKA, kafka_servers

KEPT: Final = {"retention.ms": "-1"}
"""The records bear timestamps of long ago: half a minute after its start the broker would delete them as too old."""


Commit = Callable[[], Awaitable[None]]


class Bed(Protocol):
    """A cluster with the service's `own` topic and an `other` one, two partitions each."""

    own: str
    other: str

    async def log(self) -> Log:
        """The log as another process of the same service sees it."""

    async def plain(self, topic: str, message: Message) -> None:
        """Append as a foreign producer without transactions does."""

    async def open(self, topic: str, message: Message) -> Commit:
        """Append in a transaction of a foreign producer; return what commits it."""

    async def trim(self, topic: str, before: int) -> None: ...

    async def recreate(self, topic: str) -> None: ...

    async def stop(self) -> None: ...


class FakeBed:
    own, other = "own", "other"

    def __init__(self, *, markers_late: bool) -> None:
        self.cluster = FakeCluster([self.own, self.other], partitions=2, markers_late=markers_late)

    async def log(self) -> Log:
        return FakeLog(self.cluster, self.own, MarkersBefore(self.cluster, "log.read"))

    async def plain(self, topic: str, message: Message) -> None:
        self.cluster.append_plain(topic, 0, message)

    async def open(self, topic: str, message: Message) -> Commit:
        transaction = self.cluster.begin()
        self.cluster.append(topic, 0, [message], transaction)

        async def commit() -> None:
            self.cluster.finish(transaction, commit=True)

        return commit

    async def trim(self, topic: str, before: int) -> None:
        self.cluster.trim(topic, 0, before)

    async def recreate(self, topic: str) -> None:
        self.cluster.recreate(topic)

    async def stop(self) -> None: ...


class MarkersBefore:
    """Let late control records reach the log before a step, as time does."""

    def __init__(self, cluster: FakeCluster, where: str) -> None:
        self._cluster, self._where = cluster, where

    async def step(self, where: str) -> None:
        if where == self._where:
            self._cluster.write_markers()


class KafkaBed:
    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.own, self.other = f"own-{uuid4().hex}", f"other-{uuid4().hex}"
        self._admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        self._started: list[Any] = []

    async def start(self) -> None:
        await self._admin.start()
        await self._create(self.own, self.other)

    async def _create(self, *topics: str) -> None:
        await self._admin.create_topics([NewTopic(topic, 2, 1, topic_configs=KEPT) for topic in topics])

    async def log(self) -> Log:
        log = KafkaLog(KafkaAccess(self.servers), self.own, [self.other])
        self._started.append(log)
        await log.start()
        return log

    async def _producer(self, **settings: Any) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, **settings)
        self._started.append(producer)
        await producer.start()
        return producer

    async def plain(self, topic: str, message: Message) -> None:
        await _send(await self._producer(), topic, message)

    async def open(self, topic: str, message: Message) -> Commit:
        producer = await self._producer(transactional_id=f"foreign-{uuid4().hex}")
        await producer.begin_transaction()
        await _send(producer, topic, message)

        async def commit() -> None:
            await producer.commit_transaction()

        return commit

    async def trim(self, topic: str, before: int) -> None:
        await self._admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=before)})

    async def recreate(self, topic: str) -> None:
        await self._admin.delete_topics([topic])
        async with asyncio.timeout(120):
            while True:
                try:
                    await self._create(topic)
                except TopicAlreadyExistsError:
                    continue
                break
            while True:
                [found] = await self._admin.describe_topics([topic])
                if not found["error_code"]:
                    break

    async def stop(self) -> None:
        for each in reversed(self._started):
            await each.stop()
        await self._admin.close()


async def _send(producer: AIOKafkaProducer, topic: str, message: Message) -> None:
    headers = list(message.headers)
    await producer.send_and_wait(
        topic, message.value, message.key, partition=0, timestamp_ms=message.logged_ms, headers=headers
    )


@pytest.fixture(name="bed", params=["fake", "fake, markers late", "kafka", APACHE_KAFKA])
async def any_bed(request: pytest.FixtureRequest) -> AsyncIterator[Bed]:
    if request.param.startswith("fake"):
        yield FakeBed(markers_late=request.param != "fake")
        return
    bed = KafkaBed(kafka_servers(request))
    try:
        await bed.start()
        yield bed
    finally:
        await bed.stop()


def message(text: str) -> Message:
    return Message(b"m-1", text.encode(), [("ce_type", b"test")], 1_700_000_000_000)


def texts(records: list[Record]) -> list[str]:
    return [(record.value or b"").decode() for record in records]


async def say(writer: Writer, topic: str, *said: str) -> int:
    await writer.begin()
    first = await writer.append(topic, [message(text) for text in said])
    await writer.commit()
    return first


async def everything(log: Log, topic: str) -> list[str]:
    end = (await log.ends([topic], 0))[topic]
    records, after = await log.read(topic, 0, 0, end, 1000)
    assert after == end
    return texts(records)
