"""Worlds with snapshots, where the accidents of snapshots are likely: small parts, small doses, appended one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Message, Uncertain
from shared.runtime.processing import process
from shared.runtime.snapshot_model import snapshot_form
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, Mark, mark_in
from shared.runtime.snapshots import snapshot_round
from shared.testing.fakes.fake_log import FakeWriter
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.plan import PLAN
from shared.testing.world import World
from tests.simulation.scenes import SCENES

SEED = 5
EVERY = timedelta(days=3)
DAYS = 12
CHUNK_BYTES = 60
"""Of a part: a member has several."""
append = FakeWriter.append


async def one_by_one(writer: FakeWriter, topic: str, messages: Sequence[Message]) -> int:
    """Append in several requests, as the producer does with what is large: death comes between them, or a stray record."""
    first = await append(writer, topic, messages[:1])
    for expected, message in enumerate(messages[1:], first + 1):
        if (at := await append(writer, topic, [message])) != expected:
            raise Uncertain(f"append: landed at {at}, not at {expected}", UncertainKind.LOG_MOVED)
    return first


def make_small(monkeypatch: pytest.MonkeyPatch, members: int = 2) -> None:
    """Let a member have several parts, a round several doses, and each member a sweep of their own."""
    monkeypatch.setattr(process, "SWEEP_MEMBERS_MAX", 1)
    monkeypatch.setattr(snapshot_form, "SNAPSHOT_CHUNK_BYTES_MAX", CHUNK_BYTES)
    monkeypatch.setattr(snapshot_round, "SNAPSHOT_DOSE_MEMBERS_MAX", members)
    monkeypatch.setattr(FakeWriter, "append", one_by_one)


def mark_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a round write its mark before its last member has a snapshot."""
    mark = snapshot_round._Dose.mark

    def too_early(dose: snapshot_round._Dose) -> object:
        turn, taken = dose.state.round, dose.taken
        dose.taken = len(turn.left) if turn else 0
        try:
            return mark(dose)
        finally:
            dose.taken = taken

    monkeypatch.setattr(snapshot_round._Dose, "mark", too_early)


def a_world(name: str = "followups", seed: int = SEED) -> World:
    """A world with snapshots in which nothing goes wrong by itself."""
    return SCENES[name].world(seed, replace(PLAN, snapshot_every=EVERY))


def lived(name: str = "followups", seed: int = SEED) -> tuple[World, Actor]:
    """A world in which an owner has said something and has made rounds, in peace."""
    world = a_world(name, seed)
    actor = world.start()
    for _ in range(DAYS):
        assert more(world, actor) is None
    assert actor.owner.number > 3 or name == "invites", "it has said something"
    assert actor.owner.counts["snapshots"] > 3, "and written snapshots"
    return world, actor


def more(world: World, actor: Actor) -> str | None:
    """Tell something, let a day pass, and let the owner go on."""
    for _ in range(3):
        world.traffic.tell()
        while world.traffic.foreign:
            world.traffic.end_foreign()
    world.cluster.write_markers()
    problem = world.settle(actor)
    world.clock.advance_to(world.clock.now() + timedelta(days=1))
    return problem or world.settle(actor)


def mark_of(world: World) -> Mark:
    """Return the newest mark."""
    world.cluster.write_markers()
    topic = topic_of(world)
    return next(mark_in(one) for one in reversed(world.cluster.committed(topic, 0)[0]) if one.key == MARK_KEY)


def topic_of(world: World) -> str:
    """Return the topic of the world's snapshots."""
    return world.decider.snapshots


def end_the_log(world: World) -> None:
    """Delete all that the snapshots cover, and compact them."""
    for topic, offset in mark_of(world).needed.items():
        world.cluster.trim(topic, 0, offset)
    topic = topic_of(world)
    world.cluster.compact(topic, 0, world.cluster.bounds(topic, 0).end)


def hurry(world: World, actor: Actor, turns: int) -> None:
    """Let the owner go on by some awaits, in the order of a seed."""
    rng = Random(1)
    for _ in range(turns):
        actor.feed.poll(100)
        actor.turn(rng)
