"""Preferences that change while a sweep of many commits is under way, and a process that dies in it: all of it is swept.

A step of a sweep looks at one item here, so that deaths, other changes and wakes come between the parts of each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.contracts import ACTIVITY, Contact, ContactConnected, Event, EventData, MemberPreferencesSet
from shared.contracts.cloudevents import codec
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.processing import process
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.plan import plan_of
from shared.testing.world import World
from tests.depth import blocks
from tests.simulation.draws import preferences
from tests.simulation.scenes import SCENES

BLOCK = 40
BLOCKS = 2
"""Histories of one service: BLOCK * BLOCKS."""
CHANGES = 12
"""How often a change of preferences stands among the draws."""
CONTACTS = 5
TURNS = range(0, 90, 3)
"""Awaits after which the process dies."""
ZONE = MemberPreferencesSet(zone="America/New_York")
OFFSETS = MemberPreferencesSet.model_validate({"rules": {"thank": {"offsets_days": [2, 5]}}})


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "COMMIT_ITEMS_MAX", 1)


@pytest.mark.deep
@pytest.mark.parametrize("block", blocks(BLOCKS))
@pytest.mark.parametrize("name", sorted(SCENES))
def test_the_promises_hold_while_sweeps_are_interrupted(name: str, block: int) -> None:
    scene = replace(SCENES[name], draws=[*SCENES[name].draws, *[preferences] * CHANGES])
    counts: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = scene.world(seed, plan_of(seed))
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert counts["published"] > BLOCK / 2, "and something was said"


@pytest.mark.parametrize(
    "between", [pytest.param(1, marks=pytest.mark.deep), 12, pytest.param(25, marks=pytest.mark.deep)]
)
def test_a_process_that_dies_in_a_sweep_leaves_the_rest_of_it_to_the_next(between: int) -> None:
    """The second change comes `between` awaits after the first, and then the process dies, sooner or later."""
    for turns in TURNS:
        world, actor = state()
        tell(world, ZONE)
        go(world, actor, between)
        tell(world, OFFSETS)
        go(world, actor, turns)
        actor.die()
        healed = world.start()
        assert world.settle(healed) is None
        assert not (violations := judge(world, healed)), f"after {turns} awaits: {violations}"


def state() -> tuple[World, Actor]:
    """A member with open follow-ups about some contacts, and the process that has scheduled them."""
    world = SCENES["followups"].world(1)
    actor = world.start()
    for number in range(CONTACTS):
        tell(world, ContactConnected(contact=Contact(id=f"c{number}", name=f"Contact {number}")))
    assert world.settle(actor) is None
    return world, actor


def tell(world: World, data: EventData) -> None:
    world.clock.advance_to(world.clock.now() + timedelta(seconds=1))
    now = world.clock.now()
    mark = world.cluster.bounds(ACTIVITY, 0).end
    key, value, headers = codec.encode(Event(f"event-{mark}", "m1", now, now, data, source="/test"))
    offset = world.cluster.append_plain(ACTIVITY, 0, Message(key, value, headers, to_ms(now)))
    world.traffic.acknowledged[ACTIVITY, offset] = now


def go(world: World, actor: Actor, turns: int) -> None:
    for _ in range(turns):
        actor.feed.poll(100)
        actor.turn(world.rng)
