"""Producers that choose partitions in another way: each record is set aside with what to set, and nothing is said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from confluent_kafka import Producer

from shared.contracts import ACTIVITY, DEAD_LETTERS, DeadLetter, Event, partition_for
from shared.contracts.cloudevents import codec
from tests.e2e.outside import records_of
from tests.integration.shell_bed import (
    PARTITIONS,
    STALE,
    Bed,
    place,  # noqa: F401 - a fixture of `bed`
    shell_bed,  # noqa: F401 - the fixture `bed`
    until_settled,
)

pytestmark = pytest.mark.deep


async def _produce(servers: str, events: Sequence[Event], **settings: str) -> None:
    producer = Producer({"bootstrap.servers": servers, "acks": "all", **settings})
    for event in events:
        key, value, headers = codec.encode(event)
        producer.produce(ACTIVITY, value, key, headers=list(headers))
    assert await asyncio.to_thread(producer.flush, 15) == 0


async def test_the_same_event_by_each_partitioner_is_said_once(bed: Bed) -> None:
    service = await bed.service()
    events = [event for member in bed.names for event in bed.sent(member)]
    await _produce(bed.system.kafka, events)  # librdkafka's own choice: consistent_random, by CRC-32
    await _produce(bed.system.kafka, events, partitioner="murmur2_random")
    await until_settled([service])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    assert await bed.ignored() == sorted(bed.names)
    records = await records_of(bed.access, [ACTIVITY, DEAD_LETTERS])
    strays = {
        (record.partition, record.offset): record
        for (topic, _), found in records.items()
        for record in found
        if topic == ACTIVITY and partition_for((record.key or b"").decode(), PARTITIONS) != record.partition
    }
    letters = [
        DeadLetter.model_validate_json(record.value or b"")
        for (topic, _), found in records.items()
        for record in found
        if topic == DEAD_LETTERS
    ]
    assert strays, "some keys must land elsewhere by the other hash"
    assert {(one.partition, one.offset) for one in letters} == set(strays)
    for letter in letters:
        key = (strays[letter.partition, letter.offset].key or b"").decode()
        assert letter.field == "key"
        assert letter.reason.startswith(
            f"belongs on partition {partition_for(key, PARTITIONS)}, not on {letter.partition}"
        )
        assert "partitioner=murmur2_random" in letter.reason
