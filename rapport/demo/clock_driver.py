"""Plays a script through real services on a virtual clock: the clock stands while work is in flight, then moves on.

It moves to the next scripted event or the next wake of any service, whichever is first. So 120 days pass as fast as the
work in them is done, and a slow machine sees the same as a quick one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from aiokafka import AIOKafkaProducer, TopicPartition

from rapport.composition import DECIDERS
from shared.contracts import EVENT_TOPICS, Event, Unreadable, partition_for
from shared.contracts.cloudevents import codec
from shared.contracts.topics import topic_plan
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.instants import from_ms, to_ms
from shared.runtime.service import Service

LOOK_SECONDS = 0.002
"""Between two looks at whether everything is settled."""
SETTLE_SECONDS_MAX = 60.0
"""Work that is in flight for longer than this will not end."""
READ_SECONDS_MAX = 30.0
TRANSACTIONAL_ID = "rapport.demo"

Progress = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """The system, its services and their clock.

    Services that share the clock wake side by side, as in life: which of two hears first what the other says at that very
    instant is chance. With clocks of their own (`with_own_clocks`), a script is always lived through alike.
    """

    kafka: KafkaAccess
    clock: VirtualClock
    services: Sequence[Service]
    """In the order in which events flow."""
    together: bool = True
    """Events of one instant are one transaction, so that services meet them together however they are fetched. A principal
    that may not make any publishes them one by one."""

    async def play(self, script: Sequence[Event], end: datetime, progress: Progress = lambda instant: None) -> None:
        """Publish each event at its `logged` instant and let the services live until `end`."""
        waiting = list(reversed(script))
        identity = {"transactional_id": TRANSACTIONAL_ID} if self.together else {"enable_idempotence": True}
        async with AIOKafkaProducer(**self.kafka.connection(), acks="all", **identity) as producer:
            while True:
                now = self.clock.now()
                due: list[Event] = []
                while waiting and waiting[-1].logged <= now:
                    due.append(waiting.pop())
                if due:
                    async with producer.transaction() if self.together else nullcontext():
                        await publish(producer, due)
                await self.settle()
                wakes = [wake for service in self.services if (wake := service.next_wake()) is not None]
                coming = min([*wakes, *([waiting[-1].logged] if waiting else [])], default=end)
                if coming > end:
                    self.clock.advance_to(end)
                    progress(end)
                    return
                await self._move(coming)
                progress(coming)

    async def _move(self, instant: datetime) -> None:
        """Move the clocks, those of services that read others first: what one says at an instant is news to all others."""
        for service in reversed(self.services):
            own, wake = service.where.clock, service.next_wake()
            if isinstance(own, VirtualClock) and own is not self.clock:
                own.advance_to(instant)
                if wake is not None and wake <= instant:
                    await self.settle()
        self.clock.advance_to(instant)

    async def settle(self) -> None:
        """Wait until nothing is left to do at this instant, in any service, twice in a row."""
        calm, before = 0, -1
        async with asyncio.timeout(SETTLE_SECONDS_MAX):
            while calm < 2:
                commits = sum(service.counts()["commits"] for service in self.services)
                settled = all([await service.settled() for service in self.services])
                calm = calm + 1 if settled and commits == before else 0
                before = commits
                if not calm:
                    await asyncio.sleep(LOOK_SECONDS)


def with_own_clocks(where: Environment, make: Callable[[str, Environment], list[Service]]) -> list[Service]:
    """Return the services that `make` makes by name, in the order in which events flow, each with a clock of its own."""
    own = ((name, replace(where, clock=VirtualClock(where.clock.now()))) for name in DECIDERS)
    return [service for name, place in own for service in make(name, place)]


async def publish(producer: AIOKafkaProducer, events: Sequence[Event]) -> None:
    """Append events to their topics as a product would, at their instants; return when all are acknowledged."""
    sent = []
    for event in events:
        key, value, headers = codec.encode(event)
        partition = partition_for(event.member, topic_plan().partitions)
        sent.append(
            await producer.send(
                event.data.TOPIC, value, key, partition=partition, timestamp_ms=to_ms(event.logged), headers=headers
            )
        )
    for one in sent:
        await one


async def everything(kafka: KafkaAccess) -> list[Event]:
    """Read all events of all event topics, as any consumer could, by their time.

    A commit is acknowledged before its records can be read, so the ends are those of what was appended.
    """
    events = []
    parts = [TopicPartition(topic, number) for topic in EVENT_TOPICS for number in range(topic_plan().partitions)]
    async with kafka.reader() as anybody:
        ends = await anybody.end_offsets(parts)
    async with kafka.reader(isolation_level="read_committed", auto_offset_reset="earliest") as consumer:
        consumer.assign(parts)
        await consumer.seek_to_beginning(*parts)
        async with asyncio.timeout(READ_SECONDS_MAX):
            while any([await consumer.position(at) < end for at, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    events += [event for record in records if (event := _event(record)) is not None]
    return sorted(events, key=lambda event: (event.time, event.id))


def _event(record: object) -> Event | None:
    from shared.runtime.kafka.log import record_of

    read = record_of(record)
    try:
        return codec.decode(
            key=read.key,
            value=read.value,
            headers=read.headers,
            logged=from_ms(read.logged_ms),
            topic=read.topic,
        )
    except Unreadable:
        return None
