"""Read the dates that exports hold, in every form that LinkedIn wrote or that Excel made of it.

`Connected On` is a day in UTC. `Sent At` is a wall time; which zone's is the importer's setting. Slashes are month
first, as LinkedIn writes them in every language; dots and dashes between digits are a spreadsheet's, and day first; a
two-digit year is of this century.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from shared.contracts.limits import YEAR_MAX, YEAR_MIN
from shared.importing.refusals import RowRefused

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_NAMED: Final = re.compile(r"(\d{1,2})\.?[ -]([a-z]{3,9})\.?[ -](\d{4}|\d{2})", re.ASCII)
_AMERICAN: Final = re.compile(r"([a-z]{3,9})\.? (\d{1,2}), (\d{4})", re.ASCII)
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[t ](\d{2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_SLASHES: Final = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:,? (\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])\.?m\.?)?)?", re.ASCII
)
_DOTTED: Final = re.compile(
    r"(\d{1,2})([.-])(\d{1,2})\2(\d{4}|\d{2})(?:,? (\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?", re.ASCII
)
_TOO_NARROW: Final = "holds number signs alone, which a spreadsheet writes for a column that is too narrow"
_DATE_CHARS_MAX: Final = 40


def day_of(cell: str, column: str = "Connected On") -> date:
    """Return the day that a cell names: `12 Mar 2021`, `11/4/18, 3:05 PM`, `4-Apr-21` or `2021-03-12`."""
    text = _plain(cell, column)
    try:
        if found := _NAMED.fullmatch(text):
            day, month, year = found.groups()
            return _within(date(_year(year), _month(month), int(day)), column)
        if found := _AMERICAN.fullmatch(text):
            month, day, year = found.groups()
            return _within(date(int(year), _month(month), int(day)), column)
        moment = _moment(text)
    except ValueError:
        raise RowRefused(f"{column}: is no day of the calendar") from None
    if moment is None:
        raise RowRefused(f"{column}: is no date of a known form")
    return _within(moment[0].date(), column)


def wall_time_of(cell: str, column: str = "Sent At") -> datetime:
    """Return the wall time (naive) that a cell names: `1/29/26, 2:37 PM`, or what Excel makes of it.

    Where Excel left only a day, it is the day's first minute: nothing has been sent later than it says.
    """
    try:
        moment = _moment(_plain(cell, column))
    except ValueError:
        raise RowRefused(f"{column}: is no time of the calendar") from None
    if moment is None:
        raise RowRefused(f"{column}: is no date and time of a known form")
    _within(moment[0].date(), column)
    return moment[0]


def is_dotted(cell: str) -> bool:
    """Tell whether a cell is a date in digits whose order is only known from its dots or dashes."""
    return _DOTTED.fullmatch(cell.strip()) is not None


def is_day_alone(cell: str) -> bool:
    """Tell whether a cell names a day and no time of it; False for what names neither."""
    try:
        moment = _moment(_plain(cell, ""))
    except (ValueError, RowRefused):
        return False
    return moment is not None and not moment[1]


def _plain(cell: str, column: str) -> str:
    """Return it with plain single spaces: newer exports put a narrow no-break space (U+202F) before AM and PM."""
    text = " ".join(cell.split()).lower()
    if not text:
        raise RowRefused(f"{column}: is empty")
    if not text.strip("#"):
        raise RowRefused(f"{column}: {_TOO_NARROW}")
    if len(text) > _DATE_CHARS_MAX:
        raise RowRefused(f"{column}: is no date of a known form")
    return text


def _moment(text: str) -> tuple[datetime, bool] | None:
    """Return the wall time in digits, and whether it names an hour; None for another form, ValueError for no time."""
    half: str | None = None
    if found := _ISO.fullmatch(text):
        year, month, day, hour, minute, second = found.groups()
    elif found := _SLASHES.fullmatch(text):
        month, day, year, hour, minute, second, half = found.groups()
    elif found := _DOTTED.fullmatch(text):
        day, _, month, year, hour, minute, second = found.groups()
    else:
        return None
    if hour is None:
        return datetime(_year(year), int(month), int(day)), False  # noqa: DTZ001  # a wall time
    return datetime(  # noqa: DTZ001  # a wall time
        _year(year), int(month), int(day), _hour(int(hour), half), int(minute), int(second or 0)
    ), True


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no hour of a half day")
    return hour % 12 + (12 if half == "p" else 0)


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _month(name: str) -> int:
    for number, month in enumerate(_MONTHS, start=1):
        if name in (month, month[:3]) or (name == "sept" and number == 9):
            return number
    raise ValueError("no month")


def _within(day: date, column: str) -> date:
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise RowRefused(f"{column}: lies outside the years {YEAR_MIN} to {YEAR_MAX}")
    return day
