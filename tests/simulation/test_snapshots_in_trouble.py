"""What rounds of snapshots do where something is lost or refused: a reply, a request, the topic itself. Each by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from shared.contracts import ACTIVITY, FOLLOWUPS, REPLAY, Event, MemberErased, encode, step_over_request
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Changes, Message, Uncertain
from shared.runtime.ports.limits import SNAPSHOT_PAUSE_SECONDS
from shared.runtime.processing.read_again.step_over import request_about
from shared.runtime.snapshot_model import needed, snapshot_form
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, Part, Position, part_in
from shared.runtime.snapshot_model.snapshot_state import Snapshots
from shared.runtime.snapshots import snapshot_round, taking
from shared.testing.fakes.fake_log import FakeWriter
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.world import World
from tests.simulation.snapshotted import EVERY, end_the_log, lived, make_small, mark_of, topic_of

GUARDED = pytest.mark.parametrize("guarded", [True, False])
PARTS_MAX = 40
TURNS_MAX = 1_000


def state_of(actor: Actor) -> Snapshots:
    state = actor.owner.snapshots
    assert state is not None
    return state


def left_of(world: World, member: str) -> list[Part]:
    """Return the parts of the member's snapshots that stand on the topic once it is compacted, in order."""
    world.cluster.write_markers()
    values = {one.key: one for one in world.cluster.committed(topic_of(world), 0)[0] if one.key != MARK_KEY}
    parts = [part_in(one) for one in values.values() if one.value is not None]
    return sorted((one for one in parts if one.member == member), key=lambda one: one.part)


def taken_away(world: World) -> int:
    """Return how many tombstones were written."""
    world.cluster.write_markers()
    return sum(one.value is None for one in world.cluster.committed(topic_of(world), 0)[0])


def makes_a_round(world: World, actor: Actor) -> None:
    """Have a round made now: nothing becomes due meanwhile."""
    state = state_of(actor)
    state.every = timedelta(0)
    for _ in range(TURNS_MAX):
        if state.round is not None:
            break
        actor.turn(world.rng)
    assert state.round is not None
    state.every = EVERY
    assert world.settle(actor) is None


def put(world: World, topic: str, message: tuple[bytes, bytes, Sequence[tuple[str, bytes]]]) -> int:
    return world.cluster.append_plain(topic, 0, Message(*message, to_ms(world.clock.now())))


def erase(world: World, member: str) -> None:
    now = world.clock.now()
    put(world, ACTIVITY, encode(Event("erased", member, now, now, MemberErased(), source="/test")))


@GUARDED
def test_an_erasure_that_is_lost_with_its_recovery_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """The store has wiped the member, and the reply is lost: nobody knows any more that their snapshot says too much."""
    make_small(monkeypatch)
    monkeypatch.setattr(snapshot_form, "SNAPSHOT_PARTS_MAX", PARTS_MAX)
    world, actor = lived()
    before = len(left_of(world, "m1"))
    commit = world.store.commit
    lost: list[str] = []

    async def without_a_reply(partition: int, expected: str, fencing_token: str, changes: Changes) -> int | None:
        wake = await commit(partition, expected, fencing_token, changes)
        if not lost and any(one.wipe for one in changes.members.values()):
            lost.append(fencing_token)
            raise Uncertain("the reply is lost")
        return wake

    monkeypatch.setattr(world.store, "commit", without_a_reply)
    erase(world, "m1")
    assert world.settle(actor) is None
    assert lost
    if not guarded:
        state_of(actor).sure = True
    makes_a_round(world, actor)
    left = left_of(world, "m1")
    assert left[0].parts < before, "less is known than before"
    assert (len(left) == left[0].parts) is guarded
    tombstones = taken_away(world)
    makes_a_round(world, actor)
    assert taken_away(world) == tombstones, "once for a recovery"


@GUARDED
def test_a_request_to_step_over_stays_as_long_as_its_record_is_met(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """Every recovery reads on behind the last own event, so it meets the record again, and looks for the request."""
    world, actor = lived()
    said = [one for one in world.cluster.committed(FOLLOWUPS, 0)[0] if one.offset not in world.traffic.strays]
    actor.die()
    forged = put(world, FOLLOWUPS, (said[-1].key or b"", said[-1].value or b"", said[-1].headers))
    world.traffic.strays.add(forged)
    record = world.cluster.committed(FOLLOWUPS, 0, forged)[0][0]
    request = request_about(world.decider.name, record, world.cluster.identity(FOLLOWUPS))
    asked = put(world, REPLAY, step_over_request(request, world.clock.now()))
    actor = world.start()
    assert world.settle(actor) is None
    number = actor.owner.number
    if not guarded:
        needed_from = needed.needed_from

        def of_all(turn: Any, *more: Any) -> dict[str, int]:
            return {**needed_from(turn, *more), REPLAY: turn.position.offsets[REPLAY]}

        monkeypatch.setattr(snapshot_round, "needed_from", of_all)
    makes_a_round(world, actor)
    position = mark_of(world).position
    assert position is not None
    assert position.offsets[REPLAY] > asked, "the round has covered it"
    assert actor.owner.number == number, "and nothing was said since"
    end_the_log(world)
    actor.die()
    world.actors.clear()
    problem = world.settle(world.start())
    assert (problem is None) is guarded, problem


@GUARDED
def test_work_goes_on_though_no_snapshot_can_be_written(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    world, actor = lived()
    append = FakeWriter.append

    async def refused(writer: FakeWriter, topic: str, messages: Sequence[Message]) -> int:
        if topic == topic_of(world):
            raise Uncertain("the topic takes nothing")
        return await append(writer, topic, messages)

    monkeypatch.setattr(FakeWriter, "append", refused)
    monkeypatch.setattr(snapshot_round, "SNAPSHOT_PAUSE_SECONDS", SNAPSHOT_PAUSE_SECONDS if guarded else 0)
    erase(world, "m1")
    recoveries, failed = actor.owner.counts["recoveries"], actor.owner.counts["snapshots_failed"]
    problem = world.settle(actor)
    assert (problem is None) is guarded, problem
    if guarded:
        assert actor.owner.counts["recoveries"] == recoveries + 1
        assert actor.owner.counts["snapshots_failed"] == failed + 1
        monkeypatch.setattr(FakeWriter, "append", append)
        assert state_of(actor).erased, "and it is still owed"
        world.clock.advance_to(world.clock.now() + timedelta(seconds=SNAPSHOT_PAUSE_SECONDS))
        assert world.settle(actor) is None
        assert not state_of(actor).erased


@pytest.mark.parametrize("empty", [True, False])
def test_snapshots_of_a_version_that_read_one_topic_more(monkeypatch: pytest.MonkeyPatch, empty: bool) -> None:
    position_of = taking.position_of

    def of_one_more(owner: Any) -> Position:
        position = position_of(owner)
        return replaced(position, offsets={**position.offsets, "rapport.gone.v1": 7})

    with monkeypatch.context() as older:
        older.setattr(snapshot_round, "position_of", of_one_more)
        world, actor = lived()
    assert "rapport.gone.v1" in mark_of(world).needed
    actor.die()
    world.actors.clear()
    if empty:
        world.store.restore(None)
    actor = world.start()
    assert world.settle(actor) is None
    assert actor.owner.counts["restored"] == int(empty)
    assert judge(world, actor) == []
