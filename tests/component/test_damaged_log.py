"""A batch that is damaged where it lies costs nobody else a record, whoever reads, and is named by its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from rapport.system.reading import existing_records
from rapport.terminal.record_lines import as_line
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.consuming import fetch_failures
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.ports.interfaces import Batch, Record, Uncertain
from shared.runtime.processing.reading import Poison, read_event
from tests.component.damaged_log import (
    damage,
    flip_the_last_byte,
    lie_about_the_length,
    lose_a_record,
    name_a_codec_that_is_none,
)
from tests.component.kafka_feed_bed import Bed, records_of, taken

pytestmark = pytest.mark.deep

KINDS = pytest.mark.parametrize(
    ("change", "reason"),
    [
        (flip_the_last_byte, "has a wrong checksum"),
        (name_a_codec_that_is_none, "is packed by a codec that is not known (7)"),
        (lose_a_record, "is malformed"),
    ],
)


@pytest.fixture(name="bed")
async def embedded_bed(embedded: System) -> AsyncIterator[Bed]:
    bed = Bed(embedded.kafka)
    try:
        await bed.topics.start()
        yield bed
    finally:
        await bed.stop()


async def _spoken(bed: Bed, embedded: System, change: Callable[[bytearray], None]) -> None:
    """Say three batches on one partition, the middle one of two records and then damaged, and one beside them."""
    first = bed.topics.first
    for values in ((b"before",), (b"lost", b"lost, too"), (b"after",)):
        await bed.topics.say(first, *values)
    await bed.topics.say(first, b"beside", partition=1)
    damage(embedded.folder, first, 0, 2, change)  # batches and control batches take turns


def _check(records: list[Record], reason: str) -> None:
    before, bad, after = records
    assert (before.value, before.offset, after.value, after.offset) == (b"before", 0, b"after", 5)
    assert bad.offset == 3, "the last offset of the batch, so that reading goes on behind it"
    poison = read_event(bad)
    assert isinstance(poison, Poison)
    assert "records 2 to 3" in poison.reason
    assert reason in poison.reason
    assert bad.value, "the batch as it stands there"
    assert "unreadable" in as_line(bad)


@KINDS
async def test_a_feed_goes_on_behind_it(
    bed: Bed, embedded: System, change: Callable[[bytearray], None], reason: str
) -> None:
    first, second = bed.topics.first, bed.topics.second
    await _spoken(bed, embedded, change)
    member = await bed.member()
    await member.owns(2)
    for feed in member.arrived.values():
        feed.resume({first: 0, second: 0})
    _check(records_of(await taken(member.arrived[0], 3)), reason)
    assert [record.value for record in records_of(await taken(member.arrived[1], 1))] == [b"beside"]
    assert member.feeds.failures.count == 0, "nothing was raised"


@KINDS
async def test_the_log_reads_the_same_again_and_again(
    bed: Bed, embedded: System, change: Callable[[bytearray], None], reason: str
) -> None:
    first = bed.topics.first
    await _spoken(bed, embedded, change)
    log = KafkaLog(KafkaAccess(bed.topics.servers), first, [first])
    await log.start()
    try:
        whole, _ = await log.read(first, 0, 0, 7, 100)
        _check(whole, reason)
        assert await log.read(first, 0, 0, 7, 100) == (whole, 7)
        middle, position = await log.read(first, 0, 3, 7, 100)
        assert (middle, position) == (whole[1:], 7), "whoever begins in its midst meets it"
        assert (await log.read(first, 0, 3, 4, 1))[0] == [whole[1]], "a replay finds it by the place of its dead letter"
    finally:
        await log.stop()


@KINDS
async def test_commands_read_past_it(
    bed: Bed, embedded: System, change: Callable[[bytearray], None], reason: str
) -> None:
    await _spoken(bed, embedded, change)
    read = [
        record
        async for found in existing_records(KafkaAccess(bed.topics.servers), [bed.topics.first], [0])
        for record in found
    ]
    _check(sorted(read, key=lambda record: record.offset), reason)


async def test_records_that_fail_on_their_way_to_the_owner_are_read_anew(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastStream swallows what is raised between a poll and its handler."""
    first, second = bed.topics.first, bed.topics.second
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.resume({first: 0, second: 0})
    raised = asyncio.Event()

    def fail_once(raw: ConsumerRecord) -> Record:
        if not raised.is_set():
            raised.set()
            raise ValueError("on the way")
        return Record(raw.topic, raw.partition, raw.offset, raw.key, raw.value, (), raw.timestamp)

    monkeypatch.setattr("shared.runtime.kafka.consuming.subscriber.record_of", fail_once)
    await bed.topics.say(first, b"a", b"b")
    found: list[Batch] = []
    async with asyncio.timeout(120):
        while not found:
            try:
                found = feed.take()
            except Uncertain as error:
                assert "not handed on" in str(error)  # noqa: PT017 - it comes whenever the next poll does
                feed.pause()
                feed.resume({first: 0, second: 0})
            await feed.wait(None, 0.2)
    assert raised.is_set()
    assert [record.value for record in records_of(found)] == [b"a", b"b"]


async def test_a_consumer_that_has_ceased_to_fetch_is_noticed(bed: Bed) -> None:
    """aiokafka fetches in a task of its own, and polls bring nothing for ever once that has ended."""
    member = await bed.member()
    await member.owns(2)
    consumer: AIOKafkaConsumer = member.feeds._consumer()
    fetching = consumer._fetcher._fetch_task
    fetching.cancel()
    with suppress(asyncio.CancelledError):
        await fetching
    async with asyncio.timeout(120):
        while member.feeds.failures.fetching:  # noqa: ASYNC110 - the poll loop notices it
            await asyncio.sleep(0.01)
    assert "fetching has ended" in (member.feeds.failures.failing or "")


async def test_a_partition_whose_fetches_the_broker_refuses_is_named_and_goes_on_when_they_are_answered(
    bed: Bed, embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka only logs what a broker says of one partition. The first batch of this one says that it has three bytes."""
    monkeypatch.setattr(fetch_failures, "FAILING_SECONDS", 0.3)
    first, second = bed.topics.first, bed.topics.second
    await bed.topics.say(first, b"a")
    await bed.topics.say(second, b"beside", partition=1)
    path = embedded.folder / "kafka" / "log" / f"{first}-0" / f"{0:020}.log"
    whole = path.read_bytes()
    damage(embedded.folder, first, 0, 0, lie_about_the_length)
    member = await bed.member()
    await member.owns(2)
    for feed in member.arrived.values():
        feed.resume({first: 0, second: 0})
    async with asyncio.timeout(120):
        while not member.feeds.fetches.failing:  # noqa: ASYNC110 - replies come to the consumer's own task
            await asyncio.sleep(0.01)
    assert member.feeds.fetches.failing == {f"{first}/0": "CorruptRecordException"}
    assert [record.value for record in records_of(await taken(member.arrived[1], 1))] == [b"beside"]
    with path.open("r+b") as file:
        file.write(whole)
    assert [record.value for record in records_of(await taken(member.arrived[0], 1))] == [b"a"]
    assert member.feeds.fetches.failing == {}
