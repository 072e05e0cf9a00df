"""What was set aside stays in the log for whoever wants it to be read again, until it is dealt with or two weeks are over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.contracts import (
    ACTIVITY,
    DEAD_LETTERS,
    REPLAY,
    DeadLetter,
    DeadLetterDiscarded,
    ReplayRequested,
    discard_record,
    replay_request,
)
from shared.contracts.cloudevents.dead_letters import dead_letter
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message, Record, Uncertain
from shared.runtime.processing import invariants
from shared.runtime.snapshots import set_aside, snapshot_round
from shared.runtime.snapshots.set_aside import SET_ASIDE_KEPT
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.judgement import judge
from shared.testing.simulation.actor import Actor
from shared.testing.simulation.plan import PLAN
from shared.testing.world import World
from tests.simulation.scenes import SABOTAGED, SCENES
from tests.simulation.snapshotted import EVERY, SEED, end_the_log, mark_of, more

DAY = timedelta(days=1)
PARKED = "rapport.runtime.parked"
WAIT_DAYS = 60
ROUNDS = 2 * EVERY // DAY + 1
"""Days in which a round ends that has begun behind all that was told before them."""


def after_poison(name: str = "followups", snapshot_every: timedelta = EVERY) -> tuple[World, Actor, int]:
    """A world in which a record of the product was set aside, and rounds have ended since. With the record's offset."""
    world = SCENES[name].world(SEED, replace(PLAN, snapshot_every=snapshot_every))
    actor = world.start()
    assert more(world, actor) is None
    broken = Message(b"m1", b"{broken", [("ce_type", b"rapport.member.joined")], to_ms(world.clock.now()))
    offset = world.cluster.append_plain(ACTIVITY, 0, broken)
    days(world, actor, ROUNDS)
    assert world.cluster.committed(DEAD_LETTERS, 0)[0], "it has become a dead letter"
    return world, actor, offset


def a_day() -> tuple[World, Actor]:
    """A world in which nothing was set aside yet."""
    world = SCENES["followups"].world(SEED, replace(PLAN, snapshot_every=EVERY))
    actor = world.start()
    assert more(world, actor) is None
    return world, actor


def letter_about(record: Record, service: str, now: datetime) -> Message:
    key, value, headers = dead_letter(
        service=service,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        reason="a rule failed: KeyError",
        written=now,
    )
    return Message(key, value, headers, to_ms(now))


def after_mend() -> tuple[World, Actor, int]:
    """A world in which a dead letter names a record that can be read by now. With the record's offset."""
    world, actor = a_day()
    record = world.cluster.history(ACTIVITY, 0)[0]
    now = world.clock.now()
    world.cluster.append_plain(DEAD_LETTERS, 0, letter_about(record, world.decider.name, now))
    return world, actor, record.offset


def days(world: World, actor: Actor, count: int) -> None:
    for _ in range(count):
        assert more(world, actor) is None


def ticked_off(world: World, offset: int, topic: str = ACTIVITY) -> None:
    said = DeadLetterDiscarded(topic=topic, partition=0, offset=offset)
    key, value, headers = discard_record(said, world.clock.now())
    world.cluster.append_plain(DEAD_LETTERS, 0, Message(key, value, headers, to_ms(world.clock.now())))


def asked_for(world: World, offset: int, service: str = "") -> None:
    request = ReplayRequested(service=service or world.decider.name, topic=ACTIVITY, partition=0, offset=offset)
    key, value, headers = replay_request(request, world.clock.now())
    world.cluster.append_plain(REPLAY, 0, Message(key, value, headers, to_ms(world.clock.now())))


def held(world: World, actor: Actor) -> Mapping[str, int] | None:
    """Return what a round holds that begins now."""
    actor.owner.log = FakeLog(world.cluster, world.decider.own)
    return asyncio.run(set_aside.held_by_letters(actor.owner, world.clock.now()))


