"""The projection on a log that ends: its store is what was ever said, whatever was deleted, died or was lost.

Each guard that only a log with an end needs is broken on purpose, and a history shows it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.contracts import ACTIVITY
from shared.contracts.topic_names import PROJECTION_SNAPSHOTS
from shared.runtime import projecting
from shared.runtime.processing import invariants
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.plan import PLAN, SNAPSHOTS
from tests.depth import blocks
from tests.simulation.falling import falls
from tests.simulation.projected import ProjectedWorld, held
from tests.simulation.snapshotted import DAYS, EVERY, SEED, end_the_log, make_small, mark_of, mark_too_early, more

BLOCK = 4
BLOCKS = 10


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_the_store_is_what_was_ever_said_though_the_log_ends(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = ProjectedWorld(seed, SNAPSHOTS)
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert counts["snapshots"], "snapshots were written"
    assert counts["restored"], "and were needed"
    assert counts["published"] == 0, "and nothing was said"


def with_snapshots(seed: int) -> ProjectedWorld:
    return ProjectedWorld(seed, SNAPSHOTS)


@pytest.mark.deep
def test_a_store_that_is_behind_the_snapshots_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an empty one is restored from them: an older copy stands at what was deleted."""
    monkeypatch.setattr(invariants, "is_behind", lambda meta, *_: not meta.get("version"))
    assert falls(with_snapshots, monkeypatch, first=26, small=True, says="earlier records are gone")


@pytest.mark.deep
def test_a_mark_before_the_last_member_has_a_snapshot_covers_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_too_early(monkeypatch)
    assert falls(with_snapshots, monkeypatch, first=45, small=True, says="is not what the log says")


@pytest.mark.deep
def test_members_who_stand_at_different_places_pass_for_members_at_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that a member's snapshot holds are handed out again, and nobody passes over them any more."""

    async def as_it_stands(*_: object) -> None:
        return None

    monkeypatch.setattr(projecting, "_stand_at_one_place", as_it_stands)
    assert falls(with_snapshots, monkeypatch, small=True, says="is not what the log says")


def lived() -> tuple[ProjectedWorld, Actor]:
    """A world in which an owner has made rounds, in peace."""
    world = ProjectedWorld(SEED, replace(PLAN, snapshot_every=EVERY))
    actor = world.start()
    for _ in range(DAYS):
        assert more(world, actor) is None
    assert actor.owner.counts["snapshots"] > 3
    return world, actor


def emptied(world: ProjectedWorld) -> str | None:
    """Empty the store, start another process, and return why it does not settle."""
    world.actors[-1].die()
    world.actors.clear()
    world.store.restore(None)
    return world.settle(world.start())


def test_an_empty_store_is_rebuilt_though_the_beginning_of_the_log_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    world, _ = lived()
    before = held(world.store)
    assert before
    end_the_log(world)
    assert world.cluster.bounds(ACTIVITY, 0).begin > 0
    assert emptied(world) is None
    actor = world.actors[-1]
    assert actor.owner.counts["restored"] == 1
    assert held(world.store) == before
    assert more(world, actor) is None, "and it goes on"
    assert not world._complete(world.store, "the store")


def test_a_gap_that_no_snapshot_covers_is_refused() -> None:
    world, actor = lived()
    for _ in range(3):
        world.traffic.tell()
    assert world.settle(actor) is None
    position = mark_of(world).position
    assert position is not None
    world.cluster.trim(ACTIVITY, 0, position.offsets[ACTIVITY] + 1)
    assert "lies outside of the log" in str(emptied(world))


@pytest.mark.parametrize("guarded", [True, False])
def test_who_lost_the_partition_writes_no_snapshot(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """A sleeper's mark would say less than its successor's, and so would its snapshots, after what they need is deleted."""
    world, sleeper = lived()
    world.clock.advance_to(world.clock.now() + EVERY)
    while sleeper.where != "log.append":
        sleeper.turn(world.rng)
    if not guarded:
        monkeypatch.setattr(FakeCluster, "new_epoch", lambda cluster, name: cluster._producers[name].epoch)
    other = world.start()
    assert world.settle(other) is None
    world.clock.advance_to(world.clock.now() + EVERY + timedelta(days=1))
    assert more(world, other) is None
    end = world.cluster.bounds(PROJECTION_SNAPSHOTS, 0).end
    mark = mark_of(world)
    for _ in range(10):
        sleeper.turn(world.rng)
    world.cluster.write_markers()
    assert (mark_of(world) == mark) is guarded
    assert (world.cluster.bounds(PROJECTION_SNAPSHOTS, 0).end == end) is guarded
