"""What members' events are drawn from: few members, invites and people, so that histories meet, and parts of an event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from shared.contracts import (
    ContactConnected,
    DigestFailed,
    DigestSent,
    EventData,
    ImportCompleted,
    InviteAccepted,
    InviteDeclined,
    InviteKept,
    InviteRetractionApproved,
    InviteSent,
    InviteWithdrawn,
    MemberJoined,
    MemberPreferencesSet,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


MEMBERS = ("m1", "m1", "m2", "m3")


INVITES = ("i1", "i2", "i3")


CONTACTS = ("ada", "bob")


FRIENDS = ("ada", "bob", "cyd", "dan")
"""More than may be asked for a meeting at a time."""


MEETINGS = ("k1", "k2")


ZONES = ("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe")


SHIFTS_DAYS = (0, 0, 0, 0, -1, -5, -30, -100, 1)
"""When it happened, seen from when it is told."""


WRONG_SHIFTS_DAYS = (0, 0, 0, -1, -30, 1, 2, 45, 400, 40_000, -15_000)
"""The same of producers whose clocks are wrong."""


ERASED = 0.04
"""How much of what is told is an erasure."""


BACK = 0.4
"""How much of what is told of an erased member is that they join again."""


Draw = Callable[[Random, datetime], tuple[type[EventData], dict[str, Any]]]


def person(contact: str) -> dict[str, str]:
    return {"id": contact, "name": contact.title()}


def answer(rng: Random, kind: type[EventData]) -> tuple[type[EventData], dict[str, Any]]:
    return kind, {"invite_id": rng.choice(INVITES), "contact_id": rng.choice(CONTACTS)}


def some_invites(rng: Random) -> list[str]:
    return sorted(set(rng.choices(INVITES, k=2)))


def preferences(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    return MemberPreferencesSet, rng.choice(
        [
            {"zone": rng.choice(ZONES)},
            {"paused_until": (now + timedelta(days=rng.choice([-3, 4, 30]))).isoformat()},
            {"retraction": {"policy": rng.choice(["ask", "auto", "auto", "never"])}},
            {"retraction": {"after_days": rng.choice([7, 14, 30]), "notice_days": rng.choice([1, 3])}},
            {"rules": {rng.choice(["thank", "no_answer_yet", "expire", "reinvite"]): {"on": rng.random() < 0.6}}},
            {"per_day": rng.randint(0, 2)},
            {"digest": {"every": rng.choice(["off", "daily", "weekly"])}},
            {"digest": {"time": rng.choice(["00:00", "08:00", "23:30"])}},
        ]
    )


ANYONE: list[Draw] = [
    preferences,
    preferences,
    lambda rng, now: (MemberJoined, {"name": "Ada", "email": "ada@example.org"}),
]


SENT: Draw = lambda rng, now: (  # noqa: E731
    InviteSent, {"invite_id": rng.choice(INVITES), "contact": person(rng.choice(CONTACTS))})  # fmt: skip


QUICK: Draw = lambda rng, now: (  # noqa: E731
    MemberPreferencesSet, {"retraction": {"policy": rng.choice(["ask", "auto"]), "after_days": 7}})  # fmt: skip


def some_proposal(rng: Random) -> str:
    """Return the id of a proposal that may have been made, or may be one day."""
    return f"proposal/{rng.randint(1, 2)}"


def named_in_a_mail(rng: Random, now: datetime) -> tuple[type[EventData], dict[str, Any]]:
    """A mail said that invites will be pulled back; now and then an address is given up."""
    about = {"digest_id": "d", "period": "2026-W10"}
    if rng.random() < 0.1:
        return DigestFailed, {**about, "attempt": 1, "reason": "refused", "permanent": True, "switched_off": True}
    day = (now + timedelta(days=rng.randint(1, 20))).isoformat()
    named = [{"invite_id": one, "retract_at": day} for one in some_invites(rng)]
    return DigestSent, {**about, "message_id": "<1@example.org>", "retractions": named}


ABOUT_INVITES: list[Draw] = [
    QUICK, QUICK, named_in_a_mail, named_in_a_mail,
    SENT, SENT, SENT, SENT,
    lambda rng, now: answer(rng, rng.choice([InviteAccepted, InviteDeclined, InviteWithdrawn])),
    lambda rng, now: (InviteKept, {"invite_ids": some_invites(rng), "for_days": rng.choice([None, 3, 30])}),
    lambda rng, now: (InviteRetractionApproved, {"invite_ids": some_invites(rng), "try_again": rng.random() < 0.5}),
    lambda rng, now: (InviteKept, {"proposal_id": some_proposal(rng), "for_days": rng.choice([None, 3, 30])}),
    lambda rng, now: (InviteRetractionApproved, {"proposal_id": some_proposal(rng), "wait_minutes": 10}),
    lambda rng, now: (ContactConnected, {"contact": person(rng.choice(CONTACTS)), "via_invite": rng.choice(INVITES)}),
    lambda rng, now: (ImportCompleted, {"import_id": "import", "source": "linkedin", "counts": {}}),
    *ANYONE,
]  # fmt: skip


def named(rng: Random, now: datetime) -> str:
    day = (now - timedelta(days=rng.randint(0, 9))).date()
    number = rng.choice(["", ".2", ".3"])
    return rng.choice(["r1", "r2", f"reminder/r1/own_reminder/{day}", f"contact/ada/thank/{day}",
                       f"contact/ada/stay_in_touch/{day}{number}", f"meeting/k1/did_it_happen/{day}{number}",
                       f"meeting/k1/meeting_today/{day}{number}", f"promise/p1/keep_promise/{day}{number}",
                       f"contact/ada/give_back/{day}{number}", f"contact/ada/reconnect/{day}{number}",
                       f"contact/ada/congratulate/{day}{number}",
                       f"pursuit/s1/keep_at_it/{day}{number}", f"gathering/g1/after_gathering/{day}",
                       f"date/ada/Birthday/remember_date/{day.year}{number}"])  # fmt: skip
