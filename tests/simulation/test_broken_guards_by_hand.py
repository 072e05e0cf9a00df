"""Guards against accidents of the log itself, and against a member that was put out of its group: each played by hand.

While all owners are fenced and the log keeps what it acknowledged, these guards have nothing to do, and random histories
show no difference without them. So the accident is made, once with the guard and once without it.
"""

from __future__ import annotations

import pytest

from shared.contracts import ACTIVITY, FOLLOWUPS
from shared.runtime.ports.interfaces import Message
from shared.runtime.processing import invariants
from shared.testing.fakes.fake_partition import Transaction
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.world import World
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import more

SEED = 5
"""A history whose last event leaves its time behind in what is known, so that another time shows."""
DAYS = 12
GUARDED = pytest.mark.parametrize("guarded", [pytest.param(True, marks=pytest.mark.deep), False])


def lived() -> tuple[World, Actor]:
    """A world in which an owner has said something, in peace."""
    world = SCENES["followups"].world(SEED)
    actor = world.start()
    for _ in range(DAYS):
        more(world, actor)
    assert actor.owner.number > 3, "it has said something"
    return world, actor


def off(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(invariants, name, lambda *_: None)


def last_own(world: World, count: int) -> list[tuple[int, Message]]:
    records, _ = world.cluster.committed(FOLLOWUPS, 0)
    return [(one.offset, Message(one.key, one.value, one.headers, one.logged_ms)) for one in records[-count:]]


@GUARDED
def test_a_log_that_lost_its_tail_and_grew_again_is_refused(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    world, actor = lived()
    world.cluster.write_markers()
    [(offset, lost)] = last_own(world, 1)
    world.cluster.lose_tail(FOLLOWUPS, 0, offset)
    headers = [(name, b"2026-01-01T00:00:00Z" if name == "ce_time" else text) for name, text in lost.headers]
    transaction = Transaction()
    world.cluster.append(FOLLOWUPS, 0, [Message(lost.key, lost.value, headers, lost.logged_ms)], transaction)
    world.cluster.finish(transaction, commit=True)
    world.cluster.write_markers()
    if not guarded:
        off(monkeypatch, "checkpoint_in_log")
    actor.die()
    problem = world.settle(world.start())
    if guarded:
        assert problem
        assert "does not stand in the log" in problem
    else:
        assert problem is None, "it goes on as if nothing had happened"
        assert judge(world, world.actors[-1]), "and knows what the log does not say"


@GUARDED
def test_a_log_that_lost_an_event_in_the_middle_is_refused(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    world, actor = lived()
    world.cluster.write_markers()
    (first, _), (_, kept) = last_own(world, 2)
    world.cluster.lose_tail(FOLLOWUPS, 0, first)
    world.cluster.append(FOLLOWUPS, 0, [kept])
    world.store.restore(None)
    if not guarded:
        off(monkeypatch, "follows")
    actor.die()
    problem = world.settle(world.start())
    if guarded:
        assert problem
        assert "is expected at offset" in problem
    else:
        assert problem is None, "it goes on as if nothing had happened"
        assert judge(world, world.actors[-1]), "with a hole in what it said"


@GUARDED
def test_a_cursor_beyond_the_log_is_refused(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Without the guard nothing wrong is said here, but nothing right either, and nobody is told why."""
    world, actor = lived()
    world.cluster.lose_tail(ACTIVITY, 0, 2)
    if not guarded:
        off(monkeypatch, "within")
    actor.die()
    healed = world.start()
    problem = world.settle(healed)
    refused = problem is not None and "lies outside of the log" in problem
    assert refused == guarded
    assert (healed.owner.counts["refused"] > 0) == guarded


@GUARDED
def test_nothing_is_said_after_what_was_not_read_back(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Somebody without a fence writes to the own topic. While only fenced owners write to it, the guard never acts."""
    world, actor = lived()
    world.cluster.write_markers()
    [(_, foreign)] = last_own(world, 1)
    stands = world.cluster.append(FOLLOWUPS, 0, [foreign])
    if not guarded:
        off(monkeypatch, "appends_at_end")
    for _ in range(DAYS):
        more(world, actor)
    world.cluster.write_markers()
    [(last, _)] = last_own(world, 1)
    assert (last == stands) == guarded
    assert (actor.owner.refused is not None) == guarded


@GUARDED
def test_who_was_put_out_of_the_group_does_not_disturb_the_owner(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """What is said stays right without the guard: the fences hold. But the two put each other out for ever."""
    world, sleeper = lived()
    owner = world.start()
    assert world.settle(owner) is None
    if not guarded:

        async def anybody(*_: object) -> None:
            """Ask nobody."""

        monkeypatch.setattr(invariants, "may_own", anybody)
    for _ in range(200):
        sleeper.turn(world.rng)
        owner.turn(world.rng)
    assert sleeper.owner.counts["uncertain"] > 0
    assert (owner.owner.counts["uncertain"] == 0) == guarded
