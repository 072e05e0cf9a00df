"""A member's calendar feed: meetings, reminders and promises with an hour, days to remember, as iCalendar (RFC 5545).

It is published (`METHOD:PUBLISH`) and nobody is invited: names stand in the titles, and no `ATTENDEE` has an address.
The same thing has the same `UID` for ever, and a higher `SEQUENCE` once something was said of it again. The text is a
function of what is known alone, so it changes only when that does.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from icalendar import Alarm, Calendar, Event

from services.gateway.personal.cards import T, line, rule_texts
from services.gateway.personal.zones import rules_of
from services.gateway.projection.model.people import Meeting
from services.gateway.reading import meetings as of_meetings
from services.gateway.reading.known import (
    Known,
    at,
    followups,
    invites,
    meetings,
    name_of,
    people,
    person,
    promises,
    reminders,
)
from services.gateway.reading.open_followups import contact_of, item_of, rule_of, standing
from shared.calendar import in_quiet, instant, local, zone_rules
from shared.preferences import Preferences
from shared.texts.sentences import SOMEBODY, named

SWITCH: Final = "calendar"
"""The name under which a member switches the feed on and off, among the preferences of rules: no service has such a rule."""
READS: Final = ("meetings", "promises", "reminders", "followups", "invites")
PAST: Final = timedelta(days=60)
COMES: Final = timedelta(days=400)
EVENTS_MAX: Final = 600
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
    """One event: wall times are those of `zone`."""

    uid: str
    said: datetime
    """When the last word about it was said."""
    title: str
    starts: datetime
    zone: str
    lasts: timedelta
    place: str = ""
    alarm: timedelta | None = None
    """How long before its start; None: there is none."""
    cancelled: bool = False


def mark_of(preferences: Preferences) -> str | None:
    """Return what an address of the feed must carry; None while it is off.

    It is made of the event that switched it on: to switch it on once more ends all addresses that were given before.
    """
    said = preferences.switch(SWITCH)
    if said is None or said.value is not True:
        return None
    return hashlib.sha256(f"{said.time.isoformat()}/{said.id}".encode()).hexdigest()[:24]


def feed(view: Known, now: datetime, name: str) -> bytes:
    """Return the feed of a member at this moment; `name` is what programs call it."""
    view.all_of(READS)
    entries = sorted(
        (one for one in _entries(view) if now - PAST <= instant(one.starts, one.zone) <= now + COMES),
        key=lambda one: (instant(one.starts, one.zone), one.uid),
    )[:EVENTS_MAX]
    made = Calendar()
    for field, value in (
        ("prodid", "-//Rapport//calendar feed//EN"), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH"),
        ("x-wr-calname", name), ("refresh-interval", timedelta(hours=1)),
    ):  # fmt: skip
        made.add(field, value)
    made["refresh-interval"].params["value"] = "DURATION"
    for zone in sorted({one.zone for one in entries if one.zone != "UTC"}):
        made.add_component(rules_of(zone, now.year))
    for one in entries:
        made.add_component(_event(one, view.profile.preferences))
    for day in _days(view, now):
        made.add_component(day)
    text: bytes = made.to_ical()
    return text


def _entries(view: Known) -> Iterator[_Entry]:
    """Yield all that has an hour."""
    zone = view.profile.preferences.zone
    known = meetings(view).by_id
    who = people(view, [contact for one in known.values() for contact in of_meetings.contacts_of(one)])
    for key, meeting in known.items():
        if (entry := _meeting(view, key, meeting, who)) is not None:
            yield entry
    for key, promise in promises(view).by_id.items():
        if promise.made is not None and promise.outcome is None:
            about = people(view, [promise.made.contact_id])[promise.made.contact_id]
            what = line(promise.made.what, WORDS_CHARS_MAX) or T["person_something"]
            title = T["calendar_promise"].format(name=line(about.name or "") or SOMEBODY, what=what)
            starts = local(at(view, promise.made.due), zone)
            said = promise.made.time
            yield _Entry(_uid(view, "promise", key), said, title, starts, zone, REMINDER, alarm=timedelta())
    for key, one in standing(view):
        if rule_of(key, one) == OWN:
            title = line(one.what, WORDS_CHARS_MAX) or rule_texts(OWN).topic
            asked = reminders(view).requests.get(item_of(key).removeprefix("reminder/"))
            said = max(one.said_at or SINCE, asked.time if asked is not None else SINCE)
            starts = local(one.due_at, zone)
            yield _Entry(_uid(view, "reminder", item_of(key)), said, title, starts, zone, REMINDER, alarm=timedelta())


def _meeting(view: Known, key: str, one: Meeting, who: Any) -> _Entry | None:
    status = of_meetings.status_of(one)
    if one.plan is None or status not in {"scheduled", "held", "cancelled"}:
        return None
    names = [line(who[contact].name or "") or SOMEBODY for contact in of_meetings.contacts_of(one)]
    others = T["with_more"] if len(names) > 1 else ""
    title = T[f"calendar_{one.plan.kind}" if f"calendar_{one.plan.kind}" in T else "calendar_in_person"].format(
        name=" ".join(part for part in (names[0] if names else SOMEBODY, others) if part)
    )
    said = max(one.plan.time, one.status.time if one.status is not None else one.plan.time)
    lasts = timedelta(minutes=one.plan.minutes or MEETING_MINUTES)
    return _Entry(
        _uid(view, "meeting", key), said, named(title), one.plan.starts, one.plan.zone, lasts,
        line(one.plan.place, WORDS_CHARS_MAX), BEFORE_MEETING, status == "cancelled",
    )  # fmt: skip


def _event(one: _Entry, preferences: Preferences) -> Event:
    starts = instant(one.starts, one.zone)
    made = _stamped(one.uid, one.said, one.title)
    rules = zone_rules(one.zone)
    for field, when in (("dtstart", starts), ("dtend", starts + one.lasts)):
        made.add(field, when if one.zone == "UTC" else when.astimezone(rules))
    if one.place:
        made.add("location", one.place)
    made.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    made.add("transp", "OPAQUE" if one.alarm else "TRANSPARENT")
    if one.alarm is not None and not one.cancelled and not _quiet(starts - one.alarm, preferences):
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", one.title)
        alarm.add("trigger", -one.alarm)
        made.add_component(alarm)
    return made


def _quiet(moment: datetime, preferences: Preferences) -> bool:
    """Whether the member wants no alarm at a moment: in quiet hours, and in a pause."""
    until = preferences.paused_until
    return in_quiet(moment, preferences.zone, *preferences.quiet) or (until is not None and moment < until)


def _days(view: Known, now: datetime) -> Iterator[Event]:
    """Yield the days to remember, each of every year; of those of a leap day, the last of February."""
    for contact in _contacts(view)[:PEOPLE_MAX]:
        one = person(view, contact)
        name = line(name_of(one) or "") or SOMEBODY
        for label, day in sorted(one.dates.items()):
            month, number = divmod(int(day.value or 0), 100)
            year = local(now, view.profile.preferences.zone).year
            title = named(T["calendar_day"].format(name=name, what=line(label)))
            made = _stamped(_uid(view, "day", f"{contact}/{label}"), day.time, title)
            begins = date(year, month, min(number, monthrange(year, month)[1]))
            made.add("dtstart", begins)
            made.add("dtend", begins + timedelta(days=1))
            leap = {"bymonth": 2, "bymonthday": -1} if (month, number) == LEAP_DAY else {}
            made.add("rrule", {"freq": "yearly", **leap})
            made.add("transp", "TRANSPARENT")
            yield made


def _contacts(view: Known) -> list[str]:
    """Return the people whom the member has to do with, as far as anything but themselves names them."""
    open_ones = followups(view).open
    ids = [contact_of(key, one) for key, one in open_ones.items()]
    ids += [key.split("/")[1] for key in open_ones if key.startswith("date/")]
    ids += [one.sent.contact_id for one in invites(view).by_id.values() if one.sent is not None]
    ids += [contact for one in meetings(view).by_id.values() for contact in of_meetings.contacts_of(one)]
    ids += [one.made.contact_id for one in promises(view).by_id.values() if one.made is not None]
    known = sorted({one for one in ids if one})
    people(view, known[:PEOPLE_MAX])
    return known


def _stamped(uid: str, said: datetime, title: str) -> Event:
    """Return an event with what all of them have. It was last changed when the last word about it was said."""
    made = Event()
    said = said.replace(microsecond=0)
    for field, value in (
        ("uid", uid), ("dtstamp", said), ("last-modified", said), ("sequence", max(0, int((said - SINCE).total_seconds()))),
        ("summary", title), ("class", "PRIVATE"),
    ):  # fmt: skip
        made.add(field, value)
    return made


def _uid(view: Known, kind: str, key: str) -> str:
    """Return an id that lasts, and tells neither of the member nor of the thing."""
    return f"{hashlib.sha256(f'{view.member}/{kind}/{key}'.encode()).hexdigest()[:32]}@rapport"
