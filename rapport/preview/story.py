"""What is told in a look ahead: an archive or a file of events as events of one member, each at the instant when it is told.

An archive is imported as the look begins, by a member who joins then and has an address. Events are told when they
happened, and what an import brought with the end of that import; those from before the look are told as it begins, as
`rapport send` would then.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rapport.preview.wishes import SOURCE, Wishes, wish_event, without
from rapport.terminal.failure import Failure
from shared.calendar import instant
from shared.contracts import Event, ImportCompleted, MemberJoined, MemberPreferencesSet, Unreadable
from shared.contracts.limits import YEAR_MAX, YEAR_MIN
from shared.importing.linkedin.events import ORIGIN
from shared.preferences import ZONE

if TYPE_CHECKING:
    from rapport.terminal.output import Bar

STORY_EVENTS_MAX: Final = 250_000
"""Events of one member that are held in memory at once: some 300 MB. LinkedIn allows 30,000 connections."""
REFUSED_SHOWN_MAX: Final = 20
MEMBERS_NAMED_MAX: Final = 10
MEMBERS_KEPT_MAX: Final = 1_000
"""Other members whose names are kept, to name the first of them."""
ADDRESS: Final = "preview@example.invalid"
"""Stands for the address that somebody whose archive is looked at would give. Nothing is sent to it."""
ARCHIVE_STARTS: Final = b"PK"


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of a member, and from when until when it is looked at."""

    member: str
    begin: datetime
    until: datetime
    events: list[Event]
    """In the order in which it is told; none after `until`."""
    refused: int = 0
    """Lines that are no events: they are left out."""
    unread: int = 0
    """Rows of an archive that can not be read: they are left out."""
    others: int = 0
    """Events about other members."""
    later: int = 0
    """Events after the look."""


@dataclass(frozen=True, slots=True)
class Window:
    """When to look, as it was asked for."""

    day: datetime | None
    """The day on which it begins, by the member's calendar; None: today for an archive, else with the first event."""
    days: int
    now: datetime

    def from_day(self, zone: str) -> tuple[datetime, datetime]:
        """Return from when until when it goes, beginning with a day."""
        today = self.now.astimezone(UTC).replace(tzinfo=None)
        day = (self.day or today).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        _within_years(day)
        return self.since(instant(day, zone))

    def since(self, begin: datetime) -> tuple[datetime, datetime]:
        """Return from when until when it goes, beginning at an instant."""
        _within_years(begin)
        until = begin + timedelta(days=self.days)
        _within_years(until)
        return begin, until


def _within_years(moment: datetime) -> None:
    """Refuse what events can not tell, before anything is counted from it: a calendar ends."""
    if not YEAR_MIN < moment.year < YEAR_MAX:
        raise Failure(f"a look must lie in the years {YEAR_MIN + 1} to {YEAR_MAX - 1}")


def is_archive(source: str) -> bool:
    """Tell whether it is a LinkedIn archive (a folder, a zip, a CSV file) and not a file of events, a pipe, or `-`."""
    path = Path(source)
    if source == "-":
        return False
    if path.is_dir() or path.suffix.lower() in (".zip", ".csv"):
        return True
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(ARCHIVE_STARTS)) == ARCHIVE_STARTS
    except OSError as error:
        raise Failure(f"{source}: {error.strerror}") from None


def of_archive(path: Path, member: str, me: str | None, wishes: Wishes, window: Window, bar: Bar) -> Story:
    """Return the story of an import. `Failure` when the archive can not be imported."""
    from rapport.terminal.import_arguments import warn_of_files
    from shared.importing import ArchiveError, read_archive

    begin, until = window.from_day(wishes.get("zone", ZONE))
    joined = MemberJoined(name=member, email=ADDRESS)
    events = [Event(id="preview/joined", member=member, time=begin, logged=begin, data=joined, source=SOURCE)]
    events += [wish_event(wishes, member, begin)] if wishes else []
    try:
        found = read_archive(path, member=member, me=me, imported_at=begin, progress=bar.advance)
        for event in found.events():
            events.append(event)
            _bounded(events, member)
    except ArchiveError as error:
        raise Failure(str(error)) from None
    report = found.report()
    warn_of_files(report)
    unread = len(report["rows_rejected"]) + report.get("rows_rejected_more", 0)
    return Story(member, begin, until, events, unread=unread)


