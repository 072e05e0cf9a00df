"""The promises over nine hundred random histories: the real shell, everything that can go wrong, judged from outside.

Some keep their log for ever, in others it ends, and in some of those the topics of snapshots are lost, too.

A failing seed names itself and is played again by `python -m tests.simulation.replay --decider DECIDER --seed N --trace`.
"""

from __future__ import annotations

from collections import Counter

import pytest

from shared.testing.simulation.plan import FAULTS, plan_of
from tests.depth import blocks
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import make_small

BLOCK = 25
BLOCKS = 12
"""Histories of one service: BLOCK * BLOCKS."""


@pytest.mark.parametrize("block", blocks(BLOCKS))
@pytest.mark.parametrize("name", sorted(SCENES))
def test_the_promises_hold_whatever_happens(name: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = SCENES[name].world(seed, plan_of(seed))
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert all(counts[fault] for fault in FAULTS), "every fault was played"
    assert counts["published"] > BLOCK, "and something was said"
