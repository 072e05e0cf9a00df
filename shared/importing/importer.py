"""What an importer is: it knows the files of its kind by their content, and reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, Protocol

from shared.contracts import Event
from shared.importing.existing.activity import Existing
from shared.importing.files.counted import Progress

HEAD_BYTES: Final = 64 * 1024
"""Of a file, by which its kind is told."""


class Sureness(IntEnum):
    """How sure an importer is that a file is of its kind; the surest one reads it."""

    NO = 0
    LIKELY = 1
    """It looks like one, as other files may."""
    CERTAIN = 2
    """It says so itself, or has what no other kind has."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a file before it is read."""

    head: bytes
    """Its first `HEAD_BYTES`; nothing of a folder."""
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever imports says of a file."""

    member: str
    now: datetime
    me: tuple[str, ...] = ()
    """The member's own addresses: of profiles, or for mail."""
    zone: str | None = None
    """An IANA name for times that name none, or one that nothing tells."""
    progress: Progress | None = None
    own_zone: str | None = None
    """The IANA name of the member's own clocks, where it is known: for times that name none."""

    @property
    def mail_addresses(self) -> tuple[str, ...]:
        """Return those of `me` that are for mail."""
        return tuple(one for one in self.me if _is_mail(one))

    @property
    def profile(self) -> str | None:
        """Return the first of `me` that is of a profile."""
        return next((one for one in self.me if not _is_mail(one)), None)


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
    notes: tuple[Rejected, ...] = ()
    """What may have been misread, by the file: it is imported all the same."""


class FileImport(Protocol):
    """A file that has been read to its end."""

    @property
    def kind(self) -> str:
        """What it is: the kind of its importer."""

    @property
    def compares(self) -> bool:
        """Whether its events depend on what was told of the member before."""

    def events(self, existing: Existing) -> Iterator[Event]:
        """Give its events, the same each time; the file has to be there still."""

    def found(self) -> Found:
        """Return what else is in it; whole once `events` has ended."""


@dataclass(frozen=True, slots=True)
class Importer:
    """One kind of files."""

    kind: str
    files: str
    """Which files it reads, as whoever has another one is told: `a calendar (.ics)`."""
    knows: Callable[[Look], Sureness]
    """Tells whether a file is of this kind. Its head may be anything, and raises nothing."""
    read: Callable[[Path, Given], FileImport]
    """Reads and checks a file to its end; `ArchiveError` where nothing of it can be read."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A file whose events depend on what was told before.

    `what` it consists of: `event`, `card`. `place`: what the numbers of those that cannot be read count.
    """

    kind: str
    events: Callable[[Existing], Iterator[Event]]
    report: Callable[[], Mapping[str, Any]]
    what: str
    place: str
    compares: bool = True

    def found(self) -> Found:
        """Return what its report says."""
        report, what = self.report(), self.what
        return Found(
            report[f"{what}s_read"],
            tuple(Rejected(f"{self.place} {one[what]}", one["reason"]) for one in report[f"{what}s_rejected"]),
            report.get(f"{what}s_rejected_more", 0),
            report["set_aside"],
        )


def _is_mail(address: str) -> bool:
    return "@" in address and "/" not in address
