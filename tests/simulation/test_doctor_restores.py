"""`rapport doctor` looks at an emptied store as its recovery does: snapshots make it anew, though the log begins later."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.doctor.service_checks import _Standing, _standing, _verdict
from shared.runtime.processing.partition_task import Options
from shared.testing.fake_log import FakeLog
from shared.testing.fake_store import FakeStore
from shared.testing.world import World
from tests.simulation.snapshotted import EVERY, end_the_log, lived

ON, OFF = Options(snapshot_every=EVERY), Options()


async def standing(world: World, options: Options = ON) -> _Standing:
    log: Any = FakeLog(world.cluster, world.decider.own)
    store: Any = FakeStore()
    store.restore(world.store.snapshot())
    return await _standing(log, store, world.decider, 0, options)


def ended() -> World:
    """A world whose log begins later, and whose store was emptied while nobody is at work."""
    world, actor = lived()
    end_the_log(world)
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    return world


async def test_an_emptied_store_is_made_anew_and_nobody_at_work_is_the_problem() -> None:
    world = ended()
    found = await standing(world)
    assert (found.restores, found.refused) == (True, None)
    says = "1 partitions, all read, 1 are made anew from snapshots when their owner comes to it"
    idle, busy = (_verdict(world.decider, [found], processes, []) for processes in (0, 1))
    assert (idle.ok, idle.says) == (False, f"nobody is at work: {says}")
    assert (busy.ok, busy.says) == (True, f"1 at work: {says}")
    assert world.settle(world.start()) is None
    after = await standing(world)
    assert (after.restores, after.refused) == (False, None)


@pytest.mark.parametrize("options", [ON, OFF])
async def test_what_a_recovery_would_refuse_is_refused(options: Options) -> None:
    world = ended()
    if options is ON:
        world.cluster.recreate(world.decider.snapshots)
    found = await standing(world, options)
    assert not found.restores
    assert "earlier records are gone" in str(found.refused)
