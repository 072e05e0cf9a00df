"""The log's contract, kept by Kafka and by the fake alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError
from aiokafka.producer import sender

from shared.runtime import kafka_identity, kafka_log, kafka_writer
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.kafka_log import KafkaLog
from shared.runtime.ports import Bounds, Doubt, Log, Message, Record, Writer
from shared.testing.fake_cluster import FakeCluster
from shared.testing.fake_log import FakeLog

Commit = Callable[[], Awaitable[None]]


class Bed(Protocol):
    """A cluster with the service's `own` topic and an `other` one, two partitions each."""

    own: str
    other: str

    async def log(self) -> Log:
        """The log as another process of the same service sees it."""

    async def plain(self, topic: str, message: Message) -> None:
        """Append as a foreign producer without transactions does."""

    async def open(self, topic: str, message: Message) -> Commit:
        """Append in a transaction of a foreign producer; return what commits it."""

    async def trim(self, topic: str, before: int) -> None: ...

    async def recreate(self, topic: str) -> None: ...

    async def stop(self) -> None: ...


class FakeBed:
    own, other = "own", "other"

    def __init__(self, *, markers_late: bool) -> None:
        self.cluster = FakeCluster([self.own, self.other], partitions=2, markers_late=markers_late)

    async def log(self) -> Log:
        return FakeLog(self.cluster, self.own, MarkersBefore(self.cluster, "log.read"))

    async def plain(self, topic: str, message: Message) -> None:
        self.cluster.append_plain(topic, 0, message)

    async def open(self, topic: str, message: Message) -> Commit:
        transaction = self.cluster.begin()
        self.cluster.append(topic, 0, [message], transaction)

        async def commit() -> None:
            self.cluster.finish(transaction, commit=True)

        return commit

    async def trim(self, topic: str, before: int) -> None:
        self.cluster.trim(topic, 0, before)

    async def recreate(self, topic: str) -> None:
        self.cluster.recreate(topic)

    async def stop(self) -> None: ...


class MarkersBefore:
    """Let late control records reach the log before a step, as time does."""

    def __init__(self, cluster: FakeCluster, where: str) -> None:
        self._cluster, self._where = cluster, where

    async def step(self, where: str) -> None:
        if where == self._where:
            self._cluster.write_markers()


class KafkaBed:
    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.own, self.other = f"own-{uuid4().hex}", f"other-{uuid4().hex}"
        self._admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        self._started: list[Any] = []

    async def start(self) -> None:
        await self._admin.start()
        await self._create(self.own, self.other)

    async def _create(self, *topics: str) -> None:
        await self._admin.create_topics([NewTopic(topic, 2, 1) for topic in topics])

    async def log(self) -> Log:
        log = KafkaLog(KafkaAccess(self.servers), self.own, [self.other])
        self._started.append(log)
        await log.start()
        return log

    async def _producer(self, **settings: Any) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, **settings)
        self._started.append(producer)
        await producer.start()
        return producer

    async def plain(self, topic: str, message: Message) -> None:
        await _send(await self._producer(), topic, message)

    async def open(self, topic: str, message: Message) -> Commit:
        producer = await self._producer(transactional_id=f"foreign-{uuid4().hex}")
        await producer.begin_transaction()
        await _send(producer, topic, message)

        async def commit() -> None:
            await producer.commit_transaction()

        return commit

    async def trim(self, topic: str, before: int) -> None:
        await self._admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=before)})

    async def recreate(self, topic: str) -> None:
        await self._admin.delete_topics([topic])
        async with asyncio.timeout(10):
            while True:
                try:
                    await self._create(topic)
                except TopicAlreadyExistsError:
                    continue
                break
            while True:
                [found] = await self._admin.describe_topics([topic])
                if not found["error_code"]:
                    break

    async def stop(self) -> None:
        for each in reversed(self._started):
            await each.stop()
        await self._admin.close()


