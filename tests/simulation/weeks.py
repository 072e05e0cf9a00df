"""What fills a digest beside reminders: meetings, notes, rules that go quiet, and what becomes of invites."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from shared.contracts import (
    EventData,
    FollowupDue,
    FollowupLapsed,
    InviteAccepted,
    InviteExpired,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    MeetingCancelled,
    MeetingPlan,
    MeetingRescheduled,
    MeetingScheduled,
    NoteAdded,
    RuleQuieted,
    RuleResumed,
)
from tests.simulation.draws import CONTACTS, INVITES, ZONES, Draw, answer

MEETINGS = ("k1", "k2")
CYCLE = "contact/ada/thank/2026-03-02"


def agreed(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    """A meeting is agreed or moved, soon, later, or long ago."""
    starts = now + timedelta(hours=rng.choice([-600, -30, 3, 25, 100, 300]))
    kinds: list[type[MeetingPlan]] = [MeetingScheduled, MeetingRescheduled]
    kind = rng.choice(kinds)
    return kind, {"meeting_id": rng.choice(MEETINGS), "contact_ids": list(CONTACTS), "kind": "lunch", "minutes": 60,
                  "zone": rng.choice(ZONES), "starts": starts.replace(tzinfo=None).isoformat()}  # fmt: skip


def fell_due(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    """A follow-up is due, of a rule that the digest knows or not."""
    rule = rng.choice(["thank", "rule_of_tomorrow"])
    return FollowupDue, {"followup_id": CYCLE, "rule": rule, "contact_id": "ada", "attempt": 1, "due_at": now,
                         "push": False, "text": "Think of Ada."}  # fmt: skip


DRAWS: list[Draw] = [
    lambda rng, now: answer(rng, InviteAccepted),
    lambda rng, now: (InviteRetractionApproved, {"invite_ids": [rng.choice(INVITES)]}),
    lambda rng, now: (InviteRetractionNoticed, {**answer(rng, InviteRetractionNoticed)[1],
                                                "retract_at": now + timedelta(days=rng.choice([-1, 3, 7]))}),
    lambda rng, now: (InviteRetracted, {**answer(rng, InviteRetracted)[1], "age_days": 90, "by": "rule"}),
    lambda rng, now: (InviteExpired, {**answer(rng, InviteExpired)[1], "age_days": 180}),
    agreed, agreed, fell_due,
    lambda rng, now: (MeetingCancelled, {"meeting_id": rng.choice(MEETINGS), "contact_ids": ["ada"]}),
    lambda rng, now: (NoteAdded, {"contact_id": rng.choice(CONTACTS), "what": f"Note {rng.randint(0, 9)}"}),
    lambda rng, now: (FollowupLapsed, {"followup_id": CYCLE, "rule": "thank"}),
    lambda rng, now: (RuleQuieted, {"rule": "thank", "asks_again_at": now + timedelta(days=180)}),
    lambda rng, now: (RuleResumed, {"rule": "thank", "why": rng.choice(["answered", "rested"])}),
]  # fmt: skip
