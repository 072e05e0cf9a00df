"""The first reading of an export: every file to its end, before a single event is given.

It finds out what each file is, whose archive it is, which rows are good, and remembers what is needed to match invites
with connections. A file that cannot be read is named and left out; the others are imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from shared.importing.files.counted import CountedBytes, Meter
from shared.importing.files.entries import Entry
from shared.importing.files.resaved import ONE_CELL, Encoding, encoding_of
from shared.importing.files.table import BadRow, Row, Table
from shared.importing.limits import OWNER_ROWS_MAX, ROWS_MAX, UNPACKED_BYTES_MAX
from shared.importing.linkedin.matching import People
from shared.importing.linkedin.messages import WHOSE, Aside, Message, read_message
from shared.importing.linkedin.owner import named_in_messages, owner_of_invitations, owner_of_messages
from shared.importing.linkedin.people import folded
from shared.importing.linkedin.recommendations import Recommendation, Unpublished, read_recommendation
from shared.importing.linkedin.rows import (
    HEADERS,
    Connection,
    Invitation,
    Kind,
    Reading,
    notes_of,
    read_connection,
    read_invitation,
)
from shared.importing.refusals import ArchiveError, FileRefused, OwnerUnknown, RowRefused, shown
from shared.importing.report import Tally

ParsedRow = Connection | Invitation | Message | Recommendation
REASONS_MAX: Final = 3
"""Of refused files in the one line that refuses an archive."""
ORDER: Final = (Kind.INVITATIONS, Kind.CONNECTIONS, Kind.MESSAGES, Kind.RECEIVED, Kind.GIVEN)
WHICH_WAY: Final = "its name has to say whether these recommendations were received or given"


class Tables:
    """The tables of one reading, their bytes bounded together and digested one by one."""

    def __init__(self, meter: Meter) -> None:
        self.digests: dict[str, bytes] = {}
        self._meter = meter
        self._bytes = 0

    @contextmanager
    def open(self, entry: Entry, encoding: Encoding) -> Iterator[Table]:
        """Open one file, to be read to its end."""
        stream = CountedBytes(entry, self._meter, UNPACKED_BYTES_MAX - self._bytes)
        try:
            yield Table(entry.name, stream, encoding, tuple(HEADERS.values()))
            self._bytes += stream.count
            self.digests[entry.name] = stream.digest()
        finally:
            stream.close()


@dataclass(slots=True)
class Checked:
    """What the first reading found."""

    reading: Reading
    files: list[tuple[str, Kind]] = field(default_factory=list)
    """In the order in which events are made of them: invites first, so that connections know theirs; messages last."""
    people: People = field(default_factory=People)
    tally: Tally = field(default_factory=Tally)
    digests: dict[str, bytes] = field(default_factory=dict)
    encodings: dict[str, Encoding] = field(default_factory=dict)
    own_name: str = ""
    """Of the member's profile, folded."""
    senders: dict[str, set[str]] = field(default_factory=dict)
    """Of messages: profiles by folded name."""


def check(entries: list[Entry], label: str, reading: Reading, meter: Meter) -> Checked:
    """Read all files of an export; `ArchiveError` when nothing of it can be imported. `label` names the archive."""
    checked = Checked(reading)
    kinds: dict[str, Kind] = {}
    owners: dict[Kind, str] = {}
    for entry in entries:
        try:
            _look_into(entry, checked, kinds, owners)
        except FileRefused as refusal:
            checked.tally.refuse(entry.name, refusal)
    checked.reading = replace(reading, owner=_owner(owners, reading.owner, checked))
    tables = Tables(meter)
    for wanted in (Kind.CONNECTIONS, Kind.INVITATIONS, Kind.MESSAGES, Kind.RECEIVED, Kind.GIVEN):
        for entry in entries:
            if kinds.get(entry.name) is wanted:
                with tables.open(entry, checked.encodings[entry.name]) as table:
                    _check_table(table, wanted, checked)
    refused = {file for file, _ in checked.tally.files_refused}
    checked.digests = tables.digests
    checked.tally.files = sorted(kinds.keys() - refused)
    checked.files = [(name, kind) for name, kind in kinds.items() if name not in refused]
    checked.files.sort(key=lambda file: (ORDER.index(file[1]), file[0]))
    if refused and not checked.tally.rows_kept:
        raise ArchiveError("; ".join(f"{file}: {reason}" for file, reason in checked.tally.files_refused[:REASONS_MAX]))
    if not checked.tally.rows_read:
        raise ArchiveError(f"{label}: {'tells only whose archive it is' if checked.own_name else 'holds no rows'}")
    return checked


