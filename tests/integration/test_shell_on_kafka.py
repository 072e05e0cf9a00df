"""The shell with the rules of *invites* on the real Kafka and Valkey: what it survives, and who wins at a wake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from services.invites.core import CORE
from shared.cli.output import late_bar
from shared.cli.rebuild import _rebuild
from shared.cli.stage import publish
from shared.contracts import (
    Contact,
    EventData,
    Fact,
    InviteAccepted,
    InviteIgnored,
    InviteSent,
    MemberPreferencesSet,
    partition_for,
)
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.clock import VirtualClock
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.reading import read_fact
from shared.runtime.redis_store import RedisStore, connect
from shared.runtime.service import Service, Surroundings
from shared.settings import Settings
from tests.e2e.outside import judge, records_of

SECONDS_MAX = 30.0
LOOK_SECONDS = 0.005
STALE = timedelta(days=90)
PARTITIONS = topic_plan().partitions
_epochs = count()


class Bed:
    """The system, a clock that goes on from test to test, and the services of one test."""

    def __init__(self, system: System, stack: AsyncExitStack) -> None:
        self.system = system
        self.access = KafkaAccess(system.kafka)
        epoch = next(_epochs)
        self.start = datetime(2026, 1, 5, 10, tzinfo=UTC) + timedelta(days=365 * epoch)
        self.clock = VirtualClock(self.start)
        self.names = [f"of-test-{epoch}-{number}" for number in range(3 * PARTITIONS)]
        self._stack = stack

    async def service(self) -> Service:
        """Start a service; it is stopped at the end of the test if not before."""
        made = Service(CORE, Surroundings(self.access, self.system.redis, self.clock, timedelta(0), 6_000))
        await made.start()
        self._stack.push_async_callback(made.stop)
        return made

    async def say(self, *facts: Fact) -> None:
        async with AIOKafkaProducer(**self.access.connection(), acks="all") as producer:
            await publish(producer, facts)

    def fact(self, member: str, mark: str, data: EventData, days: float = 0) -> Fact:
        at = self.start + timedelta(days=days)
        return Fact(id=f"{member}/{mark}", member=member, time=at, logged=at, data=data, source="/test")

    def sent(self, member: str) -> list[Fact]:
        """The member sends an invite now, and wants to be told of nothing but its end."""
        wishes = MemberPreferencesSet.model_validate({"retraction": {"policy": "never"}})
        contact = Contact(id="zoe", name="Zoe")
        return [
            self.fact(member, "wishes", wishes),
            self.fact(member, "sent", InviteSent(invite_id=f"{member}-i", contact=contact)),
        ]

    def accepted(self, member: str, days: float) -> Fact:
        return self.fact(member, "accepted", InviteAccepted(invite_id=f"{member}-i", contact_id="zoe"), days)

    async def ignored(self) -> list[str]:
        """The members of this test of whom the log says that an invite of theirs was ignored, as often as it does."""
        records = await records_of(self.access, [CORE.own])
        facts = [read_fact(record) for found in records.values() for record in found]
        return sorted(
            fact.member
            for fact in facts
            if isinstance(fact, Fact) and isinstance(fact.data, InviteIgnored) and fact.member in self.names
        )

    async def stored(self) -> Mapping[str, Mapping[str, bytes | None]]:
        """All that the store knows of the members of this test."""
        store, found = RedisStore(connect(self.system.redis), CORE.name), {}
        try:
            for member in self.names:
                number = partition_for(member, PARTITIONS)
                keys = ["", "!", *await store.keys(number, member)]
                found[member] = (await store.load(number, {member: keys})).members[member]
        finally:
            await store.close()
        return found

    async def until_heads_agree(self, service: Service) -> None:
        """Wait until each owner has noticed what happened to its store: an idle one looks once a second."""
        store = RedisStore(connect(self.system.redis), CORE.name)
        try:
            async with asyncio.timeout(SECONDS_MAX):
                for number in range(PARTITIONS):
                    while not await _is_current(store, service, number):  # noqa: ASYNC110 - a store rings nobody
                        await asyncio.sleep(LOOK_SECONDS)
        finally:
            await store.close()

    async def violations(self) -> Sequence[str]:
        verdict = judge(CORE, await records_of(self.access), self.clock.now())
        return [*verdict.violations, *verdict.unsaid]


async def _is_current(store: RedisStore, service: Service, number: int) -> bool:
    owner = service.owners.get(number)
    return owner is not None and owner.live and (await store.meta(number)).get("head") == owner.head


@pytest.fixture
async def bed(own_system: System) -> AsyncIterator[Bed]:
    async with AsyncExitStack() as stack:
        yield Bed(own_system, stack)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            if condition():
                return
            await asyncio.sleep(LOOK_SECONDS)


async def until_settled(services: Iterable[Service]) -> None:
    """Wait until all that is due at the clock's instant is said, seen twice in a row."""
    calm = 0
    async with asyncio.timeout(SECONDS_MAX):
        while calm < 2:
            calm = calm + 1 if all([await one.settled() for one in services]) else 0
            await asyncio.sleep(LOOK_SECONDS)


