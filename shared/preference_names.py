"""The names by which preferences are stored, and groups of them for deciders that keep only some (`evolve_preferences`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

DIGEST_RULE: Final = "weekly_digest"
"""The rule under whose name the digest is switched off and on."""

# Stored names, which never change their meaning. Wall clocks are minutes of the day, instants milliseconds since 1970,
# wall times texts.
NAME: Final = "n"
EMAIL: Final = "e"
REACHED: Final = "ea"
ZONE: Final = "z"
LOCALE: Final = "l"
QUIET_FROM: Final = "qf"
QUIET_TO: Final = "qt"
DIGEST_EVERY: Final = "de"
DIGEST_WEEKDAY: Final = "dw"
DIGEST_TIME: Final = "dt"
POLICY: Final = "rp"
AFTER_DAYS: Final = "ra"
NOTICE_DAYS: Final = "rn"
PER_DAY: Final = "d"
PAUSED_UNTIL: Final = "p"
CHANNEL: Final = "c"
CHANNEL_ADDRESS: Final = "ca"
RULE_ON: Final = "+"
RULE_OFFSETS: Final = "@"
RULE_HOURS: Final = "%"
RULE_PUSH: Final = "!"

RETRACTION: Final = frozenset({POLICY, AFTER_DAYS, NOTICE_DAYS})
PAUSE: Final = frozenset({PAUSED_UNTIL, ZONE})
"""With the zone in which a wall time is meant."""
NUDGES: Final = PAUSE | {QUIET_FROM, QUIET_TO, PER_DAY}
"""What decides when a member is reminded, beside the rules themselves."""
DIGEST_TIMES: Final = frozenset({ZONE, DIGEST_EVERY, DIGEST_WEEKDAY, DIGEST_TIME})
"""What decides when the digest comes."""
HAS_EMAIL: Final = frozenset({REACHED})
"""Whether there is an address to write to, without the address: kept only by whoever names it."""
PUSH: Final = frozenset({CHANNEL, CHANNEL_ADDRESS, QUIET_FROM, QUIET_TO})
"""Where what is pushed goes, and when nothing is."""
SECRET: Final = frozenset({CHANNEL_ADDRESS})
"""Kept only by whoever needs it."""
MAIL: Final = frozenset({NAME, EMAIL, ZONE, LOCALE, DIGEST_EVERY, DIGEST_WEEKDAY, DIGEST_TIME, PAUSED_UNTIL})
DIGEST_SET_BY: Final = (*DIGEST_TIMES, RULE_ON + DIGEST_RULE)

_OF_A_RULE: Final = (RULE_ON, RULE_OFFSETS, RULE_HOURS, RULE_PUSH)


def stored_names() -> dict[str, str]:
    """Return what each stored name stands for, for people. Rules are not among them: they carry their own names."""
    return {
        NAME: "name", EMAIL: "email", REACHED: "has_email", ZONE: "zone", LOCALE: "locale",
        QUIET_FROM: "quiet_from_minute", QUIET_TO: "quiet_to_minute", DIGEST_EVERY: "digest_every",
        DIGEST_WEEKDAY: "digest_weekday", DIGEST_TIME: "digest_minute", POLICY: "retraction_policy",
        AFTER_DAYS: "retraction_after_days", NOTICE_DAYS: "retraction_notice_days", PER_DAY: "per_day",
        PAUSED_UNTIL: "paused_until", CHANNEL: "channel", CHANNEL_ADDRESS: "channel_address",
    }  # fmt: skip


def of_rules(names: Collection[str]) -> frozenset[str]:
    """Return what stands for the preferences of these rules in `only`."""
    return frozenset(prefix + name for name in names for prefix in _OF_A_RULE)
