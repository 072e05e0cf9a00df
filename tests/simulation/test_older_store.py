"""A store that an older version has written in another form: it is emptied and read back, and nothing is said again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.contracts import ACTIVITY
from shared.runtime.recovery import recover
from shared.testing.judgement import judge
from shared.testing.world import World
from tests.simulation.snapshotted import more
from tests.simulation.test_broken_guards_by_hand import lived

UNREADABLE = b"\xc0of another form"


def grown_old() -> World:
    """A world whose owner has died, and whose store is one that no code of today can read, of the version before."""
    world, actor = lived()
    actor.die()
    world.actors.clear()
    store = world.store
    state = store._partitions[0]
    members = {name: replace(one, items=dict.fromkeys(one.items, UNREADABLE)) for name, one in state.members.items()}
    assert members
    meta = {**state.meta, "version": str(world.decider.version - 1)}
    store._partitions[0] = replace(state, meta=meta, members=members)
    return world


def test_it_is_read_back_from_the_log_and_nothing_is_said_again() -> None:
    world = grown_old()
    actor = world.start()
    assert world.settle(actor) is None
    assert more(world, actor) is None
    assert judge(world, actor) == []


def test_where_the_log_does_not_begin_at_its_beginning_it_is_refused_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    world = grown_old()
    before = world.store.contents(0)
    bounds = world.log.bounds

    async def shortened(topics: list[str], partition: int) -> object:
        found = dict(await bounds(topics, partition))
        return found | {ACTIVITY: replace(found[ACTIVITY], begin=1)}

    monkeypatch.setattr(world.log, "bounds", shortened)
    problem = world.settle(world.start())
    assert problem is not None
    assert "earlier records are gone" in problem
    assert world.store.contents(0) == before


def test_without_it_an_older_store_is_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async def kept(_owner: object, meta: object, *_: object) -> object:
        return meta

    monkeypatch.setattr(recover, "_emptied", kept)
    world = grown_old()
    world.settle(world.start())
    assert any(UNREADABLE in items.values() for items, _ in world.store.contents(0).values())
