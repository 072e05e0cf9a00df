"""The promises where products' clocks are wrong: decades off either way, and in the records' timestamps, too."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts import ACTIVITY, Event, EventData, MemberJoined, MemberPreferencesSet
from shared.contracts.cloudevents import codec
from shared.contracts.limits import AHEAD_MAX
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message
from shared.testing.judgement import evidence_of, judge
from shared.testing.simulation.checker import Replay
from shared.testing.simulation.plan import PLANS
from shared.testing.world import World
from tests.depth import examples
from tests.simulation.draws import MEMBERS
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import make_small

HISTORIES = examples(16)
HEARD = 6
FAR = datetime(2199, 1, 1, tzinfo=UTC)
EACH = pytest.mark.parametrize("name", sorted(SCENES))


@EACH
def test_the_promises_hold_whatever_is_written_into_times_and_timestamps(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(HISTORIES):
        world = SCENES[name].world(seed, PLANS[seed % len(PLANS)], clocks="wrong, and timestamps with them")
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert counts["published"] > HISTORIES / 2


@EACH
@pytest.mark.parametrize("guarded", [True, False])
def test_a_right_clock_is_heard_after_a_day(name: str, monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """Whatever was told before, by whatever clocks, through all faults. Without the limit nobody is heard for a century."""
    if not guarded:
        monkeypatch.setattr(codec, "believed", lambda time, logged: (time, None))
    for seed in range(HEARD):
        world = SCENES[name].world(seed, clocks="wrong")
        assert not (violations := world.live()), violations
        for member in dict.fromkeys(MEMBERS):
            _tell(world, member, MemberJoined(name="Ada"), at=FAR)  # some are erased by now
            _tell(world, member, MemberPreferencesSet(paused_until=FAR), at=FAR)
        world.clock.advance_to(world.clock.now() + AHEAD_MAX + timedelta(hours=1))
        until = world.clock.now() + timedelta(days=7)
        for member in dict.fromkeys(MEMBERS):
            _tell(world, member, MemberPreferencesSet(paused_until=until))
        world.actors.pop().die()  # it stands on a store of its own, to rebuild it
        actor = world.start()
        assert world.settle(actor) is None
        assert not (violations := judge(world, actor)), violations
        replay = Replay(world.deciders, evidence_of(world))
        replay.run()
        heard = {replay.members[member].profile.preferences.paused_until for member in MEMBERS}
        assert (heard == {until}) == guarded, seed


def _tell(world: World, member: str, data: EventData, at: datetime | None = None) -> None:
    now = world.clock.now()
    event = Event(f"{data.TYPE}/{now}", member, at or now, now, data, source="/right" if at is None else "/wrong")
    key, value, headers = codec.encode(event)
    world.cluster.append_plain(ACTIVITY, 0, Message(key, value, headers, to_ms(now)))
