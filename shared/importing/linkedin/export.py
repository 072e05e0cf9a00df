"""Make events of a LinkedIn export, in two readings.

The first checks every file to its end, so that an archive that is refused gives no event at all. The second streams the
events, one row at a time: what stays in memory is a few short texts a row, for matching.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from shared.calendar import zone_rules
from shared.contracts import Event
from shared.contracts.fields import whole_milliseconds
from shared.importing.files.archive import open_archive
from shared.importing.files.counted import Meter, Progress
from shared.importing.files.table import Table
from shared.importing.linkedin.checking import ParsedRow, Tables, check, read_row
from shared.importing.linkedin.events import Events, Introductions
from shared.importing.linkedin.matching import ContactIds
from shared.importing.linkedin.messages import Aside, Message
from shared.importing.linkedin.people import slug_of
from shared.importing.linkedin.recommendations import Recommendation, Unpublished
from shared.importing.linkedin.rows import Connection, Invitation, Kind, Reading
from shared.importing.refusals import ArchiveError, RowRefused, shown

ZONE_SENT: Final = "America/Los_Angeles"
"""The zone of `Sent At`, as measured on public exports."""


def read_archive(
    path: Path,
    *,
    member: str,
    imported_at: datetime,
    me: str | None = None,
    zone_sent: str = ZONE_SENT,
    progress: Progress | None = None,
) -> Import:
    """Read and check the LinkedIn export at `path` (a zip, a folder, or one file) and return what it holds.

    `me` is the address of the member's own profile, for archives that do not tell. `imported_at` is an aware instant:
    rows far after it are refused. `progress` is told the bytes read and to read. `ArchiveError` when nothing of the
    archive can be imported, with no event given; `ValueError` when `zone_sent` is no zone or `imported_at` is naive.
    """
    zone_rules(zone_sent)
    return Import(path, member, Reading(zone_sent, whole_milliseconds(imported_at), _slug_of_me(me)), progress)


class Import:
    """A checked export. Its events can be read as often as wanted, and are the same each time."""

    def __init__(self, path: Path, member: str, reading: Reading, progress: Progress | None) -> None:
        self._path = path
        self._events = Events(member, reading.imported_at)
        with open_archive(path) as entries:
            self._meter = Meter(2 * sum(entry.size for entry in entries), progress)
            self._checked = check(entries, shown(path.name), reading, self._meter)

    @property
    def import_id(self) -> str:
        """The same for the same files, packed or not."""
        files = sorted(self._checked.digests.values())
        return "linkedin-" + hashlib.sha256(b"".join(files)).hexdigest()[:32]

    @property
    def owner(self) -> str | None:
        """The slug of the member's own profile, where the archive or `me` tells it."""
        return self._checked.reading.owner

    def events(self) -> Iterator[Event]:
        """Give the events one by one, `import.completed` last; `ArchiveError` when the files have changed meanwhile."""
        tally = self._checked.tally
        tally.events, tally.evidence, tally.strangers, tally.unconnected = Counter(), Counter(), 0, 0
        self._meter.done = self._meter.total // 2
        for event in self._of_rows():
            tally.events[_short(event)] += 1
            yield event
        completed = self._events.completed(self.import_id, tally.events)
        tally.events[_short(completed)] += 1
        yield completed

    def report(self) -> dict[str, Any]:
        """Return what was read, and the events that were given so far by type: all, once `events` has ended."""
        return self._checked.tally.as_json()

    def evidence(self) -> dict[str, int]:
        """Return how many invites were taken for accepted or pending, by the reason; all, once `events` has ended."""
        return {str(reason): count for reason, count in sorted(self._checked.tally.evidence.items())}

    def _of_rows(self) -> Iterator[Event]:
        contacts, once = self._checked.people.contact_ids(), Once()
        introductions = Introductions()
        tables = Tables(self._meter)
        with open_archive(self._path) as entries:
            current = {entry.name: entry for entry in entries}
            for name, kind in self._checked.files:
                if name not in current:
                    raise self._changed()
                with tables.open(current[name], self._checked.encodings[name]) as table:
                    for row in self._rows(table, kind):
                        yield from self._of_row(row, introductions, contacts, once)
        if any(tables.digests[name] != self._checked.digests[name] for name, _ in self._checked.files):
            raise self._changed()

    def _of_row(
        self, row: ParsedRow, introductions: Introductions, contacts: ContactIds, once: Once
    ) -> Iterator[Event]:
        match row:
            case Invitation():
                if once(row.invite_id):
                    yield from self._of_invitation(row, introductions)
            case Connection():
                if once(row.mark):
                    contact_id = contacts.of(row)
                    event = self._events.connected(row, contact_id, introductions.invite_of(contact_id))
                    if once(event.id):
                        yield event
            case Message():
                yield from (event for event in self._of_message(row) if once(event.id))
            case Recommendation():
                if (other := self._checked.people.connection_named(row.name)) is None:
                    self._checked.tally.unconnected += 1
                elif once((event := self._events.recommended(row, other)).id):
                    yield event

    def _of_invitation(self, row: Invitation, introductions: Introductions) -> Iterator[Event]:
        match = self._checked.people.match(row)
        self._checked.tally.evidence[match.evidence] += 1
        introductions.add(row, match)
        yield self._events.invited(row, match)
        if (accepted := self._events.accepted(row, match)) is not None:
            yield accepted

    def _of_message(self, row: Message) -> Iterator[Event]:
        for other in row.others:
            if (contact_id := self._checked.people.partner(row, other)) is None:
                self._checked.tally.strangers += 1
            else:
                yield self._events.exchanged(row, other, contact_id)

    def _rows(self, table: Table, kind: Kind) -> Iterator[ParsedRow]:
        """Give the good rows; the others were counted in the first reading."""
        for row in table.rows():
            try:
                row_read = read_row(row, kind, self._checked.reading)
            except RowRefused:
                continue
            if row_read is not None and not isinstance(row_read, Aside | Unpublished):
                yield row_read

    def _changed(self) -> ArchiveError:
        return ArchiveError(f"{shown(self._path.name)}: has changed while it was read; import it again")


class Once:
    """Says of each name whether it comes for the first time."""

    def __init__(self) -> None:
        self._seen: set[str | bytes] = set()

    def __call__(self, name: str | bytes) -> bool:
        before = len(self._seen)
        self._seen.add(name)
        return len(self._seen) > before


def _short(event: Event) -> str:
    return event.type.removeprefix("rapport.")


def _slug_of_me(me: str | None) -> str | None:
    if me is None:
        return None
    try:
        slug = slug_of(me if "/" in me else f"linkedin.com/in/{me}", "me")
    except RowRefused as refusal:
        raise ArchiveError(str(refusal)) from None
    return slug
