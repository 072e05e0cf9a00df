"""Cards of the tables that Google Contacts and Outlook export: columns by their names, never by their places."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Final

from shared.importing.addressbook.cards import ANNIVERSARY, BIRTHDAY, CARDS_MAX, Card
from shared.importing.addressbook.days import Order, day_of_year, order_of
from shared.importing.existing.person import Person, address_of, clean
from shared.importing.refusals import ArchiveError, RowRefused

_ADDRESS: Final = re.compile(r"e-?mail( \d+)?( - value| address)?|e-mail \d address", re.IGNORECASE)
_SEVERAL: Final = " ::: "
"""By which Google joins the values of one column."""
_DAYS: Final = {"birthday": BIRTHDAY, "anniversary": ANNIVERSARY}
_EVENT: Final = re.compile(r"event (\d+) - (label|type)", re.IGNORECASE)
_EVENT_DAY: Final = re.compile(r"event \d+ - value")
_READ: Final = frozenset({"name", "first name", "middle name", "last name", *_DAYS})
COLUMNS_MAX: Final = 300
"""Outlook writes some 90; Google some 30, and a few for each further address."""
CELL_CHARS_MAX: Final = 131_072
"""The csv module's own limit for a field: what is longer is refused."""


def is_table(content: bytes) -> bool:
    """Whether a file is a table of people, by the names of its columns."""
    head = _text(content[:65_536]).partition("\n")[0].lower()
    if "\0" in head:  # of a zip, whose files may stand in it as they are
        return False
    return "name" in head and ("e-mail" in head or "email" in head or "birthday" in head) and "," in head


def cards(content: bytes, label: str) -> list[Card]:
    """Return the cards of a table; `ArchiveError` when it cannot be read, or has more than `CARDS_MAX` or `COLUMNS_MAX`."""
    reader = csv.reader(io.StringIO(_text(content), newline=""))
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        columns = _columns(next(reader, []), label)
        for row in filter(None, reader):
            rows.append((reader.line_num, {name: row[place] if place < len(row) else "" for place, name in columns}))
            if len(rows) > CARDS_MAX:
                raise ArchiveError(f"{label}: has more than {CARDS_MAX:,} rows")
    except csv.Error as error:
        raise ArchiveError(f"{label}: line {reader.line_num}: cannot be read: {error}") from None
    order = order_of(row.get(name, "") for _, row in rows for name in _DAYS)
    return [_card(number, row, order) for number, row in rows]


def _columns(header: Sequence[str], label: str) -> list[tuple[int, str]]:
    """Return the place and the name of each column that is read: a row keeps nothing of the others."""
    if len(header) > COLUMNS_MAX:
        raise ArchiveError(f"{label}: has more than {COLUMNS_MAX} columns")
    named = [(place, name.strip().lower()) for place, name in enumerate(header)]
    return [
        (place, name)
        for place, name in named
        if name in _READ or _ADDRESS.fullmatch(name) or _EVENT.fullmatch(name) or _EVENT_DAY.fullmatch(name)
    ]


def _text(content: bytes) -> str:
    """Return the text: UTF-8, or what Windows writes where it is not."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _card(number: int, row: Mapping[str, str], order: Order) -> Card:
    mails = [part for name, value in row.items() if _ADDRESS.fullmatch(name) for part in value.split(_SEVERAL)]
    addresses = tuple(dict.fromkeys(one for part in mails if (one := address_of(part))))
    days: dict[str, tuple[int, int]] = {}
    faults = []
    for label, text, field in _dated(row):
        try:
            if (day := day_of_year(text, field, order)) is not None:
                days.setdefault(label, day)
        except RowRefused as refusal:
            faults.append(str(refusal))
    return Card(number, Person(addresses, _name(row)), days, tuple(faults))


def _dated(row: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (label, text, field) of all days: Google has further ones as `Event 1 - Label` and `Event 1 - Value`."""
    found = [(label, row[name], name.capitalize()) for name, label in _DAYS.items() if name in row]
    for name, value in row.items():
        if (event := _EVENT.fullmatch(name)) and (label := clean(value.removeprefix("* ")).lower()):
            found.append((label, row.get(f"event {event[1]} - value", ""), f"Event {event[1]} - Value"))
    return found


def _name(row: Mapping[str, str]) -> str:
    whole = clean(row.get("name", ""))
    return whole or clean(f"{row.get('first name', '')} {row.get('middle name', '')} {row.get('last name', '')}")
