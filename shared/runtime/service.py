"""One service in one process: its FastStream application, its owners, its store and log.

FastStream starts and stops it by four hooks, in an order that binds: `connect`, the broker joins the group, `joined`;
`release`, the broker leaves the group, `close`. Partitions are released before the broker stops: the other way round, the
group would wait for an owner that says nothing any more.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from faststream import FastStream

from shared.contracts.topics import topic_plan
from shared.decider import Decider
from shared.runtime.application import application
from shared.runtime.kafka.broker import ServiceBroker
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka.partition_queue import PartitionQueue
from shared.runtime.kafka.subscriber import SubscriberLoop
from shared.runtime.kafka_admin.permissions import group_of
from shared.runtime.kafka_admin.topic_watch import watch_topics
from shared.runtime.ports.clock import Alarm, SystemClock
from shared.runtime.ports.membership import Membership
from shared.runtime.processing.effects import Perform, Performer
from shared.runtime.processing.observer import REBALANCE, SILENT, START, Observer
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.processing.strays import owes_a_look
from shared.runtime.redis.store import RedisStore, connect
from shared.runtime.task import run

STEP_SECONDS_MAX = 3.0
"""How long the step in hand may take to end when a partition is let go."""
EFFECT_SECONDS_MAX = 20.0
"""How long mails under way may take to end at a stop, and to be said. Later ones are of unknown fate."""
EFFECT_HELD_SECONDS_MAX = 4.0
"""The same when a rebalance begins: the other members of the group wait for it."""


SESSION_TIMEOUT_MS = 6_000
"""After so long without a sign of life a process's partitions go to others, unless settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a service runs."""

    kafka: KafkaAccess
    redis: str
    """A URL."""
    clock: Alarm
    clock_margin: timedelta
    session_timeout_ms: int = SESSION_TIMEOUT_MS
    begin_at_earliest: bool = False
    partitions: int = field(default_factory=lambda: topic_plan().partitions)
    """Of every topic."""


Declare = Callable[["Service"], FastStream]
"""Makes a service's application."""


def bare(service: Service) -> FastStream:
    """Declare a subscriber that names no types: a service that is no published one."""
    service.broker.subscriber(*service.decider.reads, batch=True, include_in_schema=False, **service.subscription())(
        service.apply
    )
    return application(service)


