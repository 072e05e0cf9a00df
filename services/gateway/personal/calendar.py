"""A member's calendar feed: meetings, reminders and promises with an hour, days to remember, as iCalendar (RFC 5545).

It is published (`METHOD:PUBLISH`) and nobody is invited: names stand in the titles, and no `ATTENDEE` has an address.
The same thing has the same `UID` for ever, and a higher `SEQUENCE` once something was said of it again. The text is a
function of what is known alone, so it changes only when that does. To find what stands in it takes little; to write it down
takes the library longer, and needs nothing of what is known: whoever serves does that apart.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final

from icalendar import Alarm, Calendar, Event

from services.gateway.personal.content.cards import line
from services.gateway.personal.content.words import PAGES, of_rule
from services.gateway.personal.zones import rules_of
from services.gateway.projection.model.followups import REMINDER as REMINDER_ITEM
from services.gateway.projection.model.followups import Followup
from services.gateway.projection.model.people import Meeting
from services.gateway.reading import meetings as of_meetings
from services.gateway.reading.forms.answers import Who
from services.gateway.reading.open_followups import contact_of, item_of, rule_of, still_open
from services.gateway.reading.view import (
    ProjectionView,
    at,
    followups,
    invites,
    meetings,
    name_of,
    named_at,
    people,
    person,
    promises,
    reminders,
)
from shared.calendar import in_quiet, zone_rules
from shared.preference_names import LOCALE, ZONE
from shared.preferences import Preferences
from shared.texts.language import Language, language
from shared.texts.sentences import SOMEBODY

READS: Final = ("meetings", "promises", "reminders", "followups", "invites")
PAST: Final = timedelta(days=60)
COMES: Final = timedelta(days=400)
EVENTS_MAX: Final = 600
"""Events in a feed. What has an hour goes before days to remember."""
PEOPLE_MAX: Final = 300
"""People whose days to remember are looked for."""
MEETING_MINUTES: Final = 60
"""Of a meeting whose length nobody told."""
REMINDER: Final = timedelta(minutes=15)
BEFORE_MEETING: Final = timedelta(minutes=30)
WORDS_CHARS_MAX: Final = 200
SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""`SEQUENCE` counts the seconds since then: it has 32 bits in some programs."""
OWN: Final = "own_reminder"
LEAP_DAY: Final = (2, 29)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One thing that has an hour."""

    uid: str
    changed_at: datetime
    """When the last word about it was said."""
    title: str
    starts: datetime
    """In UTC."""
    zone: str
    """Whose wall times it is written in."""
    lasts: timedelta
    place: str = ""
    alarm: timedelta | None = None
    """How long before its start; None: there is none."""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class _Day:
    """One day to remember, every year. It begins in the year in which it was told: a date that moved would be another."""

    uid: str
    changed_at: datetime
    title: str
    month: int
    day: int
    begins: int


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a feed."""

    entries: tuple[_Entry, ...]
    days: tuple[_Day, ...]
    preferences: Preferences
    worded: datetime
    """When the member last chose a language: with it, all titles are others."""


def find(view: ProjectionView, now: datetime) -> Found:
    """Return what stands in the feed of a member at this moment: `EVENTS_MAX` at most."""
    view.all_of(READS)
    with_days = _contacts(view)[:PEOPLE_MAX]
    who = people(view, [*with_days, *_named(view)])
    entries = sorted(
        (one for one in _entries(view, who) if now - PAST <= one.starts <= now + COMES),
        key=lambda one: (one.starts, one.uid),
    )[:EVENTS_MAX]
    days = islice(_days(view, with_days), EVENTS_MAX - len(entries))
    spoken = view.profile.preferences.registers.get(LOCALE)
    return Found(tuple(entries), tuple(days), view.profile.preferences, SINCE if spoken is None else spoken.time)


def text(found: Found, now: datetime, name: str) -> bytes:
    """Return a feed as programs read it; `name` is what they call it."""
    made = Calendar()
    for field, value in (
        ("prodid", "-//Rapport//calendar feed//EN"), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH"),
        ("x-wr-calname", name), ("refresh-interval", timedelta(hours=1)),
    ):  # fmt: skip
        made.add(field, value)
    made["refresh-interval"].params["value"] = "DURATION"
    for zone in sorted({one.zone for one in found.entries if one.zone != "UTC"}):
        made.add_component(rules_of(zone, now.year))
    for one in found.entries:
        made.add_component(_event(one, found))
    for day in found.days:
        made.add_component(_day_event(day, found.worded))
    written: bytes = made.to_ical()
    return written


