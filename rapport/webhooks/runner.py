"""The Kafka side of webhooks: a consumer group for each endpoint, whose offsets say what has been taken.

Several processes share an endpoint's partitions. A partition is paused while its batch is under way, and polling goes on: so
a receiver that is away for days costs no rebalance. What was under way when a partition goes elsewhere is posted again there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata

from rapport.webhooks.delivering.delivery import Delivery, Post, Removed
from rapport.webhooks.delivering.endpoints import Endpoint, Endpoints, EndpointsUnreadable
from rapport.webhooks.delivering.failure import DeliveryFailure, kept, read_back
from rapport.webhooks.delivering.gate import Gate
from rapport.webhooks.delivering.message import Message, message_of
from rapport.webhooks.lost import tell_lost
from shared.runtime.kafka.connection import Background, KafkaAccess
from shared.runtime.kafka.fetching.fetched_batches import read_any_batch
from shared.runtime.kafka.library_internals import fetching_has_ended
from shared.runtime.kafka.log import record_of
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Uncertain

POLL_MS: Final = 500
BATCH_RECORDS_MAX: Final = 64
"""Of one partition, under way together."""
ASK_SECONDS_MAX: Final = 15.0
LOOK_SECONDS: Final = 2.0
"""How soon an endpoint that was added or removed is noticed."""
AGAIN_SECONDS: Final = 5.0
"""After an error of Kafka's, before its consumer is made anew."""
FETCH_BYTES_MAX: Final = 1024 * 1024
END_SECONDS_MAX: Final = 15.0
"""How long a runner may take to end; closing its client has a limit of its own."""
BEFORE: Final = timedelta(hours=1)
"""So long before an endpoint was added its first event may be dated: a service that catches up dates what it says earlier."""


def group_of(endpoint: Endpoint) -> str:
    """Return the consumer group of an endpoint: one that is added again under its name begins anew."""
    return f"rapport-webhook-{endpoint.name}-{to_ms(endpoint.created)}"


async def offsets_of(
    access: KafkaAccess, endpoint: Endpoint, parts: Collection[TopicPartition]
) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """Return what an endpoint's group has committed of these partitions; those of which it has nothing are left out.

    A coordinator that cannot say it is an error: it is never taken for a group that has committed nothing.
    """
    admin = AIOKafkaAdminClient(**access.connection())
    try:
        async with asyncio.timeout(ASK_SECONDS_MAX):
            await admin.start()
            found = await admin.list_consumer_group_offsets(group_of(endpoint), partitions=list(parts))
    finally:
        await admin.close()
    if unpublished := set(parts) - found.keys():
        raise Uncertain(
            f"ask for the offsets of {group_of(endpoint)}: nothing is said of {len(unpublished)} partitions"
        )
    return {at: one for at, one in found.items() if one.offset >= 0}


class Runners:
    """One runner for each endpoint of a file, as they come and go."""

    def __init__(self, access: KafkaAccess, file: Endpoints, post: Post, now: Callable[[], datetime]) -> None:
        self._access, self._file, self._post, self._now = access, file, post, now
        self._running: dict[str, tuple[EndpointRunner, asyncio.Task[None]]] = {}
        self._unreadable = ""
        self._log = structlog.get_logger()

    async def run(self, stop: asyncio.Event) -> None:
        """Post to all of them until `stop` is set."""
        try:
            while not stop.is_set():
                await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        finally:
            await asyncio.gather(*map(self._end, list(self._running)))

    def paused(self) -> Mapping[str, int]:
        """Return how many partitions of each endpoint wait for somebody to resume it."""
        return {name: runner.paused for name, (runner, _) in self._running.items()}

    def waiting_since(self) -> Mapping[str, int]:
        """Return when the oldest record under way of each endpoint was logged, in ms."""
        return {name: runner.waiting_since for name, (runner, _) in self._running.items() if runner.waiting_since}

    async def _look(self) -> None:
        try:
            wanted: Collection[str] = self._file.now()
            self._unreadable = ""
        except EndpointsUnreadable as error:
            wanted = list(self._running)
            if self._unreadable != str(error):
                self._log.error("the file of webhooks cannot be read: what was known of it stays", reason=str(error))
            self._unreadable = str(error)
        for name in [name for name in self._running if name not in wanted]:
            await self._end(name)
        for name in [name for name in wanted if name not in self._running or self._running[name][1].done()]:
            runner = EndpointRunner(self._access, name, self._file, self._post, self._now)
            self._running[name] = runner, asyncio.create_task(runner.run(), name=f"webhook/{name}")

    async def _end(self, name: str) -> None:
        _, task = self._running.pop(name)
        task.cancel()
        await asyncio.wait([task], timeout=END_SECONDS_MAX)


