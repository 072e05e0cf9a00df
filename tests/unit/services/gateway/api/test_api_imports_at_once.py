"""Imports of one member at once: the places they take, two confirmations, a process that waits for Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.gateway.api.importing import places, work
from services.gateway.api.importing.refusals import JustConfirmed
from services.gateway.api.importing.spool import Spool
from services.gateway.publishing import NotTaken
from tests.unit.services.gateway.api.api_bed import NOW
from tests.unit.services.gateway.api.uploads import Uploading, archive, imports_of, uploading


@pytest.fixture
async def door() -> AsyncIterator[Uploading]:
    async with uploading() as opened:
        yield opened


async def test_one_member_leaves_places_for_others(door: Uploading) -> None:
    """Count all places alone, and whoever uploads four files keeps everybody else waiting."""
    for _ in range(places.OF_MEMBER_MAX):
        door.imports.enter("ada")
    answer = await door.upload(archive())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    door.imports.enter("ben")
    door.imports.leave("ada")
    assert (await door.settled(await door.upload(archive())))["state"] == "done"


@pytest.mark.parametrize("processes", [1, 2])
async def test_of_two_confirmations_at_once_one_publishes(
    door: Uploading, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave out `instead_of`, and both publish."""
    said = await door.settled(await door.upload(archive(), look=True))
    both_know, events = asyncio.Barrier(2), door.keeper.events

    async def known(member: str, identity: str) -> bytes | None:
        if not door.keeper.kept["ada"]["status"].count(b"publishing"):
            await both_know.wait()
        return await events(member, identity)

    monkeypatch.setattr(door.keeper, "events", known)
    other = imports_of(door.api, door.keeper, [], [1]) if processes == 2 else door.imports
    both = await asyncio.gather(
        *(one.confirm("ada", str(said["id"])) for one in (door.imports, other)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["ImportStatus", "JustConfirmed"]
    [refused] = [one for one in both if isinstance(one, JustConfirmed)]
    assert (refused.status, refused.body()["code"]) == (409, "import_just_confirmed")
    for one in (door.imports, other):
        await one.settled(str(said["id"]), 10)
    assert len(door.api.log.events) == 3
    await other.stop()


async def test_one_that_waits_for_kafka_is_not_called_interrupted(
    door: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Note nothing while a block waits, and another process calls it interrupted while its own still publishes."""
    said = await door.settled(await door.upload(archive(), look=True))
    monkeypatch.setattr(work, "NOTE_SECONDS", 0.0)
    clock, waiting, go_on = [NOW], asyncio.Event(), asyncio.Event()
    append = door.api.log.append

    async def slow(events: Any, heard: Any) -> Any:
        waiting.set()
        await go_on.wait()
        return await append(events, heard)

    def now() -> datetime:
        return clock[0]

    other = imports_of(door.api, door.keeper, [], [1])
    door.imports._now = other._now = now
    door.api.parts.outbox._append = slow
    await door.imports.confirm("ada", str(said["id"]))
    await waiting.wait()
    clock[0] += timedelta(seconds=work.SILENT_SECONDS + 1)
    assert (await other.status("ada", str(said["id"]))).state == "interrupted"
    count = len(door.keeper.noted)
    while len(door.keeper.noted) == count:  # noqa: ASYNC110 - it is noted as time goes by
        await asyncio.sleep(0)
    assert (await other.status("ada", str(said["id"]))).state == "publishing"
    go_on.set()
    await door.imports.settled(str(said["id"]), 10)
    door.api.parts.outbox._append = append
    assert (await other.status("ada", str(said["id"]))).state == "done"
    await other.stop()


async def test_one_that_waits_for_kafka_ends_when_another_takes_its_place(
    door: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pass over what a note answers, and what nobody wishes any more is tried again and again."""
    said = await door.settled(await door.upload(archive(), look=True))
    monkeypatch.setattr(work, "NOTE_SECONDS", 0.0)
    append = door.api.log.append
    tries = asyncio.Event()

    async def never(events: Any, heard: Any) -> list[NotTaken]:
        tries.set()
        await asyncio.Event().wait()
        return []

    door.api.parts.outbox._append = never
    await door.imports.confirm("ada", str(said["id"]))
    await tries.wait()
    await door.keeper.drop("ada")
    await door.imports.settled(str(said["id"]), 10)
    door.api.parts.outbox._append = append
    assert (door.imports._tasks, door.keeper.kept, door.api.log.events) == ({}, {}, [])


@pytest.mark.parametrize("ends", ["stop", "forget"])
async def test_what_is_ended_before_its_first_step_leaves_neither_file_nor_place(door: Uploading, ends: str) -> None:
    """Give both back in the coroutine alone: one that is cancelled before it begins never comes to it."""
    file = Spool("export.zip")
    file.write(archive())
    door.imports.enter("ada")
    begun = await door.imports.begin("ada", file, None, look=True)
    await (door.imports.stop() if ends == "stop" else door.imports.forget("ada"))
    assert (await door.imports.status("ada", begun.id)).state == "reading" if ends == "stop" else not door.keeper.kept
    assert not file.path.exists()
    for _ in range(places.OF_MEMBER_MAX):
        door.imports.enter("ada")


async def test_what_is_dropped_while_it_is_confirmed_is_not_told_as_published(
    door: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process drops it: this one finds no events, and has published none."""
    said = await door.settled(await door.upload(archive(), look=True))
    noted, note = list[str](), door.keeper.note

    async def dropped(*given: Any, **more: Any) -> bool:
        taken = await note(*given, **more)
        await door.keeper.drop("ada")
        return taken

    monkeypatch.setattr(door.keeper, "note", dropped)
    monkeypatch.setattr(work, "_note", lambda what, *_: noted.append(what))
    assert (await door.imports.confirm("ada", str(said["id"]))).state == "publishing"
    await door.imports.settled(str(said["id"]), 10)
    assert (noted, door.api.log.events) == (["an import was confirmed"], [])
