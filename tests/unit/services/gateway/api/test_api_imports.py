"""Imports by upload: what comes in is read, looked at where that is wished, and counts once; nothing of it stays."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.gateway.api.importing import places, spool, work
from services.gateway.api.importing.apart import content
from services.gateway.api.importing.status import Kept
from services.gateway.publishing import NotTaken
from shared.contracts import ContactConnected, ContactDateSet, MeetingScheduled
from shared.contracts.limits import URL_CHARS_MAX
from shared.importing import read_archive
from tests.unit.services.gateway.api.api_bed import NOW
from tests.unit.services.gateway.api.uploads import (
    BOOK,
    CALENDAR,
    CONNECTIONS,
    ZONE,
    Uploading,
    archive,
    imports_of,
    read_here,
    uploading,
)


@pytest.fixture
async def door() -> AsyncIterator[Uploading]:
    async with uploading() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _own_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other runs on this machine upload meanwhile is not seen here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{spool.PREFIX}*/*"))


async def test_an_archive_is_imported_as_the_command_does_and_nothing_of_it_stays(
    door: Uploading, tmp_path: Path
) -> None:
    before = left()
    answer = await door.upload(archive(), "../../etc/My export.zip")
    assert answer.headers["location"] == f"/v1/members/ada/imports/{answer.json()['id']}"
    assert answer.headers["retry-after"] == "1"
    said = await door.settled(answer)
    assert (said["state"], said["kind"], said["file"], said["read"]) == ("done", "linkedin", "My export.zip", 3)
    assert said["acknowledged"] == len(door.api.log.events) == 3
    (tmp_path / "export.zip").write_bytes(archive())
    theirs = [*read_archive(tmp_path / "export.zip", member="ada", imported_at=NOW).events()]
    assert [(one.id, one.data) for one in door.api.log.events] == [(one.id, one.data) for one in theirs]
    assert said["names"] == ["Zoé Moreau", "Mei Tanaka"]
    assert left() == before, "the file is gone as soon as it is read"
    assert door.keeper.kept["ada"]["events"] == content.NOTHING, "and so are its events, once they are published"


async def test_a_look_ahead_publishes_nothing_until_it_is_confirmed(door: Uploading) -> None:
    """Publish in `_read` whatever was wished, and a look counts."""
    said = await door.settled(await door.upload(CONNECTIONS, "Connections.csv", look=True))
    assert (said["state"], said["events"]) == ("waiting", {"contact.connected": 2, "import.completed": 1})
    assert (door.api.log.events, said["acknowledged"]) == ([], 0)
    confirmed = await door.api.client.post(f"/v1/members/ada/imports/{said['id']}/confirm", headers=door.headers)
    assert confirmed.status_code == 202
    await door.imports.settled(str(said["id"]), 10)
    assert (await door.status(str(said["id"])))["state"] == "done"
    assert len(door.api.log.events) == 3
    await door.api.client.post(f"/v1/members/ada/imports/{said['id']}/confirm", headers=door.headers)
    assert len(door.api.log.events) == 3, "what is done is left alone"


async def test_what_cannot_be_read_is_named_and_the_rest_is_imported(door: Uploading) -> None:
    said = await door.settled(await door.upload(archive(Connections=CONNECTIONS, Invitations="rubbish\n1\n")))
    assert said["state"] == "done"
    row = said["rejected"][0]
    assert row["where"] == "Connections.csv line 3"
    assert "not a day" not in row["reason"], "no word of the file is repeated"
    assert [one["where"] for one in said["files_refused"]] == ["Invitations.csv"]


async def test_calendars_and_address_books_are_told_by_their_content(door: Uploading) -> None:
    said = await door.settled(await door.upload(CALENDAR, "x.bin", me="ada@example.com"))
    assert (said["state"], said["kind"]) == ("done", "calendar"), said
    assert [type(one.data) for one in door.api.log.events if isinstance(one.data, MeetingScheduled)]
    said = await door.settled(await door.upload(BOOK, "x.bin"))
    assert (said["state"], said["kind"], said["left_out"]) == ("done", "contacts", {})
    assert [one["where"] for one in said["rejected"]] == ["card 2"], (
        "a day that cannot be read is named, and counted once"
    )
    assert [one.data.month for one in door.api.log.events if isinstance(one.data, ContactDateSet)] == [5]
    door.told += door.api.log.events
    said = await door.settled(await door.upload(BOOK, "x.bin"))
    assert (said["state"], said["events"]) == ("done", {}), "what was told before is not told again"


async def test_a_time_without_a_zone_is_on_the_members_own_clocks(door: Uploading) -> None:
    floating = CALENDAR.replace("113000Z", "113000").replace("123000Z", "123000")
    said = await door.settled(await door.upload(floating, "x.ics"))
    assert (said["state"], said["rejected"]) == ("done", []), said
    assert [one.data.zone for one in door.api.log.events if isinstance(one.data, MeetingScheduled)] == [ZONE]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"what is this?", "upload"),
        (archive(Connections="\n"), "holds no rows"),
        (b"PK\x03\x04" + b"\0" * 40, "is no zip archive"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "upload"),
    ],
)
async def test_a_file_of_which_nothing_can_be_read_is_refused_with_its_reason(
    door: Uploading, body: bytes, reason: str
) -> None:
    said = await door.settled(await door.upload(body, "upload"))
    assert said["state"] == "refused"
    assert reason in str(said["reason"])
    assert door.api.log.events == []


async def test_whatever_an_importer_stumbles_over_refuses_this_file_alone(
    door: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(*args: Any, **more: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(content, "read_upload", stumbles)
    said = await door.settled(await door.upload(archive()))
    assert (said["state"], said["reason"]) == ("refused", "it cannot be read (RecursionError)")


async def test_uploads_are_bounded(door: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of one, how many come in at once, how many are kept, how much of one."""
    answer = await door.upload(b"x" * (spool.UPLOAD_BYTES_MAX + 1), "")
    assert answer.status_code == 413
    assert (await door.upload(b"x" * (spool.UPLOAD_BYTES_MAX + spool.FORM_BYTES), "x")).status_code == 413
    assert (await door.upload(b"", "")).status_code == 400
    assert (await door.upload(b"", "x")).json()["detail"] == "file: is missing"
    assert (await door.upload(CALENDAR, "x", me="m" * (URL_CHARS_MAX + 1))).json()["field"] == "me"
    for n in range(places.HERE_MAX):
        door.imports.enter(f"m{n}")
    assert (await door.upload(archive())).status_code == 503
    for n in range(places.HERE_MAX):
        door.imports.leave(f"m{n}")
    door.keeper.full = True
    assert (await door.upload(archive())).status_code == 503
    door.keeper.full = False
    monkeypatch.setattr(content, "PACKED_BYTES_MAX", 10)
    assert (await door.settled(await door.upload(archive())))["reason"] == content.TOO_MUCH
    assert left() == []


