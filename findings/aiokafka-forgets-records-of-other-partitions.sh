#!/usr/bin/env bash
# aiokafka 0.14: a poll that raises has moved past records of other partitions, which nobody is handed any more.
#
# One would guess: `getmany` either returns what it took, or raises and takes nothing.
# What is so: batches are unpacked inside the poll, one partition after the other, and each moves its position as it goes. What
# one of them raises (here a codec whose library is not installed) drops what was unpacked before it in the same poll; the
# next poll goes on behind it. A consumer that catches the error and polls on never sees those records, and its lag says 0.
set -euo pipefail
. "$(dirname "$0")/broker" aiokafka==0.14.0 confluent-kafka==2.16.1
"$python" - "$kafka" <<'PY'
import asyncio, logging, sys
import aiokafka
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.codec import has_snappy
from aiokafka.errors import KafkaError
from confluent_kafka import Producer, libversion

logging.disable(logging.CRITICAL)
SERVERS, PLAIN, TOPIC = sys.argv[1], 4000, "t"
assert not has_snappy(), "cramjam is installed: another finding"

def produce(partition, count, **settings):
    producer = Producer({"bootstrap.servers": SERVERS, "linger.ms": 5, **settings})
    for number in range(count):
        producer.produce(TOPIC, b"%d" % number, partition=partition)
        producer.poll(0)
    assert producer.flush(20) == 0

async def main():
    produce(0, 1)  # makes the topic
    consumer = AIOKafkaConsumer(bootstrap_servers=SERVERS, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    packed, plain = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)
    consumer.assign([packed, plain])
    seen, failed = 0, 0
    produce(0, 50, **{"compression.type": "snappy"})
    produce(1, PLAIN, **{"batch.num.messages": 20})
    loop = asyncio.get_running_loop()
    end = loop.time() + 20
    while loop.time() < end and await consumer.position(plain) < PLAIN:
        try:
            found = await consumer.getmany(timeout_ms=50, max_records=5000)
        except KafkaError:
            failed += 1
            continue
        seen += len(found.get(plain, ()))
    position = await consumer.position(plain)
    await consumer.stop()
    print("aiokafka", aiokafka.__version__, "librdkafka", libversion()[0])
    print(f"partition 1: {PLAIN} records sent, position {position}, {seen} handed out; {failed} polls raised")
    sys.exit(0 if position == PLAIN and seen < PLAIN else "the behaviour has changed")

asyncio.run(main())
PY
echo "as described"
