"""The occurrences of one event of a calendar: a single one, or a series with what was moved, changed, added and left out.

A series goes by the wall clock of its zone (RFC 5545 3.3.10), so its rule is expanded on naive wall times, by dateutil,
and each occurrence is placed in time on its own. So a day that is left out (`EXDATE` or `RECURRENCE-ID` of kind DATE) meets
an occurrence with an hour, the last day of `UNTIL` is inside, and no clock change moves what follows it.
"""

from __future__ import annotations

import warnings
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice, takewhile
from math import prod
from typing import Final

from dateutil.rrule import rrule, rruleset, rrulestr
from icalendar import Component, vRecur

from shared.importing.calendar.content import text_of
from shared.importing.calendar.limits import EXCEPTIONS_MAX, OCCURRENCES_MAX, SERIES_FROM_YEAR
from shared.importing.calendar.moments import Moment, moment_of, moments_of
from shared.importing.calendar.zones import Zones
from shared.importing.refusals import RowRefused

TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
"""No meeting with people comes by the hour, and a rule by the second has 86,400 occurrences a day."""
_HOURS: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
TIMES_A_DAY_MAX: Final = 24
VALUES_MAX: Final = 366
"""Of one part of a rule: the days of a year."""
POSITIONS_MAX: Final = 31
"""Of BYSETPOS: dateutil looks for each anew at every step."""
_LEAP_YEAR: Final = 2024
_END_OF_DAY: Final = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are looked at, as naive wall times, both inside."""

    first: datetime
    last: datetime

    def holds(self, wall: datetime) -> bool:
        """Whether a wall time lies inside."""
        return self.first <= wall <= self.last


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence: what tells of it, when it begins, and which one of its series it is."""

    component: Component
    starts: Moment
    original: datetime | None
    """The wall time at which the series has it, wherever it was moved; None: it is the first one, or no series."""
    first: Moment
    """When the component that tells of it begins itself: its end is told for that one."""


def occurrences(components: Sequence[Component], zones: Zones, window: Window) -> list[Occurrence]:
    """Return the occurrences of all components of one UID within the window, and what was moved or put beyond its end.

    A rule's own occurrences end with the window. `RowRefused` names the field and the reason.
    """
    masters = [one for one in components if "RECURRENCE-ID" not in one]
    overrides = [one for one in components if "RECURRENCE-ID" in one]
    master = max(masters, key=_edition) if masters else None
    if master is None:
        return [one for one in (_alone(each, zones) for each in overrides) if one.starts.wall >= window.first]
    starts = _starts(master, zones)
    if not overrides and not {"RRULE", "RDATE"} & set(master):
        return [Occurrence(master, starts, None, starts)] if starts.wall >= window.first else []
    exceptions = _Exceptions.of(overrides, starts, zones)
    return list(_of_series(master, starts, exceptions, zones, window))


def _edition(component: Component) -> tuple[int, str]:
    """Which of two components of one event is the later one."""
    sequence = text_of(component, "SEQUENCE")
    stamp = component.get("DTSTAMP")
    return (int(sequence) if sequence.isdecimal() else 0, "" if stamp is None else str(getattr(stamp, "dt", "")))


def _starts(component: Component, zones: Zones) -> Moment:
    if (starts := moment_of(component, "DTSTART", zones)) is None:
        raise RowRefused("DTSTART: is missing")
    return starts


def _alone(component: Component, zones: Zones) -> Occurrence:
    """Return one occurrence whose series the file does not hold, as an invitation to a single one of it is sent."""
    original = moment_of(component, "RECURRENCE-ID", zones)
    assert original is not None
    starts = _begins(component, original, zones)
    return Occurrence(component, starts, original.wall, starts)


def _begins(component: Component, which: Moment, zones: Zones) -> Moment:
    """Return when an occurrence begins. One that is off need not say so (RFC 5546, 3.2.5): it was where its series has it."""
    if "DTSTART" not in component and text_of(component, "STATUS").upper() == "CANCELLED":
        return which
    return _starts(component, zones)


