"""Each merge is commutative, associative and idempotent: the same events, in any order and any number of times."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, NamedTuple

import pytest

from shared.merge import first_names, last_named, last_of, latest, latest_logged_first

SEEDS = 60
MOST = 4


class One(NamedTuple):
    """A value that an event sets."""

    time: datetime
    id: str
    logged: datetime

    @property
    def order(self) -> tuple[datetime, str]:
        return self.time, self.id


def told(chance: random.Random) -> One:
    """Few instants and ids, so that many are a draw; an event that is told again is logged at another time."""
    day = datetime(2026, 3, 2, tzinfo=UTC)
    at, name = day + timedelta(days=chance.randrange(4)), chance.choice("abcdef")
    return One(at, name, at + timedelta(hours=chance.randrange(3)))


def order(one: One) -> tuple[datetime, str]:
    return one.order


def everything(one: One) -> tuple[datetime, str, datetime]:
    return one.time, one.id, one.logged


MERGES: dict[str, tuple[Any, Callable[[Any, One], Any]]] = {
    "latest": (None, lambda known, one: latest(known, one, everything)),
    "latest_logged_first": (None, lambda known, one: latest_logged_first(known, one, order)),
    "last_of": ((), lambda known, one: last_of(known, one, MOST, everything)),
    "last_named": ([], lambda known, one: last_named(known, one.time, one.id, MOST)),
    "first_names": ((), lambda known, one: first_names(known, one.id, MOST)),
}


@pytest.mark.parametrize("name", MERGES)
def test_neither_order_nor_number_matters(name: str) -> None:
    """Turn a comparison round in one of them, or forget the bound, and its case fails."""
    nothing, merge = MERGES[name]
    for seed in range(SEEDS):
        chance = random.Random(seed)
        events = [told(chance) for _ in range(chance.randrange(1, 9))]
        once = reduce(merge, events, nothing)
        again = [*events, *chance.choices(events, k=len(events))]
        chance.shuffle(again)
        assert reduce(merge, again, nothing) == once, (seed, events, again)


@pytest.mark.parametrize("seed", range(8))
def test_what_each_keeps(seed: int) -> None:
    chance = random.Random(seed)
    events = [told(chance) for _ in range(80)]
    assert reduce(MERGES["latest"][1], events, None) == max(events, key=everything)
    last = max(events, key=order).order
    assert reduce(MERGES["latest_logged_first"][1], events, None) == min(one for one in events if one.order == last)
    assert reduce(MERGES["last_of"][1], events, ()) == tuple(sorted(set(events), key=everything)[-MOST:])
    assert reduce(MERGES["first_names"][1], events, ()) == tuple(sorted({one.id for one in events})[:MOST])
    names = {one.id: max(other.time for other in events if other.id == one.id) for one in events}
    assert reduce(MERGES["last_named"][1], events, []) == sorted((at, name) for name, at in names.items())[-MOST:]


def test_a_value_that_changes_nothing_leaves_the_very_same_behind() -> None:
    """Whoever asks whether something changed asks for identity first."""
    one = told(random.Random(2))
    assert latest(one, One(*one), everything) is one
    assert latest_logged_first(one, One(*one), order) is one
    kept = (one,)
    assert last_of(kept, One(*one), MOST, everything) is kept
    assert first_names(("a",), "a", MOST) == ("a",)
