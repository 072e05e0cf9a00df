"""Where and when laws about time are tried: all IANA zones, ten years, and mostly near the changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from hypothesis import strategies as st

from shared.calendar import zone_rules
from shared.contracts.fields import zones

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
END: Final = datetime(2036, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
EVERYWHERE: Final = sorted(zones())
HARD: Final = (
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "America/Havana",
    "Africa/Casablanca", "Asia/Kathmandu",
)  # fmt: skip
"""Zones that each break a naive implementation in another way."""

everywhere = st.one_of(st.sampled_from(HARD), st.sampled_from(EVERYWHERE))
"""Any zone, the hard ones more often."""


@cache
def changes_of(zone: str) -> tuple[datetime, ...]:
    """Return the days, by their noon in UTC, on which the zone's offset changes within the ten years."""
    rules, found, day = zone_rules(zone), [], BEGIN.replace(hour=12)
    before = day.astimezone(rules).utcoffset()
    while day < END:
        day += DAY
        after = day.astimezone(rules).utcoffset()
        if after != before:
            found.append(day - DAY / 2)
        before = after
    return tuple(found)


@st.composite
def moments_near_changes(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and an instant, within two days of a change of its clocks where it has any."""
    zone = draw(everywhere)
    changes = changes_of(zone)
    near = draw(st.sampled_from(changes)) if changes else BEGIN + draw(st.integers(2, 3_600)) * DAY
    return zone, near + timedelta(minutes=draw(st.integers(-2 * 24 * 12, 2 * 24 * 12)) * 5)
