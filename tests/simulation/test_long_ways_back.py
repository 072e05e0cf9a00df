"""A way back in many small parts, under everything that can go wrong: no sweep follows it, and nothing waits for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork
from shared.runtime.recovery import restore
from shared.testing.simulation.plan import PLAN, plan_of
from tests.simulation.scenes import PUSHES, SCENES
from tests.simulation.snapshotted import SEED, more

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


@pytest.mark.parametrize("guarded", [True, False])
def test_a_host_that_was_ahead_keeps_nothing_waiting_once_its_clock_is_put_right(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = SCENES["followups"].world(SEED, PLAN)
    actor = world.start()
    for _ in range(4):
        assert more(world, actor) is None
    before = world.store.contents(0)
    moment = PartitionTask.moment

    def ahead(owner: PartitionTask[Any, Any], at: datetime | None = None) -> EvaluationTime:
        right = moment(owner, at)
        return right if owner.live else EvaluationTime(right.now + timedelta(days=365))

    monkeypatch.setattr(PartitionTask, "moment", ahead)
    monkeypatch.setattr(restore, "READ_BACK_RECORDS_MAX", SMALL)
    if not guarded:
        monkeypatch.setattr(restore, "as_logged", lambda moment, _: moment)
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    assert world.settle(world.start()) is None
    assert (world.store.contents(0) == before) is guarded