async def _send(producer: AIOKafkaProducer, topic: str, message: Message) -> None:
    headers = list(message.headers)
    await producer.send_and_wait(
        topic, message.value, message.key, partition=0, timestamp_ms=message.logged_ms, headers=headers
    )


@pytest.fixture(params=["fake", "fake, markers late", "kafka"])
async def bed(request: pytest.FixtureRequest) -> AsyncIterator[Bed]:
    if request.param != "kafka":
        yield FakeBed(markers_late=request.param != "fake")
        return
    bed = KafkaBed(request.getfixturevalue("embedded").addresses.kafka)
    try:
        await bed.start()
        yield bed
    finally:
        await bed.stop()


def message(text: str) -> Message:
    return Message(b"m-1", text.encode(), [("ce_type", b"test")], 1_700_000_000_000)


def texts(records: list[Record]) -> list[str]:
    return [(record.value or b"").decode() for record in records]


async def say(writer: Writer, topic: str, *said: str) -> int:
    await writer.begin()
    first = await writer.append(topic, [message(text) for text in said])
    await writer.commit()
    return first


async def everything(log: Log, topic: str) -> list[str]:
    end = (await log.ends([topic], 0))[topic]
    records, after = await log.read(topic, 0, 0, end, 1000)
    assert after == end
    return texts(records)


