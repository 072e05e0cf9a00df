"""What brings reminders to a member's channel, and takes them back: a scene of its own beside digests."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from shared.contracts import (
    EventData,
    FollowupCompleted,
    FollowupDue,
    MemberChannelRemoved,
    MemberChannelSet,
    MemberPreferencesSet,
)
from tests.simulation.draws import Draw

CYCLES = ("contact/ada/thank/2026-03-02", "contact/bob/thank/2026-03-02", "r1")


def fell_due(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    """A reminder is to be pushed, or waits for the digest."""
    return FollowupDue, {"followup_id": rng.choice(CYCLES), "rule": "thank", "contact_id": "ada", "attempt": 1,
                         "due_at": now, "push": rng.random() < 0.8, "text": "Think of Ada."}  # fmt: skip


NAMED: Draw = lambda rng, now: (  # noqa: E731
    MemberChannelSet, {"channel": rng.choice(["ntfy", "slack"]), "sealed": "c2VhbGVk"})  # fmt: skip
AWAKE: Draw = lambda rng, now: (MemberPreferencesSet, {"quiet_hours": {"from": "03:00", "to": "04:00"}})  # noqa: E731
DRAWS: list[Draw] = [
    fell_due, fell_due, fell_due, fell_due, fell_due, fell_due, NAMED, NAMED, NAMED, AWAKE, AWAKE,
    lambda rng, now: (MemberChannelRemoved, {}),
    lambda rng, now: (FollowupCompleted, {"followup_id": rng.choice(CYCLES), "rule": "thank",
                                          "because": {"id": "x", "type": "rapport.thanks.sent"}}),
    lambda rng, now: (MemberPreferencesSet, {"quiet_hours": {"from": "22:00", "to": rng.choice(["06:00", "21:00"])}}),
    lambda rng, now: (MemberPreferencesSet, {"paused_until": (now + timedelta(hours=rng.choice([-3, 2, 30]))).isoformat()}),
    lambda rng, now: (MemberPreferencesSet, {"digest": {"every": "daily"}}),
]  # fmt: skip