@pytest.mark.parametrize("holds", [True, False])
def test_what_a_dead_letter_names_is_needed_still(monkeypatch: pytest.MonkeyPatch, holds: bool) -> None:
    if not holds:
        monkeypatch.setattr(set_aside, "open_places", nothing)
    world, actor, offset = after_poison()
    mark = mark_of(world)
    assert mark.position is not None
    assert mark.position.offsets[ACTIVITY] > offset, "a round has ended that began behind it"
    assert invariants.is_needless(mark.needed, ACTIVITY, offset) is not holds
    assert mark.held == ({ACTIVITY: offset} if holds else {})
    end_the_log(world)
    assert (world.cluster.bounds(ACTIVITY, 0).begin <= offset) is holds
    assert judge(world, actor) == []


@pytest.mark.parametrize(("begun", "deals"), [(after_poison, ticked_off), (after_mend, asked_for)])
def test_once_it_is_dealt_with_the_next_round_lets_it_go(
    begun: Callable[[], tuple[World, Actor, int]], deals: Callable[[World, int], None]
) -> None:
    world, actor, offset = begun()
    deals(world, offset)
    days(world, actor, ROUNDS)
    assert mark_of(world).needed[ACTIVITY] > offset
    assert mark_of(world).held == {}


def test_what_was_asked_for_in_vain_is_open_until_the_request_is_ticked_off() -> None:
    world, actor, offset = after_poison()
    asked_for(world, offset)
    days(world, actor, ROUNDS)
    assert DeadLetter.model_validate_json(world.cluster.history(DEAD_LETTERS, 0)[-1].value or b"").topic == REPLAY
    assert mark_of(world).held == {ACTIVITY: offset}
    ticked_off(world, 0, REPLAY)
    days(world, actor, ROUNDS)
    assert mark_of(world).held == {}


def test_a_request_that_the_owner_has_not_met_yet_ends_nothing() -> None:
    """It would be answered after the round's place, and what it names would count as needless by then."""
    world, actor, offset = after_mend()
    asked_for(world, offset)
    assert held(world, actor) == {ACTIVITY: offset}
    assert more(world, actor) is None
    assert held(world, actor) == {}


def test_what_another_service_was_asked_for_is_open_still() -> None:
    world, actor, offset = after_poison()
    asked_for(world, offset, "digest")
    days(world, actor, ROUNDS)
    assert mark_of(world).needed[ACTIVITY] == offset


