"""A group in which one member speaks Kafka's classic protocol, as the services do, and another the newer consumer protocol.

Kafka lets both be in one group. Whoever joins a service's group by mistake takes partitions from it; what is left
whole (one number of all topics) stays with its owner, the rest is named, and all is back once the stranger has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from confluent_kafka import Consumer

from tests.component.kafka_feed_bed import (
    SECONDS_MAX,
    Bed,
    kafka_bed,  # noqa: F401 - the fixture `bed`
    records_of,
    taken,
)

pytestmark = [pytest.mark.deep, pytest.mark.parametrize("bed", ["embedded"], indirect=True)]
POLL_SECONDS = 0.1


async def assigned(consumer: Consumer, count: int) -> set[int]:
    """Poll until the consumer has so many partitions of topics, and return their numbers."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            message = await asyncio.to_thread(consumer.poll, POLL_SECONDS)
            assert message is None or message.error() is None, message.error()
            if len(found := consumer.assignment()) == count:
                return {one.partition for one in found}


@asynccontextmanager
async def stranger(bed: Bed, topics: Sequence[str], assignor: str) -> AsyncIterator[Consumer]:
    consumer = Consumer({
        "bootstrap.servers": bed.topics.servers, "group.id": bed.group, "group.protocol": "consumer",
        "group.remote.assignor": assignor, "auto.offset.reset": "earliest", "enable.auto.commit": False,
    })  # fmt: skip
    try:
        consumer.subscribe(list(topics))
        yield consumer
    finally:
        await asyncio.to_thread(consumer.close)


async def test_a_member_of_the_newer_protocol_takes_a_partition_and_gives_it_back(bed: Bed) -> None:
    topics = bed.topics
    ours = await bed.member()
    await ours.owns(2)
    async with stranger(bed, [topics.first, topics.second], "range") as other:
        [moved] = await assigned(other, 2)
        await ours.owns(1)
        [stayed] = ours.arrived
        assert {moved, stayed} == {0, 1}
        feed = ours.arrived[stayed]
        feed.pause()
        feed.resume({topics.first: 0, topics.second: 0})
        await topics.say(topics.first, b"goes on", partition=stayed)
        assert [record.value for record in records_of(await taken(feed, 1))] == [b"goes on"]
        await feed.commit_group({topics.first: 1, topics.second: 0})
    await ours.owns(2)
    assert ours.arrived[stayed] is feed, "nobody took it meanwhile"


async def test_what_a_stranger_leaves_of_a_number_is_not_owned_and_its_topic_is_named(bed: Bed) -> None:
    """It reads one topic of two, so it gets both partitions of that one."""
    topics = bed.topics
    ours = await bed.member()
    await ours.owns(2)
    async with stranger(bed, [topics.second], "uniform") as other:
        assert await assigned(other, 2) == {0, 1}
        await ours.owns(0)
        assert ours.feeds.absent == [topics.second]
    await ours.owns(2)
    assert list(ours.feeds.absent) == []
