"""The promises over random histories with snapshots: deletions and compaction at any moment, death between parts."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.processing import invariants
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.snapshot_model.snapshot_state import Snapshots
from shared.runtime.snapshots import snapshot_round
from shared.testing.simulation.plan import SNAPSHOTS
from tests.depth import blocks
from tests.simulation.falling import falls, history_of
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import make_small, mark_too_early

BLOCK = 4
"""Histories of one service that every run plays."""
BLOCKS = 25


@pytest.mark.parametrize("block", blocks(BLOCKS))
@pytest.mark.parametrize("name", sorted(SCENES))
def test_the_promises_hold_though_the_log_ends(name: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = SCENES[name].world(seed, SNAPSHOTS)
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert counts["snapshots"], "snapshots were written"


@pytest.mark.deep
def test_what_a_snapshot_holds_is_applied_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "is_in_snapshot", lambda *_: False)
    assert falls(history_of("followups", SNAPSHOTS), monkeypatch, small=True, says="the store differs from the log")


@pytest.mark.deep
def test_a_store_that_is_behind_the_snapshots_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an empty one is restored from them."""
    monkeypatch.setattr(invariants, "is_behind", lambda meta, *_: not meta.get("number"))
    assert falls(history_of("invites", SNAPSHOTS), monkeypatch, small=True, says="earlier records are gone")


@pytest.mark.deep
def test_a_mark_before_the_last_member_has_a_snapshot_covers_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_too_early(monkeypatch)
    assert falls(history_of("invites", SNAPSHOTS), monkeypatch, small=True, says="has lost its end")


async def _part_by_part(owner: PartitionTask[object, object], state: Snapshots, messages: list[object]) -> None:  # type: ignore[type-var]
    writer = owner.writer
    if writer is None:
        raise Uncertain("no writer")
    for message in messages:
        await writer.begin()
        await writer.append(state.topic, [message])  # type: ignore[list-item]
        await writer.commit()


@pytest.mark.deep
def test_parts_in_transactions_of_their_own_make_half_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is seen and refused; where nobody looks whether all parts are there, half of a member passes for all of them."""
    monkeypatch.setattr(snapshot_round, "_write", _part_by_part)
    assert falls(history_of("invites", SNAPSHOTS), monkeypatch, small=True, says=" parts")
    monkeypatch.setattr(snapshot_round, "_write", _part_by_part)
    monkeypatch.setattr(invariants, "is_complete", lambda *_: True)
    assert " parts" not in falls(history_of("invites", SNAPSHOTS), monkeypatch, small=True)