def _named(view: ProjectionView) -> Iterator[str]:
    """Yield those whose names stand in titles."""
    for meeting in meetings(view).by_id.values():
        yield from list(of_meetings.contacts_of(meeting))[:1]
    for promise in promises(view).by_id.values():
        if promise.made is not None:
            yield promise.made.contact_id


def _entries(view: ProjectionView, who: Mapping[str, Who]) -> Iterator[_Entry]:
    """Yield all that has an hour."""
    preferences = view.profile.preferences
    zone, moved, lang = preferences.zone, preferences.registers.get(ZONE), language(preferences.locale)
    zone_set_at = SINCE if moved is None else moved.time  # with it, what was told in wall time has another hour
    for key, meeting in meetings(view).by_id.items():
        if (entry := _meeting(view, key, meeting, who, lang)) is not None:
            yield entry
    for key, promise in promises(view).by_id.items():
        if promise.made is not None and promise.is_open:
            what = lang.apart(line(promise.made.what, WORDS_CHARS_MAX)) or lang(PAGES["person_something"])
            title = lang(PAGES["calendar_promise"], name=_name(who, promise.made.contact_id, lang), what=what)
            changed_at = max(promise.made.time, zone_set_at, _named_at(view, promise.made.contact_id))
            due = at(view, promise.made.due)
            yield _Entry(_uid(view, "promise", key), changed_at, title, due, zone, REMINDER, alarm=timedelta())
    for key, one in still_open(view):
        if rule_of(key, one) == OWN:
            title = line(one.what, WORDS_CHARS_MAX) or lang.sentence(of_rule(lang, OWN, "topic"))
            changed_at = max(zone_set_at, *_instants_of(view, key, one))
            yield _Entry(
                _uid(view, "reminder", item_of(key)), changed_at, title, one.due_at, zone, REMINDER, alarm=timedelta()
            )


def _instants_of(view: ProjectionView, key: str, one: Followup) -> Iterator[datetime]:
    """Yield when each word about a reminder of the member's own was said: by them, and by the service."""
    item, asked = item_of(key).removeprefix(REMINDER_ITEM), reminders(view)
    for word in (asked.requests.get(item), asked.answers.get(key), asked.answers.get(item)):
        if word is not None:
            yield word.time
    yield one.reminded_at or SINCE
    yield followups(view).heard.get(item, SINCE)


def _named_at(view: ProjectionView, contact: str) -> datetime:
    """Return since when a title may have another name."""
    return named_at(person(view, contact)) or SINCE


def _name(who: Mapping[str, Who], contact: str, lang: Language) -> str:
    return lang.apart(line((who[contact].name if contact in who else "") or "")) or lang(SOMEBODY)


def _meeting(view: ProjectionView, key: str, one: Meeting, who: Mapping[str, Who], lang: Language) -> _Entry | None:
    status, starts = of_meetings.status_of(one), of_meetings.starts_at(one)
    if one.plan is None or starts is None or status not in {"scheduled", "held", "cancelled"}:
        return None
    contacts = list(of_meetings.contacts_of(one))
    name = _name(who, contacts[0], lang) if contacts else lang(SOMEBODY)
    whom = lang(PAGES["with_more"], name=name) if len(contacts) > 1 else name
    title = lang(PAGES.get(f"calendar_{one.plan.kind}", PAGES["calendar_in_person"]), name=whom)
    changed_at = max(word.time for word in (one.plan, one.status, one.company) if word is not None)
    changed_at = max(changed_at, _named_at(view, contacts[0])) if contacts else changed_at
    lasts = timedelta(minutes=one.plan.minutes or MEETING_MINUTES)
    return _Entry(
        _uid(view, "meeting", key), changed_at, lang.named(title), starts, one.plan.zone, lasts,
        line(one.plan.place, WORDS_CHARS_MAX), BEFORE_MEETING, status == "cancelled",
    )  # fmt: skip