async def test_events_that_have_no_room_are_refused_with_a_reason(door: Uploading) -> None:
    """Pass `NoRoom` on, and the import stands as one whose process died."""

    async def filling(order: Any, known: Any, progress: Any) -> Any:
        door.keeper.full = True
        return await read_here(order, known, progress)

    door.imports._reads = filling
    found = await door.settled(await door.upload(archive()))
    assert (found["state"], found["reason"], door.api.log.events) == ("refused", work.NO_ROOM, [])


async def test_a_store_that_does_not_answer_is_503_and_keeps_no_place(door: Uploading) -> None:
    door.keeper.fails = True
    for _ in range(places.HERE_MAX + 1):
        answer = await door.upload(archive())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "store" in answer.json()["detail"]


async def test_another_upload_takes_the_place_of_the_one_before(door: Uploading) -> None:
    first = await door.settled(await door.upload(archive(), look=True))
    second = await door.settled(await door.upload(CONNECTIONS, "Connections.csv", look=True))
    gone = await door.api.client.post(f"/v1/members/ada/imports/{first['id']}/confirm", headers=door.headers)
    assert gone.status_code == 404
    dropped = await door.api.client.delete(f"/v1/members/ada/imports/{second['id']}", headers=door.headers)
    assert dropped.status_code == 204
    assert door.keeper.kept == {}


