"""What one row of messages.csv says: that the member and somebody wrote to each other, when, and nothing of their words.

Whose row it is follows from the profile addresses, or from the direction that the oldest era writes. Drafts and spam
passed between nobody; a message to a crowd says nothing of any one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from shared import calendar
from shared.contracts.fields import whole_milliseconds
from shared.importing.files.table import Row, check_cells
from shared.importing.limits import RECIPIENTS_MAX
from shared.importing.linkedin.dates import wall_time_of
from shared.importing.linkedin.people import folded, is_page, name_of, slug_of
from shared.importing.linkedin.rows import INCOMING, OUTGOING, Reading, digest
from shared.importing.refusals import RowRefused

WHOSE: Final = "SENDER PROFILE URL: does not tell whose archive it is; name the member's own profile (--me)"
_UTC: Final = re.compile(r"\s*(?:UTC|Z)\s*$", re.IGNORECASE)
_YES: Final = frozenset({"yes", "true", "1"})


class Aside(StrEnum):
    """Why a good row is no message between the member and a person."""

    DRAFT = "drafts"
    SPAM = "spam"
    SELF = "messages to oneself"
    PAGE = "messages with a page, not a person"
    CROWD = "messages to a crowd"


@dataclass(frozen=True, slots=True)
class Other:
    """The other side of a message: an address or, in old eras, a name alone."""

    name: str
    slug: str | None

    @property
    def key(self) -> str:
        """Return what tells this person apart within a row."""
        return self.slug if self.slug is not None else "name:" + folded(self.name)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that passed between the member and others; at least one of them."""

    direction: str
    others: tuple[Other, ...]
    at: datetime
    wall: str
    """`DATE` as it was written, in one spelling: it identifies the row."""
    conversation: str
    """A digest; empty where the era has none."""


def read_message(row: Row, reading: Reading) -> Message | Aside | None:
    """Return the message of a row; why it is set aside; None when the other side is hidden."""
    check_cells(row)
    if (aside := set_aside(row)) is not None:
        return aside
    direction, others = _sides(row, reading)
    wall, at = _moment(row["date"], reading)
    if at > reading.latest:
        raise RowRefused("DATE: lies after the import")
    if _to_oneself(row, reading):
        return Aside.SELF
    if len(others) > RECIPIENTS_MAX:
        return Aside.CROWD
    if not others:
        return None
    named = row["conversationid"].strip()
    return Message(direction, others, at, wall.isoformat(), digest("conversation", named) if named else "")


def set_aside(row: Row) -> Aside | None:
    """Return why a row passed between nobody, as far as it tells by itself."""
    folder = row["folder"].strip().upper()
    if folder == "DRAFTS" or any(row[draft].strip().lower() in _YES for draft in _DRAFTS):
        return Aside.DRAFT
    if folder == "SPAM":
        return Aside.SPAM
    sides = (row["senderprofileurl"], *row["recipientprofileurls"].split(","))
    return Aside.PAGE if any(is_page(side) for side in sides) else None


_DRAFTS: Final = ("ismessagedraft", "isconversationdraft")


def _sides(row: Row, reading: Reading) -> tuple[str, tuple[Other, ...]]:
    """Return the direction of a message, and who is on the other side."""
    written, sender, recipients = row["direction"].strip().upper(), sender_of(row), recipients_of(row)
    if written in {OUTGOING, INCOMING}:
        outgoing = written == OUTGOING
    elif reading.owner is None:
        raise RowRefused(WHOSE)
    elif sender is None:
        return INCOMING, ()
    else:
        outgoing = sender == reading.owner
    if not outgoing:
        name = name_of(row["from"], "FROM")
        return INCOMING, (Other(name, sender),) if name or sender is not None else ()
    slugs = [slug for slug in dict.fromkeys(recipients) if slug != reading.owner]
    name = "" if len(slugs) > 1 else name_of(row["to"], "TO")
    if not slugs:
        return OUTGOING, (Other(name, None),) if name else ()
    return OUTGOING, tuple(Other(name, slug) for slug in slugs)


def _to_oneself(row: Row, reading: Reading) -> bool:
    """Tell whether the member is on both sides; by the names where recipients have no address."""
    sender, recipients = sender_of(row), recipients_of(row)
    if recipients:
        return {sender, *recipients} == {reading.owner} and reading.owner is not None
    if sender is not None and sender != reading.owner:
        return False
    name = folded(name_of(row["from"], "FROM"))
    return bool(name) and name == folded(name_of(row["to"], "TO"))


def sender_of(row: Row) -> str | None:
    """Return the profile of who wrote; None where the row does not tell."""
    return slug_of(row["senderprofileurl"], "SENDER PROFILE URL")


def recipients_of(row: Row) -> list[str]:
    """Return the profiles of those who were written to, as far as the row tells."""
    cells = row["recipientprofileurls"].split(",")
    return [slug for cell in cells if (slug := slug_of(cell, "RECIPIENT PROFILE URLS")) is not None]


def _moment(cell: str, reading: Reading) -> tuple[datetime, datetime]:
    """Return the wall time that is written, and its instant: UTC where it says so, else as `Sent At` is read."""
    plain = _UTC.sub("", cell)
    wall = wall_time_of(plain, "DATE")
    at = wall.replace(tzinfo=UTC) if plain != cell else calendar.instant(wall, reading.zone_sent)
    return wall, whole_milliseconds(at)
