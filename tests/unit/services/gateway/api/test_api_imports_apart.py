"""An upload is read by a process of its own: it has the same to say, it has an end, and no end of it is the gateway's."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.gateway.api.importing.apart import reading
from services.gateway.api.importing.apart.content import TOO_HEAVY
from services.gateway.api.importing.apart.frames import Content, Order
from services.gateway.api.importing.apart.reading import read_apart
from services.gateway.api.importing.spool import Spool
from shared.importing.existing.activity import Existing, PublishedMeeting
from shared.importing.refusals import ArchiveError
from tests.unit.services.gateway.api.api_bed import NOW
from tests.unit.services.gateway.api.uploads import (
    BOOK,
    CALENDAR,
    Uploading,
    archive,
    imports_of,
    is_empty,
    read_here,
    uploading,
)

KNOWN = Existing(
    {"mail:zoe@example.com": "Zoé"},
    {"cal-1": PublishedMeeting("1", "plan", NOW, NOW)},
    {("mail:zoe@example.com", "birthday"): ((5, 17), "2")},
)


@pytest.fixture
async def door() -> AsyncIterator[Uploading]:
    async with uploading() as opened:
        yield opened


def ordered(folder: Path, text: str | bytes) -> Order:
    (folder / "upload").write_bytes(text.encode() if isinstance(text, str) else text)
    return Order(str(folder / "upload"), "ada", NOW, "ada@example.com")


async def known() -> Existing:
    return KNOWN


def nothing(done: int, total: int) -> None:
    assert done <= total


def children() -> list[str]:
    """Return the ids of the processes that read a file for this one, those that nobody has waited for yet among them."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


async def begun(before: list[str]) -> list[str]:
    """Return the new ones, once there is one."""
    while not (found := [one for one in children() if one not in before]):  # noqa: ASYNC110 - the kernel has it
        await asyncio.sleep(0.01)
    return found


async def test_it_is_what_a_thread_would_read(tmp_path: Path) -> None:
    """What is known gets there: the day of the book was told before, so nothing is left to be told."""
    for text in (BOOK, CALENDAR):
        order = ordered(tmp_path, text)
        assert await read_apart(order, known, nothing) == await read_here(order, known, nothing)
    with pytest.raises(ArchiveError, match="is no zip archive"):
        await read_apart(ordered(tmp_path, b"PK\x03\x04" + b"\0" * 40), known, nothing)


async def test_memory_has_an_end_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out RLIMIT_AS, and the file is read."""
    monkeypatch.setattr(reading, "MEMORY_MAX", 80 * 1024 * 1024)
    order = ordered(tmp_path, BOOK + "BEGIN:VCARD\r\nNOTE:" + "x" * 15_000_000 + "\r\nEND:VCARD\r\n")
    with pytest.raises(ArchiveError, match=TOO_HEAVY):
        await read_apart(order, known, nothing)


async def test_time_has_an_end_and_the_process_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the kill, and it reads on for nobody."""
    before = children()
    monkeypatch.setattr(reading, "SECONDS_MAX", 0.02)
    with pytest.raises(ArchiveError, match="takes longer"):
        await read_apart(ordered(tmp_path, BOOK), known, nothing)
    assert children() == before


async def test_whoever_kills_it_refuses_that_file_alone(door: Uploading) -> None:
    """So does the kernel where memory runs out."""
    before = children()
    door.imports._reads = read_apart
    answer = asyncio.ensure_future(door.upload(archive()))
    [child] = await begun(before)
    os.kill(int(child), signal.SIGKILL)
    assert (await door.settled(await answer))["reason"] == TOO_HEAVY
    door.imports._reads = read_here
    assert (await door.settled(await door.upload(archive())))["state"] == "done"


async def test_the_gateway_takes_it_along_when_it_stops(
    door: Uploading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = children()
    imports = imports_of(door.api, door.keeper, [], [1])
    imports._reads = read_apart
    await imports.begin("ada", written(archive()), None, look=True)
    await begun(before)
    await imports.stop()
    assert children() == before
    assert is_empty(tmp_path)


async def test_one_after_the_other_and_none_waits_in_its_time(door: Uploading) -> None:
    """Leave out the turn, and both are read at once."""
    first, reads, go_on = asyncio.Event(), list[str](), asyncio.Event()

    async def slow(
        order: Order, known: Callable[[], Awaitable[Existing]], progress: Callable[[int, int], None]
    ) -> Content:
        reads.append(order.member)
        first.set()
        await go_on.wait()
        return await read_here(order, known, progress)

    door.imports._reads = slow
    begun = [await door.imports.begin(member, written(archive()), None, look=True) for member in ("ada", "ben")]
    await first.wait()
    await asyncio.sleep(0)
    assert reads == ["ada"]
    go_on.set()
    for one in begun:
        await door.imports.settled(one.id, 10)
    assert reads == ["ada", "ben"]


def written(body: bytes) -> Spool:
    made = Spool("export.zip")
    made.write(body)
    return made
