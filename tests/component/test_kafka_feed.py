"""The consuming side on a real Kafka: what is handed out when, and what the positions prove."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer import message_accumulator
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from shared.runtime.kafka.consuming.subscriber import POLL_MS, QUIET_POLL_MS, QUIET_POLLS
from shared.runtime.ports.interfaces import Batch, Uncertain
from shared.runtime.ports.limits import INBOX_BATCHES_MAX
from tests.component.kafka_feed_bed import (
    SECONDS_MAX,
    Bed,
    kafka_bed,  # noqa: F401 - the fixture `bed`
    offsets_of,
    records_of,
    taken,
    until,
)

LOOK_SECONDS = 0.3
"""How long nothing comes."""


async def test_nothing_is_handed_out_before_the_owner_says_from_where(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    await bed.topics.say(first, b"0", b"1", b"2", b"3")
    await bed.topics.say(first, b"other partition", partition=1)
    member = await bed.member()
    await member.owns(2)
    member.arrived[1].resume({first: 0, second: 0})
    await taken(member.arrived[1], 1)  # so the poll loop has come around
    feed = member.arrived[0]
    assert feed.take() == []
    assert feed.reached() is None
    assert {at.partition for at in member.feeds._consumer().paused()} == {0}, "it is not even fetched"
    feed.resume({first: 2, second: 0})
    batches = await taken(feed, 2)
    assert offsets_of(batches) == [2, 3]
    assert [record.value for record in records_of(batches)] == [b"2", b"3"]


async def test_positions_count_control_records_once_what_came_before_is_applied(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    await bed.topics.say(first, b"a", b"b")
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    assert feed.reached() == {first: 0, second: 0}
    batches = await taken(feed, 2)
    assert feed.reached() == {first: 0, second: 0}, "handed out, but not applied"
    feed.done(batches)
    await until(feed, lambda: feed.reached() == {first: 3, second: 0})
    await bed.topics.say(second, b"c")
    batches = await taken(feed, 1)
    assert batches[-1].positions[first] == 3
    assert feed.reached() == {first: 3, second: 0}
    feed.done(batches)
    await until(feed, lambda: feed.reached() == {first: 3, second: 2})


async def test_a_poll_waits_for_longer_where_nothing_has_moved_and_no_longer_once_a_record_has_come(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's partition that is yet to be resumed makes it wait, either: its first position is noted at once."""
    first, second = bed.topics.first, bed.topics.second
    member = await bed.member()
    await member.owns(2)
    waits: list[int] = []
    consumer = member.feeds._consumer()
    poll, polled = consumer.poll, asyncio.Event()

    async def noted(*partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None) -> Any:
        waits.append(timeout_ms)
        polled.set()
        return await poll(*partitions, timeout_ms=timeout_ms, max_records=max_records)

    async def polls_until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while not holds():
                polled.clear()
                await polled.wait()

    monkeypatch.setattr(consumer, "poll", noted)
    member.arrived[0].resume({first: 0, second: 0})
    await polls_until(lambda: len(waits) >= 2 * QUIET_POLLS)
    assert set(waits) == {POLL_MS}, "the other partition is not live yet"
    member.arrived[1].resume({first: 0, second: 0})
    await polls_until(lambda: QUIET_POLL_MS in waits)
    assert waits.count(POLL_MS) >= 3 * QUIET_POLLS
    await bed.topics.say(first, b"a")
    member.arrived[0].done(await taken(member.arrived[0], 1))
    waits.clear()
    await polls_until(lambda: POLL_MS in waits)
    await polls_until(lambda: QUIET_POLL_MS in waits)


