"""A rule that is passed over at one look (`Rule.begins`) has nothing to do next, whatever has happened."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime

import pytest

from services.invites.decider import DECIDER
from services.invites.evaluate import evaluate, outcomes
from services.invites.state import InvitesProfile, Item
from shared.decider import Evaluation, View, evaluation
from tests.depth import blocks
from tests.unit.services.invites.invites_history import BLOCK, BLOCKS, END, FATES, draw_history
from tests.unit.services.invites.invites_world import day
from tests.unit.services.invites.mailed import InvitesLoop


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_what_follows_from_an_item_is_what_follows_from_all_rules(block: int) -> None:
    """Let `begins` of any rule say no, and the first seeds find it."""
    looked = asked = 0

    def both(view: View[InvitesProfile, Item], key: str, at: datetime | None) -> Evaluation:
        nonlocal looked, asked
        found, whole = evaluate(view, key, at), evaluation((one for _, one in outcomes(view, key)), at)
        assert [new.data for new in found.publish] == [new.data for new in whole.publish], (seed, key)
        assert found.timer == whole.timer, (seed, key)
        looked += len(list(outcomes(view, key)))
        asked += len(list(outcomes(view, key, whole=False)))
        return found

    for seed in range(block * BLOCK, (block + 1) * BLOCK, 8):
        rng = random.Random(seed)
        loop = InvitesLoop(fate=lambda _: rng.choice(FATES))  # noqa: B023 - it is asked in this turn alone
        loop.decider = replace(DECIDER, evaluate=both)
        for event in draw_history(rng):
            loop.run_until(event.logged)
            loop.apply(event)
        loop.run_until(day(END))
    assert asked < looked / 2, "most rules are passed over"
