"""*invites* with rules that fail for some invites: what they are called says how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from services.invites.decider import CORE
from shared.contracts import EventData, Fact, InviteExpired, InviteReinviteAllowed, InviteSent
from shared.decider import Core, Evaluation, Said, View
from shared.runtime.ports.limits import FACT_BYTES_MAX
from tests.simulation.tellers import CONTACTS, Draw, person

BAD = ("raises", "mute", "large", "silent")
"""`decide` raises; stays due and says nothing; says a fact over the limit; says a fact that changes nothing."""
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
            return Evaluation([Said(large)])
        case "silent":
            return Evaluation([Said(InviteReinviteAllowed(invite_id="silent", contact_id="ada"))])
        case _:
            return CORE.evaluate(view, key, at)


def touches(fact: Fact) -> Iterable[str]:
    is_silent = isinstance(fact.data, InviteReinviteAllowed) and fact.data.invite_id == "silent"
    return () if is_silent else CORE.touches(fact)


def told_bad(rng: Random, _: datetime) -> tuple[type[EventData], dict[str, Any]]:
    return InviteSent, {"invite_id": rng.choice(BAD), "contact": person(rng.choice(CONTACTS))}


def starved(rng: Random) -> Core[Any, Any]:
    """Return *invites* on a machine that lacks something now and then: a question fails, and the next time it does not."""

    def lacking(view: View[Any, Any], key: str, at: datetime | None) -> Evaluation:
        if rng.random() < LACKS:
            raise rng.choice((OSError(24, "Too many open files"), MemoryError()))
        return CORE.evaluate(view, key, at)

    return replace(CORE, evaluate=lacking)


SABOTAGED: Core[Any, Any] = replace(CORE, evaluate=evaluate, touches=touches)
DRAWS: list[Draw] = [told_bad] * 5
