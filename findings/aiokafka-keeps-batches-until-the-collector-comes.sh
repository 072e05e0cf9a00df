#!/usr/bin/env bash
# aiokafka 0.14: a batch that is left in its middle stays in memory, unpacked, until the garbage collector comes.
#
# One would guess: once a partition is sought elsewhere, what was fetched of it before is free at once, as CPython counts references.
# What is so: the object that holds a fetched partition and the generator that walks its batches refer to each other, so no
# count reaches zero. Each seek in the middle of a batch leaves its unpacked bytes behind, and so does one right after its last
# record: only a poll beyond it frees it. A process that collects seldom (`gc.freeze`, high thresholds) grows by a batch each time.
set -euo pipefail
. "$(dirname "$0")/broker" aiokafka==0.14.0 confluent-kafka==2.16.1
"$python" - "$kafka" <<'PY'
import asyncio, gc, logging, sys, tracemalloc
import aiokafka
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import Producer, libversion

logging.disable(logging.CRITICAL)
SERVERS, AT, RECORDS, BYTES, TIMES = sys.argv[1], TopicPartition("t", 0), 60, 15_000, 8
UNPACKED = RECORDS * BYTES

def held():
    return tracemalloc.get_traced_memory()[0] / UNPACKED

async def read(consumer, records):
    found = 0
    while found < records:
        found += sum(map(len, (await consumer.getmany(timeout_ms=200, max_records=records - found)).values()))

async def main():
    producer = Producer({"bootstrap.servers": SERVERS, "linger.ms": 500, "compression.type": "gzip"})
    for _ in range(RECORDS):
        producer.produce(AT.topic, bytes(BYTES), partition=AT.partition)
    assert producer.flush(20) == 0
    consumer = AIOKafkaConsumer(bootstrap_servers=SERVERS, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([AT])
    await read(consumer, RECORDS)  # connections, metadata
    gc.collect()
    gc.disable()
    tracemalloc.start()
    grown = {}
    ways = (("past the end", RECORDS, True), ("at the end", RECORDS, False), ("in the middle", 1, False))
    for name, records, once_more in ways:
        gc.collect()
        before = held()
        for _ in range(TIMES):
            consumer.seek(AT, 0)
            await read(consumer, records)
            if once_more:
                await consumer.getmany(timeout_ms=100)
        consumer.seek(AT, RECORDS)
        grown[name] = held() - before
        print(f"left {name}, {TIMES} times: {grown[name]:.1f} batches of {UNPACKED:,} bytes are held")
    gc.collect()
    after = held()
    print(f"after the collector: {after:.1f}")
    await consumer.stop()
    print("aiokafka", aiokafka.__version__, "librdkafka", libversion()[0], "Python", sys.version.split()[0])
    right = grown["past the end"] < 2 and grown["at the end"] > TIMES - 3 and grown["in the middle"] > TIMES - 3 and after < 2
    sys.exit(0 if right else "the behaviour has changed")

asyncio.run(main())
PY
echo "as described"