def test_after_two_weeks_it_goes_whoever_may_want_it() -> None:
    world, actor, offset = after_poison()
    days(world, actor, SET_ASIDE_KEPT // DAY + ROUNDS)
    assert mark_of(world).needed[ACTIVITY] > offset


def test_with_a_shorter_retention_it_goes_with_that() -> None:
    _, actor, _ = after_poison()
    for keep, kept in ((None, SET_ASIDE_KEPT), (DAY, DAY), (3 * SET_ASIDE_KEPT, SET_ASIDE_KEPT)):
        actor.owner.options = replace(actor.owner.options, keep=keep)
        assert set_aside.kept_for(actor.owner) == kept


def test_where_nobody_can_tell_nothing_moves_until_the_next_round() -> None:
    """Somebody has a transaction open on the dead letters' topic: what stands behind its beginning is not known yet."""
    world, actor, offset = after_poison()
    ticked_off(world, offset)
    before = mark_of(world)
    under_way = world.cluster.begin()
    world.cluster.append(DEAD_LETTERS, 0, [Message(b"m1", b"{}", [], 0)], under_way)
    days(world, actor, ROUNDS)
    mark = mark_of(world)
    assert mark.position != before.position, "rounds have ended"
    assert mark.needed == before.needed
    assert mark.held.keys() >= {ACTIVITY}
    world.cluster.finish(under_way, commit=True)
    days(world, actor, ROUNDS)
    assert mark_of(world).needed[ACTIVITY] > offset


def test_where_the_parked_can_not_be_asked_for_the_next_try_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try ends in a recovery: they would follow one another as fast as those come."""

    async def nobody_answers(*_: object) -> int:
        raise Uncertain("first_since: nobody answers")

    world, actor, _ = after_poison()
    days(world, actor, 1)
    before = mark_of(world)
    monkeypatch.setattr(snapshot_round, "parked_since", nobody_answers)
    days(world, actor, ROUNDS)
    assert 1 <= actor.owner.counts["snapshots_failed"] <= 2 * ROUNDS, "two looks a day"
    assert actor.owner.counts["recoveries"] <= 2 * ROUNDS + 1
    monkeypatch.undo()
    days(world, actor, ROUNDS)
    assert mark_of(world).position != before.position


def test_what_kafka_has_left_open_of_this_service_holds_one_round_alone() -> None:
    """The control record of its own commit is missing, and no other letter comes that would bring one."""
    world, actor, offset = after_poison()
    assert world.cluster.leave_out_marker(DEAD_LETTERS, 0)
    ticked_off(world, offset)
    days(world, actor, 2 * ROUNDS)
    assert mark_of(world).needed[ACTIVITY] > offset
    assert actor.owner.counts["recoveries"] == 1, "its writer goes on"


def put_letter(world: World, offset: int, service: str = "") -> None:
    record = Record(ACTIVITY, 0, offset, b"m1", b"{broken", (), 0)
    world.cluster.append_plain(DEAD_LETTERS, 0, letter_about(record, service or world.decider.name, world.clock.now()))


def test_what_other_services_have_set_aside_takes_nothing_of_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is shorter than what they have written, and so is what a round tells apart."""
    monkeypatch.setattr(set_aside, "SNAPSHOT_PAGE_RECORDS_MAX", 2)
    monkeypatch.setattr(set_aside, "SET_ASIDE_RECORDS_MAX", 3)
    world, actor = a_day()
    for offset in range(10):
        put_letter(world, offset, "digest")
        ticked_off(world, 100 + offset)
    put_letter(world, 7)
    assert held(world, actor) == {ACTIVITY: 7}
    ticked_off(world, 7)
    assert held(world, actor) == {}


def test_what_is_open_beyond_the_limit_holds_whatever_becomes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_aside, "SET_ASIDE_RECORDS_MAX", 3)
    world, actor = a_day()
    for offset in (5, 5, 6, 7, 9, 8):
        put_letter(world, offset)
    assert held(world, actor) == {ACTIVITY: 5}
    for offset in (5, 6, 7, 8, 9):
        ticked_off(world, offset)
    assert held(world, actor) == {ACTIVITY: 8}


def test_a_letter_behind_its_tick_is_ticked_off_too() -> None:
    world, actor = a_day()
    ticked_off(world, 5)
    put_letter(world, 5)
    assert held(world, actor) == {}


@pytest.mark.parametrize("holds", [True, False])
def test_the_event_of_a_parked_item_is_needed_still(monkeypatch: pytest.MonkeyPatch, holds: bool) -> None:
    if not holds:
        monkeypatch.setattr(snapshot_round, "parked_since", from_the_end)
    world = SABOTAGED.world(SEED, replace(PLAN, snapshot_every=EVERY))
    actor = world.start()
    for _ in range(WAIT_DAYS):
        days(world, actor, 1)
        if PARKED in said(world)[:-1]:  # the last own event is needed in any case
            break
    first = said(world).index(PARKED)
    days(world, actor, ROUNDS)
    assert invariants.is_needless(mark_of(world).needed, world.decider.own, offsets(world)[first]) is not holds


def said(world: World) -> list[str]:
    """Return the types of what the service has said."""
    return [dict(one.headers)["ce_type"].decode() for one in world.cluster.history(world.decider.own, 0)]


def offsets(world: World) -> list[int]:
    return [one.offset for one in world.cluster.history(world.decider.own, 0)]


async def nothing(*_: object) -> dict[str, int]:
    return {}


async def from_the_end(*_: object) -> int:
    return 1 << 40
