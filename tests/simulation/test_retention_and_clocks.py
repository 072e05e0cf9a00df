"""The end of the log where a clock is wrong, or an owner sleeps before it deletes. Each guard is broken on purpose."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from shared.contracts import ACTIVITY
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.runtime.snapshots import retention
from shared.runtime.snapshots.retention import delete_what_may_go, owes_deletion
from shared.runtime.snapshots.snapshot_round import overdue_by, owes_snapshots
from shared.testing.fakes.fake_log import FakeLog
from shared.testing.simulation.actor import Actor
from shared.testing.world import World
from tests.simulation.snapshotted import DAYS, EVERY, mark_of
from tests.simulation.test_retention import GUARDED, KEEP, begins, lived


@GUARDED
def test_a_clock_that_is_ahead_deletes_nothing_too_early(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """The other services have named their present, and Kafka the records': the host that is ahead stands alone."""
    world, actor = lived()
    assert actor.owner.retention is not None
    actor.owner.retention.keep = timedelta(days=DAYS * 2)
    world.readers.cover_all()
    if not guarded:
        monkeypatch.setattr(retention, "old_since", lambda now, _: now)
    state = actor.owner.snapshots
    assert state is not None
    state.began = world.clock.now() + timedelta(
        minutes=1
    )  # no round of its own moves its mark: it would name the same year
    ahead = VirtualClock(world.clock.now() + timedelta(days=365))
    actor.owner.clock = ahead
    asyncio.run(at_peace(world, actor))
    assert (begins(world)[ACTIVITY] == 0) is guarded


async def at_peace(world: World, actor: Actor) -> None:
    """Look once, with nobody else at work."""
    actor.owner.log = FakeLog(world.cluster, "")
    await delete_what_may_go(actor.owner)


@GUARDED
def test_who_sleeps_before_it_deletes_spares_a_topic_that_was_made_anew(
    monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(retention, "same_topic", lambda *_: None)
    world, actor = lived()
    world.readers.cover_all()
    looked = retention.what_may_go

    async def slept(log: FakeLog, topic: str, *more: Any) -> tuple[int, int]:
        found = await looked(log, topic, *more)
        if found[1] > found[0]:
            records = world.cluster.committed(topic, 0)[0]
            world.cluster.recreate(topic)
            for one in records:
                world.cluster.append_plain(topic, 0, Message(one.key, one.value, one.headers, one.logged_ms))
        return found

    monkeypatch.setattr(retention, "what_may_go", slept)
    world.clock.advance_to(world.clock.now() + KEEP)
    asyncio.run(at_peace(world, actor))
    assert world.cluster.identity(ACTIVITY) == "fake/rapport.activity.v1-2", "it was made anew and filled again"
    assert (begins(world)[ACTIVITY] == 0) is guarded
    assert (actor.owner.counts["retention_failed"] > 0) is guarded


def test_who_has_not_read_what_the_newest_snapshot_holds_writes_none_and_is_overdue_meanwhile() -> None:
    """As an input has lost its end. Of an input that was made anew the snapshots say nothing."""
    world, actor = lived()
    state = actor.owner.snapshots
    assert state is not None
    state.mark = replaced(state.mark, position=None, reach={ACTIVITY: 10**6})
    state.first_look = None
    assert not owes_snapshots(actor.owner)
    world.clock.advance_to(world.clock.now() + 3 * EVERY)
    assert not owes_snapshots(actor.owner)
    assert overdue_by(actor.owner) == EVERY.total_seconds()
    state.mark = replaced(state.mark, identities={**state.mark.identities, ACTIVITY: "another"})
    assert owes_snapshots(actor.owner)
    assert world.settle(actor) is None
    assert state.mark.reach[ACTIVITY] == actor.owner.offsets[ACTIVITY]


def test_a_clock_that_was_put_right_stops_neither_rounds_nor_looks() -> None:
    """A round and a look a year ahead; without the questions for that, both would wait for the year to pass."""
    world, actor = lived()
    world.readers.cover_all()
    state, looks = actor.owner.snapshots, actor.owner.retention
    assert state is not None
    assert looks is not None
    now = world.clock.now()
    year = now + timedelta(days=365)
    state.mark, state.began, state.not_before = replaced(state.mark, began_ms=to_ms(year)), year, year
    looks.next_look = year
    assert owes_deletion(actor.owner)
    assert owes_snapshots(actor.owner)
    assert overdue_by(actor.owner) == max(0.0, (now - (state.first_look or now) - 2 * EVERY).total_seconds()) > 0
    assert world.settle(actor) is None
    assert mark_of(world).began_ms == to_ms(now)
    assert overdue_by(actor.owner) == 0
    assert begins(world)[ACTIVITY] > 0
    assert not owes_deletion(actor.owner)
    assert not owes_snapshots(actor.owner)
