"""What brings reminders to a member's channel, and takes them back: a scene of its own beside digests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from shared.contracts import (
    EventData,
    FollowupCompleted,
    FollowupDue,
    MemberChannelRemoved,
    MemberChannelSet,
    MemberPreferencesSet,
)
from shared.testing.simulation.plan import FAULTS, PLAN, USUAL
from tests.simulation.draws import Draw

CYCLES = ("contact/ada/thank/2026-03-02", "contact/bob/thank/2026-03-02", "r1")


def fell_due(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    """A reminder is to be pushed, or waits for the digest."""
    return FollowupDue, {"followup_id": rng.choice(CYCLES), "rule": "thank", "contact_id": "ada", "attempt": 1,
                         "due_at": now, "push": rng.random() < 0.8, "text": "Think of Ada."}  # fmt: skip


NAMED: Draw = lambda rng, now: (  # noqa: E731
    MemberChannelSet, {"channel": rng.choice(["ntfy", "slack"]), "sealed": "c2VhbGVk"})  # fmt: skip
AWAKE: Draw = lambda rng, now: (MemberPreferencesSet, {"quiet_hours": {"from": "03:00", "to": "04:00"}})  # noqa: E731
REMOVED: Draw = lambda rng, now: (MemberChannelRemoved, {})  # noqa: E731
DONE: Draw = lambda rng, now: (  # noqa: E731
    FollowupCompleted, {"followup_id": rng.choice(CYCLES), "rule": "thank",
                        "because": {"id": "x", "type": "rapport.thanks.sent"}})  # fmt: skip
DRAWS: list[Draw] = [
    fell_due, fell_due, fell_due, fell_due, fell_due, fell_due, NAMED, NAMED, NAMED, AWAKE, AWAKE,
    REMOVED, DONE,
    lambda rng, now: (MemberPreferencesSet, {"quiet_hours": {"from": "22:00", "to": rng.choice(["06:00", "21:00"])}}),
    lambda rng, now: (MemberPreferencesSet, {"paused_until": (now + timedelta(hours=rng.choice([-3, 2, 30]))).isoformat()}),
    lambda rng, now: (MemberPreferencesSet, {"digest": {"every": "daily"}}),
]  # fmt: skip
ENDING: Final[list[Draw]] = [*[fell_due] * 8, *[DONE] * 7, NAMED, AWAKE, AWAKE, REMOVED, *DRAWS[-3:]]
"""What is pushed ends soon after, most of the time, so that it is taken back."""
ENDED: Final = replace(
    PLAN,
    actions=400,
    usual={**{name: 10 * weight for name, weight in USUAL.items()}, "go": 1000, "pass_time": 250, "fetch": 200,
           "deliver": 200, "replay": 3, "poison": 10},
    faults={name: 6 * weight for name, weight in FAULTS.items()},
    jumps=(0, 0.001, 1, 30, 60, 60, 61, 120, 600, 3600, 6 * 3600, 46 * 3600),
)  # fmt: skip
"""Time passes by seconds and minutes, as what is said of a reminder does; rarely by so much that nothing is taken back."""
