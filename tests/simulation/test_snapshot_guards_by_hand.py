"""Guards of snapshots that only a special accident shows: each is played once with the guard and once without it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts import ACTIVITY, REPLAY, Contact, Event, InviteSent, ReplayRequested, replay_request
from shared.contracts.cloudevents import codec
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.processing import invariants
from shared.runtime.recovery import recover, restore, snapshots
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, part_in
from shared.runtime.snapshot_model.snapshot_state import RESTORING, Snapshots
from shared.runtime.snapshots import snapshot_round
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.world import World
from tests.simulation import member_events
from tests.simulation.snapshotted import EVERY, a_world, end_the_log, lived, make_small, mark_of, topic_of

GUARDED = pytest.mark.parametrize("guarded", [True, False])
pytestmark = pytest.mark.deep
TURNS = 200
MANY = 40
"""Tellings, of some events each: every member has more of them than the shell remembers by id."""


def in_a_round(monkeypatch: pytest.MonkeyPatch, name: str = "invites") -> tuple[World, Actor]:
    """A world in which a round has begun, and the first of its members has a snapshot."""
    make_small(monkeypatch, members=1)
    monkeypatch.setattr(member_events, "ERASED", 0)  # what was asked for again would not count
    world, actor = lived(name)
    for invite in ("first", "second"):
        tells_of(world, invite)
    told(world)
    assert world.settle(actor) is None
    world.clock.advance_to(world.clock.now() + EVERY)
    state = actor.owner.snapshots
    assert state is not None
    while state.round is None or state.round.left[0] == "m1":
        actor.turn(world.rng)
    return world, actor


def told(world: World) -> None:
    for _ in range(MANY):
        world.traffic.tell()
    while world.traffic.foreign:
        world.traffic.end_foreign()
    world.cluster.write_markers()


def asks_for(world: World, offset: int) -> None:
    request = ReplayRequested(service=world.decider.name, topic=ACTIVITY, partition=0, offset=offset)
    key, value, headers = replay_request(request, world.clock.now())
    world.cluster.append_plain(REPLAY, 0, Message(key, value, headers, to_ms(world.clock.now())))


def tells_of(world: World, invite: str, member: str = "m1") -> None:
    """Tell of an invite, always under one id: what comes second counts only where it is read again long after."""
    data = InviteSent(invite_id=invite, contact=Contact(id="c9", name="Chris"))
    now = world.clock.now()
    key, value, headers = codec.encode(
        Event(id="same", source="/product", member=member, time=now, logged=now, data=data)
    )
    world.cluster.append_plain(ACTIVITY, 0, Message(key, value, headers, to_ms(now)))


def of_second(world: World) -> int:
    """Return where the second event under that id stands."""
    records = world.cluster.committed(ACTIVITY, 0)[0]
    return max(one.offset for one in records if ("ce_id", b"same") in one.headers)


def taken(world: World) -> list[int]:
    """Return up to where members had applied their activities when their snapshots were taken."""
    records = world.cluster.committed(topic_of(world), 0)[0]
    return [part_in(one).position.offsets[ACTIVITY] for one in records if one.key != MARK_KEY and one.value]


def verdict(world: World, actor: Actor, *, guarded: bool) -> None:
    violations = judge(world, actor)
    assert bool(violations) is not guarded, violations


@GUARDED
def test_members_stand_at_one_place_before_the_owner_lives(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Else an own event would name a place below what its member knows."""
    world, actor = in_a_round(monkeypatch)
    for _ in range(8):
        world.traffic.poison()  # of which nothing is said
    assert world.settle(actor) is None
    if not guarded:
        monkeypatch.setattr(snapshots, "_furthest", lambda position, places: dict(position.offsets))
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    actor = world.start()
    while not actor.owner.live:
        actor.turn(world.rng)
    assert (actor.owner.offsets[ACTIVITY] >= max(taken(world))) is guarded
    assert world.settle(actor) is None
    assert judge(world, actor) == [] or not guarded


