"""One service in one process: its FastStream application, its owners, its store and log.

FastStream starts and stops it by four hooks, in an order that binds: `connect`, the broker joins the group, `joined`;
`release`, the broker leaves the group, `close`. Partitions are released before the broker stops: the other way round, the
group would wait for an owner that says nothing any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import structlog
from faststream import FastStream

from shared.decider import Decider
from shared.runtime.application import application
from shared.runtime.environment import SESSION_TIMEOUT_MS, Environment
from shared.runtime.kafka.broker import ServiceBroker
from shared.runtime.kafka.consuming.subscriber import SubscriberLoop
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka_admin.permissions import group_of
from shared.runtime.kafka_admin.topic_watch import watch_topics
from shared.runtime.owned_partitions import OwnedPartitions, Parts
from shared.runtime.ports.clock import SystemClock
from shared.runtime.ports.membership import Membership
from shared.runtime.processing.effects import Channel, Performer
from shared.runtime.processing.observer import SILENT, Observer
from shared.runtime.redis.store import RedisStore, connect
from shared.runtime.service_status import ServiceStatus

EFFECT_SECONDS_MAX = 20.0
"""How long mails under way may take to end at a stop, and to be said. Later ones are of unknown fate."""


Declare = Callable[["Service"], FastStream]
"""Makes a service's application."""


def bare(service: Service) -> FastStream:
    """Declare a subscriber that names no types: a service that is no published one."""
    service.broker.subscriber(*service.decider.reads, batch=True, include_in_schema=False, **service.subscription())(
        service.apply
    )
    return application(service)


def written_by(decider: Decider[Any, Any], where: Environment) -> str:
    """Return the topic that begins the service's transactional ids; "" for a projection that writes nothing."""
    return decider.own or (decider.snapshots if where.snapshot_every else "")


class Service(ServiceStatus):
    """`start`, `stop`, and what stands between: one task per owned partition.

    `declare` makes its FastStream application: the subscriber that calls `apply`, and the hooks (`app.py` of each service).
    Without `where` it is to be told by `settle` before it starts.
    """

    def __init__(
        self,
        decider: Decider[Any, Any],
        where: Environment | None = None,
        channel: Channel | None = None,
        observer: Observer = SILENT,
        declare: Declare = bare,
    ) -> None:
        self.decider = decider
        self.effects: Performer | None = None
        self._owned = OwnedPartitions(decider)
        self._watch: asyncio.Task[None] | None = None
        self._logger = structlog.get_logger(service=decider.name)
        self._feeds = SubscriberLoop(
            decider.reads,
            Membership.of(group_of(decider), SESSION_TIMEOUT_MS),
            clock=SystemClock(),
            on_owned=self._owned.own,
            release=self._owned.release,
            pause_work=self._owned.pause_work,
            go_on=self._owned.go_on,
            on_rebalanced=lambda partitions: self.observer.rebalanced(partitions),  # noqa: PLW0108 - `settle` sets it
        )
        self.broker = ServiceBroker(self._feeds.consumer)
        self.observer = observer
        if where is not None:
            self.settle(where, channel, observer)
        self.app = declare(self)

    def settle(self, where: Environment, channel: Channel | None, observer: Observer) -> None:
        """Take in where the service runs. Nothing is connected yet."""
        self.where, self.observer = where, observer
        self.effects = Performer(channel) if channel else None
        self._store = RedisStore(connect(where.redis), self.decider.name)
        self._log = KafkaLog(where.kafka, written_by(self.decider, where), self.decider.topics)
        self._owned.parts = Parts(where, self._log, self._store, self.effects, observer)
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

        When Kafka can not be reached it raises `Uncertain`, `KafkaError` or `OSError`, and may be called again.
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

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._owned.stopping

    # FastStream's hooks, in the order in which it calls them.

    async def connect(self) -> None:
        """Before the broker joins the group."""
        await self._log.start()
        self._watch = asyncio.create_task(watch_topics(self._log, self._watched(), self._owned.invalidate_topic))

    def _watched(self) -> list[str]:
        """Return the topics that must stay what they are, that of the snapshots, too."""
        return [*self.decider.topics, *([self.decider.snapshots] if self.where.snapshot_every else [])]

    async def joined(self) -> None:
        """After the broker has joined the group."""
        self._owned.started = True
        self._logger.info("started", partitions=sorted(self.owners))

    async def release(self) -> None:
        """Before the broker stops: end the mails under way and the steps in hand."""
        self._owned.stopping = True
        if self.effects is not None:
            await self.effects.drain(EFFECT_SECONDS_MAX)  # while owners live: they say what became of it
        await self._feeds.release()

    async def close(self) -> None:
        """After the broker has left the group."""
        await self._feeds.release()  # what a rebalance has brought since `release`
        self._feeds.ended()
        await self._close()
        if self._owned.started:
            self._logger.info("stopped")

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
