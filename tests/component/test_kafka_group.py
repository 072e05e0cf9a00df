"""Partitions that move between members of a group, and waiting for the clock."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.cli.composition import CORES
from shared.embedded import System
from shared.runtime.clock import SystemClock
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.kafka_feed import HEARTBEAT_MS, KafkaFeeds, Membership
from shared.runtime.kafka_log import KafkaLog
from shared.runtime.ports import Doubt
from shared.runtime.service import Service, Surroundings
from tests.component.kafka_feed_bed import (
    SECONDS_MAX,
    START,
    Bed,
    kafka_bed,  # noqa: F401 - the fixture `bed`
)


async def test_partitions_move_to_a_new_member_and_back(bed: Bed) -> None:
    first, second = bed.topics.first, bed.topics.second
    old = await bed.member()
    await old.owns(2)
    before = dict(old.arrived)
    await before[1].commit_group({first: 1, second: 2})
    new = await bed.member()
    await new.owns(1)
    await old.owns(1)
    assert sorted([*old.arrived, *new.arrived]) == [0, 1]
    assert old.released == [0, 1]
    for feed in before.values():
        with pytest.raises(Doubt, match="another member"):
            await feed.commit_group({first: 1, second: 2})
        with pytest.raises(Doubt):
            feed.resume({first: 0, second: 0})
    for member in (old, new):
        for feed in member.arrived.values():
            await feed.commit_group({first: 1, second: 2})
    await new.feeds.stop()
    assert new.arrived == {}
    await old.owns(2)


async def test_a_new_member_owns_nothing_before_the_old_one_has_let_go(bed: Bed) -> None:
    old = await bed.member()
    await old.owns(2)
    old.may_release.clear()
    joining = asyncio.create_task(bed.member())
    async with asyncio.timeout(SECONDS_MAX):
        while not old.released:
            await old.arrived[0].wait(None, 0.01)
    await asyncio.wait([joining], timeout=0.5)
    assert not joining.done()
    old.may_release.set()
    new = await joining
    await new.owns(1)


async def test_a_member_that_stops_lets_go_before_it_leaves(bed: Bed) -> None:
    leaving, staying = await bed.member(), await bed.member()
    await staying.owns(1)
    await leaving.owns(1)
    [kept] = staying.arrived
    leaving.may_release.clear()
    stopping = asyncio.create_task(leaving.feeds.stop())
    async with asyncio.timeout(SECONDS_MAX):
        while len(leaving.released) < 3:  # both when the other one joined, one of them again now
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
    connect, join = KafkaLog.start, KafkaFeeds.start

    async def connecting(log: KafkaLog) -> None:
        await connect(log)
        order.append("connected")

    async def joining(feeds: KafkaFeeds) -> None:
        order.append("joins")
        await join(feeds)

    monkeypatch.setattr(KafkaLog, "start", connecting)
    monkeypatch.setattr(KafkaFeeds, "start", joining)
    where = Surroundings(KafkaAccess(embedded.kafka), embedded.redis, SystemClock(), timedelta(0))
    service = Service(replace(CORES["invites"], name=f"invites-{uuid4().hex[:8]}"), where)
    await service.start()
    await service.stop()
    assert order == ["connected", "joins"]


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
    with pytest.raises(Doubt, match="commit to the group"):
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
