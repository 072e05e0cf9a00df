"""What takes long is done in a thread of its own: so many wait, so long each takes, and what fails is said in a line."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest

from rapport.operating import off_loop
from rapport.operating.off_loop import Deadline, OffLoop
from rapport.terminal.failure import Failure, NothingFound, Unanswerable
from services.gateway.port import Busy, NoAnswer, NotFound, WrongQuestion
from shared.config.settings import Settings

SECONDS_MAX = 30.0


@pytest.fixture
async def apart() -> AsyncIterator[OffLoop]:
    made = OffLoop(Settings())
    yield made
    made.close()


async def test_it_runs_beside_the_event_loop_and_gives_the_answer(apart: OffLoop) -> None:
    async def where(_: Deadline) -> str:
        return threading.current_thread().name

    assert (await apart.run(where)).startswith("operating")


async def test_one_more_than_may_wait_is_told_to_come_again(apart: OffLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take `WAITING_MAX` away, and requests wait without end behind a system that does not answer."""
    monkeypatch.setattr(off_loop, "WAITING_MAX", 2)
    go, begun = threading.Event(), threading.Event()

    async def waits(_: Deadline) -> int:
        begun.set()
        go.wait(SECONDS_MAX)
        return 1

    asked = [asyncio.create_task(apart.run(waits)) for _ in range(2)]
    await asyncio.to_thread(begun.wait, SECONDS_MAX)
    with pytest.raises(Busy):
        await apart.run(waits)
    go.set()
    assert [await one for one in asked] == [1, 1]


async def test_what_waits_is_dropped_when_whoever_asked_has_gone_and_what_runs_keeps_its_place(
    apart: OffLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shield what waits, and it is answered to nobody while others are told to come again."""
    monkeypatch.setattr(off_loop, "WAITING_MAX", 2)
    go, begun, ran = threading.Event(), threading.Event(), list[str]()

    async def waits(_: Deadline) -> None:
        begun.set()
        go.wait(SECONDS_MAX)

    async def notes(_: Deadline) -> None:
        ran.append("x")

    first, second = (asyncio.create_task(apart.run(one)) for one in (waits, notes))
    await asyncio.to_thread(begun.wait, SECONDS_MAX)
    for one in (second, first):
        one.cancel()
    await asyncio.wait([first, second])
    await asyncio.sleep(0)
    third = asyncio.create_task(apart.run(waits))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await apart.run(waits)  # the first one holds the thread still
    go.set()
    await asyncio.wait_for(third, SECONDS_MAX)
    assert ran == []


@pytest.mark.parametrize("computes", [False, True])
async def test_what_takes_too_long_is_ended_whether_it_waits_or_computes(
    apart: OffLoop, monkeypatch: pytest.MonkeyPatch, computes: bool
) -> None:
    """Take the time out of `advance` or out of `_within`, and one of the two goes on for ever."""
    monkeypatch.setattr(off_loop, "SECONDS_MAX", 0.05)
    until = time.monotonic() + SECONDS_MAX

    async def forever(bar: Deadline) -> None:
        if not computes:
            await asyncio.Event().wait()
        while time.monotonic() < until:
            bar.advance(1, None)

    async with asyncio.timeout(SECONDS_MAX):
        with pytest.raises(NoAnswer, match="took longer"):
            await apart.run(forever)


async def test_a_system_that_does_not_answer_in_time_is_not_told_as_an_answer_that_takes_too_long(
    apart: OffLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked_at(error: Exception, _: Settings) -> str:
        return f"Kafka: host:9092 does not answer ({type(error).__name__})"

    async def hangs(_: Deadline) -> None:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()

    monkeypatch.setattr(off_loop, "reason_for", looked_at)
    with pytest.raises(NoAnswer, match=r"host:9092 does not answer \(TimeoutError\)"):
        await apart.run(hangs)


async def test_what_runs_ends_when_it_is_closed() -> None:
    apart, begun = OffLoop(Settings()), threading.Event()

    async def forever(_: Deadline) -> None:
        begun.set()
        await asyncio.Event().wait()

    asked = asyncio.create_task(apart.run(forever))
    await asyncio.to_thread(begun.wait, SECONDS_MAX)
    apart.close()
    async with asyncio.timeout(SECONDS_MAX):
        with pytest.raises(NoAnswer):
            await asked
    with pytest.raises(Busy):
        await apart.run(forever)


@pytest.mark.parametrize(
    ("error", "said"),
    [(Failure("no topic"), NoAnswer), (NothingFound("nobody"), NotFound), (Unanswerable("two", "item"), WrongQuestion)],
)
async def test_what_fails_is_said_in_its_words(apart: OffLoop, error: Exception, said: type[Exception]) -> None:
    async def fails(_: Deadline) -> None:
        raise error

    with pytest.raises(said, match=str(error)):
        await apart.run(fails)
