"""A topic of snapshots that is made anew, or loses its end, under an owner that lives: what is gone is never taken for there.

The log is ended first, so whoever trusts a mark whose snapshots are gone forgets members. Each guard is broken on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rapport.commands.rebuild import check_partition
from rapport.terminal.failure import Failure
from shared.contracts import ACTIVITY
from shared.runtime.ports.interfaces import Refused
from shared.runtime.ports.limits import SNAPSHOT_PAUSE_SECONDS
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import Options
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, mark_in
from shared.runtime.snapshots.newest_mark import newest_mark_of_another
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.fakes.faults import NoFaults
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.world import World
from tests.simulation.snapshotted import EVERY, end_the_log, lived, make_small, mark_of, more, topic_of

GUARDED = pytest.mark.parametrize("guarded", [True, False])
SERVICES = pytest.mark.parametrize(
    "name", ["followups", *(pytest.param(name, marks=pytest.mark.deep) for name in ("invites", "digest"))]
)
TURNS_MAX = 8_000


def a_dose_after(world: World, actor: Actor, end: int) -> None:
    """Let the owner go on until a dose behind `end` can be read."""
    world.clock.advance_to(world.clock.now() + EVERY)
    for _ in range(TURNS_MAX):
        actor.feed.poll(100)
        actor.turn(world.rng)
        world.cluster.write_markers()
        if any(one.key == MARK_KEY for one in world.cluster.committed(topic_of(world), 0, end)[0]):
            return
    raise AssertionError("no dose")


def carries_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the guard that stands before these: an owner who lives writes on as if nothing were lost."""
    monkeypatch.setattr(invariants, "grows_on", lambda *_: None)


def rebuilt(world: World) -> str | None:
    """Empty the store between two owners; return why the second does not come to rest."""
    for actor in world.actors:
        actor.die()
    world.actors.clear()
    world.store.restore(None)
    return world.settle(world.start())


def options(world: World) -> Options:
    return Options(snapshot_every=world.plan.snapshot_every, keep=world.plan.keep)


def items_of(world: World) -> int:
    """Return how many items the store holds."""
    return sum(len(items) for items, _ in world.store.contents(0).values())


async def refusal(world: World) -> str:
    """Return why `rapport rebuild` would throw nothing away, "" where it would."""
    log = FakeLog(world.cluster, "", NoFaults())
    try:
        await check_partition(log, world.decider, 0, options(world))
    except Failure as failure:
        return str(failure)
    return ""


@GUARDED
@SERVICES
async def test_a_mark_that_is_carried_into_a_topic_made_anew_covers_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, guarded: bool
) -> None:
    make_small(monkeypatch)
    carries_on(monkeypatch)
    if not guarded:
        monkeypatch.setattr(invariants, "is_for_topic", lambda *_: True)
        monkeypatch.setattr(invariants, "has_all", lambda *_: True)
    world, actor = lived(name)
    end_the_log(world)
    known = items_of(world)
    world.cluster.recreate(topic_of(world))
    a_dose_after(world, actor, 0)
    assert mark_of(world).position is not None, "the owner has not noticed yet, and writes what it knew"
    log = FakeLog(world.cluster, "", NoFaults())
    assert (await newest_mark_of_another(log, topic_of(world), 0)).needed.get(ACTIVITY, 0) == 0 or not guarded
    assert ("begins at" in await refusal(world)) is guarded, "nothing is thrown away"
    problem = rebuilt(world)
    assert (problem is not None) is guarded
    assert guarded or items_of(world) < known, "a store that is read back without the guard lacks some"


