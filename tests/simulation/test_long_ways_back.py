"""A way back in many small parts, under everything that can go wrong: no sweep follows it, and nothing waits for ever."""

from __future__ import annotations

from typing import Any

import pytest

from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork
from shared.runtime.recovery import restore
from shared.testing.simulation.plan import plan_of
from tests.simulation.scenes import PUSHES, SCENES

SEEDS = 25
SMALL = 4
"""Records of a part."""
ALL = {**SCENES, "pushes": PUSHES}


def violations(name: str) -> list[str]:
    return [one for seed in range(SEEDS) for one in ALL[name].world(seed, plan_of(seed)).live()]


@pytest.mark.deep
@pytest.mark.parametrize("name", ALL)
def test_the_promises_hold_after_a_way_back_in_many_parts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "READ_BACK_RECORDS_MAX", SMALL)
    assert violations(name) == []


@pytest.mark.deep
@pytest.mark.parametrize("name", ["invites", "followups"])
def test_without_a_timer_of_now_what_a_part_touched_is_not_looked_at(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(work: UnitOfWork[Any, Any], moment: EvaluationTime) -> None:
        for state in work.members.values():
            state.pending.clear()

    monkeypatch.setattr(restore, "READ_BACK_RECORDS_MAX", SMALL)
    monkeypatch.setattr(UnitOfWork, "_look_soon", forget)
    assert violations(name)
