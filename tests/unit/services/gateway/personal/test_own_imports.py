"""Importing on a member's own page: a look ahead always, and nothing counts before a press."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.gateway.api.importing import places, spool
from services.gateway.personal.routes import MemberPages
from shared.runtime.reader import UnknownMember
from tests.unit.services.gateway.api.uploads import BOOK, CONNECTIONS, archive, imports_for, is_empty
from tests.unit.services.gateway.personal.own_pages import Browser, a_member, browser

PATH = "/me/import"


@asynccontextmanager
async def importing() -> AsyncIterator[Browser]:
    """Open the pages of a member who may import."""

    async with browser(a_member()) as opened:
        imports = imports_for(opened.deps)
        deps = replace(opened.deps, imports=imports)
        transport = httpx.ASGITransport(MemberPages(deps).app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages") as opened.client:
            await opened.let_in()
            await opened.get(PATH)
            yield opened
        await imports.stop()


async def upload(opened: Browser, content: bytes | str, name: str = "export.zip", **fields: str) -> httpx.Response:
    """Choose a file and press the button, as a browser does."""
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', opened.page.text))
    files = {"file": (name, content.encode() if isinstance(content, str) else content)}
    opened.page = await opened.client.post(PATH, data=hidden | fields, files=files, follow_redirects=True)
    return opened.page


@pytest.fixture(autouse=True)
def _own_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other runs on this machine upload meanwhile is not seen here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{spool.PREFIX}*/*"))


async def test_the_page_shows_what_is_in_a_file_before_it_counts() -> None:
    async with importing() as opened:
        page = await upload(opened, archive())
        assert page.status_code == 200
        assert "This is in it" in page.text
        assert re.search(r"People you are connected with</p><p class=\"soft\">2<", page.text)
        assert "<bdi>Zoé Moreau</bdi>, <bdi>Mei Tanaka</bdi>" in page.text
        assert "<bdi>Connections.csv line 3</bdi>" in page.text
        assert re.search(r'<bdi lang="en">[^<]+: is no', page.text), "a reason is English in every language"
        assert opened.log.events == []
        page = await opened.press("confirm")
        assert "It is brought in" in page.text
        assert len(opened.log.events) == 3
        assert 'value="confirm"' not in page.text


async def test_it_can_be_forgotten() -> None:
    async with importing() as opened:
        await upload(opened, BOOK, "book.vcf")
        page = await opened.press("drop")
        assert "This is in it" not in page.text
        assert opened.log.events == []


async def test_a_file_that_cannot_be_read_is_said_with_its_reason() -> None:
    async with importing() as opened:
        page = await upload(opened, "<b>what</b>", '"><script>.csv')
        assert "This file is not brought in" in page.text
        assert "<script>" not in page.text
        assert 'value="confirm"' not in page.text


@pytest.mark.parametrize("mark", ["", "x"])
async def test_a_form_that_the_page_has_not_shown_is_refused_and_leaves_nothing(mark: str) -> None:
    """Leave out the comparison in `_upload`, and any site brings people in for whoever has a visit open."""
    async with importing() as opened:
        for _ in range(places.HERE_MAX + 1):
            await opened.get(PATH)
            assert (await upload(opened, CONNECTIONS, mark=mark)).status_code == 403
        await opened.get(PATH)
        other = await opened.client.post(
            PATH, files={"file": ("a.csv", b"x")}, headers={"sec-fetch-site": "cross-site"}
        )
        assert other.status_code == 403
        assert left() == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--'),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Type: x\r\n\r\nx\r\n--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * (spool.PARTS_MAX + 1) + b"--b--",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 9_000 + b"\r\n--b--",
        ),
    ],
)
async def test_a_form_that_is_none_is_refused_and_keeps_no_place(content_type: str, body: bytes) -> None:
    async with importing() as opened:
        for _ in range(places.HERE_MAX + 1):
            answer = await opened.client.post(PATH, content=body, headers={"content-type": content_type})
            assert answer.status_code == 422


async def test_a_disk_without_room_keeps_no_place_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave out the `close` in `Spool.write`, and the second file of a form leaves its folder."""

    def full(*args: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def second(*args: Any, **more: Any) -> Any:
        files.append(args)
        return full() if len(files) % 2 == 0 else opened_file(*args, **more)

    files, opened_file = list[Any](), os.fdopen
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with importing() as opened:
        for what, name, breaks in ((tempfile, "mkdtemp", full), (os, "fdopen", second)):
            with monkeypatch.context() as broken:
                broken.setattr(what, name, breaks)
                for _ in range(places.HERE_MAX + 1):
                    await opened.get(PATH)
                    assert (await upload(opened, archive())).status_code == 503
        assert is_empty(tmp_path)


async def test_without_a_store_there_is_no_such_page() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        assert PATH not in opened.page.text
        assert (await opened.get(PATH)).status_code == 503


async def test_of_a_member_who_was_erased_a_page_that_is_open_still_takes_no_file_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise what was just forgotten lies in the store again for half an hour, and its button publishes it."""
    async with importing() as opened:

        async def erased(*_: object) -> None:
            raise UnknownMember

        monkeypatch.setattr(opened.known, "read", erased)
        assert (await upload(opened, archive())).status_code == 404
        assert left() == []
        monkeypatch.undo()
        assert "This is in it" not in (await opened.get(PATH)).text
