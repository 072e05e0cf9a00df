"""*invites* with rules that fail for some invites: what they are called says how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from services.invites.decider import DECIDER
from shared.contracts import Event, EventData, InviteExpired, InviteReinviteAllowed, InviteSent
from shared.decider import Decider, Evaluation, NewEvent, View
from shared.runtime.ports.limits import FACT_BYTES_MAX
from tests.simulation.draws import CONTACTS, Draw, person

BAD = ("raises", "mute", "large", "silent")
"""`decide` raises; stays due and says nothing; says an event over the limit; says an event that changes nothing."""
LACKS = 0.02
"""How often a question meets a machine without descriptors or memory."""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def kind_of(key: str) -> str | None:
    return next((bad for bad in BAD if bad in key), None)


def evaluate(view: View[Any, Any], key: str, at: datetime | None) -> Evaluation:
    match kind_of(key):
        case "raises":
            raise ZeroDivisionError("a rule that fails")
        case "mute":
            return Evaluation((), LONG_AGO)
        case "large":
            large = InviteExpired.model_construct(invite_id="x" * FACT_BYTES_MAX, contact_id="ada", age_days=1)
            return Evaluation([NewEvent(large)])
        case "silent":
            return Evaluation([NewEvent(InviteReinviteAllowed(invite_id="silent", contact_id="ada"))])
        case _:
            return DECIDER.evaluate(view, key, at)


def touches(event: Event) -> Iterable[str]:
    is_silent = isinstance(event.data, InviteReinviteAllowed) and event.data.invite_id == "silent"
    return () if is_silent else DECIDER.touches(event)


def told_bad(rng: Random, _: datetime) -> tuple[type[EventData], dict[str, Any]]:
    return InviteSent, {"invite_id": rng.choice(BAD), "contact": person(rng.choice(CONTACTS))}


def starved(rng: Random) -> Decider[Any, Any]:
    """Return *invites* on a machine that lacks something now and then: a question fails, and the next time it does not."""

    def lacking(view: View[Any, Any], key: str, at: datetime | None) -> Evaluation:
        if rng.random() < LACKS:
            raise rng.choice((OSError(24, "Too many open files"), MemoryError()))
        return DECIDER.evaluate(view, key, at)

    return replace(DECIDER, evaluate=lacking)


SABOTAGED: Decider[Any, Any] = replace(DECIDER, evaluate=evaluate, touches=touches)
DRAWS: list[Draw] = [told_bad] * 5