async def test_an_aborted_transaction_moves_the_position_without_a_record(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    await bed.topics.producer.begin_transaction()
    await bed.topics.producer.send_and_wait(first, b"never", partition=0)
    await bed.topics.producer.abort_transaction()
    await until(feed, lambda: feed.reached() == {first: 2, second: 0})
    assert feed.take() == []


async def test_a_seek_makes_stale_what_was_fetched_before_it(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    await bed.topics.say(first, b"0", b"1", b"2")
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    [batch] = await taken(feed, 3)
    fetched_in = feed.generation
    feed.pause()
    assert feed.reached() is None
    feed.resume({first: 0, second: 0})
    assert await feed.position(first) <= batch.records[first][-1].offset
    feed.put(batch.records, batch.positions, fetched_in)  # it was on its way while the owner recovered
    assert feed.take() == []
    feed.done([batch])
    assert feed.reached() == {first: 0, second: 0}, "what was applied before the seek proves nothing after it"
    assert offsets_of(await taken(feed, 3)) == [0, 1, 2]
    assert feed.take() == []


async def test_what_waits_when_the_owner_recovers_comes_again(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    await bed.topics.say(first, b"0", b"1", b"2")
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    await taken(feed, 3)
    feed.pause()
    feed.resume({first: 1, second: 0})
    assert offsets_of(await taken(feed, 2)) == [1, 2]


async def test_records_that_did_not_get_here_are_uncertain_until_the_next_seek(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    feed.invalidate("a batch is missing")
    assert feed.reached() is None
    with pytest.raises(Uncertain, match="a batch is missing"):
        feed.take()
    feed.pause()
    feed.resume({first: 0, second: 0})
    assert feed.take() == []


async def test_the_poll_loop_waits_for_an_owner_that_has_enough(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    member = await bed.member()
    await member.owns(2)
    feed, neighbour = member.arrived[0], member.arrived[1]
    feed.resume({first: 0, second: 0})
    neighbour.resume({first: 0, second: 0})
    in_hand: list[Batch] = []
    for number in range(INBOX_BATCHES_MAX):
        await bed.topics.say(first, b"%d" % number)
        in_hand += await taken(feed, 1)
    await bed.topics.say(first, b"one more")
    await bed.topics.say(first, b"neighbour", partition=1)
    begun = time.monotonic()
    while (left := begun + LOOK_SECONDS - time.monotonic()) > 0:
        await feed.wait(None, left)  # a position may still ring, long after its records
        assert not [*feed.take(), *neighbour.take()]
    feed.done(in_hand)
    assert [record.value for record in records_of(await taken(feed, 1))] == [b"one more"]
    await taken(neighbour, 1)


async def test_bad_headers_and_null_values_are_handed_out_as_they_are(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    await bed.topics.say(first, b"before")
    await bed.topics.say(first, None, b"{", headers=[("content-type", b"\xff\xfe"), ("", b"")])
    await bed.topics.say(first, b"after")
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    records = records_of(await taken(feed, 4))
    assert [record.value for record in records] == [b"before", None, b"{", b"after"]
    assert list(records[1].headers) == [("content-type", b"\xff\xfe"), ("", b"")]


class NotText(str):
    """A header name as a careless client writes it. (aiokafka's own builder insists on text.)"""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b"x\xff"


@pytest.mark.parametrize("compression", [None, "gzip"])
async def test_a_header_name_that_is_not_text_stops_nobody(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, compression: str | None
) -> None:
    first, second = bed.topics.first, bed.topics.second
    monkeypatch.setattr(message_accumulator, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
    careless = AIOKafkaProducer(bootstrap_servers=bed.topics.servers, compression_type=compression)
    await careless.start()
    try:
        batch = careless.create_batch()
        for value, headers in ((b"0", []), (b"1", [(NotText("x"), b"v"), ("none", None)]), (b"2", [("ä", b"w")])):
            batch.append(timestamp=None, key=b"k", value=value, headers=headers)
        await (await careless.send_batch(batch, first, partition=0))
    finally:
        await careless.stop()
    await bed.topics.say(first, b"3")
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    records = records_of(await taken(feed, 4))
    assert [(record.offset, record.value) for record in records] == [(n, b"%d" % n) for n in range(4)]
    assert list(records[1].headers) == [("x\ufffd", b"v"), ("none", b"")]
    assert list(records[2].headers) == [("ä", b"w")]
