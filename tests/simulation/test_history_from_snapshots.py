"""`why` and `agenda` on a log that begins later: what they know of a member is what all of the log would have told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from shared.runtime.offline.member_history import MemberHistory
from shared.runtime.offline.member_snapshot import MemberSnapshot, newest_of
from shared.runtime.ports.interfaces import Record, Refused
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY
from shared.testing.world import World
from tests.simulation import draws
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import end_the_log, lived, make_small, more, topic_of

Read = Callable[[str], Sequence[Record]]


def read_again(
    world: World, member: str, read: Read, snapshot: MemberSnapshot | None = None
) -> MemberHistory[Any, Any]:
    decider = world.decider
    records = {
        topic: [one for one in read(topic) if one.key == member.encode() and one.offset not in strays(world, topic)]
        for topic in decider.topics
    }
    found: MemberHistory[Any, Any] = MemberHistory(decider, member, records, (), snapshot)
    for _ in found.run():
        pass
    return found


def strays(world: World, topic: str) -> set[int]:
    return set(world.traffic.strays) if topic == world.decider.own else set()


def known(found: MemberHistory[Any, Any]) -> tuple[Any, ...]:
    items = {key: item for key, item in found.state.items.items() if item is not None}
    return items, found.state.profile, found.state.notes, found.state.recent


def snapshots_of(world: World) -> Sequence[Record]:
    return [one for one in world.cluster.committed(topic_of(world), 0)[0] if one.key != MARK_KEY]


@pytest.mark.parametrize("name", sorted(SCENES))
def test_what_is_known_is_what_all_of_the_log_tells(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    world, actor = lived(name)
    end_the_log(world)
    assert more(world, actor) is None, "some of it comes after the snapshots"
    world.cluster.write_markers()
    differs = 0
    for member in draws.MEMBERS:
        whole = read_again(world, member, lambda topic: world.cluster.history(topic, 0))
        left: Read = lambda topic: world.cluster.committed(topic, 0)[0]  # noqa: E731
        snapshot = newest_of(world.decider, member, snapshots_of(world))
        assert known(read_again(world, member, left, snapshot)) == known(whole)
        differs += known(read_again(world, member, left)) != known(whole)
    assert differs, "without the snapshots something would be missing"


def test_half_of_a_snapshot_is_refused_and_one_that_was_taken_away_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    world, _ = lived()
    records = [one for one in snapshots_of(world) if (one.key or b"").endswith(b":m1")]
    assert newest_of(world.decider, "m1", records) is not None
    with pytest.raises(Refused, match="of its"):
        newest_of(world.decider, "m1", records[:-1])
    gone = replaced(records[-1], key=b"000:m1", value=None)
    assert newest_of(world.decider, "m1", [*records, gone]) is None
    assert newest_of(world.decider, "nobody", records) is None
