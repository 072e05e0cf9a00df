"""Days and hours as a member's own pages say them: by the member's clock, in English."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from babel.dates import format_date

from shared.calendar import local

LANGUAGE: Final = "en"
NEAR: Final = {-1: "yesterday", 0: "today", 1: "tomorrow"}
WEEK: Final = timedelta(days=6)
YEAR: Final = timedelta(days=300)


def day(at: datetime, zone: str, now: datetime) -> str:
    """Return a day as somebody would say it at `now`: `today`, `Friday`, `Friday, 4 December`, `4 December 2027`."""
    wall, here = local(at, zone).date(), local(now, zone).date()
    if (near := NEAR.get((wall - here).days)) is not None:
        return near
    if timedelta() < wall - here <= WEEK:
        return format_date(wall, "EEEE", locale=LANGUAGE)
    return format_date(wall, "EEEE, d MMMM" if abs(wall - here) < YEAR else "d MMMM y", locale=LANGUAGE)


def day_and_hour(at: datetime, zone: str, now: datetime) -> str:
    """Return the same with the hour: `tomorrow, 12:30`."""
    return f"{day(at, zone, now)}, {local(at, zone):%H:%M}"


def whole_day(now: datetime, zone: str) -> str:
    """Return the day of `now` with its name: `Monday, 23 November`."""
    return format_date(local(now, zone).date(), "EEEE, d MMMM", locale=LANGUAGE)


def month_and_day(text: str) -> str:
    """Return a day of every year, given as `05-17`: `17 May`."""
    month, number = (int(part) for part in text.split("-"))
    return format_date(datetime(2024, month, number), "d MMMM", locale=LANGUAGE)  # noqa: DTZ001 - of a leap year, any zone


def date_after(now: datetime, zone: str, count: int) -> str:
    """Return the day so many days after today, as forms have it: `2026-11-24`."""
    return (local(now, zone).date() + timedelta(days=count)).isoformat()