async def test_the_end_after_a_commit_is_the_last_offset_and_two(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    assert await say(writer, bed.own, "a", "b", "c") == 0
    assert await say(writer, bed.own, "d") == 4
    await log.read(bed.own, 0, 0, 6, 10)  # a commit is acknowledged before its control record stands in the log
    assert await log.ends([bed.own, bed.other], 0) == {bed.own: 6, bed.other: 0}
    assert await log.bounds([bed.own, bed.other], 0) == {bed.own: Bounds(0, 6), bed.other: Bounds(0, 0)}
    assert await log.ends([bed.own], 1) == {bed.own: 0}


async def test_what_was_committed_lies_below_the_next_end_and_a_claim_finds_its_control_record(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    for number in range(5):
        await say(writer, bed.own, "a")
        assert (await log.ends([bed.own], 0))[bed.own] > 2 * number
    await log.fence(0)
    assert (await log.ends([bed.own], 0))[bed.own] == 10


async def test_a_large_append_is_whole_and_in_order(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(1)
    await writer.begin()
    large = [Message(b"k", bytes([number]) * 200_000, [], number) for number in range(8)]
    assert await writer.append(bed.own, large) == 0
    await writer.commit()
    records, after = await log.read(bed.own, 1, 0, 9, 100)
    assert [(record.offset, record.value) for record in records] == [(n, large[n].value) for n in range(8)]
    assert after == 9


async def test_nothing_to_append_is_a_mistake(bed: Bed) -> None:
    writer = await (await bed.log()).fence(0)
    await writer.begin()
    with pytest.raises(ValueError, match="messages"):
        await writer.append(bed.own, [])


async def test_a_record_comes_back_as_it_was_written(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    headers = [("ce_id", b"\xff\xfe"), ("empty", b""), ("ce_id", b"twice")]
    await writer.begin()
    await writer.append(bed.own, [Message(None, b"", headers, 1), Message("ä".encode(), None, [], 1_700_000_000_123)])
    await writer.commit()
    records, after = await log.read(bed.own, 0, 0, 3, 10)
    assert [(each.key, each.value, list(each.headers), each.logged_ms) for each in records] == [
        (None, b"", headers, 1),
        ("ä".encode(), None, [], 1_700_000_000_123),
    ]
    assert [(each.topic, each.partition, each.offset) for each in records] == [(bed.own, 0, 0), (bed.own, 0, 1)]
    assert after == 3


async def test_two_topics_are_seen_together(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    await writer.begin()
    await writer.append(bed.own, [message("fact")])
    await writer.append(bed.other, [message("dead")])
    await writer.append(bed.own, [message("fact too")])
    assert await log.ends([bed.own, bed.other], 0) == {bed.own: 2, bed.other: 1}
    await writer.commit()
    assert await everything(log, bed.own) == ["fact", "fact too"]
    assert await everything(log, bed.other) == ["dead"]


async def test_what_was_aborted_is_passed_over(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    await say(writer, bed.own, "before")
    await writer.begin()
    assert await writer.append(bed.own, [message("never"), message("ever")]) == 2
    await writer.abort()
    assert await say(writer, bed.own, "after") == 5
    assert await everything(log, bed.own) == ["before", "after"]
    assert await log.read(bed.own, 0, 2, 5, 10) == ([], 5)


async def test_abort_never_raises(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    await writer.abort()
    await writer.begin()
    await writer.append(bed.own, [message("open")])
    await (await bed.log()).fence(0)
    await writer.abort()


async def test_a_newer_producer_shuts_out_the_one_that_has_something_open(bed: Bed) -> None:
    sleeper, owner = await bed.log(), await bed.log()
    late = await sleeper.fence(0)
    await late.begin()
    await late.append(bed.own, [message("too late")])
    writer = await owner.fence(0)
    with pytest.raises(Doubt):
        await late.commit()
    assert (await owner.ends([bed.own], 0))[bed.own] == 2
    assert await say(writer, bed.own, "said") == 2
    assert await everything(owner, bed.own) == ["said"]


async def test_a_newer_producer_shuts_out_the_one_that_sleeps_between_transactions(bed: Bed) -> None:
    sleeper, owner = await bed.log(), await bed.log()
    late = await sleeper.fence(0)
    await say(late, bed.own, "first")
    writer = await owner.fence(0)
    await late.begin()
    with pytest.raises(Doubt):
        await late.append(bed.own, [message("too late")])
    await late.abort()
    await say(writer, bed.own, "second")
    assert await everything(owner, bed.own) == ["first", "second"]


async def test_partitions_have_producers_of_their_own(bed: Bed) -> None:
    log = await bed.log()
    writers = [await log.fence(0), await log.fence(1)]
    for writer in writers:
        assert await say(writer, bed.own, "here") == 0


async def test_a_read_is_bounded_by_records_and_by_its_end(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    for text in ("a", "b", "c"):
        await say(writer, bed.own, text, text + "'")
    first, after = await log.read(bed.own, 0, 0, 9, 3)
    assert texts(first) == ["a", "a'", "b"]
    assert 4 <= after <= 5
    rest, after = await log.read(bed.own, 0, after, 9, 100)
    assert (texts(rest), after) == (["b'", "c", "c'"], 9)
    short, after = await log.read(bed.own, 0, 0, 4, 100)
    assert (texts(short), after) == (["a", "a'", "b"], 4)
    assert await log.read(bed.own, 0, 9, 9, 100) == ([], 9)


async def test_an_open_transaction_holds_readers_but_not_the_ends(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_log, "READ_STANDSTILL_SECONDS_MAX", 0.3)
    log = await bed.log()
    await bed.plain(bed.other, message("stable"))
    commit = await bed.open(bed.other, message("open"))
    await bed.plain(bed.other, message("behind it"))
    assert await log.ends([bed.other], 0) == {bed.other: 3}
    with pytest.raises(Doubt, match="open transaction"):
        await log.read(bed.other, 0, 0, 3, 100)
    records, after = await log.read(bed.other, 0, 0, 1, 100)
    assert (texts(records), after) == (["stable"], 1)
    await commit()
    assert await everything(log, bed.other) == ["stable", "open", "behind it"]


async def test_what_was_deleted_is_not_read_as_if_it_had_never_been(bed: Bed) -> None:
    log = await bed.log()
    for text in ("a", "b", "c"):
        await bed.plain(bed.other, message(text))
    await bed.trim(bed.other, 2)
    assert await log.bounds([bed.other], 0) == {bed.other: Bounds(2, 3)}
    with pytest.raises(Doubt):
        await log.read(bed.other, 0, 0, 3, 100)
    records, _ = await log.read(bed.other, 0, 2, 3, 100)
    assert texts(records) == ["c"]


async def test_a_topic_made_again_has_another_identity(bed: Bed) -> None:
    log = await bed.log()
    before = await log.identity([bed.own, bed.other])
    assert before == await (await bed.log()).identity([bed.own, bed.other])
    assert before[bed.own] != before[bed.other]
    await bed.recreate(bed.other)
    after = await log.identity([bed.own, bed.other])
    assert after[bed.own] == before[bed.own]
    assert after[bed.other] != before[bed.other]
    assert after[bed.other].split("/")[0] == before[bed.other].split("/")[0]


async def test_a_topic_that_is_not_there_is_a_doubt(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_log, "ASK_SECONDS_MAX", 0.3)
    log = await bed.log()
    with pytest.raises(Doubt):
        await log.bounds(["missing"], 0)
    with pytest.raises(Doubt):
        await log.ends(["missing"], 0)


async def test_questions_of_one_moment_are_one_request_and_a_later_one_is_not_answered_by_it(embedded: Any) -> None:
    bed = KafkaBed(embedded.addresses.kafka)
    try:
        await bed.start()
        log = await bed.log()
        assert isinstance(log, KafkaLog)
        asked: list[int] = []
        consumer = log._asking()
        ask = consumer.end_offsets

        async def counted(at: list[TopicPartition]) -> dict[TopicPartition, int]:
            asked.append(len(at))
            found: dict[TopicPartition, int] = await ask(at)
            if len(asked) == 1:  # the reply is under way: what is acknowledged now is not in it
                await bed.plain(bed.other, message("later"))
                later.append(asyncio.create_task(log.ends([bed.other], 0)))
                await later[0]
            return found

        later: list[asyncio.Task[Any]] = []
        consumer.end_offsets = counted
        both = await asyncio.gather(log.ends([bed.own, bed.other], 0), log.ends([bed.own, bed.other], 1))
        assert list(both) == [{bed.own: 0, bed.other: 0}] * 2
        assert await later[0] == {bed.other: 1}
        assert asked == [4, 1]
    finally:
        await bed.stop()


async def test_an_identity_of_a_missing_topic_is_a_doubt(embedded: Any) -> None:
    log = KafkaLog(KafkaAccess(embedded.addresses.kafka), "own", [])
    await log._identities.start()
    try:
        with pytest.raises(Doubt, match=UnknownTopicOrPartitionError.__name__):
            await log.identity([f"missing-{uuid4().hex}"])
    finally:
        await log.stop()


async def test_a_broker_without_topic_ids_still_tells_its_cluster(
    embedded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed = KafkaBed(embedded.addresses.kafka)
    try:
        await bed.start()
        log = await bed.log()
        cluster_id = (await log.identity([bed.own]))[bed.own].split("/")[0]
        monkeypatch.setattr(kafka_identity._MetadataRequest, "API_VERSION", 999)
        assert await log.identity([bed.own]) == {bed.own: f"{cluster_id}/"}
        with pytest.raises(Doubt, match=UnknownTopicOrPartitionError.__name__):
            await log.identity([f"missing-{uuid4().hex}"])
    finally:
        await bed.stop()


def test_aiokafka_still_reads_the_pause_between_transactions_from_where_it_is_set() -> None:
    kafka_writer.shorten_transaction_pause()
    assert sender.BACKOFF_OVERRIDE == kafka_writer.TRANSACTION_PAUSE_SECONDS
    handler = sender.AddPartitionsToTxnHandler.handle_response
    assert "BACKOFF_OVERRIDE" in handler.__code__.co_names
    assert handler.__globals__ is vars(sender)
