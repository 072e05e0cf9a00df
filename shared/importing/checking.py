"""The first reading of an export: every file to its end, before a single fact is given.

It finds out what each file is, whose archive it is, which rows are good, and remembers what is needed to match invites
with connections.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from shared.importing.counted import CountedBytes, Meter
from shared.importing.entries import Entry
from shared.importing.limits import OWNER_ROWS_MAX, ROWS_MAX, UNPACKED_BYTES_MAX
from shared.importing.matching import People
from shared.importing.messages import Aside, Message, owner_of_messages, read_message
from shared.importing.refusals import ArchiveError, RowRefused, shown
from shared.importing.report import Tally
from shared.importing.rows import (
    HEADERS,
    Connection,
    Invitation,
    Kind,
    Reading,
    owner_of,
    read_connection,
    read_invitation,
)
from shared.importing.table import BadRow, Row, Table

Said = Connection | Invitation | Message
ORDER: Final = (Kind.INVITATIONS, Kind.CONNECTIONS, Kind.MESSAGES)


class Tables:
    """The tables of one reading, their bytes bounded together and digested one by one."""

    def __init__(self, meter: Meter) -> None:
        self.digests: dict[str, bytes] = {}
        self._meter = meter
        self._bytes = 0

    @contextmanager
    def open(self, entry: Entry) -> Iterator[Table]:
        """Open one file, to be read to its end."""
        stream = CountedBytes(entry, self._meter, UNPACKED_BYTES_MAX - self._bytes)
        try:
            yield Table(entry.name, stream, tuple(HEADERS.values()))
            self._bytes += stream.count
            self.digests[entry.name] = stream.digest()
        finally:
            stream.close()


@dataclass(slots=True)
class Checked:
    """What the first reading found."""

    reading: Reading
    files: list[tuple[str, Kind]] = field(default_factory=list)
    """In the order in which facts are made of them: invites first, so that connections know theirs; messages last."""
    people: People = field(default_factory=People)
    tally: Tally = field(default_factory=Tally)
    digests: dict[str, bytes] = field(default_factory=dict)


def check(entries: list[Entry], label: str, reading: Reading, meter: Meter) -> Checked:
    """Read all files of an export; `ArchiveError` when it cannot be imported. `label` names the archive."""
    kinds: dict[str, Kind] = {}
    owner: str | None = None
    for entry in entries:
        with Tables(Meter(0)).open(entry) as table:
            if not table.empty:
                kinds[entry.name] = kind = kind_of(table)
                if kind is not Kind.CONNECTIONS:
                    owner = owner or _find_owner(table, kind)
    checked = Checked(replace(reading, owner=owner or reading.owner))
    tables = Tables(meter)
    for wanted in (Kind.CONNECTIONS, Kind.INVITATIONS, Kind.MESSAGES):
        for entry in entries:
            if kinds.get(entry.name) is wanted:
                with tables.open(entry) as table:
                    _check_table(table, wanted, checked)
                checked.files.append((entry.name, wanted))
    checked.digests = tables.digests
    checked.tally.files = sorted(kinds)
    checked.files.sort(key=lambda file: (ORDER.index(file[1]), file[0]))
    if not checked.tally.rows_read:
        raise ArchiveError(f"{label}: holds no rows")
    return checked


def read_row(row: Row | BadRow, kind: Kind, reading: Reading) -> Said | Aside | None:
    """Return what a row says; None for a hidden one; `RowRefused` names the column and the reason."""
    if isinstance(row, BadRow):
        raise RowRefused(row.reason)
    match kind:
        case Kind.CONNECTIONS:
            return read_connection(row, reading)
        case Kind.INVITATIONS:
            return read_invitation(row, reading)
        case Kind.MESSAGES:
            return read_message(row, reading)


def kind_of(table: Table) -> Kind:
    """Return what a table holds."""
    return next(kind for kind, header in HEADERS.items() if header <= set(table.columns))


def _find_owner(table: Table, kind: Kind) -> str | None:
    rows = (row for row in islice(table.rows(), OWNER_ROWS_MAX) if isinstance(row, Row))
    if kind is Kind.MESSAGES:
        return owner_of_messages(rows)
    return next((owner for row in rows if (owner := owner_of(row))), None)


def _check_table(table: Table, kind: Kind, checked: Checked) -> None:
    tally, good, first_reason = checked.tally, 0, ""
    rows_before = tally.rows_read
    for row in table.rows():
        tally.rows_read += 1
        if tally.rows_read > ROWS_MAX:
            raise ArchiveError(f"{shown(table.name)}: the archive has more than {ROWS_MAX:,} rows")
        try:
            said = read_row(row, kind, checked.reading)
        except RowRefused as refusal:
            first_reason = first_reason or f"line {row.line}: {refusal}"
            tally.reject(table.name, row.line, str(refusal))
            continue
        good += 1
        match said:
            case None:
                tally.hidden_rows += 1
            case Aside():
                tally.set_aside[said] += 1
            case _:
                tally.rows_imported += 1
                checked.people.add(said)
    rows = tally.rows_read - rows_before
    if rows and not good:
        raise ArchiveError(f"{shown(table.name)}: none of its {rows:,} rows can be read; {first_reason}")
