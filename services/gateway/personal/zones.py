"""The rules of a zone as a calendar carries them (`VTIMEZONE`), from the tables that everything here is reckoned with.

Each change of the clocks is an observance of its own, with its onset as clocks show it before the change (RFC 5545, 3.6.5).
The library makes such rules, too, with the onset after the change, and packs all dates into one `RDATE`, of which a widely
used reader takes the first one alone: with it, a meeting in the second year is an hour off.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from shared.calendar import zone_rules

DAY: Final = timedelta(days=1)
YEARS_BACK: Final = 1
YEARS_AHEAD: Final = 3
ZONES_KEPT: Final = 256


@lru_cache(maxsize=ZONES_KEPT)
def rules_of(zone: str, year: int) -> Timezone:
    """Return the rules of a zone from the year before `year` to the third after it."""
    made = Timezone()
    made.add("tzid", zone)
    moment, end = datetime(year - YEARS_BACK, 1, 1, tzinfo=UTC), datetime(year + YEARS_AHEAD + 1, 1, 1, tzinfo=UTC)
    before = _offset(moment, zone)
    made.add_component(_observance(moment, before, zone))
    while moment < end:
        later = moment + DAY
        if _offset(later, zone) != before:
            change = _change(moment, later, zone)
            made.add_component(_observance(change, before, zone))
            before = _offset(later, zone)
        moment = later
    return made


def _offset(moment: datetime, zone: str) -> timedelta:
    return moment.astimezone(zone_rules(zone)).utcoffset() or timedelta()


def _change(before: datetime, after: datetime, zone: str) -> datetime:
    """Return the first second from which on clocks show otherwise."""
    first, last = 0, int((after - before).total_seconds())
    offset = _offset(before, zone)
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if _offset(before + timedelta(seconds=middle), zone) == offset else (first, middle)
    return before + timedelta(seconds=last)


def _observance(onset: datetime, before: timedelta, zone: str) -> TimezoneStandard | TimezoneDaylight:
    """Return what holds from an instant on."""
    here = onset.astimezone(zone_rules(zone))
    made = TimezoneDaylight() if here.dst() else TimezoneStandard()
    made.add("dtstart", (onset + before).replace(tzinfo=None))
    made.add("tzoffsetfrom", before)
    made.add("tzoffsetto", here.utcoffset() or timedelta())
    made.add("tzname", here.tzname() or zone)
    return made
