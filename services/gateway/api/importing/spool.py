"""The file of an upload while it is read: on this machine's disk, for this user alone, and gone as soon as it was read."""

from __future__ import annotations

import asyncio
import mmap
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from starlette.requests import ClientDisconnect

from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.problems import Problem, later

UPLOAD_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one file: the tables of an export with tens of thousands of messages, packed. Larger ones take `rapport import`."""
UPLOAD_SECONDS_MAX: Final = 120.0
"""Until all of it has come: from a telephone, too."""
LEFT_SECONDS: Final = 900
"""Older than any file that is still read: two minutes to come in, and four that are read for two minutes each."""
PREFIX: Final = "rapport-import-"
NAME_CHARS_MAX: Final = 80
PARTS_MAX: Final = 8
"""Of a form with a file."""
FORM_BYTES: Final = 65_536
"""What a form may have beside its file."""
FIELD_BYTES_MAX: Final = 8_192
HEAD_BYTES_MAX: Final = 2_048
_BOUNDARY: Final = re.compile(
    r'multipart/form-data\s*;.*?boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', re.IGNORECASE
)
_NAME: Final = re.compile(rb'\bname="([^"\r\n]{1,40})"')
_FILE: Final = re.compile(rb'\bfilename="([^"\r\n]{0,1000})"')
_NOT_ASCII: Final = re.compile(r"[^\x20-\x7e]")
_PLAIN: Final = re.compile(r"[^\w.() -]+")


class BadForm(Exception):
    """What was sent is no form with a file; the message says why."""


class Form(NamedTuple):
    """A form with a file: its fields, and the file."""

    fields: dict[str, str]
    spool: Spool


class Spool:
    """One file, until `close`."""

    def __init__(self, name: str) -> None:
        """Make room for it; `Problem` 503 where there is none. Its name on the disk is ASCII: a letter may have 4 bytes."""
        self.name = plain_name(name)
        with _room():
            self._folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.path = self._folder / _NOT_ASCII.sub("_", self.name)
        self.size = 0

    async def take(self, parts: AsyncIterator[bytes], bytes_max: int = UPLOAD_BYTES_MAX) -> None:
        """Write what comes; `Problem` 413, 408, 400, or 503 where there is no room for it."""
        try:
            async with asyncio.timeout(UPLOAD_SECONDS_MAX):
                with _room(), self._opened() as file:
                    async for part in parts:
                        self.size += len(part)
                        if self.size > bytes_max:
                            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body: is more than {bytes_max} bytes")
                        file.write(part)
        except (TimeoutError, ClientDisconnect):
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, "the file did not come in time") from None
        if not self.size:
            raise Problem(HTTPStatus.BAD_REQUEST, "body: is empty")

    def write(self, content: bytes) -> None:
        """Write all of it; `Problem` 503 where there is no room, and nothing of it is left."""
        try:
            with _room(), self._opened() as file:
                file.write(content)
        except Problem:
            self.close()
            raise
        self.size = len(content)

    def close(self) -> None:
        """Leave nothing of it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _opened(self) -> BinaryIO:
        return os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise later(RETRY_AFTER_SECONDS, f"there is no room for a file here: {error.strerror}") from error


def plain_name(name: str) -> str:
    """Return what a file is called, fit for a path and for a line of a page."""
    name = _PLAIN.sub("", name.replace("\\", "/").rpartition("/")[2]).strip(". ")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > NAME_CHARS_MAX:
        name = f"{stem[: NAME_CHARS_MAX - 6]}{dot}{suffix[:5]}"
    return name or "upload"


async def form_taken(parts: AsyncIterator[bytes], content_type: str) -> Form:
    """Return a form that has come; `BadForm` where it is none, or has no file, and the problems of `Spool.take`."""
    whole = Spool("form")
    try:
        await whole.take(parts, UPLOAD_BYTES_MAX + FORM_BYTES)
        return form_of(whole, content_type)
    finally:
        whole.close()


def form_of(whole: Spool, content_type: str) -> Form:
    """Take a form apart (RFC 7578); `BadForm` where it is none, or has no file."""
    found = _BOUNDARY.match(content_type)
    if found is None:
        raise BadForm("form: must be multipart/form-data")
    fields: dict[str, str] = {}
    called, content = "", b""
    with whole.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        for part in _parts(mapped, b"--" + found[1].strip().encode()):
            if part.called is not None:
                called, content = part.called, mapped[part.begin : part.end]
            else:
                fields[part.name] = mapped[part.begin : part.end].decode(errors="replace")
    if not content:
        raise BadForm("file: is missing")
    spool = Spool(called)
    spool.write(content)
    return Form(fields, spool)


class _Part(NamedTuple):
    name: str
    called: str | None
    """What its file is called; None: it is a field."""
    begin: int
    end: int


def _parts(content: mmap.mmap, mark: bytes) -> Iterator[_Part]:
    """Give the parts of a form: where the content of each begins and ends."""
    count, at = 0, content.find(mark)
    while at >= 0 and content[at + len(mark) : at + len(mark) + 2] == b"\r\n":
        begin = at + len(mark)
        head_end = content.find(b"\r\n\r\n", begin, begin + HEAD_BYTES_MAX)
        end = content.find(b"\r\n" + mark, head_end + 2)
        count += 1
        if head_end < 0 or end < 0 or count > PARTS_MAX:
            raise BadForm("form: is cut off, or has too many parts")
        head = content[begin:head_end]
        name, called = _NAME.search(head), _FILE.search(head)
        if name is None:
            raise BadForm("form: a part has no name")
        if called is None and end - head_end > FIELD_BYTES_MAX:
            raise BadForm(f"form: a field has more than {FIELD_BYTES_MAX} bytes")
        yield _Part(
            name[1].decode(errors="replace"),
            None if called is None else called[1].decode(errors="replace"),
            head_end + 4,
            max(end, head_end + 4),
        )
        at = end + 2


def sweep(now: float | None = None) -> None:
    """Delete what processes have left that were killed while they read."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            about = folder.lstat()
        except OSError:
            continue
        if about.st_uid == os.geteuid() and (time.time() if now is None else now) - about.st_mtime > LEFT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
