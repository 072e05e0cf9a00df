"""What is to be told of a calendar's meetings now, given what was told before.

The ids follow from what is told and from what was told last, so the same import again tells the same events, and a meeting
that moves and moves back is told each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

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

    def published_as(self, of_event: Sequence[_Begun]) -> str | None:
        """Return under which id the occurrence was published, of those of its event; None where it was not."""
        first, keys = id_of(self.uid, None), {one.key for one in of_event}
        for wall in {self._wall(one) for one in of_event}:
            if (key := id_of(self.uid, wall)) in keys:
                return key
        return first if any(one.key == first and one.wall == self._wall(one) for one in of_event) else None

    def _wall(self, one: _Begun) -> datetime:
        """Return when its series has it, on the clock of a meeting that was published; of a day alone, at that one's hour."""
        if self.original.all_day:
            return datetime.combine(self.original.wall.date(), one.wall.time())
        return self.original.wall_in(one.zone)


class _Begun(NamedTuple):
    """When a published meeting begins, or began when it was published first, on its clock."""

    key: str
    zone: Zone
    wall: datetime


def names_of(alone: Mapping[str, Alone], existing: Existing) -> dict[str, str]:
    """Return, by their own ids, the ids under which occurrences without their series were published, where they were."""
    wanted = {key: one for key, one in alone.items() if key not in existing.meetings}
    of_event: dict[str, list[_Begun]] = {event_id(one.uid): [] for one in wanted.values()}
    for key, published in existing.meetings.items():
        row = of_event.get(key.rpartition("-")[0])
        if row is not None and published.content:
            zone = Zone(json.loads(published.content)["zone"])
            row += [_Begun(key, zone, zone.wall(at)) for at in (published.first_at, published.at)]
    found = {key: one.published_as(of_event[event_id(one.uid)]) for key, one in wanted.items()}
    return {key: name for key, name in found.items() if name is not None}
