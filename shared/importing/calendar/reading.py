"""A whole calendar: read, placed in time, compared with what was told, reported.

An event that cannot be read is named with its place in the file and its reason; all others count.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

from icalendar import Calendar, Component

from shared.calendar import zone_rules
from shared.contracts import Event
from shared.contracts.fields import whole_milliseconds
from shared.contracts.limits import YEAR_MAX
from shared.importing.calendar.changes import Alone, Changes, ends_at, names_of
from shared.importing.calendar.content import calendars, read_bytes, text_of
from shared.importing.calendar.limits import AHEAD_DAYS, BACK_DAYS, OCCURRENCES_ALL_MAX, SERIES_SECONDS_MAX
from shared.importing.calendar.meetings import Meeting, event_id, found_in, id_of
from shared.importing.calendar.moments import moment_of
from shared.importing.calendar.series import Occurrence, Window, occurrences, window_around
from shared.importing.calendar.zones import Zones
from shared.importing.existing.activity import Existing
from shared.importing.existing.contacts import Contacts
from shared.importing.existing.person import address_of
from shared.importing.limits import REJECTED_KEPT_MAX
from shared.importing.refusals import ArchiveError, OwnerUnknown, RowRefused, shown

_UNREADABLE: Final = (ValueError, TypeError, OverflowError, AttributeError, KeyError, IndexError)
"""What icalendar, dateutil and the rules of a zone raise for values that are none."""
_PARTS: Final = frozenset({"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"})


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

    def __init__(self, member: str, now: datetime, found: Meetings, tally: Tally) -> None:
        self._member = member
        self._now = now
        self._found = found
        self._tally = tally

    @property
    def holds(self) -> frozenset[str]:
        """What the ids of the meetings of each event begin with that stands in it, whether it can be read or not."""
        return frozenset(self._found.named)

    def events(self, existing: Existing, gone: Collection[str] = ()) -> Iterator[Event]:
        """Give what is to be told now, one by one; the same again where nothing has changed meanwhile: nothing.

        `gone`: events, as in `holds`, that stood in this calendar and were taken out of it.
        """
        self._tally.events = Counter()
        found = self._found.named_as(names_of(self._found.alone, existing))
        meetings = [*found.meetings.values(), *_moved_beyond(found, existing)]
        people = [person for meeting in meetings for person in meeting.people]
        changes = Changes(self._member, self._now, existing, Contacts(existing, people))
        for event in chain(changes.of(meetings), changes.off(self._off(found, existing, gone))):
            self._tally.events[event.type.removeprefix("rapport.")] += 1
            yield event

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

    def _off(self, found: Meetings, existing: Existing, gone: Collection[str]) -> set[str]:
        """Return what will not take place: what the calendar says so of, and what it or a series of it no longer has.

        A series says nothing beyond the days that are looked at: its occurrences there were told by a clock that went ahead.
        """
        whole, last = found.whole, self._now + timedelta(days=AHEAD_DAYS)
        out = {
            one for one, before in existing.meetings.items()
            if one not in found.there
            and ((event := one.rpartition("-")[0]) in gone or (event in whole and before.at <= last))
        }  # fmt: skip
        return found.off | out


def _moved_beyond(found: Meetings, existing: Existing) -> Iterator[Meeting]:
    """Give what was told, and lies further ahead now than an import looks."""
    for meeting_id, meeting in found.beyond.items():
        before = existing.meetings.get(meeting_id)
        if before is not None and not before.ended and meeting.at.year < YEAR_MAX:
            yield meeting


def read_calendar(
    path: Path,
    *,
    member: str,
    now: datetime,
    me: Collection[str] = (),
    zone: str | None = None,
    own_zone: str | None = None,
) -> CalendarImport:
    """Read the calendar in the file at `path` and return its meetings from a year before `now` to a year ahead.

    `me`: the member's own addresses; where none is given, that of its owner, or a name that is one. `zone`: an
    IANA name for times that have none, or one that nothing tells. `ArchiveError` when nothing can be read,
    `OwnerUnknown` when nothing tells who the member is, `ValueError` when `zone` is none or `now` is naive.
    """
    return calendar_in(read_bytes(path), shown(path.name), member=member, now=now, me=me, zone=zone, own_zone=own_zone)


def calendar_in(
    content: bytes,
    label: str,
    *,
    member: str,
    now: datetime,
    me: Collection[str] = (),
    zone: str | None = None,
    own_zone: str | None = None,
) -> CalendarImport:
    """Read a calendar's bytes as `read_calendar` reads a file. `label` is what its errors begin with."""
    if zone is not None:
        zone_rules(zone)
    now = whole_milliseconds(now)
    found = calendars(content, label)
    named = [text_of(each, name) for each in found for name in ("X-OWNER", "X-WR-CALNAME")]
    own = {one for one in map(address_of, me or named) if one}
    if not own:
        raise OwnerUnknown(f"{label}: does not tell whose it is: name the member's own address (--me)")
    tally = Tally()
    meetings = Meetings(own, window_around(now, timedelta(days=BACK_DAYS), timedelta(days=AHEAD_DAYS)))
    for calendar in found:
        meetings.take(calendar, Zones(calendar, zone, own_zone), tally)
    first, last = now - timedelta(days=BACK_DAYS), now + timedelta(days=AHEAD_DAYS)
    meetings.beyond |= {key: one for key, one in meetings.meetings.items() if one.at > last}
    meetings.meetings = {key: one for key, one in meetings.meetings.items() if ends_at(one) >= first and one.at <= last}
    tally.meetings = len(meetings.meetings)
    return CalendarImport(member, now, meetings, tally)


