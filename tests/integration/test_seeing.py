"""What /live and /ready say in each state, on the real Kafka and Valkey; and the lines that an outage leaves."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from structlog.testing import capture_logs

from services.invites.decider import DECIDER
from shared.contracts import ACTIVITY, partition_for
from shared.runtime.observability import health_monitor as watching
from shared.runtime.observability.health import PATIENCE
from shared.runtime.redis.store import connect
from tests.integration.seeing_bed import (
    LOOK_SECONDS,
    PARTITIONS,
    STALE,
    Bed,
    Line,
    seeing_bed,  # noqa: F401 - the fixtures `bed`,
    seeing_patience,  # noqa: F401 - `patience`,
    seeing_quick,  # noqa: F401 - and one for every test
    stopped,
    until,
)

pytestmark = pytest.mark.deep


async def test_a_process_is_live_before_it_has_joined_and_ready_when_all_is_recovered(bed: Bed) -> None:
    assert await bed.until("ready", 503) == ["invites: is not a member of its group"]
    assert await bed.until("live", 200) == []
    await bed.start()
    assert await bed.until("ready", 200) == []
    answer = (await bed.ask("ready")).json()["services"]["invites"]
    assert (answer["member"], answer["owned"], answer["recovered"]) == (True, PARTITIONS, PARTITIONS)
    assert await bed.metric('rapport_ready{service="invites"}') == 1
    assert await bed.metric('rapport_recoveries_total{reason="start",service="invites"}') == PARTITIONS


async def test_a_refused_partition_makes_a_process_not_ready_and_says_why(bed: Bed) -> None:
    client = connect(bed.system.redis)
    try:
        await client.hset("{invites:3}:meta", "version", "99")
        with capture_logs() as lines:
            await bed.start()
            reasons = await bed.until("ready", 503, "is refused")
            await until(lambda: bed.service.counts()["refused"] >= 2)  # it is looked at again, and said once
        assert any("partition 3 is refused: the store was written by version 99" in reason for reason in reasons)
        assert len([line for line in lines if line["event"] == "refused"]) == 1
        assert await bed.until("live", 200) == [], "a restart would mend nothing"
        assert await bed.metric('rapport_refused_partitions{service="invites"}') == 1
        assert await bed.metric('rapport_live_partitions{service="invites"}') == PARTITIONS - 1
    finally:
        await client.hset("{invites:3}:meta", "version", str(DECIDER.version))
        await client.aclose()
    await bed.until("ready", 200)
    assert await bed.metric('rapport_recoveries_total{reason="refused",service="invites"}') == 1


async def test_a_store_that_stands_makes_a_process_not_ready_and_is_told_once_and_once_when_it_is_back(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "AWAY_SECONDS", 1.5)
    await bed.start()
    await bed.until("ready", 200)
    with capture_logs() as lines:
        with stopped(bed.system, "valkey"):
            await bed.until("ready", 503, "store has not answered")
            await until(lambda: len(_told(lines, "the store is away")) > 0)
            await until(lambda: bed.service.counts()["uncertain"] > PARTITIONS)
            assert await bed.until("live", 200) == []
            assert await bed.metric('rapport_store_up{service="invites"}') == 0
            assert await bed.metric('rapport_kafka_up{service="invites"}') == 1
        await bed.until("ready", 200)
        await until(lambda: len(_told(lines, "the store is back")) > 0)
    assert len(_told(lines, "the store is away")) == 1
    assert len(_told(lines, "the store is back")) == 1
    assert await bed.metric('rapport_uncertain_outcomes_total{kind="store-unreachable",service="invites"}') > PARTITIONS


async def test_a_kafka_that_stands_makes_a_process_not_ready_and_is_told(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "AWAY_SECONDS", 1.5)
    await bed.start()
    await bed.until("ready", 200)
    with capture_logs() as lines:
        with stopped(bed.system, "kafka"):
            await bed.until("ready", 503, "kafka has not answered")
            await until(lambda: len(_told(lines, "Kafka is away")) > 0)
            assert await bed.until("live", 200) == []
        await bed.until("ready", 200)
        await until(lambda: len(_told(lines, "Kafka is back")) > 0)
    assert len(_told(lines, "Kafka is away")) == 1


@pytest.mark.parametrize("patience", [replace(PATIENCE, loop=1.0)])
async def test_an_event_loop_that_stands_is_not_live(bed: Bed) -> None:
    await bed.start()
    await bed.until("ready", 200)
    asking = asyncio.create_task(asyncio.to_thread(_asked_until_503, bed))
    await asyncio.sleep(LOOK_SECONDS)  # the thread begins
    time.sleep(4.0)  # noqa: ASYNC251 - this is the fault: something blocks the loop
    answer = await asking
    assert answer is not None, "/live was never 503 while the loop stood"
    assert any("the event loop has stood" in reason for reason in answer.json()["reasons"])
    await bed.until("live", 200)


def _asked_until_503(bed: Bed) -> httpx.Response | None:
    end = time.monotonic() + 3.5
    while time.monotonic() < end:
        if (answer := bed.ask_from_a_thread("live")).status_code == 503:
            return answer
        time.sleep(LOOK_SECONDS)
    return None


@pytest.mark.parametrize("patience", [replace(PATIENCE, poll=1.0)])
async def test_a_poll_loop_that_stands_is_not_live(bed: Bed) -> None:
    await bed.start()
    await bed.until("live", 200)
    consumer = bed.service._feeds._consumer()
    poll, released = consumer.poll, asyncio.Event()

    async def stands(*args: object, **kwargs: object) -> dict[Any, Any]:
        await released.wait()
        return {}

    consumer.poll = stands  # type: ignore[method-assign]
    await bed.until("live", 503, "invites: the poll loop has stood")
    consumer.poll = poll  # type: ignore[method-assign]
    released.set()
    await bed.until("live", 200)


async def test_an_owner_that_has_ended_is_not_live(bed: Bed) -> None:
    await bed.start()
    await bed.until("ready", 200)
    bed.service._owned.tasks[5].cancel()
    assert await bed.until("live", 503) == ["invites: the owner of partition 5 has ended"]


@pytest.mark.parametrize("patience", [replace(PATIENCE, stuck=1.0)])
async def test_a_wake_that_nothing_proves_makes_a_process_not_ready(bed: Bed) -> None:
    member = f"stuck-{bed.begin.year}"
    number = partition_for(member, PARTITIONS)
    await bed.start()
    await bed.say(bed.sent(member))
    await until(lambda: number in bed.service.owners and bed.service.owners[number].next_wake is not None)
    foreign = AIOKafkaProducer(**bed.access.connection(), transactional_id="foreign", transaction_timeout_ms=60_000)
    async with foreign:
        await foreign.begin_transaction()
        await foreign.send_and_wait(ACTIVITY, b"{}", b"k", partition=number)  # nobody reads past it while it is open
        bed.clock.advance_to(bed.begin + STALE)
        assert any(f"partition {number} is stuck" in one for one in await bed.until("ready", 503, "stuck"))
        assert await bed.metric('rapport_stuck_partitions{service="invites"}') == 1
        assert await bed.metric('rapport_lag_records{service="invites",topic="rapport.activity.v1"}') >= 1
        await foreign.abort_transaction()
        await bed.until("ready", 200)
    assert await bed.metric('rapport_timers_fired_total{rule="none",service="invites"}') == 1


async def test_what_happened_is_counted(bed: Bed) -> None:
    members = [f"counted-{number}" for number in range(20)]
    await bed.start()
    await bed.say(*[bed.sent(member) for member in members])
    number = partition_for("poison", PARTITIONS)
    async with AIOKafkaProducer(**bed.access.connection()) as producer:
        await producer.send_and_wait(ACTIVITY, b"{", b"poison", partition=number, headers=[("ce_id", b"1")])
    await until(lambda: bed.service.counts()["events"] >= 21)
    bed.clock.advance_to(bed.begin + STALE)
    await until(lambda: bed.service.counts()["published"] >= 20)
    assert await bed.metric('rapport_events_total{service="invites",topic="rapport.activity.v1"}') == 21
    ignored = 'rapport_published_events_total{rule="none",service="invites",type="rapport.invite.ignored"}'
    assert await bed.metric(ignored) == 20
    assert await bed.metric('rapport_timers_fired_total{rule="none",service="invites"}') >= 20
    assert await bed.metric('rapport_lateness_seconds_count{service="invites"}') >= 20
    assert await bed.metric('rapport_dead_letters_total{reason="envelope",service="invites"}') == 1
    assert await bed.metric('rapport_commit_seconds_count{service="invites"}') >= 1
    assert await bed.metric('rapport_publish_seconds_count{service="invites"}') >= 1
    assert await bed.metric('rapport_rebalances_total{service="invites"}') == 1
    assert await bed.metric('rapport_owned_partitions{service="invites"}') == PARTITIONS


def _told(lines: list[Line], begin: str) -> list[Line]:
    return [line for line in lines if line["event"].startswith(begin)]