def read_row(row: Row | BadRow, kind: Kind, reading: Reading) -> ParsedRow | Aside | Unpublished | None:
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
        case Kind.RECEIVED | Kind.GIVEN:
            return read_recommendation(row, reading, received=kind is Kind.RECEIVED)
        case Kind.PROFILE:
            return None


def kind_of(table: Table) -> Kind:
    """Return what a table holds; `FileRefused` where that is not told."""
    kind = next(kind for kind, header in HEADERS.items() if header <= set(table.columns))
    if kind is not Kind.RECEIVED:
        return kind
    received, given = (word in table.name.lower() for word in ("received", "given"))
    if received == given:
        raise FileRefused(f"{shown(table.name)}: {WHICH_WAY}")
    return Kind.RECEIVED if received else Kind.GIVEN


def _look_into(entry: Entry, checked: Checked, kinds: dict[str, Kind], owners: dict[Kind, str]) -> None:
    """Find out how a file is to be read, what it is, and whose; `FileRefused` when it cannot be read."""
    if entry.refused is not None:
        raise FileRefused(f"{shown(entry.name)}: {entry.refused}")
    stream = CountedBytes(entry, Meter(0))
    try:
        encoding = encoding_of(entry.name, stream)
    finally:
        stream.close()
    with Tables(Meter(0)).open(entry, encoding) as table:
        if table.empty:
            return
        kind = kind_of(table)
        rows = [row for row in islice(table.rows(), OWNER_ROWS_MAX) if isinstance(row, Row)]
        if kind is Kind.PROFILE:
            checked.own_name = next((folded(f"{row['firstname']} {row['lastname']}") for row in rows), "")
            return
        checked.encodings[entry.name], kinds[entry.name] = encoding, kind
        owner = None
        if kind is Kind.INVITATIONS:
            owner = owner_of_invitations(rows)
        elif kind is Kind.MESSAGES:
            owner = owner_of_messages(rows)
            for name, profiles in named_in_messages(rows).items():
                checked.senders.setdefault(name, set()).update(profiles)
        if owner is not None:
            owners.setdefault(kind, owner)


def _owner(owners: dict[Kind, str], given: str | None, checked: Checked) -> str | None:
    """Return whose archive it is. Invites say it; what messages let us think gives way to what the importer says.

    Profile.csv has a name and no address: it is that of the one profile that writes messages under this name.
    """
    sender = owners.get(Kind.INVITATIONS)
    if sender is not None and given is not None and sender != given:
        raise ArchiveError("me: is another profile than the one whose invites these are")
    named = checked.senders.get(checked.own_name, set()) if checked.own_name else set()
    return sender or given or (min(named) if len(named) == 1 else owners.get(Kind.MESSAGES))


def _check_table(table: Table, kind: Kind, checked: Checked) -> None:
    """Read all rows of a file. It is refused when rows are bad and none is good: what is set aside speaks for nobody."""
    tally, first_reason = checked.tally, ""
    read_before, good_before, bad_before = tally.rows_read, tally.rows_imported, tally.rows_rejected
    notes: Counter[str] = Counter(table.notes)
    for row in table.rows():
        tally.rows_read += 1
        if tally.rows_read > ROWS_MAX:
            raise ArchiveError(f"{shown(table.name)}: the archive has more than {ROWS_MAX:,} rows")
        try:
            row_read = read_row(row, kind, checked.reading)
        except RowRefused as refusal:
            first_reason = first_reason or f"line {row.line}: {refusal}"
            tally.reject(table.name, row.line, str(refusal))
            continue
        match row_read:
            case None:
                tally.hidden_rows += 1
            case Aside() | Unpublished():
                tally.set_aside[row_read] += 1
            case _:
                tally.rows_imported += 1
                checked.people.add(row_read)
                notes.update(notes_of(row, kind))
    notes[ONE_CELL] += table.rows_in_one_cell
    tally.resaved.extend((table.name, note) for note, count in notes.items() if count)
    if tally.rows_rejected > bad_before and tally.rows_imported == good_before:
        reason = f"none of its {tally.rows_read - read_before:,} rows can be read; {first_reason}"
        if WHOSE in first_reason:
            raise OwnerUnknown(f"{shown(table.name)}: {reason}")
        tally.refuse(table.name, FileRefused(f"{shown(table.name)}: {reason}"))
