"""A new version with other rules on the store of the old one, the way back, and forth again: on the real Kafka and Valkey."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from redis import Redis

from rapport.demo.clock_driver import publish
from services.invites.decider import DECIDER
from shared.contracts import Contact, Event, InviteIgnored, InviteSent, MemberPreferencesSet
from shared.decider import NOTHING, Decider
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.processing.reading import read_event
from shared.runtime.service import Service
from tests.e2e.outside import judge, records_of

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
LOOK_SECONDS = 0.05
NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
MEMBERS = [f"member-{number}" for number in range(30)]
OLD: Decider[Any, Any] = replace(
    DECIDER, rules="of a version that knows no rule", evaluate=lambda view, key, at: NOTHING
)
NEWER: Decider[Any, Any] = replace(DECIDER, rules="of a version that stores otherwise", version=DECIDER.version + 1)


@asynccontextmanager
async def running(decider: Decider[Any, Any], system: System) -> AsyncIterator[Service]:
    where = Environment(KafkaAccess(system.kafka), system.redis, VirtualClock(NOW), timedelta(0))
    service = Service(decider, where)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def live(decider: Decider[Any, Any], system: System) -> None:
    """Run a version until nothing is left to do for it."""
    calm = 0
    async with running(decider, system) as service, asyncio.timeout(SECONDS_MAX):
        while calm < 2:
            calm = calm + 1 if await service.settled() else 0
            await asyncio.sleep(LOOK_SECONDS)


async def ignored(system: System) -> Counter[str]:
    """Return how often the log says of each member that an invite was ignored."""
    records = await records_of(KafkaAccess(system.kafka), [DECIDER.own])
    events = [read_event(record) for found in records.values() for record in found]
    return Counter(
        event.member for event in events if isinstance(event, Event) and isinstance(event.data, InviteIgnored)
    )


def sent(member: str) -> Sequence[Event]:
    """An invite of long ago, of a member who wants to hear of nothing but its end."""
    at = NOW - timedelta(days=100)
    wishes = MemberPreferencesSet.model_validate({"retraction": {"policy": "never"}})
    invite = InviteSent(invite_id=f"{member}-i", contact=Contact(id="zoe", name="Zoe"))
    return [
        Event(id=f"{member}/{mark}", member=member, time=at, logged=at, data=data, source="/test")
        for mark, data in (("wishes", wishes), ("sent", invite))
    ]


async def test_other_rules_look_again_at_everything_and_the_way_back_says_nothing_twice(own_system: System) -> None:
    async with AIOKafkaProducer(bootstrap_servers=own_system.kafka, acks="all") as producer:
        await publish(producer, [event for member in MEMBERS for event in sent(member)])
    await live(OLD, own_system)
    assert await ignored(own_system) == {}
    await live(DECIDER, own_system)
    assert await ignored(own_system) == dict.fromkeys(MEMBERS, 1), "what the old rules did not know of is made good"
    await live(OLD, own_system)
    await live(DECIDER, own_system)
    assert await ignored(own_system) == dict.fromkeys(MEMBERS, 1)
    verdict = judge(DECIDER, await records_of(KafkaAccess(own_system.kafka)), NOW)
    assert [*verdict.violations, *verdict.unpublished] == []


async def test_a_store_of_a_newer_version_is_refused_and_the_old_one_goes_on_after_a_rebuild(
    own_system: System,
) -> None:
    await live(NEWER, own_system)
    async with running(DECIDER, own_system) as service, asyncio.timeout(SECONDS_MAX):
        while len(service.refusals()) < len(service.owners) or not service.owners:  # noqa: ASYNC110 - nothing rings
            await asyncio.sleep(LOOK_SECONDS)
        expected = f"the store was written by version {NEWER.version} of invites, this is version {DECIDER.version}"
        assert {reason for _, reason in service.refusals()} == {expected}
    with Redis.from_url(own_system.redis) as client:
        client.flushall()
    await live(DECIDER, own_system)