@GUARDED
def test_who_recovers_a_half_restored_store_begins_anew(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Else members that stand at different places pass for members at one, and hear a second time what they have said."""
    world, actor = in_a_round(monkeypatch, "followups")
    told(world)
    assert world.settle(actor) is None
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    monkeypatch.setattr(restore, "READ_BACK_RECORDS_MAX", 20)
    actor = world.start()
    while "off:rapport.activity.v1" not in world.store._at(0).meta:
        actor.turn(world.rng)
    actor.die()
    world.actors.clear()
    if not guarded:
        followed = recover.followed

        async def as_it_stands(owner: Any, meta: Mapping[str, str], *more: Any) -> Mapping[str, str]:
            return await followed(owner, {**meta, RESTORING: "0"}, *more)

        monkeypatch.setattr(recover, "followed", as_it_stands)
    assert int(world.store._at(0).meta[f"off:{ACTIVITY}"]) < max(taken(world)), "some members stand beyond its cursors"
    actor = world.start()
    assert world.settle(actor) is None
    assert (actor.owner.counts["restored"] == 1) is guarded
    assert judge(world, actor) == [] or not guarded


@GUARDED
def test_what_a_request_has_named_in_a_round_stays(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        monkeypatch.setattr(Snapshots, "granted", lambda *_: None)
    world, actor = in_a_round(monkeypatch)
    before = mark_of(world)
    asks_for(world, offset := of_second(world))
    assert offset >= before.needed[ACTIVITY]
    assert world.settle(actor) is None
    after = mark_of(world)
    assert after.position != before.position
    assert (after.needed[ACTIVITY] == offset) is guarded
    end_the_log(world)
    verdict(world, actor, guarded=guarded)


@GUARDED
def test_what_no_snapshot_needs_counts_as_gone_before_it_is(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    if not guarded:
        monkeypatch.setattr(invariants, "is_needless", lambda *_: False)
    world, actor = in_a_round(monkeypatch)
    assert world.settle(actor) is None
    asks_for(world, of_second(world))
    assert world.settle(actor) is None
    verdict(world, actor, guarded=guarded)


@GUARDED
def test_a_round_that_begins_on_an_emptied_store_covers_nobody(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """The store is emptied under its owner, right before a round lists who is known."""
    if not guarded:

        async def listed(owner: Any) -> list[str]:
            members: list[str] = await owner.store.members(owner.partition)
            return members

        monkeypatch.setattr(snapshot_round, "members_of", listed)
        monkeypatch.setattr(
            invariants, "reaches", lambda *_: True
        )  # it would see that snapshots are older than the mark
    monkeypatch.setattr(member_events, "ERASED", 0)  # an erased member's snapshot is written at once, and hides it
    world, actor = lived()
    told(world)
    assert world.settle(actor) is None
    position, state = mark_of(world).position, actor.owner.snapshots
    assert state is not None
    state.every = timedelta(0)
    while actor.where != "store.members":
        actor.turn(world.rng)
    state.every = EVERY
    world.store.restore(None)
    assert world.settle(actor) is None
    assert (mark_of(world).position == position) is guarded
    verdict(world, actor, guarded=guarded)


@GUARDED
def test_who_begins_anew_writes_no_round_before_what_a_round_without_an_end_has_seen(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """Else a member stands beyond the mark on one topic and before it on another, and the next recovery refuses that."""
    make_small(monkeypatch, members=1)
    if not guarded:
        monkeypatch.setattr(snapshot_round, "has_caught_up", lambda *_: True)
    monkeypatch.setattr(member_events, "ERASED", 0)
    world = a_world("invites")
    actor = world.start()
    assert world.settle(actor) is None
    first = mark_of(world).position
    for member in ("m1", "m2"):  # of whom nothing is to be said
        tells_of(world, "one", member)
    assert world.settle(actor) is None
    world.clock.advance_to(world.clock.now() + EVERY)
    while not taken(world):
        actor.turn(world.rng)
    assert mark_of(world).position == first, "that round has not come to its end"
    actor = begun_anew(world, actor)
    asks_for(world, 0)
    state = actor.owner.snapshots
    assert state is not None
    state.every = 9 * EVERY
    while actor.owner.offsets.get(REPLAY) != 1:
        actor.feed.poll(100, [REPLAY])
        actor.turn(world.rng)
    state.every = EVERY
    for _ in range(TURNS):
        actor.turn(world.rng)
    assert (mark_of(world).position == first) is guarded
    problem = world.settle(begun_anew(world, actor))
    assert (problem is not None and "lost its end" in problem) is not guarded, problem


def begun_anew(world: World, actor: Actor) -> Actor:
    """Let another owner begin, on a store that was emptied."""
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    return world.start()


@GUARDED
def test_who_owns_a_partition_no_more_does_not_take_what_its_owner_wrote_over_for_a_loss(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    make_small(monkeypatch)
    if not guarded:
        monkeypatch.setattr(recover, "check_fencing_token", looked_away)
    world, actor = lived()
    sleeper = begun_anew(world, actor)
    while sleeper.where != "log.bounds.reply":
        sleeper.turn(world.rng)
    end = world.cluster.bounds(topic_of(world), 0).end
    awake = world.start()
    assert world.settle(awake) is None
    world.clock.advance_to(world.clock.now() + EVERY)
    assert world.settle(awake) is None
    written = [one for one in world.cluster.committed(topic_of(world), 0)[0] if one.offset >= end]
    world.cluster.compact(topic_of(world), 0, next(one.offset for one in written if one.key == MARK_KEY))
    while not sleeper.owner.counts["refused"] + sleeper.owner.counts["uncertain"]:
        sleeper.turn(world.rng)
    assert bool(sleeper.owner.counts["refused"]) is not guarded, sleeper.owner.uncertain


async def looked_away(_: object) -> None:
    """Find that nobody else owns the partition."""