class EndpointRunner(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Reads for one endpoint, and keeps what becomes of it."""

    def __init__(
        self, access: KafkaAccess, name: str, file: Endpoints, post: Post, now: Callable[[], datetime]
    ) -> None:
        self._access, self._name, self._file, self._post, self._now = access, name, file, post, now
        self._gate = Gate(now)
        self._last_read: Endpoint | None = None
        self._under_way: dict[TopicPartition, asyncio.Task[None]] = {}
        self._deliveries: dict[TopicPartition, Delivery] = {}
        self._logged: dict[TopicPartition, int] = {}
        """Of what is under way, when the first record was logged."""
        self._failures: dict[TopicPartition, DeliveryFailure] = {}
        """What was kept of partitions whose first batch has not come yet."""
        self._fresh: set[TopicPartition] = set()
        self._assignments = 0
        self._paused_logged = False
        self._behind = Background()
        self._log = structlog.get_logger().bind(endpoint=name)

    def _endpoint(self) -> Endpoint | None:
        with suppress(EndpointsUnreadable):
            self._last_read = self._file.now().get(self._name)
        return self._last_read

    async def run(self) -> None:
        """Read and post until cancelled or the endpoint is removed; errors of Kafka's begin it anew."""
        try:
            while (endpoint := self._endpoint()) is not None:
                await self._until_it_breaks(endpoint)
        finally:
            await self._behind.drained()

    async def _until_it_breaks(self, endpoint: Endpoint) -> None:
        try:
            async with self._consumer(endpoint) as consumer:
                while self._same(endpoint):
                    await self._turn(consumer, endpoint)
        except (Exception, asyncio.CancelledError) as error:  # else the endpoint would end in silence
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # A client that is closed cancels its own futures: such a cancellation is an error like any other.
            self._log.warning("webhooks begin anew", error=type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)

    def _same(self, endpoint: Endpoint) -> bool:
        """Tell whether it is still the same endpoint, with the same topics."""
        found = self._endpoint()
        return found is not None and (found.topics(), found.created) == (endpoint.topics(), endpoint.created)

    @asynccontextmanager
    async def _consumer(self, endpoint: Endpoint) -> AsyncIterator[AIOKafkaConsumer]:
        read_any_batch()
        self._fresh, self._failures = set(), {}
        consumer = AIOKafkaConsumer(
            **self._access.connection(),
            group_id=group_of(endpoint),
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
        )
        try:
            await consumer.start()
            consumer.subscribe(sorted(endpoint.topics()), listener=self)
            yield consumer
        finally:
            await self._let_go(list(self._under_way))
            self._behind.run(consumer.stop())

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """End what is under way there: whoever has it next begins at the offset."""
        await self._let_go(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Note what to look up before it is read."""
        self._fresh, self._failures = set(assigned), {}
        self._assignments += 1

    async def _let_go(self, parts: Iterable[TopicPartition]) -> None:
        tasks = [self._under_way.pop(at) for at in parts if at in self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _turn(self, consumer: AIOKafkaConsumer, endpoint: Endpoint) -> None:
        if fetching_has_ended(consumer):
            raise Uncertain("poll: fetching has ended")
        if self._fresh:
            await self._begin(consumer, endpoint)
        for at, task in list(self._under_way.items()):
            if task.done():
                del self._under_way[at]
                consumer.resume(at)
                await task
        polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH_RECORDS_MAX)
        for at, records in polled.items():
            if at not in consumer.assignment():
                continue
            if self._fresh:  # a rebalance came between: where to begin is looked up first
                consumer.seek(at, records[0].offset)
                continue
            consumer.pause(at)
            self._under_way[at] = asyncio.create_task(self._deliver(consumer, at, records))
        self._tell_pauses()

    def _tell_pauses(self) -> None:
        """Say once that nothing more is posted, and once that it goes on."""
        paused = self.paused
        if paused and not self._paused_logged:
            self._log.error("a webhook is paused: `rapport webhooks resume` goes on", partitions=paused)
        elif self._paused_logged and not paused:
            self._log.info("a webhook goes on")
        self._paused_logged = paused > 0

    @property
    def paused(self) -> int:
        """How many partitions wait for somebody to resume the endpoint: one is enough that nothing more is posted."""
        endpoint, now = self._endpoint(), self._now()
        waiting = sum(endpoint is not None and one.paused(endpoint, now) for one in self._failures.values())
        return waiting + sum(one.paused for one in self._deliveries.values())

    @property
    def waiting_since(self) -> int:
        """When the oldest record that is not taken was logged, in ms; 0 where none is under way."""
        return min(self._logged.values(), default=0)

    async def _begin(self, consumer: AIOKafkaConsumer, endpoint: Endpoint) -> None:
        """Read on at what was committed; at what was appended since the endpoint is there where nothing was."""
        fresh, assignment = self._fresh, self._assignments
        committed = await offsets_of(self._access, endpoint, fresh)
        new = [at for at in fresh if at not in committed]
        ends = await consumer.end_offsets(new) if new else {}  # before the question for times: nothing lies between
        begin = to_ms(endpoint.created - BEFORE)
        since = await consumer.offsets_for_times(dict.fromkeys(new, begin)) if new else {}
        await tell_lost(consumer, committed, self._log)
        if assignment != self._assignments:
            return  # a rebalance came between: its partitions are looked up at the next turn
        starts = {at: ends[at] if (found := since[at]) is None else found.offset for at in new}
        for at, offset in starts.items():
            consumer.seek(at, offset)
        if starts:
            await consumer.commit({at: OffsetAndMetadata(offset, "") for at, offset in starts.items()})
        kept_of = {at: read_back(one.metadata) for at, one in committed.items()}
        if assignment == self._assignments:
            self._failures = {at: one for at, one in kept_of.items() if one is not None}
            self._fresh = set()

    async def _deliver(self, consumer: AIOKafkaConsumer, at: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        async def keep(failure: DeliveryFailure | None) -> None:
            if failure is not None:
                place = {"topic": at.topic, "partition": at.partition}
                self._log.warning("a webhook is not taken", **place, event_id=failure.event, reason=failure.reason)
            await _commit(consumer, at, records[0].offset, failure)

        delivery = Delivery(self._endpoint, self._post, self._gate, keep, self._now, lambda: self._paused_logged)
        self._deliveries[at], self._logged[at] = delivery, records[0].timestamp
        try:
            await delivery.run(_messages(records), self._failures.pop(at, None))
            await _commit(consumer, at, records[-1].offset + 1, None)
        except Removed:
            return
        finally:
            self._deliveries.pop(at, None)
            self._logged.pop(at, None)


async def _commit(consumer: AIOKafkaConsumer, at: TopicPartition, offset: int, failure: DeliveryFailure | None) -> None:
    """Commit; a group that has given the partition away refuses, and then the next owner posts again."""
    with suppress(CommitFailedError, IllegalStateError):
        await consumer.commit({at: OffsetAndMetadata(offset, kept(failure))})


def _messages(records: Iterable[ConsumerRecord]) -> list[Message]:
    return [message for record in records if (message := message_of(record_of(record))) is not None]