@dataclass(slots=True)
class _Exceptions:
    """What was told of single occurrences, by the wall time or the day at which the series has them."""

    at: dict[datetime, tuple[Component, Moment]]
    days: dict[datetime, tuple[Component, Moment]]
    onwards: list[tuple[datetime, Component, Moment]]
    """Those that hold for all later ones, too (THISANDFUTURE), in order."""

    @classmethod
    def of(cls, overrides: Sequence[Component], starts: Moment, zones: Zones) -> _Exceptions:
        if len(overrides) > EXCEPTIONS_MAX:
            raise RowRefused(f"RECURRENCE-ID: more than {EXCEPTIONS_MAX:,} occurrences of one series")
        found = cls({}, {}, [])
        for component in sorted(overrides, key=_edition):
            which = moment_of(component, "RECURRENCE-ID", zones.beside(starts.zone))
            assert which is not None
            wall = which.wall_in(starts.zone)
            begins = _begins(component, Moment(wall, starts.zone), zones)
            (found.days if which.all_day else found.at)[wall] = (component, begins)
            if component["RECURRENCE-ID"].params.get("RANGE") == "THISANDFUTURE":
                found.onwards.append((wall, component, begins))
        found.onwards.sort(key=lambda one: one[0])
        return found

    def take(self, wall: datetime) -> tuple[Component, Moment] | None:
        """Return what was told of an occurrence, and forget it."""
        return self.at.pop(wall, None) or self.days.pop(_day(wall), None)

    def left(self) -> Iterable[tuple[datetime, tuple[Component, Moment]]]:
        """Return what was told of occurrences that the series does not have, or has outside of the window."""
        return [*self.at.items(), *self.days.items()]

    def since(self, wall: datetime) -> tuple[datetime, Component, Moment] | None:
        """Return what holds from an earlier occurrence on."""
        return next((one for one in reversed(self.onwards) if one[0] < wall), None)


def _of_series(
    master: Component, starts: Moment, exceptions: _Exceptions, zones: Zones, window: Window
) -> Iterator[Occurrence]:
    for wall in _walls(master, starts, zones, window):
        if (exception := exceptions.take(wall)) is not None:
            component, begins = exception
            moved = begins
        elif (onwards := exceptions.since(wall)) is not None:
            since, component, begins = onwards
            moved = Moment(begins.wall + (wall - since), begins.zone)
        else:
            component, begins, moved = master, starts, Moment(wall, starts.zone)
        if moved.wall >= window.first:
            yield Occurrence(component, moved, None if wall == starts.wall else wall, begins)
    for wall, (component, begins) in exceptions.left():
        if begins.wall >= window.first:
            yield Occurrence(component, begins, None if wall == starts.wall else wall, begins)


def _walls(master: Component, starts: Moment, zones: Zones, window: Window) -> list[datetime]:
    """Return the wall times that the series has within the window, in order. What is left out is not among them."""
    if starts.wall.year < SERIES_FROM_YEAR:
        raise RowRefused(f"DTSTART: a series that begins before {SERIES_FROM_YEAR}")
    beside = zones.beside(starts.zone)
    left_out, added = moments_of(master, "EXDATE", beside), moments_of(master, "RDATE", beside)
    if len(left_out) + len(added) > EXCEPTIONS_MAX:
        raise RowRefused(f"EXDATE, RDATE: more than {EXCEPTIONS_MAX:,} of one series")
    every = rruleset()
    every.rdate(starts.wall)
    for rule in _rules(master, starts, window):
        every.rrule(rule)
    for one in added:
        every.rdate(one.wall_in(starts.zone))
    at = {one.wall_in(starts.zone) for one in left_out if not one.all_day}
    days = {one.wall for one in left_out if one.all_day}
    within = takewhile(lambda wall: wall <= window.last, every)
    found = (wall for wall in within if wall >= window.first and wall not in at and _day(wall) not in days)
    walls = list(islice(found, OCCURRENCES_MAX + 1))
    if len(walls) > OCCURRENCES_MAX:
        raise RowRefused(f"RRULE: more than {OCCURRENCES_MAX:,} occurrences in the days that are looked at")
    return walls


