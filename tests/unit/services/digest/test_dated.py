"""Entries that know their order forget exactly what a look at all of them would, whoever made them and from whatever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from services.digest.apply.dated import By, forget, forget_before, with_entry

T0 = datetime(2026, 1, 1, tzinfo=UTC)
BY: tuple[By[tuple[str, int]], ...] = (
    lambda one: _at(one[1]) if one[0] == "ended" else None,
    lambda one: _at(one[1]) if one[0] == "waits" else None,
)
ENDED_MAX, WAITING_MAX, KEPT = 6, 5, timedelta(days=9)


def _at(day: int) -> datetime:
    return T0 + timedelta(days=day)


def _by_looking(known: dict[str, tuple[str, int]], key: str, entry: tuple[str, int]) -> dict[str, tuple[str, int]]:
    """The same by a look at all entries."""
    after = {**known, key: entry}
    ended = sorted((day, name) for name, (kind, day) in after.items() if kind == "ended")
    waiting = sorted((day, name) for name, (kind, day) in after.items() if kind == "waits")
    late = [one for one in ended if _at(one[0]) >= _at(ended[-1][0]) - KEPT]
    kept = {name for _, name in (*late[-ENDED_MAX:], *waiting[:WAITING_MAX])}
    return {name: one for name, one in after.items() if name in kept}


@pytest.mark.parametrize("seed", range(20))
def test_the_same_is_forgotten_as_by_a_look_at_all(seed: int) -> None:
    """Broken on purpose by leaving an entry in its old order, by a horizon that keeps one too few, and by orders that are
    shared with what was before: red.
    """
    chance, plain = Random(seed), dict[str, tuple[str, int]]()
    dated = plain
    for _ in range(200):
        key, entry = f"k{chance.randrange(25)}", (chance.choice(("ended", "waits")), chance.randrange(30))
        before, was = dated, dict(dated)
        made = with_entry(dated, key, entry, BY)
        if ended := made.orders[0]:
            forget_before(made, 0, ended[-1][0] - KEPT)
            forget(made, 0, slice(max(0, len(ended) - ENDED_MAX)))
        forget(made, 1, slice(WAITING_MAX, None))
        plain = _by_looking(plain, key, entry)
        assert made == plain
        assert list(made) == list(plain), "what is stored stands in the same order"
        assert (made == was) is (plain == was)
        assert (made != was) is (plain != was)
        assert before == was, "what an event is applied to stays as it is"
        again, anew = (with_entry(one, key, entry, BY) for one in (before, dict(before)))
        assert again.orders == anew.orders, "nor do its orders change"
        dated = made if chance.random() < 0.8 else dict(made)


def test_it_is_stored_as_any_mapping_is() -> None:
    made = with_entry({"a": ("waits", 1)}, "b", ("ended", 2), BY)
    assert msgspec.msgpack.encode(made) == msgspec.msgpack.encode({"a": ("waits", 1), "b": ("ended", 2)})
