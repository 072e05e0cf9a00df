"""Timers come back with a snapshot, where they are today's and their member owed no sweep. Else the store is swept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.followups.decider import DECIDER as FOLLOWUPS
from shared.contracts import ACTIVITY, Event, MemberPreferencesSet, encode
from shared.decider import Evaluation, View
from shared.runtime import step
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.ports.limits import SNAPSHOT_SWEEPS_SECONDS
from shared.runtime.processing import process
from shared.runtime.recovery import store_writing
from shared.runtime.snapshot_model.snapshot_form import timers_in
from shared.runtime.snapshots import snapshot_round
from shared.runtime.snapshots.snapshot_round import owes_snapshots, write_snapshots
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.world import World
from tests.simulation import member_events
from tests.simulation.snapshotted import EVERY, lived, make_small

GUARDED = pytest.mark.parametrize("guarded", [True, False])
LATER = timedelta(hours=1)
TURNS_MAX = 1_000


def swept(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return what fills with each sweep."""
    found: list[object] = []
    sweep = process.sweep

    async def noted(owner: Any) -> None:
        found.append(owner)
        await sweep(owner)

    monkeypatch.setattr(step, "sweep", noted)
    return found


def begun_anew(world: World, actor: Actor) -> Actor:
    """Let another owner begin, on a store that was emptied, and come to rest."""
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    actor = world.start()
    assert world.settle(actor) is None
    assert actor.owner.counts["restored"] == 1
    return actor


def test_a_restored_store_has_its_timers_without_a_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    world, actor = lived()
    before = world.store.contents(0)
    assert any(wakes for _, wakes in before.values())
    sweeps = swept(monkeypatch)
    actor = begun_anew(world, actor)
    assert world.store.contents(0) == before
    assert not sweeps
    assert judge(world, actor) == []


@GUARDED
def test_who_has_no_timers_in_their_snapshot_is_swept_alone(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Fails where nobody is, and where everybody is. In many commits, as a large member has them."""
    monkeypatch.setattr(store_writing, "RESTORE_BYTES_MAX", 300)
    world, actor = lived()
    before = world.store.contents(0)
    one = max(before, key=lambda member: len(before[member][1]))

    def of_others(parts: Any, keys: Any) -> dict[str, int] | None:
        return timers_in(parts, keys) if parts[0].member != one else None if guarded else {}

    monkeypatch.setattr(store_writing, "timers_in", of_others)
    found = swept(monkeypatch)
    begun_anew(world, actor)
    assert (world.store.contents(0) == before) is guarded
    assert len(found) == (1 if guarded else 0) < len(before)


def an_hour_later(view: View[Any, Any], key: str, at: datetime | None) -> Evaluation:
    found = FOLLOWUPS.evaluate(view, key, at)
    return Evaluation(found.publish, found.timer and found.timer + LATER)


@pytest.mark.deep
@GUARDED
def test_timers_of_other_rules_are_found_out_anew(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        monkeypatch.setattr(store_writing.StoreWriting, "_of_today", lambda *_: True)
    world, actor = lived()
    before = world.store.contents(0)
    world.decider = world._decider = replace(world.decider, rules="other rules", evaluate=an_hour_later)
    begun_anew(world, actor)
    moved = [
        (timer, before[member][1][key])
        for member, (_, wakes) in world.store.contents(0).items()
        for key, timer in wakes.items()
        if key in before[member][1]
    ]
    assert moved
    assert all(now > then for now, then in moved) is guarded


@pytest.mark.deep
@GUARDED
def test_who_owed_a_sweep_when_the_snapshot_was_taken_is_swept(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    make_small(monkeypatch)
    monkeypatch.setattr(member_events, "ERASED", 0)
    if not guarded:

        async def whatever_is_owed(owner: Any, member: str) -> dict[str, int]:
            timers: dict[str, int] = await owner.store.timers(owner.partition, member)
            return timers

        monkeypatch.setattr(snapshot_round, "timers_of", whatever_is_owed)
    world, actor = lived()
    state = actor.owner.snapshots
    assert state is not None
    for member in world.store.contents(0):
        moves_away(world, member)
    end = world.cluster.bounds(ACTIVITY, 0).end
    state.every = timedelta(0)
    sweep = process.sweep

    async def not_now(_: object) -> None:
        """Leave it owed."""

    monkeypatch.setattr(step, "sweep", not_now)
    for _ in range(TURNS_MAX):
        if actor.owner.sweeping and state.mark.position and not state.mark.position.offsets[ACTIVITY] < end:
            break
        actor.feed.poll(100)
        actor.turn(world.rng)
    assert actor.owner.sweeping
    state.every = EVERY
    monkeypatch.setattr(step, "sweep", sweep)
    actor = begun_anew(world, actor)
    assert (judge(world, actor) == []) is guarded


@GUARDED
def test_a_round_waits_for_who_owes_a_sweep(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """All members move as the next round falls due. Without the wait it writes those who are not swept yet first."""
    make_small(monkeypatch)
    world, actor = lived()
    if not guarded:
        monkeypatch.setattr(snapshot_round, "_waits_for_sweeps", lambda *_: False)
    world.clock.advance_to(world.clock.now() + EVERY)
    for member in world.store.contents(0):
        moves_away(world, member)
    written = actor.owner.counts["snapshots"]
    assert world.settle(actor) is None
    assert actor.owner.counts["snapshots"] - written >= len(world.store.contents(0)) > 2
    sweeps = swept(monkeypatch)
    begun_anew(world, actor)
    assert (sweeps == []) is guarded


def test_a_round_does_not_wait_for_ever_and_an_erasure_not_at_all() -> None:
    world, actor = lived()
    owner, state = actor.owner, actor.owner.snapshots
    assert state is not None
    world.clock.advance_to(world.clock.now() + EVERY)
    assert owes_snapshots(owner)
    owner.sweeping["ada"] = None
    assert not owes_snapshots(owner)
    state.erased["ada"] = None
    assert owes_snapshots(owner)
    dose = write_snapshots(owner)
    with suppress(StopIteration):
        for _ in range(TURNS_MAX):
            dose.send(None)
    assert not state.erased
    assert state.round is None, "it begins later"
    assert not owes_snapshots(owner)
    world.clock.advance_to(world.clock.now() + timedelta(seconds=SNAPSHOT_SWEEPS_SECONDS))
    assert owes_snapshots(owner)
    owner.sweeping.clear()
    assert owes_snapshots(owner)
    owner.sweeping["ada"] = None
    assert not owes_snapshots(owner), "it waits anew"


def moves_away(world: World, member: str) -> None:
    now = world.clock.now()
    event = Event(f"away-{member}", member, now, now, MemberPreferencesSet(zone="Pacific/Kiritimati"), source="/test")
    world.cluster.append_plain(ACTIVITY, 0, Message(*encode(event), to_ms(now)))
