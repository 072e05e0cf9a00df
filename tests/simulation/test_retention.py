"""A service ends its topics: what is old and needed by nobody goes, nothing else, and nothing is forgotten by it.

The world looks at each deletion right before it; `judge` compares what a store holds with all that was ever said. Each guard
is broken on purpose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts import ACTIVITY, INVITES
from shared.contracts.topic_names import PROJECTION_SNAPSHOTS
from shared.runtime.ports.instants import from_ms
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.ports.limits import RETENTION_LOOKS
from shared.runtime.processing import invariants
from shared.runtime.snapshot_model.snapshot_form import NOTHING_COVERED, mark_message
from shared.runtime.snapshots import retention
from shared.runtime.snapshots.snapshot_round import overdue_by
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.plan import PLAN, RETENTION
from shared.testing.world import World
from tests.depth import blocks
from tests.simulation.falling import falls, history_of
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import DAYS, EVERY, SEED, make_small, mark_of, more

BLOCK = 4
BLOCKS = 10
KEEP = timedelta(days=5)
GUARDED = pytest.mark.parametrize("guarded", [True, False])


@pytest.mark.parametrize("block", blocks(BLOCKS))
@pytest.mark.parametrize("name", sorted(SCENES))
def test_the_promises_hold_though_the_service_ends_its_topics(
    name: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = SCENES[name].world(seed, RETENTION)
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert counts["snapshots"], "snapshots were written"


@pytest.mark.deep
def test_the_histories_delete_something(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(BLOCK * BLOCKS):
        world = SCENES["invites"].world(seed, RETENTION)
        world.live()
        counts.update(world.counts)
    assert counts["deletions"] > BLOCKS // 2


@pytest.mark.deep
def test_what_is_old_goes_though_somebody_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "may_go", lambda needed, young: young)
    monkeypatch.setattr(retention, "needed_from_on", all_of_it)
    assert "covers it to" in falls(history_of("invites", RETENTION), monkeypatch, small=True)


@pytest.mark.deep
def test_what_nobody_needs_goes_though_it_is_young(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "may_go", lambda needed, young: needed)
    assert "is young" in falls(history_of("invites", RETENTION), monkeypatch, first=184, small=True)


def all_of_it(*_: Any) -> int:
    return 1 << 40


def lived(name: str = "invites") -> tuple[World, Actor]:
    """A world in which an owner has made rounds, in peace, and no other service has said anything."""
    world = SCENES[name].world(SEED, replace(PLAN, snapshot_every=EVERY, keep=KEEP))
    actor = world.start()
    for _ in range(DAYS):
        assert more(world, actor) is None
    assert actor.owner.counts["snapshots"] > 3
    return world, actor


def begins(world: World) -> dict[str, int]:
    return {topic: world.cluster.bounds(topic, 0).begin for topic in (ACTIVITY, INVITES)}


def looks_again(world: World, actor: Actor) -> None:
    """Let a look become due, and the owner rest after it."""
    world.cluster.write_markers()
    world.clock.advance_to(world.clock.now() + KEEP / RETENTION_LOOKS)
    assert world.settle(actor) is None


def test_nothing_goes_before_every_reader_has_said_what_it_needs() -> None:
    world, actor = lived()
    assert begins(world) == {ACTIVITY: 0, INVITES: 0}
    silent = world.readers._others.index(PROJECTION_SNAPSHOTS)
    del world.readers._others[silent]
    world.readers.cover_all()
    looks_again(world, actor)
    assert begins(world) == {ACTIVITY: 0, INVITES: 0}, "the projection has never said anything"
    world.readers._others.append(PROJECTION_SNAPSHOTS)
    world.readers.cover_all()
    looks_again(world, actor)
    begin, needed = begins(world), mark_of(world).needed
    assert 0 < begin[ACTIVITY] <= needed[ACTIVITY]
    assert begin[INVITES] <= needed[INVITES]
    assert actor.owner.counts["deleted"] == sum(begin.values())
    until = from_ms(mark_of(world).began_ms) - KEEP
    first = world.cluster.committed(ACTIVITY, 0)[0][0]
    assert first.offset >= needed[ACTIVITY] or first.logged_ms >= until.timestamp() * 1000, (
        "the rest is young or needed"
    )
    assert judge(world, actor) == []


@GUARDED
def test_what_is_young_stays(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        monkeypatch.setattr(invariants, "may_go", lambda needed, young: needed)
    world, actor = lived()
    assert actor.owner.retention is not None
    actor.owner.retention.keep = timedelta(days=DAYS * 2)
    world.readers.cover_all()
    looks_again(world, actor)
    assert (begins(world)[ACTIVITY] == 0) is guarded


@GUARDED
def test_a_mark_about_another_topic_of_that_name_covers_nothing(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        monkeypatch.setattr(invariants, "covered_by", lambda needed, _, topic, __: needed.get(topic, 0))
    world, actor = lived()
    identity = world.cluster.identity
    older = {ACTIVITY, INVITES}
    monkeypatch.setattr(world.cluster, "identity", lambda topic: "older " * (topic in older) + identity(topic))
    world.readers.cover_all()
    monkeypatch.setattr(world.cluster, "identity", identity)
    looks_again(world, actor)
    assert (begins(world)[ACTIVITY] == 0) is guarded


@pytest.mark.parametrize("fails", ["delete", "first_since", "stable"])
def test_work_goes_on_though_nothing_can_be_deleted(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    world, actor = lived()
    world.readers.cover_all()

    async def refused(*_: Any) -> int:
        raise Uncertain("not allowed")

    recoveries = actor.owner.counts["recoveries"]
    monkeypatch.setattr(FakeLog, fails, refused)
    looks_again(world, actor)
    assert begins(world)[ACTIVITY] == 0
    assert actor.owner.counts["retention_failed"] >= 2, "of each topic"
    assert actor.owner.retention is not None
    assert "not allowed" in actor.owner.retention.failed
    assert actor.owner.counts["recoveries"] == recoveries
    monkeypatch.undo()
    looks_again(world, actor)
    assert begins(world)[ACTIVITY] > 0, "the next look makes up for it"
    assert actor.owner.retention.failed == ""


@GUARDED
def test_what_another_service_has_under_way_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Its transaction may stay open until the broker ends it: work would stand as long."""
    if not guarded:
        stable: Callable[..., Any] = FakeLog.stable

        async def end_of(log: FakeLog, topic: str, partition: int) -> int:
            await stable(log, topic, partition)
            return log.cluster.bounds(topic, partition).end

        monkeypatch.setattr(FakeLog, "stable", end_of)
    world, actor = lived()
    world.readers.cover_all()
    under_way = world.cluster.begin()
    world.cluster.append(PROJECTION_SNAPSHOTS, 0, [mark_message(NOTHING_COVERED, 0)], under_way)
    looks_again(world, actor)
    assert (actor.owner.counts["retention_failed"] == 0) is guarded
    assert (begins(world)[ACTIVITY] > 0) is guarded


def test_what_is_overdue_is_said_two_periods_after_the_last_round_began() -> None:
    world, actor = lived()
    state = actor.owner.snapshots
    assert state is not None
    began = from_ms(mark_of(world).began_ms)
    world.clock.advance_to(began + 2 * EVERY)
    assert overdue_by(actor.owner) == 0
    world.clock.advance_to(began + 2 * EVERY + timedelta(hours=1))
    assert overdue_by(actor.owner) == 3_600
    assert world.settle(actor) is None
    assert overdue_by(actor.owner) == 0


def test_a_version_that_nothing_migrates_is_refused_where_the_log_may_lose_its_beginning() -> None:
    """It would read all of the log, while others delete what the snapshots of the version before cover."""
    world, actor = lived()
    version = world.decider.version
    world.decider = world._decider = replace(world.decider, version=version + 1)
    actor.die()
    world.actors.clear()
    before = world.store.contents(0)
    problem = world.settle(world.start())
    assert problem is not None
    assert "the log may lose its beginning" in problem
    assert world.store.contents(0) == before
