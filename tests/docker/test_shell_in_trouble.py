"""The shell on Apache Kafka while brokers restart, producers leave transactions open, and topics are not as they were."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError

from rapport.demo.clock_driver import publish
from shared.contracts import ACTIVITY, DEAD_LETTERS, Contact, InviteSent, partition_for
from shared.contracts.topics import topic_plan
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.service import Service
from shared.runtime.task import BACKOFF_SECONDS
from tests.docker.containers import Contained, fresh_topics
from tests.e2e.outside import records_of
from tests.integration.shell_bed import (
    PARTITIONS,
    SECONDS_MAX,
    STALE,
    Bed,
    shell_bed,  # noqa: F401 - the fixture `bed`
    until,
    until_settled,
)

pytestmark = pytest.mark.docker

RESTARTS = 2
DAYS = 30
"""Days that pass, with what falls due in them, from the begin of each restart."""
LOOK_SECONDS = 0.05
RESTART_SECONDS_MAX = 180.0
POISON = b"{"
MARKER_BYTES_MAX = 200
"""Room for the control records of a transaction, and for no dead letter."""
REFUSED = f"append to {DEAD_LETTERS}: MessageSizeTooLargeError"


@pytest.fixture
def place(contained: Contained) -> Contained:
    return contained


@asynccontextmanager
async def _admin(bed: Bed) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bed.access.servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


def _partition(member: str) -> int:
    return partition_for(member, PARTITIONS)


def _in_two_halves(bed: Bed) -> tuple[list[str], list[str]]:
    """The members of the first partition that has some, and all others."""
    first = _partition(bed.names[0])
    chosen = [member for member in bed.names if _partition(member) == first]
    return chosen, [member for member in bed.names if member not in chosen]


async def test_a_broker_that_restarts_under_our_transactions_loses_and_doubles_nothing(
    bed: Bed, contained: Contained
) -> None:
    service = await bed.service()
    invites = [
        bed.event(
            member, f"sent-{day}", InviteSent(invite_id=f"{member}-{day}", contact=Contact(id=f"c{day}", name="C")), day
        )
        for number, member in enumerate(bed.names)
        for day in range(number % 3, RESTARTS * DAYS, 3)
    ]
    wishes = [event for member in bed.names for event in bed.sent(member)[:1]]
    await bed.say(*wishes, *invites)
    bed.clock.advance_to(bed.start + STALE - timedelta(days=1))
    await until_settled([service])
    for number in range(RESTARTS):
        restarting = asyncio.create_task(asyncio.to_thread(contained.broker.restart))
        for day in range(number * DAYS, (number + 1) * DAYS):
            bed.clock.advance_to(bed.start + STALE + timedelta(days=day))
            await asyncio.sleep(LOOK_SECONDS)
        await restarting
        await _until_settled_again(service)
    assert service.counts()["uncertain"] >= 1, "a restart came in the middle of work"
    assert len(await bed.ignored()) == len(invites)
    assert await bed.violations() == []


async def _until_settled_again(service: Service) -> None:
    """Wait until all that is due is said; questions may find nobody who answers yet."""
    async with asyncio.timeout(RESTART_SECONDS_MAX):
        while True:
            assert not service.refusals()
            with suppress(Uncertain):
                await until_settled([service])
                return
            await asyncio.sleep(LOOK_SECONDS)


async def test_an_answer_in_an_open_transaction_holds_the_wake_and_then_wins(bed: Bed) -> None:
    service = await bed.service()
    waiting, others = _in_two_halves(bed)
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([service])
    async with _transaction(bed) as producer:
        await publish(producer, [bed.accepted(member, STALE.days - 1) for member in waiting])
        bed.clock.advance_to(bed.start + STALE)
        await _until_said(bed, others)
        await producer.commit_transaction()
    await until_settled([service])
    assert await bed.ignored() == sorted(others), "who answered in the transaction is not among them"
    assert await bed.violations() == []


async def test_an_answer_in_a_transaction_that_is_aborted_was_never_given(bed: Bed) -> None:
    service = await bed.service()
    waiting, others = _in_two_halves(bed)
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([service])
    async with _transaction(bed) as producer:
        await publish(producer, [bed.accepted(member, STALE.days - 1) for member in waiting])
        bed.clock.advance_to(bed.start + STALE)
        await _until_said(bed, others)
        assert await bed.ignored() == sorted(others), "while it is open nobody knows"
        await producer.abort_transaction()
    await until_settled([service])
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []


@asynccontextmanager
async def _transaction(bed: Bed) -> AsyncIterator[AIOKafkaProducer]:
    """A foreign producer in the middle of a transaction."""
    async with AIOKafkaProducer(**bed.access.connection(), transactional_id=bed.names[0]) as producer:
        await producer.begin_transaction()
        yield producer


async def _until_said(bed: Bed, members: Sequence[str]) -> None:
    wanted, found = sorted(members), list[str]()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while (found := await bed.ignored()) != wanted:  # noqa: ASYNC110 - a log rings nobody
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as late:
        raise AssertionError(f"after {SECONDS_MAX} s the log says it of {found}, not of {wanted}") from late


async def test_a_dead_letter_topic_that_refuses_writes_holds_its_partition_alone_and_says_why(bed: Bed) -> None:
    service = await bed.service()
    held, others = _in_two_halves(bed)
    number = _partition(held[0])
    async with _admin(bed) as admin:
        await _limit_dead_letters(admin, MARKER_BYTES_MAX)
        await _until_they_are_refused(bed, number)
        async with AIOKafkaProducer(**bed.access.connection()) as producer:
            await producer.send_and_wait(ACTIVITY, POISON, held[0].encode(), partition=number)
        await bed.say(*[event for member in bed.names for event in bed.sent(member)])
        bed.clock.advance_to(bed.start + STALE)
        await _until_said(bed, others)
        await until(lambda: any("MessageSizeTooLargeError" in error for error in service.owners[number].uncertain))
        await _until_it_waits_longer_each_time(service.owners[number])
        await _limit_dead_letters(admin, 1_048_576)
    await until_settled([service])
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == [], "the dead letter is there, once"
    letters = await records_of(bed.access, [DEAD_LETTERS])
    assert [record.partition for found in letters.values() for record in found] == [number]


async def _until_it_waits_longer_each_time(owner: PartitionTask[Any, Any]) -> None:
    """Each of its recoveries is good, and the step after it fails again."""
    began, before = time.monotonic(), owner.counts["uncertain"]
    await until(lambda: owner.counts["uncertain"] >= before + 4)
    assert time.monotonic() - began >= BACKOFF_SECONDS * (2 + 4 + 8)


async def _limit_dead_letters(admin: AIOKafkaAdminClient, bytes_max: int) -> None:
    # What is not named here would be taken back: on a clock of years ahead, a broker then refuses every timestamp.
    plan = topic_plan()
    [letters] = [topic for topic in plan.topics if topic.name == DEAD_LETTERS]
    settings = {**plan.config_of(letters), "max.message.bytes": str(bytes_max)}
    replies = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, DEAD_LETTERS, settings)])
    assert all(code == 0 for reply in replies for code, *_ in reply.resources), replies


async def _until_they_are_refused(bed: Bed, number: int) -> None:
    """Wait until the broker holds to the limit: the controller acknowledges a setting before a broker follows it."""
    async with AIOKafkaProducer(**bed.access.connection(), transactional_id=f"{bed.names[0]}-looks") as producer:
        async with asyncio.timeout(SECONDS_MAX):
            while await _is_taken(producer, number):  # noqa: ASYNC110 - a broker rings nobody
                await asyncio.sleep(LOOK_SECONDS)


async def _is_taken(producer: AIOKafkaProducer, number: int) -> bool:
    """Say whether the broker takes a dead letter; it is taken back at once, and nobody reads it."""
    await producer.begin_transaction()
    try:
        await producer.send_and_wait(DEAD_LETTERS, bytes(2 * MARKER_BYTES_MAX), partition=number)
    except MessageSizeTooLargeError:
        return False
    finally:
        await producer.abort_transaction()
    return True


async def test_records_deleted_before_they_were_read_are_missed_loudly_and_nothing_is_said(bed: Bed) -> None:
    service = await bed.service()
    lost, others = _in_two_halves(bed)
    number = _partition(lost[0])
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([service])
    await service.stop()
    await bed.say(*[bed.accepted(member, STALE.days - 1) for member in lost])
    async with _admin(bed) as admin:
        await admin.delete_records({TopicPartition(ACTIVITY, number): RecordsToDelete(before_offset=-1)})
    bed.clock.advance_to(bed.start + STALE)
    after = await bed.service()
    await until(lambda: bool(after.refusals()))
    await _until_said(bed, others)
    [(refused, reason)] = after.refusals()
    assert refused == number
    assert ACTIVITY in reason
    assert await bed.ignored() == sorted(others), "the answers are gone, so nobody is told anything about those members"


async def test_a_topic_that_was_made_again_is_refused_although_its_offsets_fit(bed: Bed) -> None:
    service = await bed.service()
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([service])
    await fresh_topics(bed.access.servers, [ACTIVITY])
    await bed.say(*[event for member in bed.names for event in [*bed.sent(member), bed.accepted(member, 1)]])
    bed.clock.advance_to(bed.start + STALE)
    await service.stop()
    service = await bed.service()
    await until(lambda: len(service.refusals()) == PARTITIONS)
    assert {reason.partition(" (")[0] for _, reason in service.refusals()} == {
        f"{ACTIVITY} is another topic than before"
    }
    assert await bed.ignored() == []
