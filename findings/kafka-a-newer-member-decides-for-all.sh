#!/usr/bin/env bash
# Apache Kafka 4.1: one member of the newer consumer protocol in a group ends what the classic members had agreed on.
#
# One would guess: whoever joins a group with `group.protocol=consumer` and reads one of its two topics takes a third of that
# topic from the two who are there, and these, whose assignor is `range`, keep the same numbers of both topics.
# What is so: the group becomes one of the newer protocol, the broker assigns for everybody, and the assignor that the classic
# members name is not asked. By `uniform`, the broker's default, each member gets as many partitions as any other: the one with
# a single topic takes two thirds of it, and at most a third of the numbers are still whole, with both topics at one owner, as
# joins and state by number need it. By the broker's `range` it takes a third, and the two others still tear a number apart.
set -euo pipefail
. "$(dirname "$0")/broker" confluent-kafka==2.16.1
"$python" - "$kafka" <<'PY'
import sys, time
from confluent_kafka import Consumer, libversion
from confluent_kafka.admin import AdminClient, NewTopic

SERVERS, NUMBERS, QUIET_SECONDS, SECONDS_MAX = sys.argv[1], 6, 8, 90

def member(group, topics, **more):
    consumer = Consumer({"bootstrap.servers": SERVERS, "group.id": group, "auto.offset.reset": "earliest", **more})
    consumer.subscribe(topics)
    return consumer

def owned(consumer):
    return {(one.topic, one.partition) for one in consumer.assignment()}

def settled(members):
    """Poll until all partitions are owned, by one member each, and nothing has moved for a while."""
    end, before, since = time.monotonic() + SECONDS_MAX, None, time.monotonic()
    while time.monotonic() < end:
        for one in members:
            one.poll(0.1)
        now = [owned(one) for one in members]
        if now != before:
            before, since = now, time.monotonic()
        if sum(map(len, now)) == 2 * NUMBERS and all(now) and time.monotonic() - since > QUIET_SECONDS:
            return now
    sys.exit(f"never settled: {before}")

def whole(of):
    return sorted(number for topic, number in of if topic == "a" and ("b", number) in of)

admin = AdminClient({"bootstrap.servers": SERVERS})  # whose futures end with it
for future in admin.create_topics([NewTopic(name, NUMBERS, 1) for name in "ab"]).values():
    future.result(30)
print("librdkafka", libversion()[0])
took = {}
for assignor in ("uniform", "range"):
    group = f"g-{assignor}"
    classic = [member(group, ["a", "b"], **{"partition.assignment.strategy": "range"}) for _ in range(2)]
    alone = settled(classic)
    newer = member(group, ["a"], **{"group.protocol": "consumer", "group.remote.assignor": assignor})
    *beside, strangers = settled([*classic, newer])
    print(f"{assignor}: before", [whole(one) for one in alone], "with the stranger", [whole(one) for one in beside])
    print("  ", *(sorted(f"{topic}{number}" for topic, number in one) for one in (*beside, strangers)))
    assert sum(map(len, map(whole, alone))) == NUMBERS
    took[assignor] = len(strangers)
    assert sum(map(len, map(whole, beside))) <= NUMBERS - took[assignor]
    for one in (newer, *classic):
        one.close()
sys.exit(0 if took == {"uniform": 4, "range": 2} else "the behaviour has changed")
PY
echo "as described"