class Meetings:
    """What all calendars of a file hold, by the id of the meeting."""

    def __init__(self, me: Collection[str], window: Window) -> None:
        self.meetings: dict[str, Meeting] = {}
        self.beyond: dict[str, Meeting] = {}
        """What lies further ahead than is looked at: told only where it was told before, and moved there."""
        self.off: set[str] = set()
        """What will not take place."""
        self.there: set[str] = set()
        """All that the file has within the window or beyond its end, whatever it is."""
        self.whole: set[str] = set()
        """What the ids of each event begin with that the file has as a whole, and not as some of its occurrences."""
        self.named: set[str] = set()
        """The same of each event, however much of it there is, and whether it can be read or not."""
        self.alone: dict[str, Alone] = {}
        """By the id that they have here: occurrences whose series the file does not hold."""
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
        self.named.update(map(event_id, by_uid))
        for uid, numbered in by_uid.items():
            if time.monotonic() > self._until:
                raise ArchiveError(f"its series take longer than {SERIES_SECONDS_MAX:.0f} seconds to follow")
            try:
                self._of_uid(uid, [one for _, one in numbered], zones, method, tally)
            except RowRefused as refusal:
                tally.reject(numbered[0][0], str(refusal))
            except _UNREADABLE as error:
                tally.reject(numbered[0][0], f"cannot be read ({type(error).__name__})")

    def _of_uid(self, uid: str, components: list[Component], zones: Zones, method: str, tally: Tally) -> None:
        every = occurrences(components, zones, self._window)
        self._note_alone(uid, components, zones)
        found = [found_in(one, uid, zones, self._me, method) for one in every if self._window.holds(one.starts.wall)]
        self._occurrences += len(found)
        if self._occurrences > OCCURRENCES_ALL_MAX:
            raise ArchiveError(f"it has more than {OCCURRENCES_ALL_MAX:,} occurrences within two years")
        if any("RECURRENCE-ID" not in one for one in components) and method not in _PARTS:
            self.whole.add(event_id(uid))
        for one in found:
            self.there.add(one.meeting_id)
            if one.off:
                self.off.add(one.meeting_id)
            if one.aside is not None:
                tally.set_aside[one.aside] += 1
            if one.meeting is not None:
                self.meetings[one.meeting_id] = one.meeting
        for occurrence in every:
            if not self._window.holds(occurrence.starts.wall):
                self._of_beyond(occurrence, uid, zones, method)

    def _note_alone(self, uid: str, components: list[Component], zones: Zones) -> None:
        if any("RECURRENCE-ID" not in one for one in components):
            return
        for component in components:
            which = moment_of(component, "RECURRENCE-ID", zones)
            assert which is not None
            self.alone[id_of(uid, which.wall)] = Alone(uid, which)

    def named_as(self, names: Mapping[str, str]) -> Meetings:
        """Return the same with other ids for some meetings."""
        if not names:
            return self
        other = copy(self)
        other.off, other.there = ({names.get(one, one) for one in ids} for ids in (self.off, self.there))
        other.meetings, other.beyond = (
            {names.get(one, one): replace(meeting, meeting_id=names.get(one, one)) for one, meeting in meetings.items()}
            for meetings in (self.meetings, self.beyond)
        )
        return other

    def _of_beyond(self, occurrence: Occurrence, uid: str, zones: Zones, method: str) -> None:
        self.there.add(id_of(uid, occurrence.original))
        with suppress(RowRefused, *_UNREADABLE):  # that is said once it comes near
            found = found_in(occurrence, uid, zones, self._me, method)
            if found.off:
                self.off.add(found.meeting_id)
            if found.meeting is not None:
                self.beyond[found.meeting_id] = found.meeting
