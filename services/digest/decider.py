"""The service *digest* as the shell sees it: one good mail a week, or a day, at the hour that the member chose."""

from __future__ import annotations

from typing import Final

from services.digest import rules
from services.digest.apply.events import evolve, evolve_profile
from services.digest.apply.touched import touches
from services.digest.content import build, model, monthly_review
from services.digest.evaluate import evaluate, report
from services.digest.explain import explain
from services.digest.migrations import MIGRATIONS
from services.digest.model.push import APART, WITHDRAWN_WITHIN
from services.digest.model.state import DIGEST, LETTING_GO, MEETINGS, OPEN, REASONS, Item, Profile
from services.digest.model.stored import packed, unpacked
from services.digest.push import evaluate as push
from shared.calendar import TZDATA
from shared.contracts import ACTIVITY, DIGESTS, FOLLOWUPS, INVITES, REPLAY, DigestSending, PushSending, PushWithdrawing
from shared.decider import Decider, rules_digest

STATE_VERSION: Final = 19
RULES_VERSION: Final = 25
"""Rises whenever the rules say something else of the same state."""


def _rules_digest() -> str:
    """Return a digest of all that decides when and what is said: the version, the limits, the defaults, the zones."""
    return rules_digest(
        RULES_VERSION, TZDATA, repr(Profile().preferences), rules.OUTCOME_AFTER, rules.EXPIRES_AFTER,
        rules.ATTEMPTS_MAX, rules.BACKOFF, rules.BACKOFF_LAST, rules.REFUSALS_MAX,
        build.SHOWN_MAX, model.WHOLE_MAX, build.COMING_DAYS, sorted(build.DATED), monthly_review.THEMES_MAX,
        monthly_review.NAMES_MAX, push.PAUSES, push.ATTEMPTS_MAX,
        APART, WITHDRAWN_WITHIN,
    )  # fmt: skip


DECIDER: Final[Decider[Profile, Item]] = Decider(
    name="digest",
    own=DIGESTS,
    reads=(ACTIVITY, INVITES, FOLLOWUPS, REPLAY),
    version=STATE_VERSION,
    rules=_rules_digest(),
    profile=Profile(),
    item=Item,
    pack=packed,
    unpack=unpacked,
    migrations=MIGRATIONS,
    touches=touches,
    evolve_profile=evolve_profile,
    evolve=evolve,
    woken_with=(OPEN, LETTING_GO, MEETINGS, REASONS),
    evaluate=evaluate,
    speaks=lambda key: key in (DIGEST, OPEN),
    explain=explain,
    effects=frozenset({DigestSending, PushSending, PushWithdrawing}),
    report=report,
)
