"""Wall time to instants and back: what a clock on the member's wall shows, and when.

People say "Monday at eight"; timers need instants. Every function here computes the instant from the calendar, day by
day, and never adds 24 hours to another instant: that is wrong twice a year. In a gap (clocks go forward) a time that
does not exist moves forward by the gap; in an overlap (clocks go back) the first of the two counts (RFC 5545, 3.3.5).

Zones come from the `tzdata` package alone, not from the machine, so that the same inputs give the same instants on
every machine, and `TZDATA` names the rules that were used.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # ships no annotations

from shared.contracts.fields import zones

TZDATA: Final = str(tzdata.IANA_VERSION)
"""The version of the zone rules, as IANA names it (`2026b`)."""
SLOTS_TRIED_MAX: Final = 4
"""Candidates that the search for a slot looks at: a day early, the day itself, and one more where the clock jumps."""
ENDS_TRIED_MAX: Final = 3
"""Changes of clocks within the same quiet hours; two are not known to lie so near to each other."""
LOOK_APART: Final = timedelta(hours=6)
"""How far apart a zone's offset is looked at in search of a change."""

CONVERSIONS_KEPT: Final = 8192
"""Wall times, and as many instants, whose conversion is remembered: rules ask for the same ones several times in a step, and
the rules of a zone take several times as long as a look at a table. Some 2 MB each."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_DAYS_OF_WEEK = 7


class Slot(NamedTuple):
    """A day on the member's calendar that has an appointed time, and the instant at which it comes."""

    day: date
    """The day that was meant. A gap over midnight can move the instant into the next one."""
    instant: datetime


@cache  # of names that exist alone (about 600): nothing is ever pushed out
def zone_rules(zone: str) -> ZoneInfo:
    """Return the rules of an IANA zone; `ValueError` when there is none of that name.

    The first question about a zone reads a file. Services ask for all of them at start (`load_zones`).
    """
    if zone not in zones():
        raise ValueError(f"zone: {zone[:64]!r} is not an IANA time zone (tzdata {TZDATA})")
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=zone)


def load_zones() -> None:
    """Load the rules of all zones, so that no rule ever opens a file: about 600 of them, less than a second and 2 MB."""
    for zone in zones():
        zone_rules(zone)


def instant(wall: datetime, zone: str) -> datetime:
    """Return the UTC instant at which clocks in `zone` show `wall` (naive).

    In a gap it moves forward by the gap; in an overlap it is the first of the two.
    """
    return _instant(wall if wall.tzinfo is None else wall.replace(tzinfo=None), zone)


def local(instant: datetime, zone: str) -> datetime:
    """Return what clocks in `zone` show at `instant`, as a naive datetime."""
    return _local(instant if instant.tzinfo is UTC else instant.astimezone(UTC), zone)


@lru_cache(CONVERSIONS_KEPT)  # naive datetimes are equal by what they show alone
def _instant(wall: datetime, zone: str) -> datetime:
    return wall.replace(tzinfo=zone_rules(zone), fold=0).astimezone(UTC)


@lru_cache(CONVERSIONS_KEPT)  # of UTC alone: within a zone the two instants of an overlap are equal
def _local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(zone_rules(zone)).replace(tzinfo=None, fold=0)


def instant_of(moment: datetime, zone: str) -> datetime:
    """Return the UTC instant that somebody means: an aware datetime is one, a naive one is what clocks show in `zone`."""
    return instant(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)


def wall_of(moment: datetime, zone: str) -> datetime:
    """Return what clocks show in `zone` at what somebody means (`instant_of`), as a naive datetime of whole seconds."""
    return moment if moment.tzinfo is None else local(moment, zone).replace(microsecond=0)


def next_slot(after: datetime, zone: str, at: time, weekday: int | None = None) -> Slot:
    """Return the first day whose wall time `at` comes strictly after the instant `after`.

    `weekday` (Monday is 0) leaves only that day of the week; None takes every day.
    """
    return _search(after, zone, at, weekday, forward=True)


