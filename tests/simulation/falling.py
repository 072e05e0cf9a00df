"""Histories in which a guard that was broken on purpose shows, and which keep the promises with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from shared.testing.simulation.plan import PLAN, Plan
from shared.testing.world import World
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import make_small

HISTORIES_MAX: Final = 1_000
"""In so many a broken guard must show."""


def history_of(name: str, plan: Plan = PLAN) -> Callable[[int], World]:
    """Return what makes the histories of a scene."""
    return lambda seed: SCENES[name].world(seed, plan)


def falls(
    make: Callable[[int], World], patch: pytest.MonkeyPatch, *, first: int = 0, small: bool = False, says: str = ""
) -> str:
    """Return the first violation, or the first that says this; with the guard on again, the same history has none.

    `first` is tried before all others: the one that showed it when somebody last looked, where it takes long to find one.
    `small`: snapshots have several parts, and are appended one by one.
    """
    if small:
        make_small(patch)
    for seed in dict.fromkeys([first, *range(HISTORIES_MAX)]):
        if violations := [one for one in make(seed).live() if says in one]:
            patch.undo()
            if small:
                make_small(patch)
            assert not make(seed).live(), "with the guard, the same history keeps the promises"
            return violations[0]
    raise AssertionError(f"{HISTORIES_MAX} histories without a violation")
