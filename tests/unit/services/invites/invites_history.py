"""Random histories of one member's invites, as a product tells them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from shared.contracts import (
    Event,
    InviteKept,
    InviteRetractionApproved,
)
from shared.preference_names import DIGEST_RULE
from tests.unit.services.invites.invites_world import (
    DAY,
    accepted,
    answered_all,
    approved,
    connected,
    day,
    declined,
    given_up,
    imported,
    joined,
    kept,
    named,
    policy,
    removed,
    reported,
    sent,
    wish,
    withdrawn,
)

BLOCKS = 6


BLOCK = 60


INVITES = "abcd"


END = 1200


FATES = (timedelta(), timedelta(), timedelta(minutes=3), timedelta(hours=20), None)
"""How much later than it is due a digest is taken by the mail server; None: never."""


def draw_event(rng: random.Random) -> Event:
    at = rng.randint(0, 500) + rng.choice([0, 0.25, 0.5])
    invite = rng.choice(INVITES)
    proposal = f"proposal/{rng.randint(1, 3)}"
    some = sorted(set(rng.choices(INVITES, k=rng.randint(1, 3))))
    kinds: list[Callable[[], Event]] = [
        lambda: kept(at, *some, days=rng.choice([None, 1, 30, 200])),
        lambda: approved(at, *some, again=rng.random() < 0.5, wait=30 if at % 2 else None),
        lambda: answered_all(InviteKept, at, proposal, for_days=rng.choice([None, 1, 30, 200])),
        lambda: answered_all(
            InviteRetractionApproved, at, proposal, try_again=rng.random() < 0.5, wait_minutes=30 if at % 2 else None
        ),
        lambda: withdrawn(invite, at, again=rng.random() < 0.6),
        lambda: rng.choice([accepted, declined, reported])(invite, at),
        lambda: connected(invite, at, via=rng.random() < 0.5),
        lambda: removed(invite, at),
        lambda: named(invite, at, rng.choice(["Ada", "Bea", "Cleo"])),
        lambda: imported(at, import_id=f"import{at}"),
        lambda: wish(at, paused_until=day(at + rng.choice([-5, 20, 120])).isoformat()),
        lambda: wish(at, paused_until=f"{day(at + rng.choice([1, 20, 120])):%Y-%m-%dT%H:%M}"),
        lambda: wish(at, zone=rng.choice(["Asia/Tokyo", "America/New_York"])),
        lambda: wish(at, rules={rng.choice(["expire", "retract_stale", "reinvite"]): {"on": rng.random() < 0.7}}),
        lambda: wish(at, retraction={rng.choice(["after_days", "notice_days"]): rng.choice([1, 7, 40, 150])}),
        lambda: wish(at, digest={"every": rng.choice(["off", "daily", "weekly"]), "time": "07:00"}),
        lambda: wish(at, rules={DIGEST_RULE: {"on": rng.random() < 0.5}}),
        lambda: joined(at, email=rng.choice([None, "ada@example.org"])),
        lambda: given_up(at),
    ]
    policies: list[Callable[[], Event]] = [lambda: policy(at, rng.choice(["ask", "auto", "auto", "never"]))] * 3
    sendings: list[Callable[[], Event]] = [lambda: sent(invite, at - rng.choice([0, 0, 30, 400]))] * 4
    return rng.choice([*kinds, *policies, *sendings])()


def draw_history(rng: random.Random) -> list[Event]:
    """Events in the order of the log: some at once, some months late, some twice and far apart."""
    events = [sent(invite, rng.randint(0, 200)) for invite in INVITES if rng.random() < 0.8]
    events += [joined()] * (rng.random() < 0.9)
    events += [draw_event(rng) for _ in range(rng.randint(0, 10))]
    unique = {event.id: event for event in events}.values()
    arrivals = [replace(event, logged=event.time + rng.choice([0, 0, 0, 0.001, 1, 60, 300]) * DAY) for event in unique]
    # No two instants meet by accident: whether a record of the same instant was known is the shell's to say.
    arrivals = [
        replace(event, logged=max(event.logged, day(0)) + timedelta(milliseconds=rng.randint(1, 9_999_999)))
        for event in arrivals
    ]
    arrivals += [
        replace(event, logged=event.logged + rng.choice([1, 100]) * DAY) for event in arrivals if rng.random() < 0.3
    ]
    return sorted(arrivals, key=lambda event: event.logged)
