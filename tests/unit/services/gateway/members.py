"""A member as the projection knows them: all in memory, or in a store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from services.gateway.projection.decider import STATE_VERSION
from services.gateway.projection.model.people import Item, Profile
from shared.contracts import ACTIVITY, EVENTS, Event, partition_for
from shared.contracts.topic_names import SOURCES
from shared.decider import View
from shared.runtime.ports.interfaces import Changes, MemberChange
from shared.runtime.processing.member.member_state import PROFILE
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.simulation.checker import AllItems
from tests.unit.services.gateway.member_events import known_by

MEMBER = "ada"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PARTITIONS = 4
THANK = "contact/zoe/thank/2026-11-20"


def said(day: float, kind: str, /, **fields: Any) -> Event:
    """Return an event of a type (without `rapport.`), so many days before or after `NOW`."""
    data = EVENTS[f"rapport.{kind}"].model_validate(fields)
    time = NOW + timedelta(seconds=round(day * 86_400))
    source = SOURCES.get(data.TOPIC, "/product")
    return Event(f"{kind}/{day}/{data.model_dump_json()}", MEMBER, time, time, data, source)


def told(*events: Event) -> list[Event]:
    """Return events with the numbers of services, each topic's in the order in which they stand here."""
    return [replace(event, number=n + 1) if event.data.TOPIC in SOURCES else event for n, event in enumerate(events)]


def seen(*events: Event) -> View[Profile, Item]:
    """Return the member after these events, all in memory."""
    profile, items = known_by(told(*events))
    everything = AllItems()
    everything.update(items)
    return View(MEMBER, profile, everything)


def due(day: float, key: str = THANK, **more: Any) -> Event:
    """Return that a follow-up fell due then."""
    rule = key.rsplit("/", 2)[1]
    when = NOW + timedelta(days=day)
    return said(day, "followup.due", followup_id=key, rule=rule, attempt=1, due_at=when, push=True, **more)


def planned(day: float, key: str, of: float = -3, **more: Any) -> Event:
    """Return that a follow-up is planned for then, said on the day `of`."""
    rule, when = key.rsplit("/", 2)[1], NOW + timedelta(days=day)
    because = {"id": "x", "type": "rapport.contact.connected"}
    return said(
        of, "followup.scheduled", followup_id=key, rule=rule, due_at=when, due_local=when.replace(tzinfo=None),
        zone="UTC", because=because, **more,
    )  # fmt: skip


async def stored(events: Iterable[Event], cursor: int = 0, version: int = STATE_VERSION) -> FakeStore:
    """Return a store in which a projection has left what these events say, with its cursor on the activity topic."""
    profile, items = known_by(told(*events))
    puts = {key: msgspec.msgpack.encode(item) for key, item in items.items()}
    store, partition = FakeStore(), partition_for(MEMBER, PARTITIONS)
    await store.acquire(partition, "a:0", "test")
    changes = Changes(
        meta={f"off:{ACTIVITY}": str(cursor), "version": str(version)},
        members={MEMBER: MemberChange(puts={PROFILE: msgspec.msgpack.encode(profile), **puts})},
    )
    await store.commit(partition, "a:0", "a:1", changes)
    return store


async def applied(store: FakeStore, cursor: int) -> None:
    """Move the projection's cursor."""
    partition = partition_for(MEMBER, PARTITIONS)
    fencing_token = (await store.meta(partition))["head"]
    await store.commit(partition, fencing_token, f"{fencing_token}+", Changes(meta={f"off:{ACTIVITY}": str(cursor)}))
