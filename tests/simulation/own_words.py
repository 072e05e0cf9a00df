"""What services say, for who reads all of it: follow-ups from their plan to their end, findings, digests."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from shared.contracts import (
    DigestFailed,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    EventData,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    FollowupRescheduled,
    FollowupScheduled,
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
    RuleQuieted,
    RuleResumed,
)
from tests.simulation.draws import CONTACTS, Draw, answer
from tests.simulation.member_events import ABOUT_DIGESTS

BECAUSE = {"id": "x", "type": "rapport.contact.connected"}
PLANS: list[type[EventData]] = [FollowupScheduled, FollowupRescheduled]
ENDS: list[type[EventData]] = [FollowupCompleted, FollowupCancelled]


def _about(rng: Random) -> dict[str, Any]:
    contact, rule = rng.choice(CONTACTS), rng.choice(["thank", "stay_in_touch"])
    return {"followup_id": f"contact/{contact}/{rule}/2026-03-0{rng.randint(1, 3)}", "rule": rule}


def _plan(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    due = now + timedelta(days=rng.randint(-2, 12))
    return rng.choice(PLANS), {
        **_about(rng), "contact_id": rng.choice(CONTACTS), "due_at": due, "due_local": due.replace(tzinfo=None),
        "zone": "UTC", "because": BECAUSE,
    }  # fmt: skip


def _due(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    return FollowupDue, {**_about(rng), "attempt": rng.randint(1, 3), "due_at": now, "push": rng.random() < 0.5}


def _rule(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    if rng.random() < 0.5:
        return RuleResumed, {"rule": "thank", "why": "answered"}
    return RuleQuieted, {"rule": rng.choice(["thank", "stay_in_touch"]), "asks_again_at": now + timedelta(days=90)}


def _digest(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    about = {"digest_id": "d", "period": f"2026-W{rng.randint(10, 30)}"}
    said: list[tuple[type[EventData], dict[str, Any]]] = [
        (DigestPrepared, {**about, "items": [{"kind": "due"}], "due_at": now}),
        (DigestSending, {**about, "attempt": 1}),
        (DigestSent, {**about, "attempt": 1, "message_id": "<1@example.org>"}),
        (DigestFailed, {**about, "attempt": 1, "reason": "refused", "permanent": False}),
        (DigestSkipped, {"period": about["period"], "why": "empty"}),
    ]
    return rng.choice(said)


OWN_WORDS: list[Draw] = [
    _plan, _plan, _plan, _due, _due, _rule, _digest, _digest,
    lambda rng, now: (rng.choice(ENDS), {**_about(rng), "because": BECAUSE}),
    lambda rng, now: (FollowupLapsed, _about(rng)),
    lambda rng, now: (InviteIgnored, {**answer(rng, InviteIgnored)[1], "age_days": 60}),
    lambda rng, now: (InviteRetracted, {**answer(rng, InviteRetracted)[1], "age_days": 90, "by": "rule"}),
    lambda rng, now: (InviteExpired, {**answer(rng, InviteExpired)[1], "age_days": 90}),
    lambda rng, now: (InviteReinviteAllowed, answer(rng, InviteReinviteAllowed)[1]),
    lambda rng, now: (InviteRetractionNoticed, {**answer(rng, InviteRetractionNoticed)[1],
                                                "retract_at": now + timedelta(days=3), "age_days": 60}),
    ABOUT_DIGESTS[5],
]  # fmt: skip
