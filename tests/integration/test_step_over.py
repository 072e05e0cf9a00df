"""`rapport step-over` on the real Kafka: a copy of an event refuses its partition until a person has spoken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aiokafka import AIOKafkaProducer

from rapport.cli import main
from rapport.system.dead_letter_reader import read_letters
from services.invites.decider import DECIDER
from shared.contracts import partition_for
from shared.embedded import System
from shared.runtime.processing.reading import STEPPED_OVER
from tests.e2e.outside import records_of
from tests.integration.shell_bed import PARTITIONS, STALE, Bed, until, until_settled

pytestmark = pytest.mark.deep


@pytest.fixture(name="bed")
async def embedded_bed(own_system: System) -> AsyncIterator[Bed]:
    async with AsyncExitStack() as stack:
        yield Bed(own_system, stack)


async def command(*arguments: str) -> int:
    """Run `rapport`, which has an event loop of its own, and return its exit code."""

    def ran() -> int:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return ended.value.code if isinstance(ended.value.code, int) else 0

    return await asyncio.to_thread(ran)


async def test_a_copy_of_an_event_is_stepped_over_and_nothing_is_said_again(
    bed: Bed, own_system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(own_system.folder))
    member = bed.names[0]
    number = partition_for(member, PARTITIONS)
    other = next(name for name in bed.names[1:] if partition_for(name, PARTITIONS) == number)
    service = await bed.service()
    await bed.say(*bed.sent(member))
    await until_settled([service])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    assert await bed.ignored() == [member]

    [said] = (await records_of(bed.access, [DECIDER.own]))[DECIDER.own, number]
    async with AIOKafkaProducer(**bed.access.connection(), acks="all") as producer:
        sent = await producer.send_and_wait(
            DECIDER.own, said.value, said.key, partition=number, headers=list(said.headers), timestamp_ms=said.logged_ms
        )
    await bed.say(*bed.sent(other))
    bed.clock.advance_to(bed.start + 2 * STALE)
    await until(lambda: number in dict(service.refusals()))
    told = dict(service.refusals())[number]
    assert told.endswith(f"rapport step-over invites {number} {sent.offset}"), told

    capsys.readouterr()
    assert await command("step-over", "invites", str(number), "0", "--yes") == 1, "what is not refused stays"
    assert f"is refused at offset {sent.offset}, not at 0" in capsys.readouterr().err
    assert number in dict(service.refusals())
    assert await command("step-over", "invites", str(number), str(sent.offset), "--yes") == 0
    await until(lambda: not service.refusals())
    await until_settled([service])
    assert await bed.ignored() == sorted([member, member, other]), (
        "the copy still stands there, and nothing was said again"
    )
    letters = [one.letter for one in await read_letters(bed.access)]
    assert [(one.service, one.offset, one.reason) for one in letters] == [("invites", sent.offset, STEPPED_OVER)]
    capsys.readouterr()
    assert await command("step-over", "invites", str(number), str(sent.offset), "--yes") == 1
    assert "is not refused for a record" in capsys.readouterr().err
    await service.stop()
    assert await command("rebuild", "invites", "--yes") == 0
    again = await bed.service()
    await until_settled([again])
    assert not again.refusals(), "the request stands for ever: who reads all of it back steps over, too"
    assert again.counts()["published"] == 0
