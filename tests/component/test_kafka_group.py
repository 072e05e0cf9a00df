"""Partitions that move between members of a group, and waiting for the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.errors import KafkaConnectionError

from rapport.composition import DECIDERS
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.broker import ServiceBroker
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.kafka.topic_identity import TopicIdentities
from shared.runtime.ports.clock import SystemClock
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.ports.membership import HEARTBEAT_MS, Membership
from shared.runtime.service import Service
from tests.component.kafka_feed_bed import (
    SECONDS_MAX,
    START,
    Bed,
    kafka_bed,  # noqa: F401 - the fixture `bed`
    records_of,
    taken,
    until,
)


async def test_a_partition_moves_to_a_new_member_and_back_and_the_other_stays(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    old = await bed.member()
    await old.owns(2)
    before = dict(old.arrived)
    await before[1].commit_group({first: 1, second: 2})
    new = await bed.member()
    await new.owns(1)
    await old.owns(1)
    [moved], [stayed] = new.arrived, old.arrived
    assert sorted([moved, stayed]) == [0, 1]
    assert (old.held, old.released, old.went_on) == ([0, 1], [moved], [stayed])
    assert old.arrived[stayed] is before[stayed]
    with pytest.raises(Uncertain, match="another member"):
        await before[moved].commit_group({first: 1, second: 2})
    with pytest.raises(Uncertain):
        before[moved].resume({first: 0, second: 0})
    for member in (old, new):
        for feed in member.arrived.values():
            await feed.commit_group({first: 1, second: 2})
    await new.stop()
    assert new.arrived == {}
    await old.owns(2)
    assert old.arrived[stayed] is before[stayed]


async def test_a_new_member_owns_nothing_before_the_old_one_stands(bed: Bed) -> None:
    old = await bed.member()
    await old.owns(2)
    old.may_stand.clear()
    joining = asyncio.create_task(bed.member())
    async with asyncio.timeout(SECONDS_MAX):
        while not old.held:
            await old.arrived[0].wait(None, 0.01)
    await asyncio.wait([joining], timeout=0.5)
    assert not joining.done()
    old.may_stand.set()
    new = await joining
    await new.owns(1)


async def test_what_was_handed_out_before_a_rebalance_is_neither_lost_nor_handed_out_again(bed: Bed) -> None:
    topics = bed.topics
    old = await bed.member()
    await old.owns(2)
    for feed in old.arrived.values():
        feed.pause()
        feed.resume({topics.first: 0, topics.second: 0})
    for partition in (0, 1):
        await topics.say(topics.first, b"applied", b"in hand", partition=partition)
    found = {partition: await taken(feed, 2) for partition, feed in old.arrived.items()}
    for partition in (0, 1):
        await topics.say(topics.second, b"waits", partition=partition)
    for feed in old.arrived.values():
        await until(feed, partial(bool, feed._inbox))
    new = await bed.member()
    await old.owns(1)
    [(partition, kept)] = old.arrived.items()
    await topics.say(topics.first, b"after", partition=partition)
    found[partition] += await taken(kept, 2)
    kept.done(found[partition])
    values = [record.value for record in records_of(found[partition])]
    assert values == [b"applied", b"in hand", b"waits", b"after"]
    await until(kept, lambda: kept.reached() == {topics.first: 5, topics.second: 2})
    await new.stop()


async def test_nothing_is_taken_in_while_a_rebalance_goes_on_and_all_of_it_comes_again(bed: Bed) -> None:
    topics = bed.topics
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    feed.pause()
    feed.resume({topics.first: 0, topics.second: 0})
    await topics.say(topics.first, b"before")
    before = await taken(feed, 1)
    feed.done(before)
    await until(feed, lambda: feed.reached() == {topics.first: 2, topics.second: 0})
    on_its_way = feed.generation
    feed.pause_work()
    await topics.say(topics.first, b"meanwhile")
    async with asyncio.timeout(SECONDS_MAX):
        while await feed.position(topics.first) < 4:
            await feed.wait(None, 0.01)
        for _ in range(2):  # what a poll brought is noted by the next one
            polled = member.feeds.polled
            while member.feeds.polled == polled:
                await feed.wait(None, 0.01)
    for generation in (on_its_way, feed.generation):  # fetched before it, and after: the second would hide the first
        feed.put(before[0].records, {topics.first: 4, topics.second: 0}, generation)
    assert feed.take() == []
    assert feed.reached() == {topics.first: 2, topics.second: 0}
    held = feed.generation
    feed.go_on()
    feed.put(before[0].records, {topics.first: 4, topics.second: 0}, held)
    assert [record.value for record in records_of(await taken(feed, 1))] == [b"meanwhile"]


async def test_a_member_that_stops_lets_go_before_it_leaves(bed: Bed) -> None:
    leaving, staying = await bed.member(), await bed.member()
    await staying.owns(1)
    await leaving.owns(1)
    [kept] = staying.arrived
    leaving.released.clear()
    leaving.may_release.clear()
    stopping = asyncio.create_task(leaving.stop())
    async with asyncio.timeout(SECONDS_MAX):
        while not leaving.released:
            await asyncio.wait([stopping], timeout=0.01)
    await asyncio.wait([stopping], timeout=0.5)
    assert list(staying.arrived) == [kept], "nobody else may own what is not let go yet"
    leaving.may_release.set()
    await staying.owns(2)
    await stopping


def test_members_hear_of_a_rebalance_soon_and_long_before_their_session_is_over() -> None:
    assert Membership.of("group", 6_000).heartbeat_interval_ms == HEARTBEAT_MS <= 250
    assert Membership.of("group", 200).heartbeat_interval_ms == 50


async def test_all_connections_stand_before_a_service_joins_its_group(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    connect, join = KafkaLog.start, ServiceBroker.start

    async def connecting(log: KafkaLog) -> None:
        await connect(log)
        order.append("connected")

    async def joining(broker: ServiceBroker) -> None:
        order.append("joins")
        await join(broker)

    monkeypatch.setattr(KafkaLog, "start", connecting)
    monkeypatch.setattr(ServiceBroker, "start", joining)
    where = Environment(KafkaAccess(embedded.kafka), embedded.redis, SystemClock(), timedelta(0))
    service = Service(replace(DECIDERS["invites"], name=f"invites_{uuid4().hex[:8]}"), where)
    await service.start()
    await service.stop()
    assert order == ["connected", "joins"]


async def cut_off(*_: object) -> None:
    raise KafkaConnectionError("gone in the middle of it")


CONNECT = ServiceBroker._connect


async def to_nowhere(broker: ServiceBroker) -> Callable[..., Any]:
    right, broker.access = broker.access, KafkaAccess("127.0.0.1:1")
    try:
        return await CONNECT(broker)
    finally:
        broker.access = right


@pytest.mark.parametrize(
    ("kind", "part", "fails"),
    [
        (KafkaLog, "start", cut_off),
        (TopicIdentities, "start", cut_off),
        (ServiceBroker, "_connect", to_nowhere),
    ],
    ids=["questions", "identities", "membership"],
)
async def test_a_service_whose_start_failed_can_be_started_again(
    kind: type, part: str, fails: Callable[..., Any], embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Environment(KafkaAccess(embedded.kafka), embedded.redis, SystemClock(), timedelta(0))
    service = Service(replace(DECIDERS["invites"], name=f"invites_{uuid4().hex[:8]}"), where)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(kind, part, fails)
        with pytest.raises((Uncertain, KafkaConnectionError)):
            await service.start()
    await service.start()
    async with asyncio.timeout(SECONDS_MAX):
        while not service.ready:  # noqa: ASYNC110 - a service rings nobody
            await asyncio.sleep(0.02)
    await service.stop()


async def test_the_group_refuses_who_is_no_longer_a_member(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    # It hears of nothing meanwhile, and nobody waits for it.
    sleeper = await bed.member(heartbeat_interval_ms=5_000, rebalance_timeout_ms=500)
    await sleeper.owns(2)
    feed = sleeper.arrived[0]
    await feed.commit_group({first: 1, second: 1})
    successor = await bed.member(rebalance_timeout_ms=500)
    await successor.owns(2)
    await successor.arrived[0].commit_group({first: 1, second: 1})
    with pytest.raises(Uncertain, match="commit to the group"):
        await feed.commit_group({first: 1, second: 1})


async def test_a_wait_ends_with_the_clock_a_ring_or_the_seconds(bed: Bed) -> None:
    member = await bed.member()
    await member.owns(2)
    feed = member.arrived[0]
    await feed.wait(None, 0.0)  # what rang until now
    assert not await feed.wait(None, 0.01)
    soon = START + timedelta(days=1)
    assert not await feed.wait(soon, 0.01)
    waiting = asyncio.create_task(feed.wait(soon, SECONDS_MAX))
    await asyncio.sleep(0)
    bed.clock.advance_to(soon)
    assert await waiting
    assert await feed.wait(soon, SECONDS_MAX), "it has come already"
    feed.ring()
    assert await feed.wait(None, SECONDS_MAX)


async def test_the_system_clock_needs_no_ring(bed: Bed) -> None:
    member = await bed.member(clock=SystemClock())
    await member.owns(2)
    feed = member.arrived[0]
    feed.pause()
    await feed.wait(None, 0.0)
    at = SystemClock().now() + timedelta(milliseconds=30)
    assert await feed.wait(at, SECONDS_MAX)
    assert SystemClock().now() >= at - timedelta(milliseconds=2)
