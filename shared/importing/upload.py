"""A file that somebody has uploaded: what it is, is told by its content, and it is read by the importer that knows it.

Whoever takes files in calls `read_upload` alone, so another kind of file is added here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from shared.contracts import Event
from shared.importing.addressbook import read_address_book, tables, vcard
from shared.importing.calendar import read_calendar
from shared.importing.counted import Progress
from shared.importing.existing.activity import Existing
from shared.importing.limits import HEADER_LINES_MAX
from shared.importing.linkedin import Import, read_archive
from shared.importing.rows import HEADERS

HEAD_BYTES: Final = 64 * 1024
"""Of a file, by which its kind is told."""
_SEPARATOR: Final = re.compile("[,;\t]")
HIDDEN: Final = "people who closed their account or hide themselves"


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that cannot be read: where it stands in the file, and why. No word of the file is in it."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds, as far as it is no event."""

    read: int
    """Rows, events or cards, as the kind has it."""
    rejected: tuple[Rejected, ...] = ()
    rejected_more: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many of them are none of our business, by the reason."""
    files_refused: tuple[Rejected, ...] = ()
    """Files of an archive that cannot be read; the others are."""


class Uploaded(Protocol):
    """A file that has been read to its end."""

    @property
    def kind(self) -> str:
        """What it is: `linkedin`, `calendar`, `contacts`."""

    @property
    def compares(self) -> bool:
        """Whether its events depend on what was told of the member before."""

    def events(self, known: Existing) -> Iterator[Event]:
        """Give its events, the same each time; the file has to be there still."""

    def found(self) -> Found:
        """Return what else is in it; whole once `events` has ended."""


def read_upload(
    path: Path, *, member: str, now: datetime, me: str | None = None, progress: Progress | None = None
) -> Uploaded:
    """Read and check the file at `path`: a LinkedIn export (zip or CSV), a calendar, or an address book.

    `me`: the member's own address there, where the file does not tell whose it is: of a profile, or for mail. `progress` is
    told the bytes read and to read, where the kind tells them. `ArchiveError` when it is none of these or nothing of it can
    be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR":
        calendar = read_calendar(path, member=member, now=now, me=() if me is None else (me,))
        return _Compared("calendar", calendar.events, calendar.report, "event")
    if vcard.is_vcard(head) or (tables.is_table(head) and not _is_of_linkedin(head)):
        book = read_address_book(path, member=member, now=now)
        return _Compared("contacts", book.events, book.report, "card")
    return _Archive(read_archive(path, member=member, imported_at=now, me=me, progress=progress))


def _is_of_linkedin(head: bytes) -> bool:
    """Whether it is a zip, or a table with the columns of an export: those of connections have names and addresses, too."""
    lines = head.decode(errors="replace").lower().replace(" ", "").splitlines()[:HEADER_LINES_MAX]
    columns = [{one.strip('"') for one in _SEPARATOR.split(line)} for line in lines]
    return head.startswith(b"PK") or any(header <= line for line in columns for header in HEADERS.values())


class _Archive:
    kind, compares = "linkedin", False

    def __init__(self, archive: Import) -> None:
        self._archive = archive

    def events(self, known: Existing) -> Iterator[Event]:  # noqa: ARG002 - the same rows are the same events
        return self._archive.events()

    def found(self) -> Found:
        report = self._archive.report()
        left_out = dict(report.get("set_aside", {}))
        if hidden := report["hidden_rows"]:
            left_out[HIDDEN] = hidden
        return Found(
            report["rows_read"],
            tuple(Rejected(f"{row['file']} line {row['line']}", row["reason"]) for row in report["rows_rejected"]),
            report.get("rows_rejected_more", 0),
            left_out,
            tuple(Rejected(one["file"], one["reason"]) for one in report.get("files_refused", ())),
        )


@dataclass(frozen=True, slots=True)
class _Compared:
    kind: str
    events: Callable[[Existing], Iterator[Event]]
    report: Callable[[], Mapping[str, Any]]
    what: str
    compares: bool = True

    def found(self) -> Found:
        report, what = self.report(), self.what
        return Found(
            report[f"{what}s_read"],
            tuple(Rejected(f"{what} {one[what]}", one["reason"]) for one in report[f"{what}s_rejected"]),
            report.get(f"{what}s_rejected_more", 0),
            report["set_aside"],
        )
