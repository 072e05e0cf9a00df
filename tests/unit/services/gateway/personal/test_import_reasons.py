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
from shared.importing.importers.linkedin import HIDDEN
from shared.importing.linkedin import messages
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


def test_there_are_reasons() -> None:
    assert len(REASONS) > 60


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_a_kind(reason: str) -> None:
    own = reason.removeprefix("7: ")
    assert unread_kind(own) != OTHER
    assert unread_kind(reason) == unread_kind(own) or own.startswith(("RRULE", "EXDATE", "RECURRENCE"))


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
        ("RRULE: more than 5,000 occurrences in the days that are looked at", "series"),
        ("Connected On: is empty", "missing"),
        ("First Name: is longer than 300 characters", "large"),
        ("does not tell whose it is: name the member's own address (--me)", "whose"),
        ("something new", OTHER),
    ],
)
def test_a_reason_is_of_the_right_kind(reason: str, kind: str) -> None:
    assert unread_kind(reason) == kind
