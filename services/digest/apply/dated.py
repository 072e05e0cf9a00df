"""Entries that know their order by instant, so that what is to be forgotten is found without a look at all of them.

What is known of many things is one mapping, and each event makes a new one of it. A mapping that was made by an event knows
the orders of its entries, and the next one is made of it by a copy and a search by halves. One that was just loaded finds
them out once. It is equal to a plain mapping of the same entries, and is stored as one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")
Order = list[tuple[datetime, str]]
"""(instant, key), the earliest first."""
By = Callable[[T], datetime | None]
"""Returns by what an entry is ordered; None: it has no place in this order."""


class Dated(dict[str, T], Generic[T]):
    """Entries by key, and their orders. It is never changed once it is handed on."""

    __slots__ = ("orders", "set_last")

    orders: tuple[Order, ...]
    set_last: str
    """The key that was set when it was made of another: the two differ there, or nowhere but in what was forgotten."""

    def __eq__(self, other: object) -> bool:
        """Look first where the two differ, if they do."""
        key = self.set_last
        if isinstance(other, dict) and self.get(key) != other.get(key):
            return False
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # as of any dict


def with_entry(state: Mapping[str, T], key: str, entry: T, orders: Sequence[By[T]]) -> Dated[T]:
    """Return the entries with one more, or another one under its key, ordered by each of these."""
    after = Dated(state)
    after.orders = (
        tuple(map(list, state.orders)) if isinstance(state, Dated) else tuple(_order(state, by) for by in orders)
    )
    before = state.get(key)
    for order, by in zip(after.orders, orders, strict=True):
        if before is not None and (at := by(before)) is not None:
            del order[bisect_left(order, (at, key))]
        if (at := by(entry)) is not None:
            insort(order, (at, key))
    after[key] = entry
    after.set_last = key
    return after


def forget_before(entries: Dated[T], number: int, horizon: datetime) -> None:
    """Forget what lies before an instant in one of the orders. Entries must stand in this one alone."""
    order = entries.orders[number]
    forget(entries, number, slice(bisect_left(order, (horizon, ""))))


def forget(entries: Dated[T], number: int, part: slice) -> None:
    """Forget a part of one of the orders."""
    order = entries.orders[number]
    for _, key in order[part]:
        del entries[key]
    del order[part]


def _order(state: Mapping[str, T], by: By[T]) -> Order:
    return sorted((at, key) for key, one in state.items() if (at := by(one)) is not None)
