"""A flood of well packed batches on every partition at once: a process stays within the memory of the compose file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.embedded import System

PARTITIONS, EACH = 12, 3
VALUE_BYTES = 15 * 1024 * 1024
"""Just below what a batch may unpack to; packed it is 1.5 kB. All of it together is a gigabyte."""
MEMORY_KB = 512 * 1024
"""`SERVICE_MEMORY` of the compose file."""

READER = """
import asyncio, resource, sys
from datetime import UTC, datetime
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.kafka.broker import ServiceBroker
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.subscriber import KafkaFeeds
from shared.runtime.ports.membership import Membership

servers, topic, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
read, tasks, ended = [], [], asyncio.Event()

async def own(feed):
    feed.resume({topic: 0})
    while True:
        batches = feed.take()
        for batch in batches:
            read.extend(len(record.value) for records in batch.records.values() for record in records)
        feed.done(batches)
        if len(read) >= wanted:
            ended.set()
        await feed.wait(None, 1)

async def stands(partitions):
    return partitions

async def release(partitions):
    pass

async def main():
    feeds = KafkaFeeds(
        [topic], Membership(topic), clock=VirtualClock(datetime(2026, 1, 1, tzinfo=UTC)),
        on_owned=lambda feed: tasks.append(asyncio.create_task(own(feed))), release=release, hold=stands,
        go_on=lambda numbers: None,
    )
    broker = ServiceBroker(feeds.consumer, KafkaAccess(servers))
    broker.subscriber(topic, batch=True, **feeds.subscription())(feeds.fold)
    await broker.start()
    await asyncio.wait_for(ended.wait(), 150)
    await feeds.release()
    await broker.stop()
    print(len(read), min(read), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

asyncio.run(main())
"""


async def test_near_limit_batches_on_every_partition_stay_within_the_memory_of_a_process(embedded: System) -> None:
    topic = f"flood-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=embedded.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    await admin.close()
    async with AIOKafkaProducer(
        bootstrap_servers=embedded.kafka, compression_type="zstd", max_request_size=2 * VALUE_BYTES
    ) as producer:
        for _ in range(EACH):
            for number in range(PARTITIONS):
                await producer.send_and_wait(topic, bytes(VALUE_BYTES), b"k", partition=number)
    command = [sys.executable, "-P", "-c", READER, embedded.kafka, topic, str(PARTITIONS * EACH)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    count, smallest, peak_kb = map(int, done.stdout.split())
    sys.stdout.write(f"{count} batches of {smallest:,} bytes: {peak_kb // 1024} MB at most\n")
    assert (count, smallest) == (PARTITIONS * EACH, VALUE_BYTES)
    assert peak_kb < MEMORY_KB
