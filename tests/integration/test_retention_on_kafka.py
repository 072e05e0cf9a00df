"""The log ends on the real Kafka: what is old and covered is deleted, and emptied stores come back from what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from rapport.commands.erased import COMPACTED, _look
from rapport.composition import SERVICES, services
from rapport.demo.clock_driver import publish
from rapport.doctor.parts.retention import retention_checks
from rapport.inspect.memory.member_replay import remember
from rapport.terminal.output import late_bar
from shared.config.settings import Settings
from shared.contracts import (
    ACTIVITY,
    EVENT_TOPICS,
    FOLLOWUPS,
    Contact,
    ContactConnected,
    Event,
    EventData,
    InviteSent,
    MemberErased,
    MemberJoined,
    NoteAdded,
    partition_for,
)
from shared.contracts.retained import ENDED_BY
from shared.contracts.topic_names import SNAPSHOTS
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka_admin.topics import ensure_topics
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.redis.store import RedisStore, connect
from shared.runtime.service import Service

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
LOOK_SECONDS = 0.05
START = datetime(2026, 1, 5, 10, tzinfo=UTC)
EVERY, KEEP = timedelta(days=1), timedelta(days=3)
MEMBERS = [f"member-{number}" for number in range(6)]
PARTITIONS = topic_plan().partitions
LAST_DAY = 5
OF_THEM = sorted({partition_for(member, PARTITIONS) for member in MEMBERS})


def told(day: int) -> list[Event]:
    """What happens to each member on a day."""
    at = START + timedelta(days=day)
    ada, bob = Contact(id=f"ada-{day}", name="Ada"), Contact(id=f"bob-{day}", name="Bob")
    data: list[EventData] = [
        InviteSent(invite_id=f"i-{day}", contact=ada),
        ContactConnected(contact=bob),
        NoteAdded(contact_id=bob.id),
    ]
    if day == 0:
        data.insert(0, MemberJoined(name="Mona", email="mona@example.org", zone="Europe/Paris"))
    return [
        Event(f"{member}/{day}/{number}", member, at, at, one, source="/test")
        for member in MEMBERS
        for number, one in enumerate(data)
    ]


class Ground:
    """The services on one clock, and who looks at log and stores from outside."""

    def __init__(self, system: System) -> None:
        self.system, self.access, self.clock = system, KafkaAccess(system.kafka), VirtualClock(START)
        self.log = KafkaLog(self.access, "", sorted(EVENT_TOPICS))

    @asynccontextmanager
    async def live(self) -> AsyncIterator[list[Service]]:
        where = Environment(self.access, self.system.redis, self.clock, timedelta(0), snapshot_every=EVERY, keep=KEEP)
        cast = services(SERVICES, where, self.system.smtp)
        try:
            for service in cast:
                await service.start()
            await until(lambda: all(one.ready for one in cast))
            yield cast
        finally:
            for service in cast:
                await service.stop()

    async def day(self, number: int, cast: list[Service]) -> None:
        async with AIOKafkaProducer(**self.access.connection(), acks="all") as producer:
            await publish(producer, told(number))
        await settled(cast)
        self.clock.advance_to(START + timedelta(days=number + 1))
        await settled(cast)
        await until(lambda: all(_has_a_round(one, self.clock.now()) for one in cast))

    async def begins(self, partition: int) -> Mapping[str, int]:
        return {topic: found.begin for topic, found in (await self.log.bounds(list(ENDED_BY), partition)).items()}

    def settings(self) -> Settings:
        return Settings(
            kafka=self.system.kafka,
            redis=SecretStr(self.system.redis),
            snapshot_days=EVERY // timedelta(days=1),
            retention_days=KEEP // timedelta(days=1),
        )

    async def until_deleted(self) -> None:
        """Wait until the topics of each partition with members begin later."""
        async with asyncio.timeout(SECONDS_MAX):
            for number in OF_THEM:
                while not await self._is_deleted_from(number):  # noqa: ASYNC110 - nothing rings
                    await asyncio.sleep(LOOK_SECONDS)

    async def _is_deleted_from(self, partition: int) -> bool:
        begins = await self.begins(partition)
        return begins[ACTIVITY] > 0 and begins[FOLLOWUPS] > 0

    async def is_told_of(self, member: str) -> None:
        """`why` and `agenda` know what the store knows, though the log begins later."""
        with late_bar("reading") as bar:
            memory = await remember(self.access, member, (), self.clock.now(), bar)
        assert memory.begin.lost
        assert memory.begins_at is not None
        number = partition_for(member, PARTITIONS)
        for name in memory.services:
            store = RedisStore(connect(self.system.redis), name)
            try:
                assert sorted(memory.keys(name)) == sorted((await store.keys(number, [member]))[member])
            finally:
                await store.close()

    async def is_erased(self, member: str, cast: list[Service]) -> None:
        """After an erasure stores and newest snapshots hold nothing, and the topics something until a day that is named."""
        now = self.clock.now()
        async with AIOKafkaProducer(**self.access.connection(), acks="all") as producer:
            await publish(producer, [Event(f"{member}/erased", member, now, now, MemberErased(), source="/test")])
        await settled(cast)
        await until(
            lambda: not any(one.snapshots and one.snapshots.erased for of in cast for one in of.owners.values())
        )
        with late_bar("reading") as bar:
            begins, left = await _look(self.settings(), member, bar)
        assert begins > 0
        places = {one.where: one.until for one in left}
        assert places.keys() <= {*EVENT_TOPICS, *SNAPSHOTS}, "no store"
        assert f"until {START + timedelta(days=LAST_DAY) + KEEP:%Y-%m-%d}" in places[ACTIVITY]
        assert {places[topic] for topic in SNAPSHOTS if topic in places} == {COMPACTED}, "written over, each of them"

    async def stored(self) -> Mapping[tuple[str, str], Mapping[str, bytes | None]]:
        found = {}
        for name in SERVICES:
            store = RedisStore(connect(self.system.redis), name)
            try:
                for member in MEMBERS:
                    number = partition_for(member, PARTITIONS)
                    keys = ["", "!", *sorted((await store.keys(number, [member]))[member])]
                    found[name, member] = (await store.load(number, {member: keys})).members[member]
                for number in OF_THEM:
                    found[name, f"earliest {number}"] = {"wake": str(await store.earliest(number)).encode()}
            finally:
                await store.close()
        return found

    async def said(self) -> Mapping[str, list[tuple[int, int]]]:
        """Where each record of the services' own topics stands."""
        found: dict[str, list[tuple[int, int]]] = {}
        for topic in sorted(EVENT_TOPICS - {ACTIVITY}):
            for number in OF_THEM:
                bounds = (await self.log.bounds([topic], number))[topic]
                position = bounds.begin
                while position < bounds.end:
                    records, position = await self.log.read(topic, number, position, bounds.end, 1_000)
                    found.setdefault(topic, []).extend((number, one.offset) for one in records)
        return found


