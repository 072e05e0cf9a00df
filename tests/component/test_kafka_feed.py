"""The consuming side on a real Kafka: what is handed out when, and what the positions prove."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.producer import message_accumulator
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from shared.runtime.clock import Alarm, SystemClock, VirtualClock
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.kafka_feed import KafkaFeeds, Membership
from shared.runtime.limits import INBOX_BATCHES_MAX
from shared.runtime.partition_feed import PartitionFeed
from shared.runtime.ports import Batch, Doubt, Record

SECONDS_MAX = 15.0
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
            await admin.create_topics([NewTopic(self.first, 2, 1), NewTopic(self.second, 2, 1)])
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
        self.arrived: dict[int, PartitionFeed] = {}
        self.changed = asyncio.Event()
        self.may_release = asyncio.Event()
        self.may_release.set()
        self.feeds = KafkaFeeds(
            KafkaAccess(topics.servers).broker(),
            [topics.first, topics.second],
            membership,
            clock=clock,
            on_owned=self._own,
            release=self._release,
        )

    def _own(self, feed: PartitionFeed) -> None:
        self.arrived[feed.partition] = feed
        self.changed.set()

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
        await member.feeds.start()
        return member

    async def stop(self) -> None:
        await asyncio.gather(*(member.feeds.stop() for member in self._members))
        await self.topics.producer.stop()


@pytest.fixture
async def bed(embedded: Any) -> AsyncIterator[Bed]:
    bed = Bed(embedded.addresses.kafka)
    try:
        await bed.topics.start()
        yield bed
    finally:
        await bed.stop()


async def until(feed: PartitionFeed, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():
            await feed.wait(None, SECONDS_MAX)


async def taken(feed: PartitionFeed, count: int) -> list[Batch]:
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


async def test_positions_count_control_records_once_what_came_before_is_folded(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    await bed.topics.say(first, b"a", b"b")
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    assert feed.reached() == {first: 0, second: 0}
    batches = await taken(feed, 2)
    assert feed.reached() == {first: 0, second: 0}, "handed out, but not folded"
    feed.done(batches)
    await until(feed, lambda: feed.reached() == {first: 3, second: 0})
    await bed.topics.say(second, b"c")
    batches = await taken(feed, 1)
    assert batches[-1].positions[first] == 3
    assert feed.reached() == {first: 3, second: 0}
    feed.done(batches)
    await until(feed, lambda: feed.reached() == {first: 3, second: 2})


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
    feed.put(batch.records, batch.positions, fetched_in)  # it was on its way while the owner claimed
    assert feed.take() == []
    feed.done([batch])
    assert feed.reached() == {first: 0, second: 0}, "what was folded before the seek proves nothing after it"
    assert offsets_of(await taken(feed, 3)) == [0, 1, 2]
    assert feed.take() == []


async def test_what_waits_when_the_owner_claims_comes_again(bed: Bed) -> None:
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


async def test_records_that_did_not_get_here_are_a_doubt_until_the_next_seek(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    feed.spoil("a batch is missing")
    assert feed.reached() is None
    with pytest.raises(Doubt, match="a batch is missing"):
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
    assert not await feed.wait(None, 0.3)
    assert not neighbour.take()
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


async def test_partitions_move_to_a_new_member_and_back(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    old = await bed.member()
    await old.owns(2)
    before = dict(old.arrived)
    await before[1].commit_group({first: 1, second: 2})
    new = await bed.member()
    await new.owns(1)
    await old.owns(1)
    assert sorted([*old.arrived, *new.arrived]) == [0, 1]
    assert old.released == [0, 1]
    for feed in before.values():
        with pytest.raises(Doubt, match="another member"):
            await feed.commit_group({first: 1, second: 2})
        with pytest.raises(Doubt):
            feed.resume({first: 0, second: 0})
    for member in (old, new):
        for feed in member.arrived.values():
            await feed.commit_group({first: 1, second: 2})
    await new.feeds.stop()
    assert new.arrived == {}
    await old.owns(2)


async def test_a_new_member_owns_nothing_before_the_old_one_has_let_go(bed: Bed) -> None:
    old = await bed.member()
    await old.owns(2)
    old.may_release.clear()
    joining = asyncio.create_task(bed.member())
    async with asyncio.timeout(SECONDS_MAX):
        while not old.released:
            await old.arrived[0].wait(None, 0.01)
    await asyncio.wait([joining], timeout=0.5)
    assert not joining.done()
    old.may_release.set()
    new = await joining
    await new.owns(1)


async def test_the_group_refuses_who_is_no_longer_a_member(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    sleeper = await bed.member(instance_id="worker-1", heartbeat_interval_ms=5_000)  # it hears of nothing meanwhile
    await sleeper.owns(2)
    feed = sleeper.arrived[0]
    await feed.commit_group({first: 1, second: 1})
    successor = await bed.member(instance_id="worker-1")
    await successor.owns(2)
    await successor.arrived[0].commit_group({first: 1, second: 1})
    with pytest.raises(Doubt, match="commit to the group"):
        await feed.commit_group({first: 1, second: 1})


async def test_a_wait_ends_with_the_clock_a_ring_or_the_seconds(bed: Bed) -> None:
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    await feed.wait(None, 0.0)  # what rang until now
    assert not await feed.wait(None, 0.01)
    soon = START + timedelta(days=1)
    assert not await feed.wait(soon, 0.01)
    waiting = asyncio.create_task(feed.wait(soon, SECONDS_MAX))
    await asyncio.sleep(0)
    bed.clock.advance_to(soon)
    assert await waiting
    assert await feed.wait(soon, SECONDS_MAX), "it has come already"
    feed.ring()
    assert await feed.wait(None, SECONDS_MAX)


async def test_the_system_clock_needs_no_ring(bed: Bed) -> None:
    member = await bed.member(clock=SystemClock())
    await member.owns(2)
    feed = member.arrived[0]
    feed.pause()
    await feed.wait(None, 0.0)
    at = SystemClock().now() + timedelta(milliseconds=30)
    assert await feed.wait(at, SECONDS_MAX)
    assert SystemClock().now() >= at - timedelta(milliseconds=2)
