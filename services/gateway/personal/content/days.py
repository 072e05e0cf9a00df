"""Days and hours as a member's own pages say them: by the member's clock, in the member's language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from services.gateway.personal.content.words import NEXT_DAY
from shared.calendar import local
from shared.texts.language import Language
from shared.texts.sentences import NEAR_DAYS, WEEKDAY_DATE

WEEK: Final = timedelta(days=6)
YEAR: Final = timedelta(days=300)
_MONDAY: Final = date(2024, 1, 1)


def day(at: datetime, zone: str, now: datetime, lang: Language) -> str:
    """Return a day as somebody would say it at `now`: `today`, `Friday`, `Friday, 4 December`, `4 December 2027`."""
    wall, here = local(at, zone).date(), local(now, zone).date()
    if (near := NEAR_DAYS.get((wall - here).days)) is not None:
        return lang(near)
    if timedelta() < wall - here <= WEEK:
        return lang.weekday(wall)
    return _weekday_and_date(wall, lang) if abs(wall - here) < YEAR else lang.date(wall)


def day_and_hour(at: datetime, zone: str, now: datetime, lang: Language) -> str:
    """Return the same with the hour: `tomorrow, 12:30`."""
    return lang(NEXT_DAY, day=day(at, zone, now, lang), clock=f"{local(at, zone):%H:%M}")


def whole_day(now: datetime, zone: str, lang: Language) -> str:
    """Return the day of `now` with its name: `Monday, 23 November`."""
    return lang.sentence(_weekday_and_date(local(now, zone).date(), lang))


def month_and_day(text: str, lang: Language) -> str:
    """Return a day of every year, given as `05-17`: `17 May`."""
    month, number = (int(part) for part in text.split("-"))
    return lang.day_and_month(date(2024, month, number))  # of a leap year


def weekdays(lang: Language) -> list[str]:
    """Return the names of the days of the week, from Monday on."""
    return [lang.sentence(lang.weekday(_MONDAY + timedelta(days=one))) for one in range(7)]


def date_after(now: datetime, zone: str, count: int) -> str:
    """Return the day so many days after today, as forms have it: `2026-11-24`."""
    return (local(now, zone).date() + timedelta(days=count)).isoformat()


def _weekday_and_date(on: date, lang: Language) -> str:
    return lang(WEEKDAY_DATE, weekday=lang.weekday(on), date=lang.day_and_month(on))