def _rules(master: Component, starts: Moment, window: Window) -> Iterator[rrule]:
    """Return the rules of a series on its wall clock, each with an end: at the window's, where it has none before."""
    rules = master.get("RRULE", [])
    if isinstance(rules, list) and len(rules) > 1:
        raise RowRefused("RRULE: more than one of an event")  # RFC 5545 3.8.5.3 advises against it
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, vRecur):
            raise RowRefused("RRULE: is no rule that can be read")
        parts = {str(name).upper(): value for name, value in rule.items()}
        if TOO_OFTEN & {str(one).upper() for one in parts.get("FREQ", ())}:
            raise RowRefused(f"RRULE: FREQ={parts['FREQ'][0]} is no series of meetings")
        if prod(len(parts.get(name, (0,))) for name in _HOURS) > TIMES_A_DAY_MAX:
            raise RowRefused(f"RRULE: more than {TIMES_A_DAY_MAX} times a day")
        _check_steps(parts)
        if _no_such_day(parts.get("BYMONTH", ()), parts.get("BYMONTHDAY", ())):
            raise RowRefused("RRULE: no month of BYMONTH has a day of BYMONTHDAY")
        if {"RSCALE", "SKIP"} & set(parts):
            raise RowRefused("RRULE: RSCALE and SKIP (RFC 7529) are not read")
        until = min((_until(one, starts) for one in parts.get("UNTIL", ())), default=window.last)
        text = _without_until(rule)
        try:
            made = rrulestr(text, dtstart=starts.wall)
            assert isinstance(made, rrule)  # a set is made of several lines alone
            with warnings.catch_warnings():  # COUNT beside an end of ours: dateutil keeps both, and warns
                warnings.simplefilter("ignore", DeprecationWarning)
                yield made.replace(until=min(until, window.last))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            raise RowRefused("RRULE: is no rule that can be read") from None


def _check_steps(parts: Mapping[str, Sequence[object]]) -> None:
    """Refuse a rule that never ends or takes long at each step: one that never meets a day has 3 million (year 9999)."""
    if any(isinstance(one, int) and one < 1 for one in parts.get("INTERVAL", ())):
        raise RowRefused("RRULE: INTERVAL must be 1 or more")
    if any(len(values) > VALUES_MAX for values in parts.values()):
        raise RowRefused(f"RRULE: more than {VALUES_MAX} values of one part")
    if len(parts.get("BYSETPOS", ())) > POSITIONS_MAX:
        raise RowRefused(f"RRULE: BYSETPOS has more than {POSITIONS_MAX} values")


def _no_such_day(months: Sequence[int], days: Sequence[int]) -> bool:
    """Whether a rule never meets a day: dateutil would look for one until the year 9999."""
    return bool(months and days) and all(
        abs(day) > monthrange(_LEAP_YEAR, month)[1] for month in months for day in days
    )


def _without_until(rule: vRecur) -> str:
    text: bytes = rule.to_ical()  # type: ignore[no-untyped-call]
    return ";".join(part for part in text.decode().split(";") if not part.upper().startswith("UNTIL="))


def _until(value: object, starts: Moment) -> datetime:
    """Return the end of a rule as its own clock shows it. A day is inside."""
    if not isinstance(value, datetime):
        return datetime.combine(value, _END_OF_DAY)  # type: ignore[arg-type]  # icalendar has date and datetime here
    if value.tzinfo is None or starts.zone is None:
        return value.replace(tzinfo=None)
    return starts.zone.wall(value)


def _day(wall: datetime) -> datetime:
    return datetime.combine(wall.date(), time())


def window_around(now: datetime, back: timedelta, ahead: timedelta) -> Window:
    """Return the window around an instant, with a day on both sides for zones that differ."""
    naive = now.replace(tzinfo=None)
    return Window(naive - back - timedelta(days=1), naive + ahead + timedelta(days=1))
