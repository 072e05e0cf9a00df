"""A time of a calendar: what a clock shows, and whose clock that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from icalendar import Component, vBroken

from shared.importing.calendar.zones import UTC_ZONE, Zone, Zones
from shared.importing.refusals import RowRefused

IN_UTC = Zone(UTC_ZONE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A naive wall time in a zone. A whole day has midnight, and no zone."""

    wall: datetime
    zone: Zone | None

    @property
    def all_day(self) -> bool:
        """Whether it is a day without an hour."""
        return self.zone is None

    def instant(self) -> datetime:
        """Return the instant; a whole day has none (`AssertionError`)."""
        assert self.zone is not None
        return self.zone.instant(self.wall)

    def wall_in(self, zone: Zone | None) -> datetime:
        """Return what clocks of another zone show then, naive. With a whole day on either side: the wall time as it is."""
        if self.zone is None or zone is None or self.zone == zone:
            return self.wall
        return zone.wall(self.instant())


def moment_of(component: Component, name: str, zones: Zones) -> Moment | None:
    """Return the time of a property; None where it does not stand. `RowRefused` names the field and the reason."""
    if name not in component:
        if any(field == name for field, _ in component.errors):
            raise RowRefused(f"{name}: is no time that can be read")
        return None
    value: Any = component[name]
    if isinstance(value, list):
        raise RowRefused(f"{name}: stands more than once")
    return moment(_value(value), str(value.params.get("TZID", "")), name, zones)


def moments_of(component: Component, name: str, zones: Zones) -> list[Moment]:
    """Return all times of a property that may stand several times, each with several. Periods count by their begin."""
    value: Any = component.get(name, [])
    found = []
    for one in value if isinstance(value, list) else [value]:
        zone = str(one.params.get("TZID", ""))
        for each in (None,) if isinstance(one, vBroken) else one.dts:
            at = _value(each)
            at = at[0] if isinstance(at, tuple) else at
            found.append(moment(at, zone, name, zones))
    return found


def moment(value: object, tzid: str, name: str, zones: Zones) -> Moment:
    """Return a time as icalendar read it, in the zone that its own file names. `RowRefused` names what is not known."""
    if not isinstance(value, date):
        raise RowRefused(f"{name}: is no time that can be read")
    if not isinstance(value, datetime):
        return Moment(datetime(value.year, value.month, value.day), None)  # noqa: DTZ001 - a day is on no clock
    wall = value.replace(tzinfo=None, fold=0)
    if not tzid:
        if value.tzinfo is not None:
            return Moment(value.astimezone(UTC).replace(tzinfo=None), IN_UTC)
        if (floating := zones.floating) is None:
            raise RowRefused(f"{name}: has no time zone; name the member's own")
        return Moment(wall, floating)
    if (zone := zones.of(tzid)) is None:
        raise RowRefused(f"{name}: nothing tells what the time zone {tzid[:64]!r} means; name one for it")
    return Moment(wall, zone)


def _value(read: Any) -> object:
    """Return what icalendar read; None for what it could not: to ask that for its time raises."""
    return None if isinstance(read, vBroken) else getattr(read, "dt", None)