async def test_a_store_that_is_emptied_under_a_live_owner_is_read_back_and_nothing_is_said_again(bed: Bed) -> None:
    service = await bed.service()
    await bed.say(*[fact for member in bed.names for fact in bed.sent(member)])
    await until_settled([service])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    before = await bed.stored()
    assert await bed.ignored() == sorted(bed.names)
    client = connect(bed.system.redis)
    await client.flushall()
    await client.aclose()
    await bed.until_heads_agree(service)
    await until_settled([service])
    assert await bed.stored() == before
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []


async def test_a_rebuild_in_the_middle_of_work_changes_nothing(bed: Bed) -> None:
    service = await bed.service()
    await until(lambda: service.ready)
    working = asyncio.create_task(bed.say(*[fact for member in bed.names for fact in bed.sent(member)]))
    with late_bar("wiping") as bar:
        settings = Settings(kafka=bed.system.kafka, redis=SecretStr(bed.system.redis))
        assert await _rebuild(settings, CORE, bar) == PARTITIONS
    await working
    await bed.until_heads_agree(service)
    await until_settled([service])
    assert service.counts()["doubts"] >= 1
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []


async def test_two_services_share_the_partitions_and_say_everything_once(bed: Bed) -> None:
    first = await bed.service()
    half = len(bed.names) // 2
    await bed.say(*[fact for member in bed.names[:half] for fact in bed.sent(member)])
    bed.clock.advance_to(bed.start + STALE)  # what falls due now is said in the middle of the rebalance
    second = await bed.service()
    await bed.say(*[fact for member in bed.names[half:] for fact in bed.sent(member)])
    await until(lambda: first.ready and second.ready and len(first.owners) + len(second.owners) == PARTITIONS)
    await until_settled([first, second])
    assert not set(first.owners) & set(second.owners)
    assert await bed.ignored() == sorted(bed.names)
    await first.stop()
    await until(lambda: second.ready and len(second.owners) == PARTITIONS)
    await until_settled([second])
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []


async def test_an_answer_that_was_acknowledged_before_the_instant_of_a_wake_wins(bed: Bed) -> None:
    service = await bed.service()
    await bed.say(*[fact for member in bed.names for fact in bed.sent(member)])
    await until_settled([service])
    answering = bed.names[::2]
    bed.clock.advance_to(bed.start + STALE - timedelta(milliseconds=1))
    await bed.say(*[bed.accepted(member, STALE.days - 1e-6) for member in answering])
    bed.clock.advance_to(bed.start + STALE)  # the answers are on the log, and perhaps not read yet
    await until_settled([service])
    assert await bed.ignored() == sorted(set(bed.names) - set(answering))
    assert await bed.violations() == []


async def test_an_answer_wins_over_a_wake_that_was_missed_while_the_service_was_down(bed: Bed) -> None:
    service = await bed.service()
    await bed.say(*[fact for member in bed.names for fact in bed.sent(member)])
    await until_settled([service])
    await service.stop()
    answering = bed.names[1::2]
    await bed.say(*[bed.accepted(member, STALE.days - 1) for member in answering])
    bed.clock.advance_to(bed.start + STALE + timedelta(days=3))
    after = await bed.service()
    await until(lambda: after.ready)
    await until_settled([after])
    assert await bed.ignored() == sorted(set(bed.names) - set(answering))
    assert await bed.violations() == []
