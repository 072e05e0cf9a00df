"""Dates of address books that allow one day alone, whatever the others of their file are."""

from __future__ import annotations

import pytest

from shared.importing.addressbook.days import Order, day_of_year, order_of
from shared.importing.refusals import RowRefused


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("4/13/1990", (4, 13)), ("13/4/1990", (4, 13)), ("4/13/1990 12:00:00 AM", (4, 13)), ("13.04.1990 00:00:00", (4, 13)),
        ("13/04/1990 0:00", (4, 13)),
    ],
)  # fmt: skip
def test_a_date_that_can_be_one_day_alone_is_that_day_whatever_the_others_are(text: str, day: tuple[int, int]) -> None:
    """A file with both was refused as a whole, and a card has no others."""
    assert [day_of_year(text, "Birthday", order) for order in Order] == [day] * 3


def test_a_date_that_can_be_two_days_is_refused_with_an_hour_too() -> None:
    for text in ("4/5/1990", "4/5/1990 12:00:00 AM"):
        with pytest.raises(RowRefused, match="nothing in the file tells"):
            day_of_year(text, "Birthday")
    assert order_of(["4/5/1990", "4/13/1990 12:00:00 AM"]) is Order.MONTH_FIRST
