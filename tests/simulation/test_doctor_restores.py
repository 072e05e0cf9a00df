"""`rapport doctor` looks at an emptied store as its recovery does: snapshots make it anew, though the log begins later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rapport.composition import SERVICES
from rapport.doctor.parts import restores
from rapport.doctor.parts.restores import Unmade, restored, that_get_on
from rapport.doctor.parts.services import _not_moving, _not_seen, _PartitionState, _state_of, _verdict
from shared.runtime.processing.partition_task import Options
from shared.runtime.snapshot_model.snapshot_state import RESTORING
from shared.stored.migration import Migrations, of_form
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.world import World
from tests.simulation.snapshotted import EVERY, end_the_log, lived

SERVICE_VERSION = SERVICES["followups"].version
ON, OFF = Options(snapshot_every=EVERY), Options()


def fails(_key: str, value: Any) -> Any:
    return value["no such field"]


def seen(world: World) -> tuple[Any, Any]:
    """Return the log and the store, as somebody beside the owner sees them."""
    store = FakeStore()
    store.restore(world.store.snapshot())
    return FakeLog(world.cluster, world.decider.own), store


async def state_of(world: World, options: Options = ON) -> _PartitionState:
    return await _state_of(*seen(world), world.decider, 0, options)


def ended() -> World:
    """A world whose log begins later, and whose store was emptied while nobody is at work."""
    world, actor = lived()
    end_the_log(world)
    actor.die()
    world.actors.clear()
    world.store.restore(None)
    return world


async def test_an_emptied_store_is_made_anew_and_nobody_at_work_is_the_problem() -> None:
    world = ended()
    found = await state_of(world)
    assert (found.restores, found.refused) == (True, None)
    says = "1 partitions, all read, 1 are made anew from snapshots when their owner comes to it"
    idle, busy = (_verdict(world.decider, [found], processes, []) for processes in (0, 1))
    assert (idle.ok, idle.says) == (False, f"nobody is at work: {says}")
    assert (busy.ok, busy.says) == (True, f"1 at work: {says}")
    assert world.settle(world.start()) is None
    after = await state_of(world)
    assert (after.restores, after.refused) == (False, None)


@pytest.mark.parametrize("options", [ON, OFF])
async def test_what_a_recovery_would_refuse_is_refused(options: Options) -> None:
    world = ended()
    if options is ON:
        world.cluster.recreate(world.decider.snapshots)
    found = await state_of(world, options)
    assert not found.restores
    assert "earlier records are gone" in str(found.refused)


def upgraded(migrations: Migrations) -> World:
    """A world whose log begins later, and whose store is of the version before."""
    world, actor = lived()
    end_the_log(world)
    actor.die()
    world.actors.clear()
    world.decider = world._decider = replace(world.decider, version=world.decider.version + 1, migrations=migrations)
    return world


@pytest.mark.parametrize(("options", "says"), [(ON, "no migration leads"), (OFF, "earlier records are gone")])
async def test_an_older_store_without_a_way_is_refused_though_all_is_read(options: Options, says: str) -> None:
    world = upgraded({})
    before = world.store.contents(0)
    assert says in str((await state_of(world, options)).refused)
    assert world.settle(world.start()) is not None
    assert world.store.contents(0) == before


async def test_what_is_not_made_anew_after_a_while_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restores, "STANDS_SECONDS", 0)
    world = upgraded({SERVICE_VERSION: of_form(fails)})
    found = await state_of(world)
    assert found.restores, "what a step makes of it only a recovery knows"
    assert world.settle(world.start()) is not None
    found = await state_of(world)
    stand = await _not_moving(*seen(world), world.decider, [found], ON)
    verdict = _verdict(world.decider, [found], 1, stand)
    assert (found.restores, stand, verdict.ok) == (True, [0], False)
    assert verdict.says.endswith("; partition 0 does not get on with it, although 1 at work")
    assert "`/ready` of its processes says why" in verdict.way_out


class Restoring(FakeStore):
    """A store in which a recovery commits between two looks, or begins anew each time."""

    def __init__(self, tokens: list[str]) -> None:
        super().__init__()
        self.tokens = tokens

    async def meta(self, partition: int) -> dict[str, str]:
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        return {"head": token, RESTORING: "1"}


@pytest.mark.parametrize(
    ("tokens", "stand"),
    [
        (["a:1"], [0]),
        (["a:1", "a:1", "a:1", "a:2"], []),  # it reads all snapshots before it writes any
        (["a:7", "b:1", "c:1", "d:1", "e:1"], [0]),
        (["", "b:1", "b:2"], []),
    ],
)
async def test_a_restore_that_commits_gets_on_however_long_it_takes(
    monkeypatch: pytest.MonkeyPatch, tokens: list[str], stand: list[int]
) -> None:
    """Without the comparison of tokens, one that begins over and over passes for one that gets on."""
    monkeypatch.setattr(restores, "STANDS_SECONDS", 0)
    world = ended()
    log, _ = seen(world)
    found = _PartitionState(0, 0, restores=True, unmade=Unmade(tokens[0]))
    assert await _not_moving(log, Restoring(tokens[1:] or tokens), world.decider, [found], ON) == stand  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("token", "read_seconds", "stand"),
    [("a:0", 21.0, []), ("a:0", 0.0, [0]), ("a:5", 21.0, [0]), ("", 21.0, [0])],
)
async def test_an_owner_that_may_still_read_all_snapshots_is_not_told_as_stuck(
    monkeypatch: pytest.MonkeyPatch, token: str, read_seconds: float, stand: list[int]
) -> None:
    monkeypatch.setattr(restores, "STANDS_SECONDS", 0)
    store: Any = Restoring([token])
    assert await restores.stuck(store, ended().decider, {0: Unmade(token, read_seconds)}) == stand


async def test_a_restore_that_commits_is_seen_in_the_store_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restores, "GLANCE_SECONDS", 0)
    on, still = ({"head": f"{token}:1", RESTORING: "1"} for token in "ab")
    looks = iter([on, still, {}, on | {"head": "a:2"}, still])

    class Store:
        async def meta(self, _partition: int) -> dict[str, str]:
            return next(looks)

    store: Any = Store()
    under_way = await restored(store, 3)
    assert under_way == {0: "a:1", 1: "b:1"}
    moving = await that_get_on(store, under_way)
    assert moving == {0}
    decider = ended().decider
    slow, other = (_not_seen(decider, error, under_way, moving) for error in (TimeoutError(), OSError("no route")))
    says = "partition 0 is being restored from snapshots and gets on; not all could be looked at meanwhile"
    assert (slow.ok, slow.says) == (True, says)
    assert (other.ok, other.says) == (False, "cannot be looked at (no route)")
    stands = _not_seen(decider, TimeoutError(), under_way, frozenset())
    assert (stands.ok, stands.says.partition(";")[0]) == (False, "partition 0, 1 is being restored from snapshots")
    assert _not_seen(decider, TimeoutError(), {}, frozenset()).says == "cannot be looked at (TimeoutError)"
    seen_so = [_PartitionState(0, 0, restores=True, gets_on=True), _PartitionState(1, 0)]
    assert (
        _verdict(decider, seen_so, 1, []).says
        == "1 at work: 2 partitions, all read, 1 are being restored from snapshots"
    )
