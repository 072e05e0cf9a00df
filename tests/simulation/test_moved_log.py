"""A log that has ended and was copied to another cluster: all is refused, nothing is thrown away, and nothing is said."""

from __future__ import annotations

import pytest

from shared.runtime.ports.interfaces import Refused
from shared.runtime.processing.partition_task import Options
from shared.runtime.recovery.dry_look import refuse_to_empty
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.world import World
from tests.simulation.snapshotted import EVERY, end_the_log, lived

TURNS_MAX = 200


def refusal(world: World) -> str:
    """Return why a process that starts is refused."""
    actor = world.start()
    for _ in range(TURNS_MAX):
        if actor.owner.refused:
            actor.die()
            world.actors.clear()
            return actor.owner.refused
        actor.turn(world.rng)
    raise AssertionError("it is not refused")


async def test_neither_the_store_nor_snapshots_follow_the_copy_of_a_log_that_ended() -> None:
    world, actor = lived()
    end_the_log(world)
    actor.die()
    world.actors.clear()
    held, said = world.store.contents(0), world.cluster.history(world.decider.own, 0)
    world.cluster.name = "another"
    assert "is another topic than before" in refusal(world)
    log = FakeLog(world.cluster, world.decider.own)
    with pytest.raises(Refused, match="earlier records are gone"):  # what `rapport rebuild` asks first
        await refuse_to_empty(log, world.decider, 0, Options(snapshot_every=EVERY))
    assert world.store.contents(0) == held
    world.store.restore(None)
    assert "earlier records are gone" in refusal(world)
    assert world.cluster.history(world.decider.own, 0) == said
    world.cluster.name = "fake"
    assert world.settle(world.start()) is None, "on the old cluster it goes on"
    assert world.store.contents(0) == held
