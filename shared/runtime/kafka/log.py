"""The log as it is on Kafka: transactional writers, and questions and reads that own nothing.

Questions go over a connection of their own: behind a consumer's long poll they would wait for its end. Reads are
read_committed, by consumers without a group: they take partitions from nobody, and a rebalance does not touch them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.runtime.kafka.connection import Background, KafkaAccess, uncertain
from shared.runtime.kafka.deleting import Deleter
from shared.runtime.kafka.fetching.fetched_batches import UnreadableBatch
from shared.runtime.kafka.producer import FENCE_SECONDS_MAX, KafkaWriter, shorten_transaction_pause
from shared.runtime.kafka.topic_identity import TopicIdentities
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Bounds, Offsets, Record, Uncertain, Unstable

START_SECONDS_MAX = 30.0
"""How long a first connection and the topics' metadata may take."""
ASK_SECONDS_MAX = 10.0
"""How long the broker may take to answer for begins and ends."""
GATHER_SECONDS = 0.003
"""Questions for ends that come within this time go out as one request."""
READERS_MAX = 4
"""Consumers that read back at the same time: more of them would only share one event loop."""
READ_STANDSTILL_SECONDS_MAX = 20.0
"""How long a read waits without getting on: longer than the broker takes to abort what a dead producer left open."""
READ_POLL_MS = 5
"""One long poll of a reader. It holds the connection, so the next read waits for it: short."""
READ_BYTES_MAX = 4 * 1024 * 1024
"""What one fetch of a reader brings."""

READ_RECORD_BYTES_MAX = 16 * 1024 * 1024
"""Values that one read returns, about: fewer records than were asked for, where they are large."""


def record_of(raw: ConsumerRecord) -> Record:
    """Return the port's record: raw bytes, nothing decoded. A header without a value has an empty one."""
    headers = raw.headers
    for _, value in headers:
        if value is None:
            headers = tuple((name, value or b"") for name, value in headers)
            break
    value = raw.value
    fault = value.reason if isinstance(value, UnreadableBatch) else None
    return Record(raw.topic, raw.partition, raw.offset, raw.key, value, headers, raw.timestamp, fault)


