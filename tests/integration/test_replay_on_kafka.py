"""Reading again on the real Kafka: a service stumbles over a record, is mended, and reads it by its place, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from rapport.demo.clock_driver import publish
from rapport.system.dead_letter_reader import in_full, original, read_letters, request_for, request_of, request_replays
from services.invites.decider import DECIDER
from shared.contracts import ACTIVITY, Contact, Event, InviteSent, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.redis.store import RedisStore, connect
from tests.e2e.outside import judge, records_of
from tests.integration.one_service import running, until_settled

pytestmark = pytest.mark.deep

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MEMBER, KEY = "m1", "invite/i1"
PARTITION = partition_for(MEMBER, topic_plan().partitions)
SECONDS_MAX = 120.0


def stumbles(event: Event) -> Any:
    """The rules before the mend."""
    if event.type == InviteSent.TYPE:
        raise LookupError("not thought of")
    return DECIDER.touches(event)


async def stored(system: System) -> bytes | None:
    store = RedisStore(connect(system.redis), DECIDER.name)
    try:
        return (await store.load(PARTITION, {MEMBER: [KEY]})).members[MEMBER][KEY]
    finally:
        await store.close()


async def test_a_record_is_read_again_after_the_mend_and_a_rebuild_reads_the_same(own_system: System) -> None:
    access = KafkaAccess(own_system.kafka)
    sent = InviteSent(invite_id="i1", contact=Contact(id="c1", name="Chris"))
    event = Event("f1", MEMBER, NOW, NOW, sent, source="/test")
    async with running(own_system, replace(DECIDER, touches=stumbles), NOW) as broken:
        async with AIOKafkaProducer(**access.connection(), acks="all") as producer:
            await publish(producer, [event])
            await producer.send_and_wait(ACTIVITY, b"{", MEMBER.encode(), partition=PARTITION)
        await until_settled(broken, SECONDS_MAX)
    assert await stored(own_system) is None
    letters = {letter.reason: letter for letter in await read_letters(access)}
    stumbled = letters.pop("a rule failed: LookupError")
    [(reason, unreadable)] = letters.items()
    assert "is not JSON" in reason
    told = in_full(stumbled, await original(access, stumbled.letter))
    assert (told["record"]["key"], told["record"]["headers"]["ce_id"], told["now"]["id"]) == (MEMBER, "f1", "f1")
    assert request_of(stumbled.id) == request_for(stumbled.letter)
    asked, left = await request_replays(access, [request_for(stumbled.letter), request_for(unreadable.letter)])
    assert asked == [stumbled.id]
    assert left == {unreadable.id: reason}
    assert {letter.id: letter.replayed for letter in await read_letters(access)} == {
        stumbled.id: True,
        unreadable.id: False,
    }
    async with running(own_system, DECIDER, NOW) as mended:
        await until_settled(mended, SECONDS_MAX)
        with_it = await stored(own_system)
        assert with_it is not None
        await request_replays(access, [request_for(stumbled.letter)])
        await until_settled(mended, SECONDS_MAX)
        assert await stored(own_system) == with_it, "twice is once"
        assert judge(DECIDER, await records_of(access), NOW).violations == []
    client = connect(own_system.redis)
    await client.flushall()
    await client.aclose()
    async with running(own_system, DECIDER, NOW) as rebuilt:
        await until_settled(rebuilt, SECONDS_MAX)
        assert await stored(own_system) == with_it
