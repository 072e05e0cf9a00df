"""A version reads what an older one has left: its store is the one that it makes of all of the log, to the byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rapport.composition import SERVICES
from shared.decider import Decider
from shared.runtime.ports.interfaces import Record
from shared.stored.item_names import PROFILE
from shared.stored.migration import Migration, NoMigration, of_form, read_alike
from shared.testing.fakes.fake_store import FakeStore
from shared.testing.judgement import Contents
from shared.testing.world import World
from tests.simulation.snapshotted import EVERY, end_the_log, mark_of, more
from tests.simulation.snapshotted import lived as several_days
from tests.snapshot_files import FOLDER, file_of, lived, played, read

ENCODE = msgspec.msgpack.Encoder().encode
TURNS_MAX = 100
ROUNDS = 2 * EVERY // timedelta(days=1) + 1
"""Days in which a round ends."""
FILES = sorted(FOLDER.glob("*.gz"))


def stop(world: World) -> None:
    for actor in world.actors:
        actor.die()
    world.actors.clear()


def made_of_the_log(world: World) -> Contents:
    """Return what a store holds that is made of all of the log, without snapshots."""
    plan, store = world.plan, FakeStore(world.scheduler)
    world.plan = replace(plan, snapshot_every=None)
    assert world.settle(world.start(store)) is None
    stop(world)
    world.plan = plan
    return store.contents(0)


def made_of_snapshots(world: World) -> Contents:
    """Return what a store holds that is made anew where the log has lost what the snapshots cover."""
    end_the_log(world)
    world.store.restore(None)
    assert world.settle(world.start()) is None
    assert world.actors[-1].owner.counts["restored"] == 1
    stop(world)
    return world.store.contents(0)


def said(world: World) -> list[Record]:
    """Return all that the service has ever said."""
    return world.cluster.history(world.decider.own, 0) if world.decider.own else []


def of_next_version(decider: Decider[Any, Any], **changes: Any) -> Decider[Any, Any]:
    """The same service, as its next version: another form of each item, and other rules."""

    def pack(key: str, item: Any) -> list[Any]:
        return ["next", decider.pack(key, item)]

    def unpack(key: str, stored: list[Any]) -> Any:
        told = stored[1]
        if isinstance(told, list):
            assert decider.unpack is not None
            return decider.unpack(key, told)
        return msgspec.msgpack.decode(ENCODE(told), type=decider.item)

    rules = decider.rules and "other"
    return replace(decider, version=decider.version + 1, rules=rules, pack=pack, unpack=unpack, **changes)


def to_next(key: str, value: Any) -> Any:
    return value if key == PROFILE else ["next", value]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_what_a_released_version_has_left_is_read_by_todays(path: Path) -> None:
    name = path.name.partition("-")[0]
    whole = made_of_the_log(played(name, read(path)))
    assert whole
    assert made_of_snapshots(played(name, read(path))) == whole


@pytest.mark.parametrize("name", SERVICES)
def test_todays_version_has_left_a_partition_to_those_that_follow(name: str) -> None:
    path = file_of(name, SERVICES[name].version)
    assert path in FILES, "write it: .venv/bin/python -m tests.snapshot_files"


@pytest.mark.parametrize("name", SERVICES)
def test_two_versions_with_other_rules(name: str) -> None:
    """The first one writes snapshots; the second one has another stored form and other rules."""
    world, _ = lived(name)
    stop(world)
    before, version = world.store.contents(0), world.decider.version
    world.decider = world._decider = of_next_version(world.decider, migrations={version: of_form(to_next)})
    whole = made_of_the_log(world)
    assert whole != before, "the form is another one"
    events = said(world)
    assert made_of_snapshots(world) == whole
    assert said(world) == events, "nothing is said again"


def test_three_versions_each_by_its_step() -> None:
    world, _ = lived("followups")
    stop(world)
    version = world.decider.version
    steps = {version: of_form(lambda key, value: value if key == PROFILE else [value]), version + 1: of_form(second)}
    world.decider = world._decider = replace(of_next_version(world.decider), version=version + 2, migrations=steps)
    whole = made_of_the_log(world)
    assert made_of_snapshots(world) == whole


def second(key: str, value: Any) -> Any:
    return value if key == PROFILE else ["next", *value]


def refused(world: World, migrations: Mapping[int, Migration | NoMigration], by: int = 1) -> str:
    """Return why a version does not start on an emptied store."""
    stop(world)
    decider = world.decider
    world._decider = replace(decider, version=decider.version + by, migrations=migrations)
    world.store.restore(None)
    actor = world.start()
    for _ in range(TURNS_MAX):
        if actor.owner.refused:
            return str(actor.owner.refused)
        actor.turn(world.rng)
    raise AssertionError("it is not refused")


def test_a_version_without_a_way_is_refused_and_says_what_to_do() -> None:
    world, _ = lived("followups")
    end_the_log(world)
    version = world.decider.version
    assert f"nothing migrates what version {version} has stored; start the version of Rapport" in refused(world, {})
    reason = "what it counted was wrong"
    assert f"has stored: {reason}; start" in refused(world, {version: NoMigration(reason)})
    gap = f"nothing migrates what version {version + 1} has stored"
    assert gap in refused(world, {version: read_alike()}, by=2), "the first gap is named"
    assert "a newer version has written them" in refused(world, {}, by=-1)


def test_what_a_version_without_a_way_has_left_counts_no_more_once_it_is_written_over() -> None:
    """The log was whole, so all of it was read; a round of the new version has ended, and nothing was compacted yet."""
    world, actor = several_days("followups")
    stop(world)
    decider = world.decider
    world.decider = world._decider = replace(decider, version=decider.version + 1, migrations={})
    actor = world.start()
    for _ in range(ROUNDS):
        assert more(world, actor) is None
    assert mark_of(world).version == world.decider.version
    stop(world)
    for topic, offset in mark_of(world).needed.items():
        world.cluster.trim(topic, 0, offset)
    world.store.restore(None)
    assert world.settle(world.start()) is None
    assert world.actors[-1].owner.counts["restored"] == 1


def test_a_step_that_fails_is_refused_and_the_version_before_goes_on() -> None:
    world, _ = lived("followups")
    whole = made_of_the_log(world)
    end_the_log(world)

    def fails(key: str, value: Any) -> Any:
        return value["no such field"]

    version = world.decider.version
    assert f"of version {version} of followups can not be migrated" in refused(world, {version: of_form(fails)})
    stop(world)
    world._decider = world.decider
    assert made_of_snapshots(world) == whole


def test_where_more_is_remembered_and_the_log_stays_all_of_it_is_read() -> None:
    for remembers_more in (True, False):
        world, _ = lived("followups")
        stop(world)
        steps = {world.decider.version: of_form(to_next, remembers_more=remembers_more)}
        world.decider = world._decider = of_next_version(world.decider, migrations=steps)
        assert world.settle(world.start()) is None
        assert world.actors[-1].owner.counts["restored"] == (0 if remembers_more else 1)
