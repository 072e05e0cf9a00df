"""The shell with the rules of *invites* on the real Kafka and Valkey: what it survives, and who wins at a wake."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from pydantic import SecretStr

from rapport.commands.rebuild import _rebuild
from rapport.terminal.output import late_bar
from services.invites.decider import DECIDER
from shared.config.settings import Settings
from shared.runtime.kafka_admin import topic_watch
from shared.runtime.redis.store import connect
from tests.integration.shell_bed import (
    LOOK_SECONDS,
    PARTITIONS,
    STALE,
    Bed,
    place,  # noqa: F401 - a fixture
    shell_bed,  # noqa: F401 - the fixture `bed`
    until,
    until_settled,
)

pytestmark = pytest.mark.deep


async def test_a_store_that_is_emptied_under_a_live_owner_is_read_back_and_nothing_is_said_again(bed: Bed) -> None:
    service = await bed.service()
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([service])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    before = await bed.stored()
    assert await bed.ignored() == sorted(bed.names)
    client = connect(bed.system.redis)
    await client.flushall()
    await client.aclose()
    await bed.until_heads_agree(service)
    await until_settled([service])
    assert await bed.stored() == before
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []


async def test_a_rebuild_in_the_middle_of_work_changes_nothing(bed: Bed) -> None:
    service = await bed.service()
    await until(lambda: service.ready)
    working = asyncio.create_task(bed.say(*[event for member in bed.names for event in bed.sent(member)]))
    with late_bar("wiping") as bar:
        settings = Settings(kafka=bed.system.kafka, redis=SecretStr(bed.system.redis))
        assert await _rebuild(settings, DECIDER, bar) == PARTITIONS
    await working
    await bed.until_heads_agree(service)
    await until_settled([service])
    assert service.counts()["uncertain"] >= 1
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []


async def test_two_services_share_the_partitions_and_say_everything_once(bed: Bed) -> None:
    first = await bed.service()
    half = len(bed.names) // 2
    await bed.say(*[event for member in bed.names[:half] for event in bed.sent(member)])
    bed.clock.advance_to(bed.start + STALE)  # what falls due now is said in the middle of the rebalance
    second = await bed.service()
    await bed.say(*[event for member in bed.names[half:] for event in bed.sent(member)])
    await until(lambda: first.ready and second.ready and len(first.owners) + len(second.owners) == PARTITIONS)
    await until_settled([first, second])
    assert not set(first.owners) & set(second.owners)
    assert await bed.ignored() == sorted(bed.names)
    await first.stop()
    await until(lambda: second.ready and len(second.owners) == PARTITIONS)
    await until_settled([second])
    assert await bed.ignored() == sorted(bed.names)
    assert await bed.violations() == []


async def test_an_answer_that_was_acknowledged_before_the_instant_of_a_wake_wins(bed: Bed) -> None:
    service = await bed.service()
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([service])
    answering = bed.names[::2]
    bed.clock.advance_to(bed.start + STALE - timedelta(milliseconds=1))
    await bed.say(*[bed.accepted(member, STALE.days - 1e-6) for member in answering])
    bed.clock.advance_to(bed.start + STALE)  # the answers are on the log, and perhaps not read yet
    await until_settled([service])
    assert await bed.ignored() == sorted(set(bed.names) - set(answering))
    assert await bed.violations() == []


async def test_an_answer_wins_over_a_wake_that_was_missed_while_the_service_was_down(bed: Bed) -> None:
    service = await bed.service()
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    await until_settled([service])
    await service.stop()
    answering = bed.names[1::2]
    await bed.say(*[bed.accepted(member, STALE.days - 1) for member in answering])
    bed.clock.advance_to(bed.start + STALE + timedelta(days=3))
    after = await bed.service()
    await until(lambda: after.ready)
    await until_settled([after])
    assert await bed.ignored() == sorted(set(bed.names) - set(answering))
    assert await bed.violations() == []


async def test_live_owners_learn_within_seconds_that_a_topic_was_made_again(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_watch, "LOOK_SECONDS", LOOK_SECONDS)
    service = await bed.service()
    await until(lambda: service.ready)
    ask = service._log.identity

    async def another(topics: Sequence[str]) -> Mapping[str, str]:
        return {topic: f"{identity}-again" for topic, identity in (await ask(topics)).items()}

    monkeypatch.setattr(service._log, "identity", another)
    await until(lambda: len(service.refusals()) == PARTITIONS)
    assert {reason.partition(" (")[0] for _, reason in service.refusals()} == {
        f"{topic} is another topic than before" for topic in DECIDER.reads[:1]
    }
