"""The service *invites* as the shell sees it: it finds unanswered invites, and lets them go as the member wishes."""

from __future__ import annotations

from typing import Final

from services.invites.apply import APPLIED, evolve, evolve_profile
from services.invites.evaluate import ANSWERS, evaluate, misses, related
from services.invites.explain import explain
from services.invites.migrations import MIGRATIONS
from services.invites.rules import invite as rules
from services.invites.rules import notices, proposals
from services.invites.state import INVITE, PROPOSALS, InvitesProfile, Item
from services.invites.stored import packed, unpacked
from services.invites.touched import touches
from shared.calendar import TZDATA
from shared.contracts import ACTIVITY, DIGESTS, INVITES, REPLAY
from shared.decider import Decider, rules_digest
from shared.preferences import DEFAULTS

STATE_VERSION: Final = 14
RULES_VERSION: Final = 12
"""Rises whenever the rules say something else of the same state."""


def _rules_digest() -> str:
    """Return a digest of all that decides when and what is said: the version, the limits, the defaults, the zones."""
    return rules_digest(
        RULES_VERSION, TZDATA, DEFAULTS, rules.EXPIRE_AFTER, rules.REINVITE_AFTER,
        proposals.EVERY, proposals.REPEAT_AFTER, proposals.GATHER_FOR, proposals.BACKLOG_INVITES_MIN,
        proposals.SHOWN_BYTES_MAX, proposals.BYTES_MAX, notices.NAMED_MAX, notices.KNOWN_WITHIN, notices.SETTLES,
    )  # fmt: skip


DECIDER: Final[Decider[InvitesProfile, Item]] = Decider(
    name="invites",
    own=INVITES,
    reads=(ACTIVITY, DIGESTS, REPLAY),
    version=STATE_VERSION,
    rules=_rules_digest(),
    profile=InvitesProfile(),
    item=Item,
    pack=packed,
    unpack=unpacked,
    applies=APPLIED,
    woken_with=(PROPOSALS,),
    migrations=MIGRATIONS,
    touches=touches,
    evolve_profile=evolve_profile,
    profiles_alike=notices.alike,
    evolve=evolve,
    evaluate=evaluate,
    related=related,
    speaks=lambda key: key.startswith(INVITE) or key == PROPOSALS,
    explain=explain,
    answers=ANSWERS,
    misses=misses,
)