def _has_a_round(service: Service, now: datetime) -> bool:
    """Whether each owner's newest round began at the clock's present instant."""
    return all(
        owner.snapshots is not None
        and owner.snapshots.mark.position is not None
        and owner.snapshots.mark.began_ms == int(now.timestamp() * 1000)
        for owner in service.owners.values()
    )


def failures(cast: list[Service]) -> list[str]:
    """Why owners could not delete."""
    return [
        one.retention.failed
        for service in cast
        for one in service.owners.values()
        if one.retention and one.retention.failed
    ]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not true():  # noqa: ASYNC110 - nothing rings
            await asyncio.sleep(LOOK_SECONDS)


async def settled(cast: list[Service]) -> None:
    calm = 0
    async with asyncio.timeout(SECONDS_MAX):
        while calm < 2:
            calm = calm + 1 if all([await service.settled() for service in cast]) else 0
            await asyncio.sleep(LOOK_SECONDS)


async def test_emptied_stores_come_back_though_the_log_has_lost_its_beginning(own_system: System) -> None:
    ground = Ground(own_system)
    await ensure_topics(ground.access, topic_plan().on_virtual_clock().with_snapshots())
    await ground.log.start()
    try:
        async with ground.live() as cast:
            for number in (0, 1):
                await ground.day(number, cast)
            ground.clock.advance_to(START + KEEP + timedelta(days=1))
            await ground.day(LAST_DAY, cast)
            await ground.until_deleted()
            assert failures(cast) == []
            await settled(cast)
            checks = await retention_checks(ground.settings(), ground.clock.now())
            assert [(one.name, one.ok) for one in checks] == [("snapshots", True), ("retention", True)], checks
        before, said = await ground.stored(), await ground.said()
        assert all(
            found[""] is not None for (name, one), found in before.items() if name == "followups" and one in MEMBERS
        )
        client = connect(own_system.redis)
        await client.flushall()
        await client.aclose()
        async with ground.live() as cast:
            await settled(cast)
            assert {one.decider.name for one in cast if one.counts()["restored"]} == set(SERVICES)
            assert await ground.stored() == before
            assert await ground.said() == said, "nothing is said again"
            await ground.is_told_of(MEMBERS[1])
            await ground.is_erased(MEMBERS[0], cast)
    finally:
        await ground.log.stop()