def last_slot(until: datetime, zone: str, at: time, weekday: int | None = None) -> Slot:
    """Return the latest day whose wall time `at` comes at or before `until`; `weekday` as in `next_slot`."""
    return _search(until, zone, at, weekday, forward=False)


def next_at(after: datetime, zone: str, at: time, weekday: int | None = None) -> datetime:
    """Return the first instant strictly after `after` at which clocks in `zone` show `at` (see `next_slot`)."""
    return next_slot(after, zone, at, weekday).instant


def after_days(start: datetime, days: int, zone: str, at: time | None = None) -> datetime:
    """Return the instant `days` calendar days after the local day of `start`, at `at` or at its own wall time."""
    wall = local(start, zone)
    return instant(datetime.combine(wall.date() + days * _DAY, wall.time() if at is None else at), zone)


def in_quiet(moment: datetime, zone: str, start: time, end: time) -> bool:
    """Return whether clocks in `zone` show a time in [start, end), also over midnight; start == end is never."""
    wall = local(moment, zone).time()
    return start <= wall < end if start <= end else wall >= start or wall < end


def end_of_quiet(moment: datetime, zone: str, start: time, end: time) -> datetime:
    """Return the first instant from `moment` on that lies outside of the quiet hours: `moment` itself, if it does.

    A change of clocks ends them where it leads out of them, so also at the end of a gap that holds their own end.
    """
    if not in_quiet(moment, zone, start, end):
        return moment
    return _end_of_quiet(moment if moment.tzinfo is UTC else moment.astimezone(UTC), zone, start, end)


@lru_cache(CONVERSIONS_KEPT)  # of UTC alone, as `_local`; what falls due in one night is asked for again and again
def _end_of_quiet(moment: datetime, zone: str, start: time, end: time) -> datetime:
    for _ in range(ENDS_TRIED_MAX):
        left = (datetime.combine(date.min, end) - datetime.combine(date.min, local(moment, zone).time())) % _DAY
        jump = _next_change(moment, moment + left, zone)
        if jump is None:
            return moment + left
        if not in_quiet(jump, zone, start, end):
            return jump
        moment = jump
    raise AssertionError(
        f"no end of {start} to {end} after {ENDS_TRIED_MAX} changes of clocks before {moment} in {zone}"
    )


def _next_change(after: datetime, until: datetime, zone: str) -> datetime | None:
    """Return the first instant in (after, until] from which on clocks in `zone` are set otherwise; None without any.

    Two changes within `LOOK_APART` that undo each other are not seen: the tz database has none since 1970.
    """
    rules = zone_rules(zone)
    offset = after.astimezone(rules).utcoffset()
    before = after.replace(microsecond=0)  # clocks change at whole seconds
    while before < until:
        later = min(before + LOOK_APART, until)
        if later.astimezone(rules).utcoffset() != offset:
            seconds = range(1, -((before - later) // _SECOND) + 1)
            first = bisect_left(
                seconds, True, key=lambda n: (before + n * _SECOND).astimezone(rules).utcoffset() != offset
            )
            return before + seconds[first] * _SECOND
        before = later
    return None


def iso_week(day: date) -> str:
    """Return the ISO 8601 week of a day, `2026-W48`. Its year is the one that holds the week's Thursday."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _search(moment: datetime, zone: str, at: time, weekday: int | None, *, forward: bool) -> Slot:
    """Walk the calendar from a day before (or after) the local one: a jump of the clock moves a slot by no more."""
    step = 1 if forward else -1
    day = local(moment, zone).date() - step * _DAY
    stride = _DAY
    if weekday is not None:
        stride = _DAYS_OF_WEEK * _DAY
        day += step * ((weekday - day.weekday()) * step % _DAYS_OF_WEEK) * _DAY
    for _ in range(SLOTS_TRIED_MAX):
        comes = instant(datetime.combine(day, at), zone)
        if comes > moment if forward else comes <= moment:
            return Slot(day, comes)
        day += step * stride
    raise AssertionError(f"no {at} within {SLOTS_TRIED_MAX} slots of {moment} in {zone}")