async def test_another_process_goes_on_where_one_died_and_says_nothing_twice(
    door: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begin anew in `_publish`, and Kafka gets the first block a second time."""
    monkeypatch.setattr(content, "BLOCK_EVENTS", 2)
    said = await door.settled(await door.upload(archive(), look=True))
    kept = Kept.model_validate_json(door.keeper.kept["ada"]["status"])
    kept.state, kept.acknowledged, kept.at = "publishing", 2, NOW - timedelta(seconds=work.SILENT_SECONDS + 1)
    door.keeper.kept["ada"]["status"] = kept.model_dump_json().encode()
    other = imports_of(door.api, door.keeper, [], [1])
    assert (await other.status("ada", str(said["id"]))).state == "interrupted"
    await other.confirm("ada", str(said["id"]))
    await other.settled(str(said["id"]), 10)
    assert (await other.status("ada", str(said["id"]))).state == "done"
    assert [one.type for one in door.api.log.events] == ["rapport.import.completed"]
    await other.stop()


async def test_one_whose_process_died_while_it_was_read_is_to_be_uploaded_again(door: Uploading) -> None:
    said = await door.settled(await door.upload(archive(), look=True))
    kept = Kept.model_validate_json(door.keeper.kept["ada"].pop("status"))
    del door.keeper.kept["ada"]["events"]
    kept.state, kept.at = "reading", NOW - timedelta(seconds=work.SILENT_SECONDS + 1)
    door.keeper.kept["ada"]["status"] = kept.model_dump_json().encode()
    assert (await door.status(str(said["id"])))["state"] == "interrupted"
    answer = await door.api.client.post(f"/v1/members/ada/imports/{said['id']}/confirm", headers=door.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "import_not_read")


@pytest.mark.parametrize("before", [0, 1])
async def test_an_erasure_between_look_and_word_ends_it(door: Uploading, before: int) -> None:
    """Leave out the incarnation in `_publish`, and a confirmed import brings an erased member back: known before or not."""
    door.incarnation[0] = before
    said = await door.settled(await door.upload(archive(), look=True))
    door.incarnation[0] = 7
    await door.api.client.post(f"/v1/members/ada/imports/{said['id']}/confirm", headers=door.headers)
    await door.imports.settled(str(said["id"]), 10)
    assert (await door.status(str(said["id"])))["reason"] == work.ERASED
    assert door.api.log.events == []
    assert door.keeper.kept["ada"]["events"] == content.NOTHING


async def test_what_was_dropped_is_not_published_any_further(door: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pass over the answer to what is noted after a block, and all others follow a `DELETE`, or another upload."""
    monkeypatch.setattr(content, "BLOCK_EVENTS", 1)
    append = door.api.log.append

    async def dropping(events: Any, heard: Any) -> Any:
        await door.keeper.drop("ada")
        return await append(events, heard)

    monkeypatch.setattr(door.api.parts.outbox, "_append", dropping)
    await door.upload(archive())
    assert len(door.api.log.events) == 1


async def test_an_erasure_ends_what_is_being_published(door: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the cancellation, and what is under way follows the erasure."""
    publishing, go_on = asyncio.Event(), asyncio.Event()
    append = door.api.log.append

    async def slow(events: Any, heard: Any) -> Any:
        publishing.set()
        await go_on.wait()
        return await append(events, heard)

    look = await door.settled(await door.upload(archive(), look=True))
    monkeypatch.setattr(door.api.parts.outbox, "_append", slow)
    await door.imports.confirm("ada", str(look["id"]))
    await publishing.wait()
    await door.imports.forget("ada")
    go_on.set()
    await door.imports.settled(str(look["id"]), 10)
    assert (door.api.log.events, door.keeper.kept) == ([], {})


async def test_what_kafka_does_not_acknowledge_can_be_gone_on_with(door: Uploading) -> None:
    said = await door.settled(await door.upload(archive(), look=True))
    taken = door.api.log.append

    async def not_taken(events: Any, heard: Any) -> list[NotTaken]:
        return [NotTaken("TimeoutError")] * len(events)

    door.api.parts.outbox._append = not_taken
    await door.imports.confirm("ada", str(said["id"]))
    await door.imports.settled(str(said["id"]), 10)
    assert (await door.status(str(said["id"])))["reason"] == work.NOT_ACKNOWLEDGED
    door.api.parts.outbox._append = taken
    await door.imports.confirm("ada", str(said["id"]))
    await door.imports.settled(str(said["id"]), 10)
    assert (await door.status(str(said["id"])))["state"] == "done"


async def test_events_that_are_kept_are_the_same_when_they_are_published(door: Uploading) -> None:
    await door.upload(archive())
    [zoe, *_] = door.api.log.events
    assert isinstance(zoe.data, ContactConnected)
    assert (zoe.data.contact.name, zoe.member, zoe.time.isoformat()) == ("Zoé Moreau", "ada", zoe.logged.isoformat())
