"""The rule of *digest* as a page tells it."""

from __future__ import annotations

from services.digest.model.state import RULE
from shared.preference_statements import WEEKDAYS
from shared.preferences import DIGEST_EVERY, DIGEST_TIME, DIGEST_WEEKDAY
from shared.rules_page import RuleRow


def rows() -> tuple[RuleRow, ...]:
    """Return the one row."""
    when = f"{DIGEST_EVERY}, {WEEKDAYS[DIGEST_WEEKDAY]}, {DIGEST_TIME:%H:%M} (`digest`)"
    return (
        RuleRow(
            RULE, "`member.joined`", when, "the member's calendar", "off; skipped when there is nothing to tell",
            "[the digest](digest.md)",
        ),
    )  # fmt: skip
