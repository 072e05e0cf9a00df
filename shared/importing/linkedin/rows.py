"""What one row of Connections.csv or Invitations.csv says, read and checked; every refusal names the column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from shared import calendar
from shared.contracts.fields import whole_milliseconds
from shared.importing.files.resaved import DAY_ALONE, DOTTED
from shared.importing.files.table import BadRow, Row, check_cells
from shared.importing.limits import SENT_AHEAD_DAYS_MAX
from shared.importing.linkedin.dates import day_of, is_day_alone, is_dotted, wall_time_of
from shared.importing.linkedin.people import folded, headline_of, name_of, slug_of, words_of
from shared.importing.refusals import RowRefused


class Kind(StrEnum):
    """What a file holds, known by its header."""

    CONNECTIONS = "connections"
    INVITATIONS = "invitations"
    MESSAGES = "messages"
    RECEIVED = "recommendations received"
    GIVEN = "recommendations given"
    PROFILE = "profile"
    """The member's own; no event is made of it."""


HEADERS: Final = {
    Kind.CONNECTIONS: frozenset({"firstname", "lastname", "connectedon"}),
    Kind.INVITATIONS: frozenset({"from", "to", "sentat", "direction"}),
    Kind.MESSAGES: frozenset({"from", "to", "date", "content"}),
    Kind.RECEIVED: frozenset({"firstname", "lastname", "jobtitle", "text", "creationdate"}),
    Kind.GIVEN: frozenset({"firstname", "lastname", "jobtitle", "text", "creationdate"}),
    Kind.PROFILE: frozenset({"firstname", "lastname", "headline", "summary"}),
}
"""The columns that every era has, in lower case without spaces. Which way a recommendation goes, its file's name tells."""

OUTGOING: Final = "OUTGOING"
INCOMING: Final = "INCOMING"


class _Somebody:
    """Who is named by a name, a profile, or both."""

    __slots__ = ()
    name: str
    slug: str | None

    @property
    def label(self) -> str:
        """Return the name, or what stands for it."""
        return self.name or self.slug or ""


@dataclass(frozen=True, slots=True)
class Connection(_Somebody):
    """Somebody whom the member is connected with. At least one of `name` and `slug` is there."""

    name: str
    slug: str | None
    headline: str | None
    day: date
    mark: bytes
    """Digest of the whole row: a row that stands twice is one."""


@dataclass(frozen=True, slots=True)
class Invitation(_Somebody):
    """An invite, seen from the member; `name` and `slug` are the other's, and at least one of them is there."""

    direction: str
    name: str
    slug: str | None
    sent: datetime
    wall: str
    """`Sent At` as it was written, in one spelling: it identifies the row, whichever zone it is read in."""
    note: str | None

    @property
    def invite_id(self) -> str:
        """Return the id that this row has in every export it stands in."""
        key = self.slug if self.slug is not None else "name:" + folded(self.name)
        return "linkedin-" + digest("invite", key, self.wall, self.direction)


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read."""

    zone_sent: str
    imported_at: datetime
    owner: str | None = None
    """The member's own slug."""

    @property
    def latest(self) -> datetime:
        """Return the instant after which no row can lie."""
        return self.imported_at + timedelta(days=SENT_AHEAD_DAYS_MAX)


def digest(*parts: str) -> str:
    """Return a name for these parts: 32 hexadecimal digits. Parts hold no control characters."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def read_connection(row: Row, reading: Reading) -> Connection | None:
    """Return whom a row of Connections.csv names; None for a hidden member, of whom there is only the date."""
    check_cells(row)
    name = name_of(f"{row['firstname']} {row['lastname']}", "First Name, Last Name")
    slug = slug_of(row["url"], "URL")
    day = day_of(row["connectedon"])
    if midnight(day) > reading.latest:
        raise RowRefused("Connected On: lies after the import")
    if not name and slug is None:
        return None
    mark = blake2b("\x1f".join(row.cells).encode(), digest_size=12).digest()
    return Connection(name, slug, headline_of(row["position"], row["company"]), day, mark)


def read_invitation(row: Row, reading: Reading) -> Invitation | None:
    """Return the invite of a row of Invitations.csv; None when the other side is hidden."""
    check_cells(row)
    direction = _direction(row, reading)
    column, url = ("To", "inviteeProfileUrl") if direction == OUTGOING else ("From", "inviterProfileUrl")
    name = name_of(row[column.lower()], column)
    slug = slug_of(row[url.lower()], url)
    wall = wall_time_of(row["sentat"])
    sent = whole_milliseconds(calendar.instant(wall, reading.zone_sent))
    if sent > reading.latest:
        raise RowRefused("Sent At: lies after the import")
    if not name and slug is None:
        return None
    if slug is not None and slug == reading.owner:
        raise RowRefused(f"{url}: is the member on both sides")
    return Invitation(direction, name, slug, sent, wall.isoformat(), words_of(row["message"]))


def notes_of(row: Row | BadRow, kind: Kind) -> Iterator[str]:
    """Say what a spreadsheet has made of a good row."""
    if isinstance(row, Row):
        written = row[_WHEN[kind]]
        if is_dotted(written):
            yield DOTTED
        if kind is not Kind.CONNECTIONS and is_day_alone(written):
            yield DAY_ALONE


_WHEN: Final = {
    Kind.CONNECTIONS: "connectedon", Kind.INVITATIONS: "sentat", Kind.MESSAGES: "date", Kind.RECEIVED: "creationdate",
    Kind.GIVEN: "creationdate",
}  # fmt: skip


def midnight(day: date) -> datetime:
    """Return the beginning of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def _direction(row: Row, reading: Reading) -> str:
    """Return the direction that is written, or else the one that follows from whose archive it is."""
    written = row["direction"].strip().upper()
    if written in {OUTGOING, INCOMING}:
        return written
    if not written and reading.owner is not None:
        inviter = slug_of(row["inviterprofileurl"], "inviterProfileUrl")
        invitee = slug_of(row["inviteeprofileurl"], "inviteeProfileUrl")
        if (inviter == reading.owner) != (invitee == reading.owner):
            return OUTGOING if inviter == reading.owner else INCOMING
    raise RowRefused(f"Direction: is neither {OUTGOING} nor {INCOMING}")
