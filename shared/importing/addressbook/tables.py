"""Cards of the tables that Google Contacts and Outlook export: columns by their names, never by their places."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Final

from shared.importing.addressbook.cards import ANNIVERSARY, BIRTHDAY, CARDS_MAX, Card
from shared.importing.addressbook.columns import EVENT, columns_read, encoding_of, header_in, is_address
from shared.importing.addressbook.days import Order, day_of_year, order_of
from shared.importing.existing.person import Person, address_of, clean
from shared.importing.refusals import ArchiveError, RowRefused

_SEVERAL: Final = " ::: "
"""By which Google joins the values of one column."""
_DAYS: Final = {"birthday": BIRTHDAY, "anniversary": ANNIVERSARY}
_FAMILY_FIRST: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Kana, Han and Hangul: names in them begin with the family's."""
_NAMES: Final = frozenset({"name", "first name", "last name"})
COLUMNS_MAX: Final = 300
"""Outlook writes some 90; Google some 30, and a few for each further address."""
CELL_CHARS_MAX: Final = 131_072
"""The csv module's own limit for a field: what is longer is refused."""


def is_table(content: bytes) -> bool:
    """Whether a file is a table of people, by the names of its columns: a name, and an address or a birthday."""
    encoding = encoding_of(content)
    if (
        encoding != "utf-16" and b"\0" in content.partition(b"\n")[0]
    ):  # of a zip, whose files may stand in it as they are
        return False
    names = {name for _, name in columns_read(header_in(content, encoding)[0])}
    return bool(names & _NAMES) and ("birthday" in names or any(map(is_address, names)))


def cards(content: bytes, label: str) -> list[Card]:
    """Return the cards of a table; `ArchiveError` when it cannot be read, or has more than `CARDS_MAX` or `COLUMNS_MAX`."""
    encoding = encoding_of(content)
    header, separator = header_in(content, encoding)
    if len(header) > COLUMNS_MAX:
        raise ArchiveError(f"{label}: has more than {COLUMNS_MAX} columns")
    columns = columns_read(header)
    reader = csv.reader(io.StringIO(content.decode(encoding, errors="replace"), newline=""), delimiter=separator)
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        next(reader, [])
        for row in filter(any, reader):
            rows.append((reader.line_num, {name: row[place] if place < len(row) else "" for place, name in columns}))
            if len(rows) > CARDS_MAX:
                raise ArchiveError(f"{label}: has more than {CARDS_MAX:,} rows")
    except csv.Error as error:
        raise ArchiveError(f"{label}: line {reader.line_num}: cannot be read: {error}") from None
    order = order_of(row.get(name, "") for _, row in rows for name in _DAYS)
    return [_card(number, row, order) for number, row in rows]


def _card(number: int, row: Mapping[str, str], order: Order) -> Card:
    mails = [part for name, value in row.items() if is_address(name) for part in value.split(_SEVERAL)]
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
        if (event := EVENT.fullmatch(name)) and (label := clean(value.removeprefix("* ")).lower()):
            found.append((label, row.get(f"event {event[1]} - value", ""), f"Event {event[1]} - Value"))
    return found


def _name(row: Mapping[str, str]) -> str:
    if whole := clean(row.get("name", "")):
        return whole
    parts = [row.get(name, "") for name in ("first name", "middle name", "last name")]
    return clean(" ".join(parts[::-1] if _FAMILY_FIRST.search("".join(parts)) else parts))
