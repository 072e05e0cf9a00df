"""What the names of zones in a calendar mean.

A name of IANA is its zone. One of Windows is the zone that CLDR gives it (Babel has the table; icalendar's own lacks the
three of 2026). Any other name means what the file says of it, in its own VTIMEZONE: the rules of one file are never taken
for those of another that uses the same name ("Customized Time Zone" is common). A name that nothing tells is refused:
icalendar would give its time without a zone, and without a word.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final

from babel.core import get_global
from icalendar import Calendar, Timezone

from shared.calendar import instant, zone_rules
from shared.contracts.fields import zones
from shared.importing.calendar.content import text_of

UTC_ZONE: Final = "Etc/UTC"
_OF_EXCHANGE: Final = {"tzone://microsoft/utc": UTC_ZONE}
_SEGMENTS_MAX: Final = 3
"""Of the name of a zone: `America/Argentina/Ushuaia`."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of a file."""

    name: str
    """The IANA zone whose clocks a time is shown on."""
    own: tzinfo | None = None
    """The file's own rules, where it has any."""

    def instant(self, wall: datetime) -> datetime:
        """Return the instant at which clocks of the zone show `wall` (naive): by the file's own rules where it has any."""
        if self.own is None:
            return instant(wall, self.name)
        return wall.replace(tzinfo=self.own).astimezone(UTC)

    def wall(self, at: datetime) -> datetime:
        """Return what clocks of the zone show at an instant, naive."""
        return at.astimezone(self.own or zone_rules(self.name)).replace(tzinfo=None, fold=0)

    def agrees(self, wall: datetime) -> bool:
        """Whether IANA's rules of the zone give the same instant as the file's."""
        return self.own is None or instant(wall, self.name) == self.instant(wall)


class Zones:
    """The zones of one calendar.

    `given` is for times that have none, or one that nothing tells (None: they are refused); `own`, of the member's own
    clocks, for the former alone.
    """

    def __init__(self, calendar: Calendar, given: str | None, own: str | None = None) -> None:
        self._own: dict[str, Timezone] = {
            text_of(one, "TZID"): one for one in calendar.walk("VTIMEZONE") if isinstance(one, Timezone)
        }
        self._here = iana(text_of(calendar, "X-WR-TIMEZONE"))
        self._given = given
        self._floating = given or own
        self.clock: Zone | None = None
        """Whose clock a time is on that names no zone, where another one beside it does."""
        self._found: dict[str, Zone | None] = {}

    @property
    def floating(self) -> Zone | None:
        """The zone of a time that names none: it is what the member's own clocks show, wherever they are."""
        return self.clock or (None if self._floating is None else Zone(self._floating))

    def beside(self, zone: Zone | None) -> Zones:
        """Return the same for times that stand beside one in a zone: without a zone of their own they are on its clock."""
        other = copy(self)
        other.clock = zone
        return other

    def of(self, name: str) -> Zone | None:
        """Return the zone of a TZID; None: nothing tells what it means, and no zone was given."""
        if name not in self._found:
            self._found[name] = self._resolved(name)
        return self._found[name]

    def _resolved(self, name: str) -> Zone | None:
        if (zone_name := iana(name) or _OF_EXCHANGE.get(name.casefold())) is not None:
            return Zone(zone_name)
        own = self._own.get(name)
        rules = None if own is None else _rules(own)
        if (windows := _windows().get(name.casefold())) is not None:
            return Zone(windows, rules)
        if own is not None and rules is not None:
            return Zone(iana(text_of(own, "X-LIC-LOCATION")) or self._here or self._given or UTC_ZONE, rules)
        return None if self._given is None else Zone(self._given)


def iana(name: str) -> str | None:
    """Return the IANA zone that a name means, however it is written, also behind a vendor's path; None: none."""
    parts = name.strip().strip("/").split("/")
    for length in range(min(len(parts), _SEGMENTS_MAX), 0, -1):
        if length < len(parts) and not name.startswith("/"):
            break
        if (found := _folded().get("/".join(parts[-length:]).casefold())) is not None:
            return found
    return None


def _rules(own: Timezone) -> tzinfo | None:
    try:
        rules: tzinfo = own.to_tz(lookup_tzid=False)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return rules


@lru_cache(maxsize=1)
def _folded() -> dict[str, str]:
    return {name.casefold(): name for name in zones()}


@lru_cache(maxsize=1)
def _windows() -> dict[str, str]:
    table: dict[str, str] = dict(get_global("windows_zone_mapping"))
    return {name.casefold(): zone for name, zone in table.items() if zone in zones()}
