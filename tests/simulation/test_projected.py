"""The projection's promise over random histories: its store is what the log says, whatever dies, sleeps or is lost.

Each of its guards is broken on purpose, and the histories show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.gateway.projection.decider import PROJECTION
from shared.runtime import projecting
from shared.runtime.ports.interfaces import Changes
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.unit_of_work import UnitOfWork
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.simulation.plan import FAULTS, PLAN, Plan, plan_of
from tests.depth import blocks
from tests.simulation.falling import falls
from tests.simulation.projected import NOT_ITS_OWN, ProjectedWorld, held
from tests.simulation.snapshotted import make_small

BLOCK = 25
BLOCKS = 12
DYING: Plan = Plan(
    faults={**PLAN.faults, "die": 12, "lose": 8}, places=("store.commit", "store.commit.reply", "store.load.reply")
)


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_the_store_is_what_the_log_says_whatever_happens(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = ProjectedWorld(seed, plan_of(seed))
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert all(counts[fault] for fault in FAULTS.keys() - NOT_ITS_OWN), "every fault was played"
    assert counts["published"] == 0, "and nothing was said"
    assert counts["uncertain"] > BLOCK, "though many outcomes were uncertain"


def dying(seed: int) -> ProjectedWorld:
    return ProjectedWorld(seed, DYING)


async def _cursors_first(self: PartitionTask[Any, Any], work: UnitOfWork[Any, Any], meta: Mapping[str, str]) -> None:
    """Commit the cursors, and what was applied in a commit of its own after them."""
    members = work.members
    work.members = {}
    await COMMIT(self, work, meta)
    work.members = members
    await COMMIT(self, work, meta)


async def _members_first(self: PartitionTask[Any, Any], work: UnitOfWork[Any, Any], meta: Mapping[str, str]) -> None:
    """Commit what was applied, and the cursors in a commit of their own after it."""
    fencing_token = invariants.next_fencing_token(self.fencing_token)
    changes = Changes(members=work.changes({}).members)
    await self.store.commit(self.partition, self.fencing_token, fencing_token, changes)
    self.fencing_token = fencing_token
    await COMMIT(self, work, meta)


COMMIT = PartitionTask.commit


def test_with_the_cursors_committed_before_the_state_what_was_read_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartitionTask, "commit", _cursors_first)
    assert "is not what the log says" in falls(dying, monkeypatch)


@pytest.mark.deep
def test_with_the_state_committed_before_the_cursors_it_runs_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartitionTask, "commit", _members_first)
    assert "is not what the log says" in falls(dying, monkeypatch)


@pytest.mark.deep
def test_without_the_check_of_the_fencing_token_at_commit_a_sleeper_overwrites(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two owners: the commit of the old one is taken as if its fencing token were the store's."""
    monkeypatch.setattr(FakeStore, "_under", lambda self, partition, expected: self._at(partition))
    assert "is not what the log says" in falls(ProjectedWorld, monkeypatch)


@pytest.mark.deep
def test_with_a_fencing_token_that_two_recoveries_share_a_sleeper_passes_for_the_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(invariants, "new_fencing_token", lambda: "head:0")
    assert "is not what the log says" in falls(ProjectedWorld, monkeypatch)


@pytest.mark.deep
def test_without_the_seek_of_a_recovery_what_a_lost_commit_held_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A recovery takes the consumer's own positions for the store's cursors."""

    async def careless(owner: PartitionTask[Any, Any]) -> None:
        await RECOVER(owner)
        owner.offsets = {topic: await owner.feed.position(topic) for topic in owner.offsets}

    monkeypatch.setattr(projecting, "recover", careless)
    assert falls(dying, monkeypatch, says="the cursor stands at")


@pytest.mark.deep
@pytest.mark.parametrize("guard", ["is_later", "is_earlier"])
def test_without_a_look_at_the_incarnation_the_order_between_topics_matters(
    guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invariants, guard, lambda said, current: False)
    assert "is not what the log says" in falls(ProjectedWorld, monkeypatch)


def test_a_store_of_an_older_version_is_made_anew_and_one_of_a_newer_is_refused() -> None:
    world = ProjectedWorld(3)
    assert not world.live()
    world.start()
    assert world.settle(world.actors[-1]) is None
    old = held(world.store)
    assert old, "something is known"
    world._decider = replace(PROJECTION, version=PROJECTION.version + 1, item=type(None))
    world.start()
    assert world.settle(world.actors[-1]) is None, "nothing that the older version has written is read"
    assert held(world.store) == old
    world._decider = PROJECTION
    world.start()
    assert "version" in str(world.settle(world.actors[-1]))


RECOVER = projecting.recover
