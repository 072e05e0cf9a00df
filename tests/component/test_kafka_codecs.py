"""Whatever a client packs its records with, and whatever a batch holds: it is read, or set aside, and nothing is lost."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import CorruptRecordException
from confluent_kafka import Producer

from shared.runtime.kafka.consuming.poll_failures import SHOWN_SECONDS
from shared.runtime.kafka.fetching.unpacked_bytes import BUDGET
from shared.runtime.kafka.fetching.unpacking import UNPACKED_BYTES_MAX
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.ports.limits import BATCH_RECORDS_MAX, INBOX_BYTES_MAX
from shared.runtime.processing.reading import Poison, read_event
from tests.component.kafka_feed_bed import (
    SECONDS_MAX,
    Bed,
    kafka_bed,  # noqa: F401 - the fixture `bed`
    records_of,
    taken,
)

CODECS = ("gzip", "snappy", "lz4", "zstd")
RECORDS = 200


@pytest.mark.parametrize("codec", CODECS)
async def test_each_codec_of_librdkafka_is_read(bed: Bed, codec: str) -> None:
    first, second = bed.topics.first, bed.topics.second
    values = [b"%d " % number * 20 for number in range(RECORDS)]
    producer = Producer({"bootstrap.servers": bed.topics.servers, "compression.type": codec, "linger.ms": 50})
    for value in values:
        producer.produce(first, value, b"k", partition=0)
    assert await asyncio.to_thread(producer.flush, 15) == 0
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    assert [record.value for record in records_of(await taken(feed, RECORDS))] == values
    assert member.feeds.failures.count == 0


@pytest.mark.parametrize("codec", CODECS)
async def test_what_unpacks_to_too_much_is_set_aside_by_its_place_and_the_partition_goes_on(
    bed: Bed, codec: str
) -> None:
    first, second = bed.topics.first, bed.topics.second
    large = bytes(UNPACKED_BYTES_MAX + 1)
    sizes: dict[str, Any] = {"max_request_size": 2 * len(large), "max_batch_size": 2 * len(large)}
    async with AIOKafkaProducer(bootstrap_servers=bed.topics.servers, compression_type=codec, **sizes) as producer:
        await producer.send_and_wait(first, b"before", b"k", partition=0)
        await producer.send_and_wait(first, large, b"k", partition=0)
        await producer.send_and_wait(first, b"after", b"k", partition=0)
        await producer.send_and_wait(second, b"beside", b"k", partition=0)
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    records = records_of(await taken(feed, 4))
    before, bad, after = (record for record in records if record.topic == first)
    assert (before.value, after.value) == (b"before", b"after")
    poison = read_event(bad)
    assert isinstance(poison, Poison)
    assert f"more than {UNPACKED_BYTES_MAX:,} bytes" in poison.reason
    assert bad.offset == 1
    assert len(bad.value or b"") <= 1024
    assert member.feeds.failures.count == 0


async def test_a_batch_that_a_recovery_gives_up_in_its_middle_is_let_go_at_once(bed: Bed) -> None:
    """The collector is off, as it nearly is in a process at work. Without `PartitionRecords.__del__` each recovery leaves the
    batch, and a flood on twelve partitions took 700 MB."""
    first, second, before = bed.topics.first, bed.topics.second, BUDGET.bytes
    size = INBOX_BYTES_MAX // BATCH_RECORDS_MAX + 1  # so many of a poll that the poll loop stands
    async with AIOKafkaProducer(
        bootstrap_servers=bed.topics.servers, compression_type="zstd", max_batch_size=4 * INBOX_BYTES_MAX
    ) as producer:
        batch = producer.create_batch()
        for _ in range(2 * BATCH_RECORDS_MAX):
            assert batch.append(key=b"k", value=bytes(size), timestamp=None)
        await (await producer.send_batch(batch, first, partition=0))
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    gc.disable()
    try:
        for _ in range(3):
            feed.resume({first: 0, second: 0})
            await taken(feed, BATCH_RECORDS_MAX)
            assert 2 * INBOX_BYTES_MAX < BUDGET.bytes - before < 2 * INBOX_BYTES_MAX + 1024 * 1024
            feed.pause()
            async with asyncio.timeout(SECONDS_MAX):
                while BUDGET.bytes != before:  # noqa: ASYNC110 - the next poll lets it go, and rings nobody
                    await asyncio.sleep(0.01)
    finally:
        gc.enable()


async def test_a_poll_that_fails_has_read_nothing_whatever_it_had_taken(bed: Bed) -> None:
    """aiokafka raises in the middle of unpacking, when records of other partitions have left its buffer already."""
    first, second = bed.topics.first, bed.topics.second
    member = await bed.member()
    await member.owns(2)
    feeds = [member.arrived[0], member.arrived[1]]
    for feed in feeds:
        feed.resume({first: 0, second: 0})
    getmany, failed = AIOKafkaConsumer.getmany, asyncio.Event()

    async def fail(consumer: AIOKafkaConsumer, *partitions: Any, **limits: Any) -> Any:
        found = await getmany(consumer, *partitions, **limits)
        if found and not failed.is_set():
            failed.set()
            raise CorruptRecordException("Invalid CRC")
        return found

    consumer = member.feeds._consumer()
    consumer.poll = partial(fail, consumer)  # type: ignore[method-assign]
    await bed.topics.say(first, b"a", b"b")
    await bed.topics.say(second, b"c", partition=1)
    async with asyncio.timeout(120):
        await failed.wait()
        for feed in feeds:
            while feed.live:
                await feed.wait(None, 1)
    for feed in feeds:
        with pytest.raises(Uncertain, match="a poll failed: CorruptRecordException"):
            feed.take()
        assert feed.reached() is None
    assert member.feeds.failures.count == 1
    assert "Invalid CRC" in (member.feeds.failures.failing or "")
    for feed in feeds:
        feed.pause()
        feed.resume({first: 0, second: 0})
    assert [record.value for record in records_of(await taken(feeds[0], 2))] == [b"a", b"b"]
    assert [record.value for record in records_of(await taken(feeds[1], 1))] == [b"c"]
    member.feeds.failures._last = time.monotonic() - 2 * SHOWN_SECONDS, "long ago"
    assert member.feeds.failures.failing is None


READER = """
import asyncio, resource, sys
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024, 512 * 1024 * 1024))  # as SERVICE_MEMORY of the compose file

async def main(servers, topic):
    log = KafkaLog(KafkaAccess(servers), topic, [topic])
    await log.start()
    records, _ = await log.read(topic, 0, 0, 3, 10)
    print([record.fault or record.value.decode() for record in records])
    await log.stop()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.deep
@pytest.mark.parametrize("codec", ["zstd"])
async def test_a_process_with_the_memory_of_the_compose_file_reads_on_behind_a_batch_that_would_take_all_of_it(
    bed: Bed, codec: str
) -> None:
    large = bytes(250_000_000)
    sizes: dict[str, Any] = {"max_request_size": 2 * len(large), "max_batch_size": 2 * len(large)}
    async with AIOKafkaProducer(bootstrap_servers=bed.topics.servers, compression_type=codec, **sizes) as producer:
        for value in (b"before", large, b"after"):
            await producer.send_and_wait(bed.topics.first, value, b"k", partition=0)
    command = [sys.executable, "-P", "-c", READER, bed.topics.servers, bed.topics.first]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "'before', 'record 1: the batch unpacks" in done.stdout
    assert "'after'" in done.stdout