def _event(one: _Entry, found: Found) -> Event:
    made = _stamped(one.uid, max(one.changed_at, found.worded), one.title)
    for field, when in zip(("dtstart", "dtend"), _written(one), strict=True):
        made.add(field, when)
    if one.place:
        made.add("location", one.place)
    made.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    made.add("transp", "OPAQUE" if one.alarm else "TRANSPARENT")
    if one.alarm is not None and not one.cancelled and not _quiet(one.starts - one.alarm, found.preferences):
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", one.title)
        alarm.add("trigger", -one.alarm)
        made.add_component(alarm)
    return made


def _written(one: _Entry) -> tuple[datetime, datetime]:
    """Return start and end as they are written: wall times of the zone, where each of them comes once, and UTC elsewhere.

    A wall time that comes twice means the first one (RFC 5545, 3.3.5). With a `DURATION` the second
    would still be lost, and some readers add one to the wall time, so it would end an hour off.
    """
    ends = one.starts + one.lasts
    if one.zone == "UTC":
        return one.starts, ends
    rules = zone_rules(one.zone)
    walls = one.starts.astimezone(rules), ends.astimezone(rules)
    twice = any(wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset() for wall in walls)
    return (one.starts, ends) if twice else walls


def _quiet(moment: datetime, preferences: Preferences) -> bool:
    """Whether the member wants no alarm at a moment: in quiet hours, and in a pause."""
    until = preferences.paused_until
    return in_quiet(moment, preferences.zone, *preferences.quiet) or (until is not None and moment < until)


def _days(view: ProjectionView, contacts: Iterable[str]) -> Iterator[_Day]:
    """Yield the days to remember."""
    lang = language(view.profile.preferences.locale)
    for contact in contacts:
        one = person(view, contact)
        name = lang.apart(line(name_of(one) or "")) or lang(SOMEBODY)
        for label, day in sorted(one.dates.items()):
            title = lang.named(lang(PAGES["calendar_day"], name=name, what=lang.apart(line(lang.day_label(label)))))
            uid, begins = _uid(view, "day", f"{contact}/{label}"), day.time.year
            changed_at = max(day.time, _named_at(view, contact))
            yield _Day(uid, changed_at, title, *divmod(int(day.value or 0), 100), begins)


def _day_event(one: _Day, worded: datetime) -> Event:
    """Return a day of every year; of a leap day, the last of February."""
    made = _stamped(one.uid, max(one.changed_at, worded), one.title)
    begins = date(one.begins, one.month, min(one.day, monthrange(one.begins, one.month)[1]))
    made.add("dtstart", begins)
    made.add("dtend", begins + timedelta(days=1))
    leap = {"bymonth": 2, "bymonthday": -1} if (one.month, one.day) == LEAP_DAY else {}
    made.add("rrule", {"freq": "yearly", **leap})
    made.add("transp", "TRANSPARENT")
    return made


def _contacts(view: ProjectionView) -> list[str]:
    """Return the people whom the member has to do with, as far as anything but themselves names them."""
    open_ones = followups(view).open
    ids = [contact_of(key, one) for key, one in open_ones.items()]
    ids += [key.split("/")[1] for key in open_ones if key.startswith("date/")]
    ids += [one.sent.contact_id for one in invites(view).by_id.values() if one.sent is not None]
    ids += [contact for one in meetings(view).by_id.values() for contact in of_meetings.contacts_of(one)]
    ids += [one.made.contact_id for one in promises(view).by_id.values() if one.made is not None]
    return sorted({one for one in ids if one})


def _stamped(uid: str, changed_at: datetime, title: str) -> Event:
    """Return an event with what all of them have. It was last changed when the last word about it was said."""
    made, changed_at = Event(), changed_at.replace(microsecond=0)
    for field, value in (
        ("uid", uid), ("dtstamp", changed_at), ("last-modified", changed_at), ("summary", title), ("class", "PRIVATE"),
        ("sequence", max(0, int((changed_at - SINCE).total_seconds()))),
    ):  # fmt: skip
        made.add(field, value)
    return made


def _uid(view: ProjectionView, kind: str, key: str) -> str:
    """Return an id that lasts, and tells neither of the member nor of the thing."""
    return f"{hashlib.sha256(f'{view.member}/{kind}/{key}'.encode()).hexdigest()[:32]}@rapport"