def test_the_owner_that_learns_of_a_topic_made_anew_covers_all_of_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the watch of the topics tells it: by its next recovery."""
    make_small(monkeypatch)
    world, actor = lived()
    world.cluster.recreate(topic_of(world))
    actor.feed.invalidate("another topic than before")
    assert world.settle(actor) is None
    mark = mark_of(world)
    assert mark.position is not None
    assert mark.identities[topic_of(world)] == world.cluster.identity(topic_of(world))
    assert mark.members == len(world.store.contents(0)) > 0
    end_the_log(world)
    assert judge(world, actor) == []
    assert world.actors[-1].owner.counts["restored"] == 1


@GUARDED
@pytest.mark.parametrize("loses", ["all", "its end"])
def test_an_owner_that_lives_tells_nothing_of_snapshots_that_are_gone(
    monkeypatch: pytest.MonkeyPatch, loses: str, guarded: bool
) -> None:
    """It learns by its next dose where the topic ends, and begins a round at once: another one is not due for days."""
    make_small(monkeypatch)
    if not guarded:
        carries_on(monkeypatch)
    world, actor = lived()
    end_the_log(world)
    topic, before = topic_of(world), mark_of(world)
    if loses == "all":
        world.cluster.recreate(topic)
    else:
        world.cluster.lose_tail(topic, 0, world.cluster.ends_of_transactions(topic, 0)[-3])
    state = actor.owner.snapshots
    assert state is not None
    state.erased["m1"] = None
    assert world.settle(actor) is None
    assert (actor.owner.counts["uncertain"] == 1) is guarded
    if guarded:
        world.clock.advance_to(world.clock.now() + timedelta(seconds=SNAPSHOT_PAUSE_SECONDS))
        assert world.settle(actor) is None
        assert mark_of(world).began_ms > before.began_ms
        assert judge(world, actor) == []
    else:
        assert mark_of(world) == before, "though what it tells of is gone"


def lost_its_end(world: World, actor: Actor) -> None:
    """Two marks are written; all behind the first one goes, and the owner writes a dose with the second one."""
    topic, first = topic_of(world), mark_of(world)
    for _ in range(4):
        assert more(world, actor) is None
    assert mark_of(world).position != first.position
    for name, offset in mark_of(world).needed.items():
        world.cluster.trim(name, 0, offset)
    records = world.cluster.committed(topic, 0)[0]
    last = min(one.offset for one in records if one.key == MARK_KEY and mark_in(one).began_ms == first.began_ms)
    world.cluster.lose_tail(topic, 0, last + 2)
    a_dose_after(world, actor, world.cluster.bounds(topic, 0).end)


@GUARDED
@SERVICES
async def test_snapshots_that_lost_their_end_are_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, guarded: bool
) -> None:
    make_small(monkeypatch)
    carries_on(monkeypatch)
    if not guarded:
        monkeypatch.setattr(invariants, "reaches", lambda *_: True)
    world, actor = lived(name)
    lost_its_end(world, actor)
    assert ("lost its end" in await refusal(world)) is guarded
    problem = rebuilt(world)
    assert (problem is not None and "lost its end" in problem) is guarded


@GUARDED
async def test_snapshots_of_whom_some_are_missing_are_seen(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    make_small(monkeypatch)
    if not guarded:
        monkeypatch.setattr(invariants, "has_all", lambda *_: True)
    world, actor = lived()
    topic = topic_of(world)
    end_the_log(world)
    stood = world.cluster.committed(topic, 0)[0]
    first = next(one.offset for one in stood if one.key != MARK_KEY)
    member = (stood[0].key or b"").partition(b":")[2]
    world.cluster.trim(topic, 0, max(one.offset for one in stood if (one.key or b"").endswith(b":" + member)) + 1)
    assert world.cluster.bounds(topic, 0).begin > first
    assert actor.owner.live
    problem = rebuilt(world)
    assert (problem is not None and "holds snapshots of" in problem) is guarded, problem


async def test_a_whole_log_is_read_back_whatever_snapshots_say() -> None:
    world, _ = lived()
    assert await refusal(world) == ""
    world.cluster.name = "other"
    assert await refusal(world) == "", "on another cluster, too: all of it is there"
    assert rebuilt(world) is None
    assert world.actors[-1].owner.counts["restored"] == 0


async def test_rebuild_throws_away_what_snapshots_can_bring_back_and_nothing_else() -> None:
    world, actor = lived()
    end_the_log(world)
    assert await refusal(world) == ""
    world.plan = replace(world.plan, snapshot_every=None)
    assert "begins at" in await refusal(world), "no snapshots are followed"
    world.plan = replace(world.plan, snapshot_every=EVERY)
    version = world.decider.version
    world.decider = replace(world.decider, version=version + 1)
    assert "no migration leads" in await refusal(world)
    world.decider = replace(world.decider, version=version)
    world.cluster.name = "other"
    assert "begins at" in await refusal(world), "the log was moved to another Kafka: what the marks say is not about it"
    world.cluster.name = "fake"
    assert judge(world, actor) == [], "and back there nothing is lost"


async def test_rebuild_throws_nothing_away_where_a_snapshot_lacks_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    world, _ = lived()
    end_the_log(world)
    check: Callable[..., Any] = invariants.is_complete
    monkeypatch.setattr(invariants, "is_complete", lambda parts, seen: check(parts, seen) and parts < 2)
    assert " parts" in await refusal(world)
    with pytest.raises(Failure) as caught:
        await check_partition(FakeLog(world.cluster, "", NoFaults()), world.decider, 0, options(world))
    assert isinstance(caught.value.__cause__, Refused)