class Service:
    """`start`, `stop`, and what stands between: one task per owned partition.

    `declare` makes its FastStream application: the subscriber that calls `apply`, and the hooks (`app.py` of each service).
    Without `where` it is to be told by `settle` before it starts.
    """

    def __init__(
        self,
        decider: Decider[Any, Any],
        where: Surroundings | None = None,
        perform: Perform | None = None,
        observer: Observer = SILENT,
        declare: Declare = bare,
    ) -> None:
        self.decider = decider
        self.owners: dict[int, PartitionTask[Any, Any]] = {}
        self.past: Counter[str] = Counter()
        """Counts of owners that were released."""
        self.effects: Performer | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._arrived: dict[int, PartitionQueue] = {}
        self._watch: asyncio.Task[None] | None = None
        self._started = False
        self._stopping = False
        self._said = structlog.get_logger(service=decider.name)
        self._feeds = SubscriberLoop(
            decider.reads,
            Membership.of(group_of(decider), SESSION_TIMEOUT_MS),
            clock=SystemClock(),
            on_owned=self._own,
            release=self._release,
            hold=self._hold,
            go_on=self._go_on,
            on_rebalanced=lambda partitions: self.observer.rebalanced(partitions),  # noqa: PLW0108 - `settle` sets it
        )
        self.broker = ServiceBroker(self._feeds.consumer)
        self.observer = observer
        if where is not None:
            self.settle(where, perform, observer)
        self.app = declare(self)

    def settle(self, where: Surroundings, perform: Perform | None, observer: Observer) -> None:
        """Take in where the service runs. Nothing is connected yet."""
        self.where, self.observer = where, observer
        self.effects = Performer(perform) if perform else None
        self._store = RedisStore(connect(where.redis), self.decider.name)
        self._log = KafkaLog(where.kafka, self.decider.own, [*self.decider.reads, self.decider.own])
        self.broker.access = where.kafka
        self._feeds.clock = where.clock
        self._feeds.membership = Membership.of(group_of(self.decider), where.session_timeout_ms)

    def subscription(self) -> dict[str, Any]:
        """Return what FastStream's `subscriber` takes beside topics, `batch=True` and titles."""
        return self._feeds.subscription()

    async def apply(self, records: Any) -> None:
        """Hand the records of one poll to the owners of their partitions, and wait while one of them has enough."""
        await self._feeds.apply(records)

    async def start(self) -> None:
        """Start the application: join the service's group and own what it gives; returns after the first assignment.

        When Kafka can not be reached it raises a `Doubt`, `KafkaError` or `OSError`, and may be called again.
        """
        try:
            await self.app.start()
        except BaseException:
            await self.withdraw()
            raise

    async def stop(self) -> None:
        """Stop the application: end the steps in hand, leave the group, close every connection.

        Whatever of it fails, the rest is closed all the same; then the first error is raised.
        """
        try:
            await self.app.stop()
        except BaseException:
            await self.end()
            raise

    async def end(self) -> None:
        """End whatever a stop that failed has left; after a whole one there is nothing."""
        await self.withdraw()
        await self._close()

    # FastStream's hooks, in the order in which it calls them.

    async def connect(self) -> None:
        """Before the broker joins the group."""
        await self._log.start()
        topics = [*self.decider.reads, self.decider.own]
        self._watch = asyncio.create_task(watch_topics(self._log, topics, self._doubt_topic))

    async def joined(self) -> None:
        """After the broker has joined the group."""
        self._started = True
        self._said.info("started", partitions=sorted(self.owners))

    async def release(self) -> None:
        """Before the broker stops: end the mails under way and the steps in hand."""
        self._stopping = True
        if self.effects is not None:
            await self.effects.drain(EFFECT_SECONDS_MAX)  # while owners live: they say what became of it
        await self._feeds.release()

    async def close(self) -> None:
        """After the broker has left the group."""
        await self._feeds.release()  # what a rebalance has brought since `release`
        self._feeds.ended()
        await self._close()
        if self._started:
            self._said.info("stopped")

    async def _close(self) -> None:
        async with AsyncExitStack() as ends:  # what fails keeps nothing open behind it
            ends.push_async_callback(self._store.close)
            ends.push_async_callback(self._disconnect)
            if self.effects is not None:
                ends.push_async_callback(self.effects.stop)

    async def withdraw(self) -> None:
        """End every connection to Kafka; what a start that failed has left is closed as well as possible."""
        for end in (self._feeds.release, self.broker.stop):
            with suppress(Exception):  # FastStream puts what subscribers raise into a group of exceptions
                await end()
        self._feeds.ended()
        await self._disconnect()

    async def _disconnect(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        await self._log.stop()

    def counts(self) -> Counter[str]:
        """Return what all owners of this process have counted."""
        return sum((owner.counts for owner in self.owners.values()), Counter(self.past))

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping

    @property
    def ready(self) -> bool:
        """Whether every owned partition has claimed."""
        return bool(self.owners) and all(owner.live for owner in self.owners.values())

    def refusals(self) -> list[tuple[int, str]]:
        """Return partition and reason where only an operator can choose how to go on."""
        return [(number, owner.refused) for number, owner in self.owners.items() if owner.refused]

    def doubts(self) -> set[str]:
        """Return the last doubt of each partition that has not claimed."""
        return {owner.doubts[-1] for owner in self.owners.values() if not owner.live and owner.doubts}

    async def settled(self) -> bool:
        """Say whether nothing is left to do at the clock's present instant: all read, all said, nothing in hand."""
        if not self.ready or (self.effects is not None and self.effects.under_way):
            return False
        now = self.where.clock.now() - self.where.clock_margin
        for owner in self.owners.values():
            if owner.reports or owner.sweeping or owner.unswept or owes_a_look(owner):
                return False
            if owner.next_wake is not None and owner.next_wake <= now:
                return False
        asked = list(self.owners.items())
        ends = await asyncio.gather(*(self._log.ends(self.decider.reads, number) for number, _ in asked))
        for (_, owner), end in zip(asked, ends, strict=True):
            reached = owner.feed.reached()
            if reached is None or any(reached[topic] < offset for topic, offset in end.items()):
                return False
        return True

    def dead_tasks(self) -> list[int]:
        """Return the partitions whose owner has ended although they were not let go: an error of the shell itself."""
        return sorted(number for number, task in self._tasks.items() if task.done())

    @property
    def member(self) -> bool:
        """Whether the consumer group has given this process its part."""
        return self._feeds.member

    @property
    def absent(self) -> Sequence[str]:
        """Topics that were not there when the group gave its parts."""
        return self._feeds.absent

    @property
    def polled(self) -> float | None:
        """When the poll loop last asked for more, as `time.monotonic` counts; None while it does not run."""
        return self._feeds.polled

    @property
    def poll_failing(self) -> str | None:
        """Why polls fail, while they do."""
        return self._feeds.failures.failing

    @property
    def fetches_failing(self) -> Mapping[str, str]:
        """Why Kafka hands out nothing of a partition, by `topic/partition`, while it does so for others."""
        return self._feeds.fetches.failing

    @property
    def fetching(self) -> bool:
        """Whether the consumer fetches, or will."""
        return self._feeds.failures.fetching

    @property
    def poll_failures(self) -> int:
        """Return how many polls have failed since the start."""
        return self._feeds.failures.count

    async def store_answers(self) -> None:
        """Ask the store something small about one of the partitions. Raises `Doubt` when it does not answer."""
        await self._store.meta(min(self.owners, default=0))

    async def lag(self) -> Counter[str]:
        """Ask Kafka how many records of each input are not applied yet, in the partitions owned now. Raises `Doubt`.

        Owning nothing, it asks all the same: whoever calls wants to know whether Kafka answers.
        """
        asked = list(self.owners.items())
        numbers = [number for number, _ in asked] or [0]
        ends = await asyncio.gather(*(self._log.ends(self.decider.reads, number) for number in numbers))
        lag = Counter(dict.fromkeys(self.decider.reads, 0))
        for (_, owner), end in zip(asked, ends, strict=False):
            reached = owner.feed.reached() or owner.offsets
            for topic, offset in end.items():
                lag[topic] += max(0, offset - reached.get(topic, 0))
        return lag

    def next_wake(self) -> datetime | None:
        """Return the earliest wake of the owned partitions."""
        return min((owner.next_wake for owner in self.owners.values() if owner.next_wake is not None), default=None)

    def _doubt_topic(self, topic: str) -> None:
        for feed in self._arrived.values():
            feed.invalidate(f"{topic} is another topic than before")

    def _own(self, feed: PartitionQueue) -> None:
        self._arrived[feed.partition] = feed
        options = Options(
            clock_margin=self.where.clock_margin,
            partitions=self.where.partitions,
            begin_at_earliest=self.where.begin_at_earliest,
        )
        owner = PartitionTask(
            self.decider,
            feed.partition,
            self._log,
            self._store,
            feed,
            self.where.clock,
            self.effects,
            options,
            self.observer,
        )
        self.owners[feed.partition] = owner
        why = REBALANCE if self._started else START
        self._tasks[feed.partition] = asyncio.create_task(run(owner, why), name=f"{self.decider.name}/{feed.partition}")

    async def _hold(self, partitions: Sequence[int]) -> Sequence[int]:
        """Let the step in hand end, and none begin; return the partitions whose owners stand in time.

        Mails that are under way come first: whoever gets their partition could not learn what became of them.
        """
        if self.effects is not None:
            await self.effects.drain(EFFECT_HELD_SECONDS_MAX)
        standing = {}
        for number in partitions:
            owner = self.owners[number]
            owner.hold.close()
            owner.feed.ring()
            standing[number] = asyncio.create_task(owner.hold.stands())
        if standing:
            await asyncio.wait(standing.values(), timeout=STEP_SECONDS_MAX)
        for task in standing.values():
            task.cancel()
        return [number for number, task in standing.items() if task.done()]

    def _go_on(self, partitions: Sequence[int]) -> None:
        for number in partitions:
            self.owners[number].hold.open()
        if self.effects is not None and not self._stopping:
            self.effects.open()

    async def _release(self, partitions: Sequence[int]) -> None:
        for number in partitions:
            self._arrived.pop(number, None)
        gone = [(self.owners.pop(number), self._tasks.pop(number)) for number in partitions if number in self.owners]
        for owner, _ in gone:
            owner.released = True
            owner.hold.open()
            owner.feed.ring()
        if gone:
            _, late = await asyncio.wait([task for _, task in gone], timeout=STEP_SECONDS_MAX)
            for task in late:
                task.cancel()
        for owner, _ in gone:
            self.past += owner.counts
