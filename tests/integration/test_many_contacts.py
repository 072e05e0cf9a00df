"""A member with 30,000 contacts changes zone and offsets, on the real Kafka and Valkey: everything moves, nobody waits.

The contacts are told in bulk, as by an import. With a tenth of them the member wants to stay in touch, so that there is
something pending to move; a neighbour lives in the same partition.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from rapport.demo.clock_driver import publish
from services.followups.decider import DECIDER
from shared.calendar import after_days
from shared.contracts import (
    Contact,
    ContactCadenceSet,
    ContactConnected,
    Event,
    EventData,
    FollowupRequested,
    FollowupRescheduled,
    FollowupScheduled,
    MemberPreferencesSet,
    partition_for,
)
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.limits import COMMIT_ITEMS_MAX
from shared.runtime.processing.observer import Silent
from shared.runtime.processing.reading import read_event
from shared.runtime.processing.unit_of_work import UnitOfWork
from shared.runtime.redis.store import RedisStore, connect
from tests.e2e.outside import records_of
from tests.integration.one_service import running, until_settled

pytestmark = pytest.mark.deep

CONTACTS = 30_000
PENDING = 3_000
"""Of them, those with a follow-up that is open."""
CADENCE_DAYS = 200
SECONDS_MAX = 240.0
SESSION_TIMEOUT_MS = 120_000
"""On a busy machine the test itself keeps the loop for longer than the usual six seconds, and nobody dies here."""
LOOK_SECONDS = 0.02
NOW = datetime(2026, 2, 2, 10, tzinfo=UTC)
PARTITIONS = topic_plan().partitions
MEMBER = "many"
NEIGHBOUR = next(
    name
    for name in (f"neighbour-{number}" for number in count())
    if partition_for(name, PARTITIONS) == partition_for(MEMBER, PARTITIONS)
)


class Steps(Silent):
    """What each commit of the services changed, and how many events of the neighbour it held."""

    def __init__(self) -> None:
        self.sweeps: list[tuple[int, int]] = []
        """(items looked at, events said) of each step that looked at the member's items without an event."""
        self.neighbour: list[int] = []
        """How many such steps were made before each step that said something to the neighbour."""

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        """Look at a step that has ended."""
        said = Counter(event.member for event, _ in work.events)
        if said[NEIGHBOUR]:
            self.neighbour += [len(self.sweeps)] * said[NEIGHBOUR]
        state = work.members.get(MEMBER)
        if state is not None and not work.read:
            self.sweeps.append((len(state.wakes), said[MEMBER]))


def told(member: str, mark: str, data: EventData, days_ago: float = 0) -> Event:
    at = NOW - timedelta(days=days_ago)
    return Event(f"{member}/{mark}", member, at, NOW, data, source="/test")


def everybody() -> list[Event]:
    off = {"rules": {"reconnect": {"on": False}}}  # one old tie a week beside what is counted here
    events = [
        told(MEMBER, "wishes", MemberPreferencesSet(zone="Europe/Paris")),
        told(MEMBER, "no-reconnect", MemberPreferencesSet.model_validate(off)),
    ]
    for number in range(CONTACTS):
        contact = Contact(id=f"c{number}", name=f"Contact {number}")
        events.append(told(MEMBER, f"connected-{number}", ContactConnected(contact=contact), 900))
    for number in range(PENDING):
        wish = ContactCadenceSet(contact_id=f"c{number}", every_days=CADENCE_DAYS)
        events.append(told(MEMBER, f"cadence-{number}", wish))
    return events


def reminder(number: int) -> Event:
    wish = {"followup_id": f"r{number}", "what": "Call", "due": "2026-03-02T09:00"}
    return told(NEIGHBOUR, f"reminder-{number}", FollowupRequested.model_validate(wish))


async def said(system: System, kind: type[EventData], member: str) -> list[Any]:
    records = await records_of(KafkaAccess(system.kafka), [DECIDER.own])
    events = [read_event(record) for found in records.values() for record in found]
    return [
        one.data for one in events if isinstance(one, Event) and one.member == member and isinstance(one.data, kind)
    ]


async def until_swept_in_part(steps: Steps, before: int) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while len(steps.sweeps) <= before:  # noqa: ASYNC110 - nothing rings
            await asyncio.sleep(LOOK_SECONDS / 10)


async def test_a_changed_preference_walks_thirty_thousand_contacts_in_bounded_steps(
    own_system: System,
) -> None:
    steps = Steps()
    async with (
        AIOKafkaProducer(bootstrap_servers=own_system.kafka, acks="all") as producer,
        running(own_system, DECIDER, NOW, session_timeout_ms=SESSION_TIMEOUT_MS, observer=steps) as service,
    ):
        await publish(producer, everybody())
        await until_settled(service, SECONDS_MAX)
        assert len(await said(own_system, FollowupScheduled, MEMBER)) == PENDING

        begun = len(steps.sweeps)
        await publish(producer, [told(MEMBER, "zone", MemberPreferencesSet(zone="America/New_York"))])
        await until_swept_in_part(steps, begun)
        for number in range(5):
            await publish(producer, [reminder(number)])
        await until_settled(service, SECONDS_MAX)
        swept = steps.sweeps[begun:]
        moved = await said(own_system, FollowupRescheduled, MEMBER)
        assert len(moved) == PENDING
        due = after_days(NOW, CADENCE_DAYS, "America/New_York", time(9))
        assert {(one.zone, one.due_at) for one in moved} == {("America/New_York", due)}
        assert sum(items for items, _ in swept) >= CONTACTS, "all were looked at"
        assert max(items for items, _ in swept) <= COMMIT_ITEMS_MAX + 2, "habits and proposals come up with any of them"
        served = [done - begun for done in steps.neighbour]
        assert len(served) == 5
        assert served[0] < len(swept) / 2, "a neighbour is served long before the last of them"

        rules = {"stay_in_touch": {"offsets_days": [7]}}
        await publish(producer, [told(MEMBER, "offsets", MemberPreferencesSet.model_validate({"rules": rules}))])
        await until_settled(service, SECONDS_MAX)
        again = (await said(own_system, FollowupRescheduled, MEMBER))[PENDING:]
        assert len(again) == PENDING
        assert {one.due_at - before.due_at for one, before in zip(again, moved, strict=True)} == {timedelta(days=7)}
    store = RedisStore(connect(own_system.redis), DECIDER.name)
    number = partition_for(MEMBER, PARTITIONS)
    try:
        assert await store.sweeps(number, 10) == []
        assert len((await store.keys(number, [MEMBER]))[MEMBER]) >= CONTACTS
    finally:
        await store.close()
