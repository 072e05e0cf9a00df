"""One rule that fails stops nobody: its items are parked, and their neighbours live as if nothing were wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.contracts import Event, Parked
from shared.runtime.processing.reading import read_event
from shared.testing.judgement import evidence_of
from tests.depth import blocks
from tests.simulation.sabotage import BAD, kind_of
from tests.simulation.scenes import SABOTAGED

BLOCK = 60
BLOCKS = 4
REASONS = {
    "raises": "the rule failed: ZeroDivisionError",
    "mute": "woke, said nothing and stays due",
    "large": "are allowed",
    "silent": "changes nothing that is known",
}


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_what_can_never_be_said_is_parked_and_its_neighbours_are_unharmed(block: int) -> None:
    """The judgement lets only sabotaged items be parked; what is said of all others is what the rules say."""
    parked: Counter[str] = Counter()
    said = 0
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = SABOTAGED.world(seed)
        assert not (violations := world.live()), violations
        for event in map(read_event, evidence_of(world).own):
            assert isinstance(event, Event)
            if isinstance(event.data, Parked):
                bad = kind_of(event.data.item)
                assert bad is not None
                assert REASONS[bad] in event.data.reason, f"seed {seed}"
                parked[bad] += 1
            else:
                said += 1
    assert all(parked[bad] for bad in BAD)
    assert said > BLOCK / 2, "the others have gone on"
