"""What is to be told of a calendar's meetings now, given what was told before.

The ids follow from what is told and from what was told last, so the same import again tells the same events, and a meeting
that moves and moves back is told each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.contracts import (
    ContactNamed,
    Event,
    EventData,
    MeetingCancelled,
    MeetingHeld,
    MeetingRescheduled,
    MeetingScheduled,
)
from shared.importing.calendar.meetings import Meeting, event_id, id_of
from shared.importing.calendar.moments import Moment
from shared.importing.calendar.zones import Zone
from shared.importing.existing.activity import Existing, PublishedMeeting, plan_of
from shared.importing.existing.contacts import Contacts
from shared.importing.linkedin.events import ORIGIN

SOURCE: Final = "/calendar/import"


@dataclass(frozen=True, slots=True)
class Changes:
    """Events about one member, of one import at `now`."""

    member: str
    now: datetime
    existing: Existing
    contacts: Contacts

    def of(self, meetings: Iterable[Meeting]) -> Iterator[Event]:
        """Give the events that tell of meetings what was not told yet, people's names before their first meeting."""
        for meeting in sorted(meetings, key=lambda one: (one.at, one.meeting_id)):
            if (data := self._data(meeting)) is None:
                continue
            yield from self._names(meeting)
            time = min(self.now, ends_at(meeting)) if isinstance(data, MeetingHeld) else self.now
            yield self._event(data, time, meeting.meeting_id)

    def off(self, ids: Iterable[str]) -> Iterator[Event]:
        """Give that meetings will not take place, of those that were told and are still to come."""
        for meeting_id in sorted(ids):
            published = self.existing.meetings.get(meeting_id)
            if published is not None and not published.ended and published.at > self.now:
                yield self._event(MeetingCancelled(meeting_id=meeting_id), self.now, meeting_id)

    def _data(self, meeting: Meeting) -> EventData | None:
        published = self.existing.meetings.get(meeting.meeting_id)
        ids = tuple(sorted({self.contacts.id_of(one) for one in meeting.people}))
        if ends_at(meeting) <= self.now:
            return self._held(meeting, ids, published)
        plan = MeetingScheduled(
            meeting_id=meeting.meeting_id, contact_ids=ids, kind=meeting.kind, starts=meeting.starts,
            zone=meeting.zone, minutes=meeting.minutes, place=meeting.place,
        )  # fmt: skip
        if published is None:
            return plan
        if not published.ended and published.content == plan_of(plan):
            return None
        return MeetingRescheduled.model_validate(plan.model_dump())

    def _held(self, meeting: Meeting, ids: tuple[str, ...], published: PublishedMeeting | None) -> EventData | None:
        if published is not None and published.ended:
            return None
        return MeetingHeld(
            meeting_id=meeting.meeting_id, contact_ids=ids, kind=meeting.kind, starts=meeting.starts,
            zone=meeting.zone, minutes=meeting.minutes, place=meeting.place,
        )  # fmt: skip

    def _names(self, meeting: Meeting) -> Iterator[Event]:
        for person in meeting.people:
            if (name := self.contacts.new_name(person)) is not None:
                contact_id = self.contacts.id_of(person)
                yield self._event(ContactNamed(contact_id=contact_id, name=name), self.now, contact_id)

    def _event(self, data: EventData, time: datetime, about: str) -> Event:
        published = self.existing.meetings.get(about)
        key = (self.member, data.TYPE, data.model_dump_json(), published.event_id if published else "")
        return Event(
            id="calendar-" + hashlib.sha256("\n".join(key).encode()).hexdigest()[:32],
            member=self.member, time=time, logged=self.now, data=data, source=SOURCE, origin=ORIGIN,
        )  # fmt: skip


def ends_at(meeting: Meeting) -> datetime:
    """Return the instant at which a meeting is over."""
    return meeting.at + timedelta(minutes=meeting.minutes)


@dataclass(frozen=True, slots=True)
class Alone:
    """An invitation to a single occurrence, in a file without the series.

    It names the occurrence by when its series has it (`RECURRENCE-ID`), in whatever zone, or by the day alone, and can not
    say whether that is the series' first. What was published of the event tells.
    """

    uid: str
    original: Moment
    """When its series has it."""

    def published_as(self, existing: Existing) -> str | None:
        """Return the id under which the occurrence was published; None where it was not."""
        begin, first = f"{event_id(self.uid)}-", id_of(self.uid, None)
        of_event = {key: one for key, one in existing.meetings.items() if key.startswith(begin)}
        for key, one in of_event.items():
            if any(key == id_of(self.uid, wall) for wall, _ in self._walls(one)):
                return key
        first_one = of_event.get(first)
        if first_one is not None and any(wall == begins for wall, begins in self._walls(first_one)):
            return first
        return None

    def _walls(self, one: PublishedMeeting) -> Iterator[tuple[datetime, datetime]]:
        """Give when the series has it on the clock of a published meeting, and when that one begins there, or began first."""
        if not one.content:
            return
        zone = Zone(json.loads(one.content)["zone"])
        for begins in map(zone.wall, (one.first_at, one.at)):
            if self.original.all_day:
                yield datetime.combine(self.original.wall.date(), begins.time()), begins
            else:
                yield self.original.wall_in(zone), begins


def names_of(alone: Mapping[str, Alone], existing: Existing) -> dict[str, str]:
    """Return, by their own ids, the ids under which occurrences without their series were published, where they were."""
    found = {key: one.published_as(existing) for key, one in alone.items() if key not in existing.meetings}
    return {key: name for key, name in found.items() if name is not None}
