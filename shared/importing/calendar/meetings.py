"""What of a calendar is a meeting with people, and what is none of our business."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from icalendar import Component

from shared.contracts import MeetingKind
from shared.importing.calendar.content import text_of
from shared.importing.calendar.limits import MINUTES_MAX, MINUTES_WITHOUT_END, PEOPLE_MAX
from shared.importing.calendar.moments import Moment, moment_of
from shared.importing.calendar.people import Attendee, people_of
from shared.importing.calendar.series import Occurrence
from shared.importing.calendar.zones import Zones
from shared.importing.existing.activity import CALENDAR_PREFIX
from shared.importing.existing.person import Person, clean

_LINK: Final = re.compile(
    r"https?://|zoom\.us/|teams\.(microsoft|live)\.com|meet\.google\.com|webex\.com", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"(tel:)?\+?[\d\s().-]{6,}", re.IGNORECASE)
_LUNCH: Final = re.compile(r"\blunch\b", re.IGNORECASE)
_CONFERENCE: Final = ("X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "CONFERENCE")
_MINUTE: Final = timedelta(minutes=1)


class Aside(StrEnum):
    """Why an occurrence is left out, in words for the report."""

    ALL_DAY = "whole days: they are no appointment with anybody"
    LONG = "they last a day or longer"
    ALONE = "nobody else stands in them"
    CROWD = f"more than {PEOPLE_MAX} people stand in them, or a group does"
    PRIVATE = "they are private"
    DECLINED = "the member has declined"
    OPEN = "they are not agreed yet"
    REPLY = "they are answers to an invitation, and no calendar"
    DECLINED_BY_ALL = "everybody else has declined"


_NOT_COMING: Final = frozenset({"DECLINED", "DELEGATED"})
"""Who has sent somebody else does not come (RFC 5545, 3.2.12)."""
_OFF: Final = frozenset({Aside.DECLINED, Aside.DECLINED_BY_ALL})
_ANSWERS: Final = frozenset({"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"})
"""Methods (RFC 5546) of what is sent to an organizer, and is in no calendar."""
_EVENT_CHARS: Final = 24
_OCCURRENCE_CHARS: Final = 12


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting as a calendar tells it."""

    meeting_id: str
    people: tuple[Person, ...]
    kind: MeetingKind
    starts: datetime
    """Naive: what clocks in `zone` show; else the instant, where the file's own rules differ from the zone's."""
    zone: str
    at: datetime
    """The instant at which it begins."""
    minutes: int
    place: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one occurrence is: a meeting, or why it is none. One that is off is no meeting any more, if it ever was told."""

    meeting_id: str
    meeting: Meeting | None = None
    aside: Aside | None = None
    off: bool = False


def found_in(occurrence: Occurrence, uid: str, zones: Zones, me: Collection[str], method: str) -> Finding:
    """Return what an occurrence is. `RowRefused` names a field that cannot be read."""
    component, meeting_id = occurrence.component, id_of(uid, occurrence.original)
    status = text_of(component, "STATUS").upper()
    if method in _ANSWERS:
        return Finding(meeting_id, aside=Aside.REPLY)
    if method == "CANCEL" or status == "CANCELLED":
        return Finding(meeting_id, off=True)
    if occurrence.starts.all_day:
        return Finding(meeting_id, aside=Aside.ALL_DAY)
    if text_of(component, "CLASS").upper() in {"PRIVATE", "CONFIDENTIAL"}:
        return Finding(meeting_id, aside=Aside.PRIVATE)
    aside, others = _with_whom(people_of(component), me)
    if aside is not None:
        return Finding(meeting_id, aside=aside, off=aside in _OFF)
    if status == "TENTATIVE":
        return Finding(meeting_id, aside=Aside.OPEN)
    minutes = _minutes(occurrence, zones)
    if minutes >= MINUTES_MAX:
        return Finding(meeting_id, aside=Aside.LONG)
    return Finding(meeting_id, _made(occurrence, meeting_id, others, minutes))


def id_of(uid: str, original: datetime | None) -> str:
    """Return the id of an occurrence: its event's, and which one of the series it is. The first is as an event alone."""
    which = "0" if original is None else _hashed(original.isoformat())[:_OCCURRENCE_CHARS]
    return f"{event_id(uid)}-{which}"


def event_id(uid: str) -> str:
    """Return what the ids of all occurrences of an event begin with."""
    return CALENDAR_PREFIX + _hashed(uid)[:_EVENT_CHARS]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def _with_whom(people: Sequence[Attendee], me: Collection[str]) -> tuple[Aside | None, tuple[Person, ...]]:
    own = [one for one in people if one.address in me]
    others = [one for one in people if one.address not in me]
    coming = tuple(one.person for one in others if one.answer not in _NOT_COMING)
    if any(one.answer in _NOT_COMING for one in own):
        return Aside.DECLINED, ()
    if not others:
        return Aside.ALONE, ()
    if len(others) > PEOPLE_MAX or any(one.group for one in others):
        return Aside.CROWD, ()
    if any(one.answer in {"NEEDS-ACTION", "TENTATIVE"} for one in own):
        return Aside.OPEN, ()
    return (None, coming) if coming else (Aside.DECLINED_BY_ALL, ())


def _made(occurrence: Occurrence, meeting_id: str, others: tuple[Person, ...], minutes: int) -> Meeting:
    starts = occurrence.starts
    assert starts.zone is not None
    wall, zone = starts.wall, starts.zone
    at = zone.instant(wall)
    return Meeting(
        meeting_id,
        others,
        _kind(occurrence.component),
        wall if zone.agrees(wall) else at.astimezone(UTC),
        zone.name,
        at,
        minutes,
        _place(occurrence.component),
    )


def _minutes(occurrence: Occurrence, zones: Zones) -> int:
    """Return how long it lasts: by its end, else by its length. Where both stand the end counts (RFC 5545 allows one)."""
    length = _length(occurrence, zones)
    return max(1, min(MINUTES_MAX, length // _MINUTE)) if length > timedelta() else MINUTES_WITHOUT_END


def _length(occurrence: Occurrence, zones: Zones) -> timedelta:
    ends = moment_of(occurrence.component, "DTEND", zones.beside(occurrence.first.zone))
    if ends is not None and not ends.all_day:
        return _between(occurrence.first, ends)
    length = getattr(occurrence.component.get("DURATION"), "dt", None)
    return length if isinstance(length, timedelta) else timedelta()


def _between(first: Moment, ends: Moment) -> timedelta:
    """Return the time between the two: on one clock where both are on it, so a gap in it makes no end before its begin."""
    return ends.wall - first.wall if ends.zone == first.zone else ends.instant() - first.instant()


def _kind(component: Component) -> MeetingKind:
    """Return how people meet: by a link, by a number, else at a place; lunch where the title says so and no link stands."""
    location = text_of(component, "LOCATION")
    if (
        any(name in component for name in _CONFERENCE)
        or _LINK.search(location)
        or _LINK.search(text_of(component, "URL"))
    ):
        return "online"
    if _NUMBER.fullmatch(location):
        return "phone"
    return "lunch" if _LUNCH.search(text_of(component, "SUMMARY")) else "in_person"


def _place(component: Component) -> str | None:
    """Return where it is; a link is none, since it may hold what lets anybody in."""
    location = text_of(component, "LOCATION")
    return None if _LINK.search(location) or _NUMBER.fullmatch(location) else clean(location) or None
