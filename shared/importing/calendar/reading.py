"""A whole calendar: read, placed in time, compared with what was told, reported.

An event that cannot be read is named with its place in the file and its reason; all others count.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from icalendar import Calendar, Component

from shared.calendar import zone_rules
from shared.contracts import Event
from shared.contracts.fields import whole_milliseconds
from shared.importing.calendar.changes import Changes, ends_at
from shared.importing.calendar.content import calendars, read_bytes, text_of
from shared.importing.calendar.limits import AHEAD_DAYS, BACK_DAYS, OCCURRENCES_ALL_MAX, SERIES_SECONDS_MAX
from shared.importing.calendar.meetings import Aside, Meeting, meeting_of
from shared.importing.calendar.series import Window, occurrences, window_around
from shared.importing.calendar.zones import Zones
from shared.importing.known.activity import Known
from shared.importing.known.contacts import Contacts
from shared.importing.known.person import address_of
from shared.importing.limits import REJECTED_KEPT_MAX
from shared.importing.refusals import ArchiveError, OwnerUnknown, RowRefused, shown


@dataclass(slots=True)
class Tally:
    """Counts of an import: every event is read, rejected, or left out with a reason, by occurrence."""

    events_read: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_more: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    meetings: int = 0
    events: Counter[str] = field(default_factory=Counter)

    def reject(self, number: int, reason: str) -> None:
        """Take note of an event that cannot be read: which of the file, from 1, and why."""
        if len(self.rejected) < REJECTED_KEPT_MAX:
            self.rejected.append({"event": number, "reason": reason})
        else:
            self.rejected_more += 1


class CalendarImport:
    """What a calendar's meetings are. `events` compares them with what was told before."""

    def __init__(self, member: str, now: datetime, meetings: dict[str, Meeting], tally: Tally, *, whole: bool) -> None:
        self._member = member
        self._now = now
        self._meetings = meetings
        self._tally = tally
        self._whole = whole

    def events(self, known: Known) -> Iterator[Event]:
        """Give what is to be told now, one by one; the same again where nothing has changed meanwhile: nothing."""
        self._tally.events = Counter()
        people = [person for meeting in self._meetings.values() for person in meeting.people]
        changes = Changes(self._member, self._now, known, Contacts(known, people))
        for event in changes.of(self._meetings.values()):
            yield self._counted(event)
        if self._whole:
            for event in changes.vanished(self._gone(known)):
                yield self._counted(event)

    def report(self) -> dict[str, Any]:
        """Return what was read, and the events that were given so far by type: the object that `--json` prints."""
        tally = self._tally
        report: dict[str, Any] = {
            "events_read": tally.events_read,
            "meetings": tally.meetings,
            "events_rejected": [dict(one) for one in tally.rejected],
            "set_aside": dict(sorted(tally.set_aside.items())),
            "events": dict(sorted(tally.events.items())),
        }
        if tally.rejected_more:
            report["events_rejected_more"] = tally.rejected_more
        return report

    def _gone(self, known: Known) -> list[str]:
        """Return what was told as coming and stands in the calendar no more."""
        return [one for one, told in known.meetings.items() if not told.ended and one not in self._meetings]

    def _counted(self, event: Event) -> Event:
        self._tally.events[event.type.removeprefix("rapport.")] += 1
        return event


def read_calendar(
    path: Path,
    *,
    member: str,
    now: datetime,
    me: Collection[str] = (),
    zone: str | None = None,
    whole: bool = False,
) -> CalendarImport:
    """Read the calendar in the file at `path` and return its meetings from a year before `now` to a year ahead.

    `me`: the member's own addresses; where none is given, a calendar whose name is an address is its owner's. `zone`: an
    IANA name for times that have none, or one that nothing tells. `whole`: the file is all of the calendar, so a coming
    meeting of an earlier import that it does not hold is cancelled. `ArchiveError` when nothing can be read,
    `OwnerUnknown` when nothing tells who the member is, `ValueError` when `zone` is none or `now` is naive.
    """
    if zone is not None:
        zone_rules(zone)
    now = whole_milliseconds(now)
    found = calendars(read_bytes(path), shown(path.name))
    own = {one for one in map(address_of, [*me, *(text_of(each, "X-WR-CALNAME") for each in found)]) if one}
    if not own:
        raise OwnerUnknown(f"{shown(path.name)}: does not tell whose it is: name the member's own address (--me)")
    tally, meetings = Tally(), _Meetings(own, window_around(now, timedelta(days=BACK_DAYS), timedelta(days=AHEAD_DAYS)))
    for calendar in found:
        meetings.take(calendar, Zones(calendar, zone), tally)
    first, last = now - timedelta(days=BACK_DAYS), now + timedelta(days=AHEAD_DAYS)
    kept = {one.meeting_id: one for one in meetings.found.values() if ends_at(one) >= first and one.at <= last}
    tally.meetings = len(kept)
    return CalendarImport(member, now, kept, tally, whole=whole)


class _Meetings:
    """The meetings of all calendars of a file, by id."""

    def __init__(self, me: Collection[str], window: Window) -> None:
        self.found: dict[str, Meeting] = {}
        self._me = me
        self._window = window
        self._occurrences = 0
        self._until = time.monotonic() + SERIES_SECONDS_MAX

    def take(self, calendar: Calendar, zones: Zones, tally: Tally) -> None:
        method = text_of(calendar, "METHOD").upper()
        by_uid: dict[str, list[tuple[int, Component]]] = defaultdict(list)
        for component in calendar.walk("VEVENT"):
            tally.events_read += 1
            by_uid[text_of(component, "UID") or f"without-{tally.events_read}"].append((tally.events_read, component))
        for uid, numbered in by_uid.items():
            if time.monotonic() > self._until:
                raise ArchiveError(f"its series take longer than {SERIES_SECONDS_MAX:.0f} seconds to follow")
            try:
                self._of_uid(uid, [one for _, one in numbered], zones, method, tally)
            except RowRefused as refusal:
                tally.reject(numbered[0][0], str(refusal))

    def _of_uid(self, uid: str, components: list[Component], zones: Zones, method: str, tally: Tally) -> None:
        found = occurrences(components, zones, self._window)
        made = [meeting_of(one, uid, zones, self._me, method) for one in found]
        self._occurrences += len(made)
        if self._occurrences > OCCURRENCES_ALL_MAX:
            raise ArchiveError(f"it has more than {OCCURRENCES_ALL_MAX:,} occurrences within two years")
        for each in made:
            if isinstance(each, Aside):
                tally.set_aside[each] += 1
            else:
                self.found[each.meeting_id] = each
