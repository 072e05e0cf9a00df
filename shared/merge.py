"""Merges: what events from outside make of a state, so that neither their order nor their number matters.

Each is commutative, associative and idempotent: the same events in any order, each any number of times, leave the same
behind. What is written by a service's own events needs none of it: they stand in one order on one topic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Logged(Protocol):
    """What has a log time."""

    @property
    def logged(self) -> datetime:
        """When the event was logged."""


L = TypeVar("L", bound=Logged)
Order = Callable[[T], Any]
"""By what the values of a register are compared: time and id first, then all that they say, so no two are a draw."""


def latest(before: T | None, one: T, order: Order[T]) -> T:
    """Return what a register holds after one more value: the one of the highest order. The known one stays if it is that."""
    return one if before is None or order(one) > order(before) else before


def latest_logged_first(before: L | None, one: L, order: Order[L]) -> L:
    """Do the same for values with a log time: of the same value told twice, the one that was logged first."""
    if before is None:
        return one
    new, old = order(one), order(before)
    if new == old:
        return one if one.logged < before.logged else before
    return one if new > old else before


def last_of(before: tuple[T, ...], one: T, most: int, order: Order[T]) -> tuple[T, ...]:
    """Return the `most` values of the highest order, lowest first, each once."""
    return before if one in before else tuple(sorted((*before, one), key=order)[-most:])


def last_named(
    before: Iterable[tuple[datetime, str]], time: datetime, name: str, most: int
) -> list[tuple[datetime, str]]:
    """Return the `most` names that were named last, oldest first, each with its latest time."""
    times = {other: at for at, other in before}
    times[name] = max(time, times.get(name, time))
    return sorted((at, other) for other, at in times.items())[-most:]


def first_names(before: tuple[str, ...], name: str, most: int) -> tuple[str, ...]:
    """Return the first `most` names in their own order, each once: whichever come first in time, the same are kept."""
    return before if name in before else tuple(sorted((*before, name))[:most])
