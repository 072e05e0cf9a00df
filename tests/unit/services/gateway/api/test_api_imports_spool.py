"""The file of an upload, on the disk: for a while, by a name of our own, and nothing is left of it."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.gateway.api.importing import places, spool, work
from tests.unit.services.gateway.api.uploads import CONNECTIONS, Uploading, archive, is_empty, uploading


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for what is temporary: other tests are at work in that of the machine."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
async def door() -> AsyncIterator[Uploading]:
    async with uploading() as opened:
        yield opened


async def test_what_a_killed_process_has_left_is_deleted_when_the_next_one_starts() -> None:
    old = spool.Spool("Connections.csv")
    old.write(b"x")
    assert (old.path.stat().st_mode & 0o777, old.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    spool.sweep()
    assert old.path.exists(), "one that is read right now stays"
    spool.sweep(old.path.parent.stat().st_mtime + spool.LEFT_SECONDS + 1)
    assert not old.path.parent.exists()


async def test_it_is_looked_for_while_a_process_lives_too(door: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    old = spool.Spool("Connections.csv")
    monkeypatch.setattr(spool, "LEFT_SECONDS", -1)
    door.imports.enter("ada")
    assert old.path.parent.exists(), "once a minute"
    door.imports._swept -= work.SWEEP_SECONDS
    door.imports.enter("ada")
    assert not old.path.parent.exists()


async def test_a_disk_without_room_is_503_and_keeps_no_place(
    door: Uploading, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make the folder outside of the `try`, and four failures are the last uploads of the process."""

    def full(*args: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for what, name in ((tempfile, "mkdtemp"), (os, "fdopen")):
        with monkeypatch.context() as broken:
            broken.setattr(what, name, full)
            for _ in range(places.HERE_MAX + 1):
                answer = await door.upload(archive())
                assert answer.status_code == 503
                assert "No space left on device" in answer.json()["detail"]
    assert is_empty(room), "nor a folder"


async def test_a_name_of_long_letters_is_shown_and_is_no_name_on_the_disk(door: Uploading) -> None:
    """Keep it by its own name, and the disk has no room for 320 bytes of it."""
    found = await door.settled(await door.upload(CONNECTIONS, "𐍈" * 76 + ".csv"))
    assert (found["state"], found["file"]) == ("done", "𐍈" * 76 + ".csv")


def test_a_name_is_a_name_and_no_path() -> None:
    for name, plain in {
        "": "upload", "..": "upload", "/etc/passwd": "passwd", "C:\\x\\a.zip": "a.zip", "a\0\n<b>.csv": "ab.csv",
        "x" * 300 + ".zip": "x" * 74 + ".zip",
    }.items():  # fmt: skip
        assert spool.plain_name(name) == plain


async def test_a_body_that_stands_still_is_given_up(door: Uploading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "UPLOAD_SECONDS_MAX", 0.01)
    taken = spool.Spool("x")

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    with pytest.raises(Exception, match="did not come in time"):
        await taken.take(slow())
    taken.close()