def of_events(source: str, member: str, wishes: Wishes, window: Window, bar: Bar) -> Story:
    """Return the story that events tell, `Failure` when none is the member's. Lines that are none are named on stderr."""
    read = asyncio.run(_read(source, member, bar))
    if not read.events:
        raise Failure(_nobody(source, member, read.members))
    when = _logged_at(read.events)
    begin, until = window.from_day(_zone(read.events, wishes)) if window.day else window.since(min(when))
    heard = [
        msgspec.structs.replace(without(event, wishes), logged=max(at, begin))
        for event, at in zip(read.events, when, strict=True)
    ]
    in_window = sorted((event for event in heard if event.logged <= until), key=lambda event: event.logged)
    wished = [wish_event(wishes, member, begin)] if wishes else []
    later = len(heard) - len(in_window)
    return Story(member, begin, until, [*wished, *in_window], refused=read.refused, others=read.others, later=later)


@dataclass(slots=True)
class _Lines:
    """What a file of events holds."""

    events: list[Event] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    """Other members, as far as there is room for their names."""
    others: int = 0
    refused: int = 0


async def _read(source: str, member: str, bar: Bar) -> _Lines:
    from rapport.inspect.unknown_fields import Strangers
    from rapport.terminal.event_lines import event_of_line, say_refused
    from rapport.terminal.lines import numbered_lines

    read, strangers = _Lines(), Strangers()
    async for number, line in numbered_lines(source):
        if line is not None and not line.strip():
            continue
        bar.advance(number, None)
        try:
            event, parsed = event_of_line(line, first=number == 1)
        except Unreadable as error:
            read.refused += 1
            if read.refused <= REFUSED_SHOWN_MAX:
                say_refused(number, error)
            continue
        strangers.look(number, parsed)
        if event.member == member:
            read.events.append(event)
            _bounded(read.events, member)
        else:
            read.others += 1
            if len(read.members) < MEMBERS_KEPT_MAX:
                read.members.add(event.member)
    if more := max(read.refused - REFUSED_SHOWN_MAX, 0):
        print(f"and {more:,} more lines that are no events", file=sys.stderr)
    return read


def _bounded(events: list[Event], member: str) -> None:
    if len(events) > STORY_EVENTS_MAX:
        raise Failure(f"more than {STORY_EVENTS_MAX:,} events are about {member!r}: too many to be looked at together")


def _nobody(source: str, member: str, members: set[str]) -> str:
    if not members:
        return f"{source}: there is no event in it"
    from rapport.inspect.narration import line

    named = [line(one) for one in sorted(members)[:MEMBERS_NAMED_MAX]]
    others = " and others" if len(members) > len(named) else ""
    return f"{source}: no event is about {member!r}; there are {', '.join(named)}{others}"


def _logged_at(events: list[Event]) -> list[datetime]:
    """Return when each was told: as it happened, or, of what an import brought, with the end of that import."""
    when: list[datetime] = []
    imported: datetime | None = None
    for event in reversed(events):
        if isinstance(event.data, ImportCompleted):
            imported = event.time
        when.append(imported if event.origin == ORIGIN and imported is not None else event.time)
    return when[::-1]


def _zone(events: list[Event], wishes: Wishes) -> str:
    """Return the member's zone as the look begins: as wished, else as the first event that names one tells."""
    zones = (event.data.zone for event in events if isinstance(event.data, MemberJoined | MemberPreferencesSet))
    zone: str = wishes.get("zone") or next((zone for zone in zones if zone), ZONE)
    return zone
