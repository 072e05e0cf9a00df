"""The service *followups* as the shell sees it: it remembers for the member what persistence needs."""

from __future__ import annotations

from typing import Final

from services.followups.apply import reconnect
from services.followups.apply.events import evolve, evolve_profile
from services.followups.apply.touched import touches
from services.followups.engine import quiet
from services.followups.engine.evaluate import evaluate, reads_alike, related
from services.followups.engine.explain import explain
from services.followups.migrations import MIGRATIONS
from services.followups.missed_responses import ANSWERS, misses
from services.followups.model import state
from services.followups.model.state import HABITS, PROPOSALS, RECONNECTS, Item, Profile
from services.followups.model.stored import packed, unpacked
from services.followups.rules import giving, people
from services.followups.rules import table as rules
from services.followups.rules.form.rule import ASKS_AGAIN_DAYS
from shared.calendar import TZDATA
from shared.contracts import ACTIVITY, DIGESTS, FOLLOWUPS, INVITES, REPLAY
from shared.decider import Decider, rules_digest
from shared.preferences import DEFAULTS

STATE_VERSION: Final = 25
RULES_VERSION: Final = 24
"""Rises whenever the rules say something else of the same state."""


def _rules_digest() -> str:
    """Return a digest of all that decides when and what is said: the version, the rules, the defaults, the zones."""
    table = [
        (
            rule.name, rule.about, of.offsets, of.unit, of.before, of.at, rule.trigger.logged_within, by.pushed,
            by.hour_chosen, by.quiet is None, by.yields_to,
            rule.repeat.open_max, of.skips_passed, rule.repeat.rests_days,
        )
        for rule in rules.RULES.values()
        for of, by in ((rule.schedule, rule.delivery),)
    ]  # fmt: skip
    return rules_digest(
        RULES_VERSION,
        TZDATA,
        DEFAULTS,
        table,
        rules.LAPSE_DAYS,
        rules.SNOOZE_DAYS,
        rules.EXPIRES_HOURS,
        rules.ANSWER_HOURS,
        rules.APART,
        rules.ENDS_BEFORE,
        ASKS_AGAIN_DAYS,
        quiet.OCCASIONS_MIN,
        quiet.SPAN_DAYS,
        quiet.ANSWER_HOURS,
        quiet.BEFORE_DIGEST,
        state.OCCASION_DAYS_MAX,
        state.DEEDS_MAX,
        state.MEETINGS_MAX,
        state.WAITING_MAX,
        state.HELP_MAX,
        people.TOUCH_AGAIN_DAYS_MIN,
        giving.OFTEN_MAX,
        giving.SELDOM_DAYS,
        giving.HELP_WITHIN,
        giving.OWED_MIN,
        reconnect.BUCKETS,
        reconnect.CANDIDATES_MAX,
        reconnect.PICKS_MAX,
        reconnect.PICKS_DAYS,
    )


DECIDER: Final[Decider[Profile, Item]] = Decider(
    name="followups",
    own=FOLLOWUPS,
    reads=(ACTIVITY, INVITES, DIGESTS, REPLAY),
    version=STATE_VERSION,
    rules=_rules_digest(),
    profile=Profile(),
    item=Item,
    pack=packed,
    unpack=unpacked,
    beside=(HABITS, PROPOSALS, RECONNECTS),
    migrations=MIGRATIONS,
    touches=touches,
    evolve_profile=evolve_profile,
    evolve=evolve,
    evaluate=evaluate,
    related=related,
    reads_alike=reads_alike,
    explain=explain,
    answers=ANSWERS,
    misses=misses,
)
