"""Random histories in which the topics of snapshots are made anew and lose their ends, in all services and the projection.

The log ends meanwhile, processes die, and members are erased. Guards against it are broken on purpose where chance alone
shows what they are for; `test_snapshots_lost.py` plays the others by hand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from shared.runtime.processing import invariants
from shared.testing.simulation import snapshot_accidents
from shared.testing.simulation.plan import TROUBLED, Plan
from tests.depth import blocks
from tests.simulation.falling import falls, history_of
from tests.simulation.projected import ProjectedWorld
from tests.simulation.scenes import SCENES
from tests.simulation.snapshotted import make_small

BLOCK = 3
BLOCKS = 10
SEEDS_MAX = 100
FORGETFUL: Plan = replace(
    TROUBLED,
    actions=60,
    usual={**TROUBLED.usual, "go": 60, "delete": 15, "pass_time": 16, "cover": 0, "notice": 0},
    faults={"recreate_snapshots": 6, "cut_snapshots": 6, "empty": 7, "die": 2},
    swarm=False,
)
"""The log ends soon, and store and snapshots are lost together: who does not refuse has forgotten somebody, or nobody."""


@pytest.mark.parametrize("block", blocks(BLOCKS))
@pytest.mark.parametrize("name", [*sorted(SCENES), "projection"])
def test_the_promises_hold_though_snapshots_are_lost(name: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    counts: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = ProjectedWorld(seed, TROUBLED) if name == "projection" else SCENES[name].world(seed, TROUBLED)
        assert not (violations := world.live()), violations
        counts.update(world.counts)
    assert counts["snapshots"], "snapshots were written"


@pytest.mark.deep
def test_where_store_and_snapshots_are_lost_together_nobody_goes_on_with_less(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    monkeypatch.setattr(snapshot_accidents, "SPARED_NOT", 1)
    refused = 0
    for seed in range(SEEDS_MAX):
        world = SCENES["invites"].world(seed, FORGETFUL)
        assert not (violations := world.live()), violations
        refused += any(actor.owner.refused for actor in world.actors)
    assert refused, "some of them can not come back"


@pytest.mark.deep
@pytest.mark.parametrize(
    ("guards", "first"), [(("grows_on", "is_for_topic", "has_all"), 277), (("grows_on", "reaches", "has_all"), 277)]
)
def test_without_a_look_at_where_snapshots_stand_somebody_is_forgotten(
    guards: tuple[str, ...], first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_accidents, "SPARED_NOT", 1)
    with pytest.MonkeyPatch.context() as broken:
        for name in guards:
            broken.setattr(invariants, name, lambda *_: True)
        violation = falls(history_of("invites", FORGETFUL), broken, first=first, small=True)
    assert "differs from the log" in violation or "did not fire" in violation
