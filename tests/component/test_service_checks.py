"""What `rapport doctor` says of the services: who is at work, what waits, and what an operator has to decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from redis import Redis

from rapport.demo.clock_driver import publish
from rapport.doctor.parts.check import Check
from rapport.doctor.parts.services import service_checks
from services.invites.decider import DECIDER
from shared.config.settings import Settings
from shared.contracts import REPLAY, Contact, Event, InviteSent, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import SystemClock
from shared.runtime.service import Service

pytestmark = pytest.mark.deep
SECONDS_MAX = 120.0
LOOK_SECONDS = 0.1
MEMBER = "ada"
PARTITION = partition_for(MEMBER, topic_plan().partitions)


async def look(system: System) -> Check:
    found = await service_checks(Settings.model_validate({"kafka": system.kafka, "redis": system.redis}))
    return next(check for check in found if check.name == "invites")


async def say(system: System, mark: str) -> None:
    sent = datetime.now(UTC) - timedelta(days=100)
    data = InviteSent(invite_id=mark, contact=Contact(id="zoe", name="Zoe"))
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, acks="all") as producer:
        await publish(producer, [Event(id=mark, member=MEMBER, time=sent, logged=sent, data=data, source="/test")])


@asynccontextmanager
async def at_work(system: System) -> AsyncIterator[Service]:
    where = Environment(KafkaAccess(system.kafka), system.redis, SystemClock(), timedelta(milliseconds=2))
    service = Service(DECIDER, where)
    await service.start()
    try:
        await all_read(service)
        yield service
    finally:
        await service.stop()


async def all_read(service: Service) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            if await service.settled():
                return
            await asyncio.sleep(LOOK_SECONDS)


async def test_doctor_tells_whether_anybody_reads_what_waits(own_system: System) -> None:
    await say(own_system, "first")
    waiting = await look(own_system)
    assert not waiting.ok
    assert waiting.says.startswith("nobody is at work: 12 partitions, ")
    assert "rapport run invites" in waiting.way_out
    async with at_work(own_system):
        assert await look(own_system) == Check("invites", ok=True, says="1 at work: 12 partitions, all read")
    assert await look(own_system) == Check("invites", ok=True, says="nobody at work: 12 partitions, all read")


REFUSALS = {
    "own_end": ("999", "rapport.invites.v1: the cursor 999 lies outside of the log"),
    "version": ("99", f"the store was written by version 99 of invites, this is version {DECIDER.version}"),
    "topic:rapport.activity.v1": ("elsewhere", "rapport.activity.v1 is another topic than before"),
    "checkpoint": ("0 0000", "the last event known to the store does not stand in the log at offset 0"),
}
"""By field of what the store knows of a partition: a value that contradicts the log, and what is said of it."""


async def test_doctor_names_a_refused_partition_and_its_reason(own_system: System) -> None:
    async with at_work(own_system) as service:
        await say(own_system, "before-a-refusal")
        await all_read(service)
    for field, (value, reason) in REFUSALS.items():
        await refused_for(own_system, field, value, reason)
    assert "refused" not in (await look(own_system)).says


async def refused_for(system: System, field: str, value: str, reason: str) -> None:
    """Write the value, and have the doctor name it; what stood there stands there again."""
    meta = f"{{invites:{PARTITION}}}:meta"
    with Redis.from_url(system.redis) as client:
        held = client.hget(meta, field)
        client.hset(meta, field, value)
        refused = await look(system)
        client.hset(meta, field, held or b"")
    assert not refused.ok, field
    assert refused.says.startswith(f"1 of 12 partitions are refused: partition {PARTITION}: {reason}")
    assert "operations.md" in refused.way_out


async def test_a_control_record_that_kafka_has_left_out_is_no_contradiction(own_system: System) -> None:
    """The store knows one offset more than there is: what its owner mends is not told as refused."""
    async with at_work(own_system) as service:
        await say(own_system, "before-a-lost-end")
        await all_read(service)
    meta = f"{{invites:{PARTITION}}}:meta"
    with Redis.from_url(own_system.redis) as client:
        held = int(client.hget(meta, "own_end") or 0)
        client.hset(meta, "own_end", held + 1)
        found = await look(own_system)
        client.hset(meta, "own_end", held)
    assert "refused" not in found.says, found.says


async def test_records_that_stay_are_not_ok_although_somebody_is_at_work(own_system: System) -> None:
    async with at_work(own_system) as service:
        owner = service.owners[PARTITION]
        owner.gate.close()
        owner.feed.ring()
        await owner.gate.wait_paused()
        await say(own_system, "held-up")
        found = await look(own_system)
        owner.gate.open()
        assert not found.ok
        assert f"those of partition {PARTITION} do not get on, although 1 at work" in found.says


async def test_a_single_request_of_an_operator_that_waits_is_told(own_system: System) -> None:
    """It is no transaction: counted as the end of one, it was taken for read."""
    async with at_work(own_system):
        assert (await look(own_system)).ok
    async with AIOKafkaProducer(bootstrap_servers=own_system.kafka, acks="all") as producer:
        await producer.send_and_wait(REPLAY, b"{}", MEMBER.encode(), partition=PARTITION)
    assert "nobody is at work" in (await look(own_system)).says
    async with at_work(own_system):
        assert (await look(own_system)).ok


async def test_doctor_names_what_the_service_can_not_have_said(own_system: System) -> None:
    """It has the marks of the service, so nobody can be sure that it is a stranger's: only a person can."""
    async with at_work(own_system) as service:
        await say(own_system, "before-a-forgery")
        await all_read(service)  # else it waits for a service, and doctor says so
    marks = [("ce_source", b"/rapport/invites"), ("ce_sequence", b"99"), ("ce_inputoffsets", b"")]
    stray = [("ce_source", b"/shop")]
    async with AIOKafkaProducer(bootstrap_servers=own_system.kafka, acks="all") as producer:
        await producer.send_and_wait(DECIDER.own, b"{}", b"ada", partition=PARTITION, headers=stray)
        assert (await look(own_system)).ok, "what lacks them stops nobody"
        await producer.send_and_wait(DECIDER.own, b"{}", b"ada", partition=PARTITION, headers=marks)
    found = await look(own_system)
    assert not found.ok
    assert "what this service can not have said" in found.says
