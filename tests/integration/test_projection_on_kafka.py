"""The projection on the real Kafka and Valkey: read after a write, a store that is lost, a rebuild, a second process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from rapport.commands.rebuild import _rebuild
from rapport.terminal.output import late_bar
from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.people import Item, Profile
from services.gateway.reading import invite_states
from shared.config.settings import Settings
from shared.contracts import ACTIVITY, Event, encode, partition_for
from shared.runtime.environment import Environment
from shared.runtime.ports.instants import to_ms
from shared.runtime.reader import Reader
from shared.runtime.redis.store import RedisStore, connect
from shared.runtime.service import Service
from tests.integration.shell_bed import (
    PARTITIONS,
    STALE,
    Bed,
    place,  # noqa: F401 - a fixture
    shell_bed,  # noqa: F401 - the fixture `bed`
    until,
    until_settled,
)

pytestmark = pytest.mark.deep


class Seen:
    """The projection of one test, beside *invites*, and who reads it."""

    def __init__(self, bed: Bed, stack: AsyncExitStack) -> None:
        self.bed, self._stack = bed, stack
        self.store = RedisStore(connect(bed.system.redis), PROJECTION.name)
        stack.push_async_callback(self.store.close)
        self.reader: Reader[Profile, Item] = Reader(PROJECTION, self.store, PARTITIONS)

    async def start(self) -> Service:
        where = Environment(self.bed.access, self.bed.system.redis, self.bed.clock, timedelta(0), 6_000)
        made = Service(PROJECTION, where)
        await made.start()
        self._stack.push_async_callback(made.stop)
        return made

    async def write(self, event: Event) -> int:
        """Append an event to the activity topic and return its offset."""
        key, value, headers = encode(event)
        async with AIOKafkaProducer(**self.bed.access.connection(), acks="all") as producer:
            number = partition_for(event.member, PARTITIONS)
            found = await producer.send_and_wait(
                ACTIVITY, value, key, partition=number, headers=headers, timestamp_ms=to_ms(event.logged)
            )
        return int(found.offset)

    async def states(self, member: str, after: int | None = None) -> dict[str, str]:
        now = self.bed.clock.now()
        found = await self.reader.read(member, lambda view: invite_states.answer(view, now), after)
        return {one.id: one.state for one in found.invites}

    async def stored(self) -> Mapping[str, Mapping[str, bytes | None]]:
        found = {}
        for member in self.bed.names:
            number = partition_for(member, PARTITIONS)
            keys = ["", "!", *(await self.store.keys(number, [member]))[member]]
            found[member] = (await self.store.load(number, {member: keys})).members[member]
        return found


@pytest.fixture
async def seen(bed: Bed) -> AsyncIterator[Seen]:
    async with AsyncExitStack() as stack:
        yield Seen(bed, stack)


async def test_what_was_written_is_read_and_what_a_service_says_of_it_follows(bed: Bed, seen: Seen) -> None:
    projection, invites = await seen.start(), await bed.service()
    await until(lambda: projection.ready and invites.ready)
    member = bed.names[0]
    offset = max([await seen.write(event) for event in bed.sent(member)])
    assert await seen.states(member, after=offset) == {f"{member}-i": "open"}
    await until_settled([invites])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([invites])
    await until_settled([projection])
    assert await seen.states(member) == {f"{member}-i": "ignored"}
    offset = await seen.write(bed.accepted(member, 91))
    assert await seen.states(member, after=offset) == {f"{member}-i": "accepted"}


async def test_a_lost_store_and_a_rebuild_are_read_again_from_the_log(bed: Bed, seen: Seen) -> None:
    projection = await seen.start()
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([projection])
    before = await seen.stored()
    assert all(found[""] for found in before.values())
    client = connect(bed.system.redis)
    await client.flushall()
    await client.aclose()
    await until(lambda: projection.counts()["recoveries"] == 2 * PARTITIONS)
    await until_settled([projection])
    assert await seen.stored() == before
    with late_bar("wiping") as bar:
        settings = Settings(kafka=bed.system.kafka, redis=SecretStr(bed.system.redis))
        assert await _rebuild(settings, PROJECTION, bar) == PARTITIONS
    await until(lambda: projection.counts()["recoveries"] == 3 * PARTITIONS)
    await until_settled([projection])
    assert await seen.stored() == before


async def test_a_second_process_takes_its_part_and_nothing_is_lost(bed: Bed, seen: Seen) -> None:
    first = await seen.start()
    await bed.say(*[event for member in bed.names[::2] for event in bed.sent(member)])
    second = await seen.start()
    await bed.say(*[event for member in bed.names[1::2] for event in bed.sent(member)])
    await until_settled([first, second])
    assert first.owners
    assert second.owners
    for member in bed.names:
        assert await seen.states(member) == {f"{member}-i": "open"}