class KafkaLog:
    """A `Log` of one service process.

    `own`: the service's own topic, whose name begins its transactional ids. `topics`: all topics it will ask about.
    """

    def __init__(self, access: KafkaAccess, own: str, topics: Sequence[str]) -> None:
        self._access = access
        self._own = own
        self._topics = [topic for topic in dict.fromkeys((own, *topics)) if topic]
        self._identities = TopicIdentities(access)
        self._deleter = Deleter(access)
        self._questions: AIOKafkaConsumer | None = None
        self._ends: EndsQuestion | None = None
        self._writers: dict[int, KafkaWriter] = {}
        self._idle_readers: list[tuple[str, AIOKafkaConsumer]] = []
        self._readers_in_use = 0
        self._reading = asyncio.Semaphore(READERS_MAX)
        self._behind = Background()

    async def start(self) -> None:
        """Connect, and fetch the topics' metadata: the first recovery would wait 300 ms for it. Errors are `Uncertain`."""
        shorten_transaction_pause()
        self._questions = self._access.reader()
        try:
            with uncertain("connect to Kafka"):
                async with asyncio.timeout(START_SECONDS_MAX):
                    await self._questions.start()
                    await self._questions.end_offsets([TopicPartition(topic, 0) for topic in self._topics])
            await self._identities.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every connection, writers included. What is open is aborted by the next recovery."""
        for partition in list(self._writers):
            self._close_writer(partition)
        for _, reader in self._idle_readers:
            self._behind.run(reader.stop())
        self._idle_readers.clear()
        if self._questions is not None:
            self._behind.run(self._questions.stop())
            self._questions = None
        self._behind.run(self._identities.stop())
        self._behind.run(self._deleter.stop())
        await self._behind.drained()

    async def fence(self, partition: int) -> KafkaWriter:
        """Make a new producer of the partition; the one before it sends nothing more, and is closed behind the work."""
        self._close_writer(partition)
        writer = KafkaWriter(self._access, f"{self._own}-{partition}", partition)
        try:
            await writer.start()
        except BaseException:
            self._behind.run(writer.close(), FENCE_SECONDS_MAX)
            raise
        self._close_writer(partition)  # two recoveries of one partition at once: only the newest can append
        self._writers[partition] = writer
        return writer

    def _close_writer(self, partition: int) -> None:
        """Silence it first: to close alone would send what a step that was cancelled has left to append.

        Nothing is lost by that, for nothing of it is said: no reader sees what is not committed, and the next recovery
        decides it anew. A commit that was sent may stand, and is read back by that recovery.
        """
        if (older := self._writers.pop(partition, None)) is not None:
            older.silence()
            self._behind.run(older.close())

    async def bounds(self, topics: Sequence[str], partition: int) -> Mapping[str, Bounds]:
        """Ask for begin and end of each topic's partition."""
        asked = [TopicPartition(topic, partition) for topic in topics]
        with uncertain("ask for begins and ends"):
            async with asyncio.timeout(ASK_SECONDS_MAX):
                begins, ends = await asyncio.gather(
                    self._asking().beginning_offsets(asked), self._asking().end_offsets(asked)
                )
        return {at.topic: Bounds(begins[at], ends[at]) for at in asked}

    async def ends(self, topics: Sequence[str], partition: int) -> Offsets:
        """Ask for high watermarks, together with whoever asks in the same moment.

        Only questions that stand before the request goes out are answered by it: an older answer would prove nothing
        about what was acknowledged since.
        """
        if self._ends is None or self._ends.sent:
            self._ends = EndsQuestion(self._asking())
        asked = [TopicPartition(topic, partition) for topic in topics]
        with uncertain("ask for ends"):
            found = await self._ends.ask(asked)
        return {at.topic: found[at] for at in asked}

    def _asking(self) -> AIOKafkaConsumer:
        if self._questions is None:
            raise Uncertain("the log: not started")
        return self._questions

    async def read(
        self, topic: str, partition: int, start: int, end: int, records_max: int
    ) -> tuple[list[Record], int]:
        """Read committed records of [start, end). An open transaction below `end` that does not end is `Uncertain`."""
        if start >= end:
            return [], max(start, end)
        async with self._borrowed(topic, "read the log") as reader:
            return await _read(reader, TopicPartition(topic, partition), start, end, records_max)

    async def stable(self, topic: str, partition: int) -> int:
        """Ask for the last stable offset: what a read_committed reader is told is the end."""
        at = TopicPartition(topic, partition)
        async with self._borrowed(topic, "ask for the last stable offset") as reader, asyncio.timeout(ASK_SECONDS_MAX):
            stable: int = (await reader.end_offsets([at]))[at]
        return stable

    async def first_since(self, topic: str, partition: int, at: datetime) -> int:
        """Ask for the offset of the first record whose timestamp is `at` or later; the end where there is none.

        The end is asked for first: what is appended meanwhile lies behind it.
        """
        asked = TopicPartition(topic, partition)
        with uncertain("ask for an offset by its time"):
            async with asyncio.timeout(ASK_SECONDS_MAX):
                ends = await self._asking().end_offsets([asked])
                found = (await self._asking().offsets_for_times({asked: to_ms(at)}))[asked]
        end: int = ends[asked]
        return end if found is None else min(int(found.offset), end)

    async def delete(self, topic: str, partition: int, before: int) -> None:
        """Delete the records below an offset, over a connection of its own."""
        await self._deleter.delete(topic, partition, before)

    @asynccontextmanager
    async def _borrowed(self, topic: str, what: str) -> AsyncIterator[AIOKafkaConsumer]:
        """Lend a reader, of READERS_MAX at most. Errors are `Uncertain`; a reader that had one is used no more."""
        async with self._reading:
            self._readers_in_use += 1
            try:
                with uncertain(what):
                    reader = await self._reader(topic)
                    try:
                        yield reader
                    except BaseException:
                        self._behind.run(reader.stop())
                        raise
            finally:
                self._readers_in_use -= 1
            self._idle_readers.append((topic, reader))

    async def _reader(self, topic: str) -> AIOKafkaConsumer:
        """Take an idle reader, best the one that knows the topic already, or make one."""
        idle = self._idle_readers
        index = next((i for i, (last, _) in enumerate(idle) if last == topic), None)
        if index is not None or (idle and len(idle) + self._readers_in_use > READERS_MAX):
            return idle.pop(index or 0)[1]
        reader = self._access.reader(
            isolation_level="read_committed",
            auto_offset_reset="none",  # a position outside the log is an error, not a jump to its end
            fetch_max_wait_ms=READ_POLL_MS,
            max_partition_fetch_bytes=READ_BYTES_MAX,
        )
        try:
            await asyncio.wait_for(reader.start(), START_SECONDS_MAX)
        except BaseException:
            self._behind.run(reader.stop())
            raise
        return reader

    async def identity(self, topics: Sequence[str]) -> Mapping[str, str]:
        """Return "cluster id/topic id" per topic."""
        return await self._identities.ask(topics)


class EndsQuestion:
    """Questions for high watermarks that go out as one request, a moment after the first."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self.sent = False
        """From now on a question is too late for this request."""
        self._consumer = consumer
        self._asked: set[TopicPartition] = set()
        self._task: asyncio.Task[dict[TopicPartition, int]] | None = None

    async def ask(self, asked: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Return the end of each; who stops waiting takes the answer from nobody."""
        assert not self.sent
        self._asked.update(asked)
        if self._task is None:
            self._task = asyncio.create_task(self._answer())
            self._task.add_done_callback(_seen)
        return await asyncio.shield(self._task)

    async def _answer(self) -> dict[TopicPartition, int]:
        await asyncio.sleep(GATHER_SECONDS)
        self.sent = True
        async with asyncio.timeout(ASK_SECONDS_MAX):
            found: dict[TopicPartition, int] = await self._consumer.end_offsets(list(self._asked))
        return found


def _seen(task: asyncio.Task[dict[TopicPartition, int]]) -> None:
    """Look at the outcome, so that an error whose askers have all gone is not reported as forgotten."""
    if not task.cancelled():
        task.exception()


async def _read(
    reader: AIOKafkaConsumer, at: TopicPartition, start: int, end: int, records_max: int
) -> tuple[list[Record], int]:
    reader.assign([at])
    reader.seek(at, start)
    records: list[Record] = []
    position, moved, size = start, time.monotonic(), 0
    while position < end and len(records) < records_max and size < READ_RECORD_BYTES_MAX:
        found = await reader.getmany(timeout_ms=READ_POLL_MS, max_records=records_max - len(records))
        new = [record_of(raw) for raw in found.get(at, ()) if raw.offset < end]
        records += new
        size += sum(len(record.value or b"") for record in new)
        if (now := await reader.position(at)) != position:
            position, moved = now, time.monotonic()
        elif time.monotonic() - moved > READ_STANDSTILL_SECONDS_MAX:
            raise Unstable(at.topic, position, end)
    reader.pause(at)
    return records, min(position, end)
