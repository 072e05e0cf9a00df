"""A consumer group of real members on topics of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.runtime.kafka.broker import ServiceBroker
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.consuming.partition_queue import PartitionQueue
from shared.runtime.kafka.consuming.subscriber import SubscriberLoop
from shared.runtime.ports.clock import Alarm, VirtualClock
from shared.runtime.ports.interfaces import Batch, Record
from shared.runtime.ports.membership import Membership
from tests.contract.log_bed import KEPT
from tests.docker.fixtures import APACHE_KAFKA, kafka_servers

SECONDS_MAX = 120.0
START = datetime(2026, 1, 1, tzinfo=UTC)


class Topics:
    """Two topics with two partitions, and a producer."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.first, self.second = f"first-{uuid4().hex}", f"second-{uuid4().hex}"
        self.producer = AIOKafkaProducer(bootstrap_servers=servers, transactional_id=f"test-{uuid4().hex}")

    async def start(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(name, 2, 1, topic_configs=KEPT) for name in (self.first, self.second)])
        finally:
            await admin.close()
        await self.producer.start()

    async def say(self, topic: str, *values: bytes | None, partition: int = 0, headers: Any = ()) -> None:
        """Append the values in one transaction: it takes one offset more than there are values."""
        async with self.producer.transaction():
            for value in values:
                await self.producer.send(topic, value, b"k", partition=partition, headers=list(headers))


class Member:
    """One member of the group; its owners are the test itself."""

    def __init__(self, topics: Topics, membership: Membership, clock: Alarm) -> None:
        self.released: list[int] = []
        self.held: list[int] = []
        self.went_on: list[int] = []
        self.arrived: dict[int, PartitionQueue] = {}
        self.changed = asyncio.Event()
        self.may_release = asyncio.Event()
        self.may_release.set()
        self.may_stand = asyncio.Event()
        self.may_stand.set()
        self.feeds = SubscriberLoop(
            [topics.first, topics.second],
            membership,
            clock=clock,
            on_owned=self._own,
            release=self._release,
            pause_work=self._pause_work,
            go_on=self._go_on,
        )
        self._broker = ServiceBroker(self.feeds.consumer, KafkaAccess(topics.servers))
        self._broker.subscriber(topics.first, topics.second, batch=True, **self.feeds.subscription())(self.feeds.apply)

    async def start(self) -> None:
        await self._broker.start()

    async def stop(self) -> None:
        await self.feeds.release()
        await self._broker.stop()

    def _own(self, feed: PartitionQueue) -> None:
        self.arrived[feed.partition] = feed
        self.changed.set()

    async def _pause_work(self, partitions: Sequence[int]) -> Sequence[int]:
        self.held.extend(partitions)
        await self.may_stand.wait()
        return partitions

    def _go_on(self, partitions: Sequence[int]) -> None:
        self.went_on.extend(partitions)

    async def _release(self, partitions: Sequence[int]) -> None:
        self.released.extend(partitions)
        await self.may_release.wait()
        for partition in partitions:
            del self.arrived[partition]
        self.changed.set()

    async def owns(self, count: int) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while len(self.arrived) != count:
                self.changed.clear()
                await self.changed.wait()


class Bed:
    def __init__(self, servers: str) -> None:
        self.topics = Topics(servers)
        self.group = f"group-{uuid4().hex}"
        self.clock = VirtualClock(START)
        self._members: list[Member] = []

    async def member(self, clock: Alarm | None = None, **settings: Any) -> Member:
        membership = Membership(self.group, **{"heartbeat_interval_ms": 200, **settings})
        member = Member(self.topics, membership, clock or self.clock)
        self._members.append(member)
        await member.start()
        return member

    async def stop(self) -> None:
        await asyncio.gather(*(member.stop() for member in self._members))
        await self.topics.producer.stop()


@pytest.fixture(name="bed", params=["embedded", APACHE_KAFKA])
async def kafka_bed(request: pytest.FixtureRequest) -> AsyncIterator[Bed]:
    bed = Bed(kafka_servers(request))
    try:
        await bed.topics.start()
        yield bed
    finally:
        await bed.stop()


async def until(feed: PartitionQueue, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():
            await feed.wait(None, SECONDS_MAX)


async def taken(feed: PartitionQueue, count: int) -> list[Batch]:
    """Take batches until they hold that many records."""
    batches: list[Batch] = []

    def enough() -> bool:
        batches.extend(feed.take())
        return len(records_of(batches)) >= count

    await until(feed, enough)
    return batches


def records_of(batches: Sequence[Batch]) -> list[Record]:
    return [record for batch in batches for records in batch.records.values() for record in records]


def offsets_of(batches: Sequence[Batch]) -> list[int]:
    return [record.offset for record in records_of(batches)]
