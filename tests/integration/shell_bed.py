"""A place for the shell with the rules of *invites*: Kafka and Valkey, a clock that tests move, members of a test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol

import pytest
from aiokafka import AIOKafkaProducer

from rapport.demo.clock_driver import publish
from services.invites.decider import DECIDER
from shared.contracts import (
    Contact,
    Event,
    EventData,
    InviteAccepted,
    InviteIgnored,
    InviteSent,
    MemberPreferencesSet,
    partition_for,
)
from shared.contracts.topics import topic_plan
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.processing.reading import read_event
from shared.runtime.redis.store import RedisStore, connect
from shared.runtime.service import Service
from tests.docker.fixtures import APACHE_KAFKA
from tests.e2e.outside import judge, records_of

SECONDS_MAX = 240.0
LOOK_SECONDS = 0.005
STALE = timedelta(days=90)
PARTITIONS = topic_plan().partitions
_epochs = count()


class Place(Protocol):
    """Where Kafka (host:port) and the store (a URL) are."""

    @property
    def kafka(self) -> str: ...

    @property
    def redis(self) -> str: ...


class Bed:
    """The system, a clock that goes on from test to test, and the services of one test."""

    def __init__(self, system: Place, stack: AsyncExitStack) -> None:
        self.system = system
        self.access = KafkaAccess(system.kafka)
        epoch = next(_epochs)
        self.start = datetime(2026, 1, 5, 10, tzinfo=UTC) + timedelta(days=365 * epoch)
        self.clock = VirtualClock(self.start)
        self.names = [f"of-test-{epoch}-{number}" for number in range(3 * PARTITIONS)]
        self._stack = stack

    async def service(self) -> Service:
        """Start a service; it is stopped at the end of the test if not before."""
        made = Service(DECIDER, Environment(self.access, self.system.redis, self.clock, timedelta(0), 6_000))
        await made.start()
        self._stack.push_async_callback(made.stop)
        return made

    async def say(self, *events: Event) -> None:
        async with AIOKafkaProducer(**self.access.connection(), acks="all") as producer:
            await publish(producer, events)

    def event(self, member: str, mark: str, data: EventData, days: float = 0) -> Event:
        at = self.start + timedelta(days=days)
        return Event(id=f"{member}/{mark}", member=member, time=at, logged=at, data=data, source="/test")

    def sent(self, member: str) -> list[Event]:
        """The member sends an invite now, and wants to be told of nothing but its end."""
        wishes = MemberPreferencesSet.model_validate({"retraction": {"policy": "never"}})
        contact = Contact(id="zoe", name="Zoe")
        return [
            self.event(member, "wishes", wishes),
            self.event(member, "sent", InviteSent(invite_id=f"{member}-i", contact=contact)),
        ]

    def accepted(self, member: str, days: float) -> Event:
        return self.event(member, "accepted", InviteAccepted(invite_id=f"{member}-i", contact_id="zoe"), days)

    async def ignored(self) -> list[str]:
        """The members of this test of whom the log says that an invite of theirs was ignored, as often as it does."""
        records = await records_of(self.access, [DECIDER.own])
        events = [read_event(record) for found in records.values() for record in found]
        return sorted(
            event.member
            for event in events
            if isinstance(event, Event) and isinstance(event.data, InviteIgnored) and event.member in self.names
        )

    async def stored(self) -> Mapping[str, Mapping[str, bytes | None]]:
        """All that the store knows of the members of this test."""
        store, found = RedisStore(connect(self.system.redis), DECIDER.name), {}
        try:
            for member in self.names:
                number = partition_for(member, PARTITIONS)
                keys = ["", "!", *(await store.keys(number, [member]))[member]]
                found[member] = (await store.load(number, {member: keys})).members[member]
        finally:
            await store.close()
        return found

    async def until_heads_agree(self, service: Service) -> None:
        """Wait until each owner has noticed what happened to its store: an idle one looks once a second."""
        store = RedisStore(connect(self.system.redis), DECIDER.name)
        try:
            async with asyncio.timeout(SECONDS_MAX):
                for number in range(PARTITIONS):
                    while not await _is_current(store, service, number):  # noqa: ASYNC110 - a store rings nobody
                        await asyncio.sleep(LOOK_SECONDS)
        finally:
            await store.close()

    async def violations(self) -> Sequence[str]:
        verdict = judge(DECIDER, await records_of(self.access), self.clock.now())
        return [*verdict.violations, *verdict.unpublished]


async def _is_current(store: RedisStore, service: Service, number: int) -> bool:
    owner = service.owners.get(number)
    return owner is not None and owner.live and (await store.meta(number)).get("head") == owner.fencing_token


@pytest.fixture(params=["embedded", APACHE_KAFKA])
def place(request: pytest.FixtureRequest) -> Place:
    contained = request.param == APACHE_KAFKA.values[0]
    found: Place = request.getfixturevalue("contained" if contained else "own_system")
    return found


@pytest.fixture(name="bed")
async def shell_bed(place: Place) -> AsyncIterator[Bed]:
    async with AsyncExitStack() as stack:
        yield Bed(place, stack)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            if condition():
                return
            await asyncio.sleep(LOOK_SECONDS)


def all_owned(services: Sequence[Service]) -> bool:
    """Say whether nobody is missing: while a group gives its partitions out anew, none of them may have a partition."""
    owned: dict[str, set[int]] = {}
    for one in services:
        owned.setdefault(one.decider.own, set()).update(one.owners)
    return all(len(numbers) == PARTITIONS for numbers in owned.values())


async def until_settled(services: Iterable[Service]) -> None:
    """Wait until all that is due at the clock's instant is said, seen twice in a row."""
    calm, waited = 0, list(services)
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while calm < 2:
                calm = calm + 1 if all_owned(waited) and all([await one.settled() for one in waited]) else 0
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as late:
        told = [
            (one.refusals(), {number: list(own.uncertain)[-2:] for number, own in one.owners.items()}) for one in waited
        ]
        raise AssertionError(f"not settled after {SECONDS_MAX} s: {told}") from late
