"""The log ends where snapshots cover it: a store is rebuilt from them, and nothing is said again. Each played by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_part

from shared.contracts import ACTIVITY, FOLLOWUPS
from shared.runtime.processing import invariants
from shared.runtime.snapshot_model.snapshot_form import _ENCODE, MARK_KEY, part_in
from shared.testing.judgement import judge
from shared.testing.world import World
from tests.simulation.snapshotted import end_the_log, lived, make_small, mark_of, more, topic_of

GUARDED = pytest.mark.parametrize("guarded", [True, False])


def emptied(world: World) -> str | None:
    """Empty the store between two owners; return what keeps the second from coming to rest."""
    for actor in world.actors:
        actor.die()
    world.actors.clear()
    world.store.restore(None)
    return world.settle(world.start())


def test_an_empty_store_is_rebuilt_though_the_beginning_of_the_log_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`judge` compares what it holds, timers included, with all that was ever on the topics, and what was said since."""
    make_small(monkeypatch)
    world, actor = lived()
    end_the_log(world)
    assert world.cluster.bounds(ACTIVITY, 0).begin > 0
    assert world.cluster.bounds(FOLLOWUPS, 0).begin > 0
    assert judge(world, actor) == []
    assert world.actors[-1].owner.counts["restored"] == 1
    assert more(world, world.actors[-1]) is None, "and it goes on"


def test_a_gap_that_no_snapshot_covers_is_refused() -> None:
    world, actor = lived()
    for _ in range(3):
        world.traffic.tell()
    assert world.settle(actor) is None
    position = mark_of(world).position
    assert position is not None
    world.cluster.trim(ACTIVITY, 0, position.offsets[ACTIVITY] + 1)
    problem = emptied(world)
    assert problem is not None
    assert "lies outside of the log" in problem
    assert "no snapshot covers it; restore a copy of the store" in problem, "nothing else would help"


@pytest.mark.deep
def test_without_snapshots_it_is_refused_as_ever() -> None:
    world, _ = lived()
    end_the_log(world)
    world.plan = replace(world.plan, snapshot_every=None)
    problem = emptied(world)
    assert problem is not None
    assert "earlier records are gone" in problem


@pytest.mark.deep
@GUARDED
def test_an_older_copy_of_the_store_whose_offsets_the_log_no_longer_reaches(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    world, actor = lived()
    copy = world.store.snapshot()
    for _ in range(5):
        more(world, actor)
    end_the_log(world)
    actor.die()
    world.actors.clear()
    world.store.restore(copy)
    if not guarded:
        monkeypatch.setattr(invariants, "is_behind", lambda *_: False)
    actor = world.start()
    problem = world.settle(actor)
    if guarded:
        assert problem is None
        assert judge(world, actor) == []
    else:
        assert problem is not None
        assert "lies outside of the log" in problem


@pytest.mark.deep
def test_a_log_that_lost_what_the_snapshots_hold_is_refused() -> None:
    world, _ = lived()
    own = world.cluster.bounds(FOLLOWUPS, 0).end
    world.cluster.lose_tail(FOLLOWUPS, 0, own - 2)
    problem = emptied(world)
    assert problem is not None
    assert "lies outside of the log" in problem or "does not stand in the log" in problem


@pytest.mark.deep
def test_a_topic_that_was_made_again_is_refused() -> None:
    world, _ = lived()
    world.cluster.recreate(ACTIVITY)
    problem = emptied(world)
    assert problem is not None
    assert "another topic than the one that the snapshots follow" in problem


@pytest.mark.deep
def test_where_nothing_migrates_them_and_the_log_is_whole_it_is_read_again() -> None:
    world, _ = lived()
    world.decider = world._decider = replace(world.decider, version=world.decider.version + 1)
    assert emptied(world) is None
    assert world.actors[-1].owner.counts["restored"] == 0
    assert judge(world, world.actors[-1]) == []


@pytest.mark.deep
def test_who_dies_while_a_store_is_restored_leaves_it_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    world, actor = lived()
    end_the_log(world)
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    actor = world.start()
    while not world.store.contents(0):
        actor.turn(world.rng)
    actor.die()
    world.actors.clear()
    actor = world.start()
    assert world.settle(actor) is None
    assert actor.owner.counts["restored"] == 1
    assert judge(world, actor) == []


@pytest.mark.deep
def test_snapshots_of_which_a_part_is_missing_are_refused_before_anything_is_deleted() -> None:
    world, actor = lived()
    end_the_log(world)
    copy = world.store.snapshot()
    for _ in range(4):
        more(world, actor)
    end_the_log(world)
    topic = world.cluster._logs[topic_of(world), 0]
    part = next(one for one in reversed(topic.committed(0, topic.end, 1 << 20)[0]) if one.key != MARK_KEY)
    slot = topic._slots[part.offset - topic.begin]
    assert slot.record is not None
    half = _ENCODE(replace_part(part_in(part), parts=2))
    topic._slots[part.offset - topic.begin] = replace(slot, record=replace_part(slot.record, value=half))
    actor.die()
    world.actors.clear()
    world.store.restore(copy)
    before = world.store.contents(0)
    problem = world.settle(world.start())
    assert problem is not None
    assert "a snapshot has 1 of its 2 parts" in problem
    assert world.store.contents(0) == before
