"""Each reason that an importer gives falls into a kind that a member reads; those that only pass on others are named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import shared.importing
from services.gateway.personal.content.import_reasons import LEFT, OTHER, UNREAD, left_kinds, unread_kind
from services.gateway.personal.content.words import PAGES
from shared.importing.addressbook.reading import NO_DAY, NOBODY, SEVERAL
from shared.importing.calendar import meetings
from shared.importing.files.entries import NO_TALK, NOTHING_FOUND
from shared.importing.files.zipped import TOO_MANY
from shared.importing.importers.linkedin import HIDDEN
from shared.importing.linkedin import messages
from shared.importing.linkedin.checking import WHICH_WAY
from shared.importing.linkedin.dates import _TOO_NARROW as TOO_NARROW
from shared.importing.linkedin.messages import WHOSE
from shared.importing.report import STRANGERS, UNCONNECTED

FOLDER = Path(shared.importing.__file__).parent
REFUSALS = {"RowRefused", "FileRefused", "ArchiveError", "OwnerUnknown"}
WITHOUT = {
    "7: 7",
    "7",
    "7: cannot be read: 7",
    "7: cannot be read (7)",
    "7: line 7: cannot be read: 7",
    "7: none of its 7 friends can be read; 7",
}
"""What passes on the reason of another, or of the system."""


def _texts() -> Iterator[str]:
    """Yield what importers refuse with, with 7 where something is named. Addresses of calendars are not uploaded."""
    for file in FOLDER.rglob("*.py"):
        if file.parent.name == "web":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                yield from (_rendered(one) for one in node.args if isinstance(one, ast.JoinedStr | ast.Constant))


def _rendered(text: ast.expr) -> str:
    if isinstance(text, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in text.values)
    return str(ast.literal_eval(text))


REASONS = sorted(set(_texts()) - WITHOUT)
KINDS: dict[str, tuple[str, ...]] = {
    "another": ("me: is another profile than the one whose invites these are",),
    "damaged": (
        "7: cannot be opened (7)",
        "7: has two entries of the same name",
        "7: is a link, not a file",
        "7: is cut off, or no JSON",
        "7: is cut off: a calendar in it has no end",
        "7: is cut off: a card in it has no end",
        "7: is damaged",
        "7: is encrypted",
        "7: is neither a file nor a folder",
        "7: is no zip archive",
        "7: is no zip archive, or a damaged one",
        "7: there is no such file or folder",
        "7: this name leads out of the archive",
    ),
    "day": (
        "7: is no date and time of a known form",
        "7: is no date of a known form",
        "7: is no day of a known form",
        "7: is no day of the calendar",
        "7: is no time of the calendar",
        "7: is no time that can be read",
        "7: lies outside the years 7 to 7",
        "7: nothing in the file tells whether the day or the month comes first",
        "7: stands more than once",
        "Connected On: lies after the import",
        "Creation Date: lies after the import",
        "DATE: lies after the import",
        "Sent At: lies after the import",
        "timestamp: is no whole number of seconds",
        "timestamp: lies before 7, or after the import",
    ),
    "kind": (
        "7: has no list of friends",
        "7: is no address book: neither vCards nor a table of Google Contacts or Outlook",
        "7: is no calendar that can be read",
        "7: is no calendar: it has no line 7",
        "7: is none of what can be imported: 7",
        (
            "7: no header row within the first 7 lines; known are Connections.csv (First Name, Last Name, Connected On), "
            "Invitations.csv (From, To, Sent At, Direction) and messages.csv (FROM, TO, DATE, CONTENT)"
        ),
    ),
    "large": (
        "7: has more than 7 cards",
        "7: has more than 7 columns",
        "7: has more than 7 entries",
        "7: has more than 7 events",
        "7: has more than 7 friends",
        "7: has more than 7 rows",
        "7: is larger than 7 MB",
        "7: is longer than 7 characters",
        "7: its profile name is longer than 7 characters",
        "7: the archive has more than 7 rows",
        "7: the archive unpacks to more than 7 MB",
        "7: unpacks to more than 7 MB",
        "7: unpacks to more than 7 times its size",
        "a cell is larger than 7 KB",
        "it has more than 7 occurrences within two years",
        "its series take longer than 7 seconds to follow",
    ),
    "missing": (
        "7: is empty",
        "DTSTART: is missing",
        "name: is missing, or no text",
    ),
    "other": ("7: has changed while it was read; import it again",),
    "person": (
        "7: is no address of a LinkedIn profile (…linkedin.com/in/…)",
        "7: is the member on both sides",
        "Direction: is neither 7 nor 7",
        "is no object",
    ),
    "series": (
        "DTSTART: a series that begins before 7",
        "EXDATE, RDATE: more than 7 of one series",
        "RECURRENCE-ID: more than 7 occurrences of one series",
        "RRULE: BYSETPOS has more than 7 values",
        "RRULE: FREQ=7 is no series of meetings",
        "RRULE: INTERVAL must be 1 or more",
        "RRULE: RSCALE and SKIP (RFC 7529) are not read",
        "RRULE: is no rule that can be read",
        "RRULE: more than 7 occurrences in the days that are looked at",
        "RRULE: more than 7 times a day",
        "RRULE: more than 7 values of one part",
        "RRULE: more than one of an event",
        "RRULE: no month of BYMONTH has a day of BYMONTHDAY",
    ),
    "text": (
        "7: is neither UTF-8 nor Windows-1252 text; save it as UTF-8",
        "7: is not UTF-8 (byte 7)",
        "7: its profile name holds characters that no profile has",
        "7: its profile name is not percent-encoded UTF-8",
        "holds bytes that are not UTF-8",
    ),
    "whose": ("7: does not tell whose it is: name the member's own address (--me)",),
    "zone": (
        "7: has no time zone; name the member's own",
        "7: nothing tells what the time zone 7 means; name one for it",
    ),
}
"""Each reason, with 7 where something is named, and how a member is told of it."""


def test_there_are_reasons() -> None:
    assert len(REASONS) > 60


def test_each_reason_has_its_kind() -> None:
    """Give a reason other words, and this names it with the kind that it falls into."""
    assert {reason: unread_kind(reason) for reason in REASONS} == {
        reason: kind for kind, reasons in KINDS.items() for reason in reasons
    }


@pytest.mark.parametrize(
    "name", ["My encrypted friends.csv", "whose profile is empty, and no calendar.ics", "RRULE.ics"]
)
def test_a_files_name_says_nothing_of_the_kind(name: str) -> None:
    of_files = [reason for reason in REASONS if reason.startswith("7: ")]
    assert [one for one in of_files if unread_kind(one.replace("7", name, 1)) != unread_kind(one)] == []


def test_each_kind_has_words_and_there_are_few() -> None:
    kinds = (
        {f"unread_{kind}" for kind, _ in UNREAD} | {f"left_{kind}" for kind, _ in LEFT} | {"unread_other", "left_other"}
    )
    assert kinds <= PAGES.keys()
    assert len(kinds) <= 25


@pytest.mark.parametrize(
    "reason",
    [NO_DAY, NOBODY, SEVERAL, HIDDEN, STRANGERS, UNCONNECTED, *meetings.Aside, *messages.Aside],
)
def test_what_is_left_out_has_a_kind(reason: str) -> None:
    assert OTHER not in left_kinds({reason: 1})


def test_counts_of_one_kind_are_told_together() -> None:
    assert left_kinds({meetings.Aside.ALL_DAY: 2, meetings.Aside.LONG: 3, HIDDEN: 4}) == {"long": 5, "hidden": 4}


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("DTSTART: nothing tells what the time zone 'Mars' means; name one for it", "zone"),
        ("First Name: is longer than 300 characters", "large"),
        (f"Connected On: {TOO_NARROW}", "day"),
        ("none of its 3 rows can be read; line 4: Connected On: is empty", "missing"),
        (f"none of its 3 rows can be read; line 4: {WHOSE}", "whose"),
        (f"Recommendations.csv: {WHICH_WAY}", "kind"),
        (f"LinkedIn.zip: {NOTHING_FOUND}", "kind"),
        (f"LinkedIn.zip: {TOO_MANY}", "large"),
        (f"guide_messages.csv: {NO_TALK}", "kind"),
        ("book.csv: line 2: cannot be read: field larger than field limit (131072)", "large"),
        ("book.vcf: cannot be read: Permission denied", OTHER),
        ("does not tell whose it is: name the member's own address (--me)", "whose"),
        ("is no calendar: it has no line BEGIN:VCALENDAR", "kind"),
        ("something new", OTHER),
    ],
)
def test_what_is_put_together_is_of_the_right_kind(reason: str, kind: str) -> None:
    assert unread_kind(reason) == kind
