"""Who waits until there is room for one more proposal to meet.

A rebuild looks at everybody, an event that makes room at those alone who wait: so nobody else may have anything to say.
`assert_settled` asks everybody.
"""

from __future__ import annotations

import random

import pytest

from services.followups.model.state import PROPOSALS, WAITING_MAX, Proposals
from services.followups.rules.people import OPEN_PROPOSALS_MAX
from shared.contracts import (
    CallHeld,
    Event,
    FollowupDismissed,
    FollowupDone,
    FollowupScheduled,
    MessageSent,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import FollowupsLoop, about, answer, at, connected, member, wishes

FEW = "abcd"
MANY = [f"c{number:02}" for number in range(2 * WAITING_MAX)]
SEEDS = 3


def asked(loop: FollowupsLoop) -> list[str | None]:
    return [plan.contact_id for plan in loop.heard(FollowupScheduled) if plan.rule == "propose_meeting"]


@pytest.mark.parametrize(
    "before",
    [
        [wishes(0, rules={"thank": {"on": False}}), *(connected(one, 0.5) for one in FEW)],
        [connected(one, -300, 0.5) for one in FEW],
    ],
    ids=["thanks are switched off", "connected long before it was told"],
)
def test_who_was_written_to_waits_as_who_was_thanked_does(before: list[Event]) -> None:
    """Fails where only thanks let somebody wait: then it depends on whether the store is ever made anew."""
    loop = member()
    for one in [*before, *(about(MessageSent, one, 1 + number / 10) for number, one in enumerate(FEW))]:
        loop.apply(one)
        loop.assert_settled()
    assert asked(loop) == ["a", "b", "c"]
    loop.apply(about(CallHeld, "a", 2))
    loop.assert_settled()
    assert asked(loop) == ["a", "b", "c", "d"]


def test_who_was_written_to_as_they_connected_waits_too() -> None:
    loop = member()
    loop.apply(*(connected(one, 0.5) for one in FEW), *(about(MessageSent, one, 0.6) for one in FEW))
    loop.apply(about(CallHeld, "a", 2))
    loop.assert_settled()
    assert asked(loop) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("switched_off", [False, True])
def test_who_is_said_to_be_thanked_waits_though_no_reminder_was_open(switched_off: bool) -> None:
    """Fails where the end of a reminder alone lets somebody wait."""
    loop = member()
    loop.apply(connected("a", 0.6))
    loop.run_until(at(1.5))
    thank = loop.heard(FollowupScheduled)[-1].followup_id
    loop.apply(wishes(1.5, rules={"thank": {"on": False}}) if switched_off else answer(FollowupDismissed, thank, 1.5))
    loop.apply(answer(FollowupDone, thank, 1.6))
    loop.assert_settled()
    assert asked(loop) == ["a"]


@pytest.mark.parametrize("kind", [ThanksSent, MessageSent])
def test_whoever_many_others_come_after_waits_no_more_until_something_happens_with_them(
    kind: type[ThanksSent | MessageSent],
) -> None:
    """Fails where they are merely not looked at: a rebuild would ask for them."""
    loop = member()
    loop.apply(wishes(0, rules={"thank": {"on": False}}), *(connected(one, 0.1) for one in MANY))
    for number, one in enumerate(MANY):
        loop.apply(about(kind, one, 1 + number / 100))
    early, late = MANY[OPEN_PROPOSALS_MAX], MANY[-1]
    for number, one in enumerate([*MANY[:OPEN_PROPOSALS_MAX], *MANY[-WAITING_MAX:]]):
        loop.apply(about(CallHeld, one, 2 + number / 100))
        loop.assert_settled()
    assert late in asked(loop)
    assert early not in asked(loop)
    loop.apply(about(kind, early, 3))
    loop.assert_settled()
    assert asked(loop)[-1] == early
    assert isinstance(proposals := loop.items[PROPOSALS], Proposals)
    assert max(len(proposals.thanked), len(proposals.written)) == WAITING_MAX


def test_after_every_step_of_a_crowded_history_nobody_is_left_unsaid() -> None:
    """Over random histories of more people than wait. Fails where an order, a batch or a switch leaves somebody out."""
    said = 0
    for seed in range(SEEDS):
        rng = random.Random(seed)
        loop = member()
        loop.apply(*(connected(one, rng.choice([-300, 0.1]), 0.1) for one in MANY))
        for number in range(30):
            day = 1 + number / 3
            batch = [
                about(rng.choice([ThanksSent, MessageSent, MessageSent, CallHeld]), rng.choice(MANY), day - late, day)
                for late in [0, *rng.choices([0, 0.1, 3], k=rng.choice([0, 0, 1, 20]))]
            ]
            loop.run_until(at(day))
            loop.apply(*batch)
            if rng.random() < 0.1:
                loop.apply(wishes(day, rules={rng.choice(["thank", "propose_meeting"]): {"on": rng.random() < 0.5}}))
            loop.assert_settled()
        loop.run_until(at(60))
        loop.assert_settled()
        said += len(asked(loop))
    assert said > SEEDS * OPEN_PROPOSALS_MAX
