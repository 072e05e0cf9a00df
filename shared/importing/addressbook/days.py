"""A day of the year, in the forms of address books. The year is never kept: nobody's age is our business.

vCard 3 and 4 write `1990-04-12`, `19900412`, `--04-12` or `--0412`; Apple writes the year 1604 for none. Google's table has
the first and the third. Outlook's has the form of the computer that wrote it: dots and dashes after the day, which comes
first, or the year before both; slashes in either order; and zeros for none.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from enum import Enum
from typing import Final

from shared.importing.refusals import RowRefused

_YEAR: Final = re.compile(r"\d{4}-?(\d{2})-?(\d{2})(?:[T ].*)?", re.ASCII | re.DOTALL)
_NO_YEAR: Final = re.compile(r"--(\d{2})-?(\d{2})(?:[T ].*)?", re.ASCII | re.DOTALL)
_YEAR_FIRST: Final = re.compile(r"\d{4}[/.-] ?(\d{1,2})[/.-] ?(\d{1,2})\.?", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})([.-]) ?(\d{1,2})\2 ?\d{2,4}\.?", re.ASCII)
_SLASHES: Final = re.compile(r"(\d{1,2})/(\d{1,2})/\d{2,4}", re.ASCII)
_HOUR: Final = re.compile(r" \d{1,2}:\d{2}(:\d{2})?( [AP]M)?$", re.ASCII | re.IGNORECASE)
"""Midnight, as Outlook has it behind a day where the computer writes both in one."""
_NONE: Final = re.compile(r"[0/. -]*", re.ASCII)
_LEAP_YEAR: Final = 2024
_MONTHS: Final = 12


class Order(Enum):
    """Which comes first where a date is written with slashes."""

    MONTH_FIRST = "month"
    DAY_FIRST = "day"
    UNKNOWN = "unknown"


def order_of(texts: Iterable[str]) -> Order:
    """Return the order that all dates of one file have, by those that allow one alone; unknown where none does."""
    seen = set()
    for text in texts:
        if found := _SLASHES.fullmatch(_HOUR.sub("", text.strip())):
            first, second = int(found[1]), int(found[2])
            if first > _MONTHS >= second:
                seen.add(Order.DAY_FIRST)
            elif second > _MONTHS >= first:
                seen.add(Order.MONTH_FIRST)
    return seen.pop() if len(seen) == 1 else Order.UNKNOWN


def day_of_year(text: str, field: str, order: Order = Order.UNKNOWN) -> tuple[int, int] | None:
    """Return (month, day); None for an empty text. `RowRefused` names the field and the reason."""
    bare = _HOUR.sub("", text.strip().strip('"'))
    if _NONE.fullmatch(bare):
        return None
    if found := _YEAR.fullmatch(bare) or _NO_YEAR.fullmatch(bare) or _YEAR_FIRST.fullmatch(bare):
        return _checked(int(found[1]), int(found[2]), field)
    if found := _DAY_FIRST.fullmatch(bare):
        return _checked(int(found[3]), int(found[1]), field)
    if found := _SLASHES.fullmatch(bare):
        first, second = int(found[1]), int(found[2])
        if first == second:
            return _checked(first, second, field)
        if (alone := order_of([bare])) is not Order.UNKNOWN:  # it can be one day only
            order = alone
        if order is Order.UNKNOWN:
            raise RowRefused(f"{field}: nothing in the file tells whether the day or the month comes first")
        return _checked(first, second, field) if order is Order.MONTH_FIRST else _checked(second, first, field)
    raise RowRefused(f"{field}: is no day of a known form")


def _checked(month: int, day: int, field: str) -> tuple[int, int]:
    if not 1 <= month <= _MONTHS or not 1 <= day <= monthrange(_LEAP_YEAR, month)[1]:
        raise RowRefused(f"{field}: is no day of the calendar")
    return month, day
