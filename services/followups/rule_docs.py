"""The rules of *followups* as a page tells them: the numbers from the rules themselves, the words from here."""

from __future__ import annotations

from typing import Final

from services.followups.engine.lines import LINES
from services.followups.rules.form.rule import Rule
from services.followups.rules.form.triggers import HORIZON
from services.followups.rules.table import RULES
from shared.rules_page import RuleRow
from shared.texts.catalogue import ENGLISH, RuleTexts

RULE_DOCS: Final = ENGLISH.rules
"""By rule: what it starts with, from where it counts, what ends it. Muting or removing the person, "dismissed", and
switching the rule off end each of them."""


def rows() -> tuple[RuleRow, ...]:
    """Return a row for each rule, in the order of the rules."""
    return tuple(_row(rule, RULE_DOCS[rule.name]) for rule in RULES.values())


def _row(rule: Rule, texts: RuleTexts) -> RuleRow:
    text, in_time = LINES.get(rule.name, "the member's own words"), rule.trigger.logged_within == HORIZON
    pushed = bool(rule.delivery.pushed)
    return RuleRow(rule.name, texts.starts, _offsets(rule), texts.counts, texts.ends, text, pushed, in_time)


def _offsets(rule: Rule) -> str:
    """Return the days or hours of a rule, and its wall time: `1, 4 days, 09:00`."""
    schedule = rule.schedule
    unit = schedule.unit if schedule.offsets != (1,) else schedule.unit.removesuffix("s")
    offsets = ", ".join(str(offset) for offset in schedule.offsets)
    parts = [f"{offsets} {unit}{' before' if schedule.before else ''}"]
    if schedule.at is not None:
        parts.append(f"{schedule.at:%H:%M}")
    if rule.repeat.rests_days:
        parts.append(f"again after {rule.repeat.rests_days} days at the earliest")
    return ", ".join(parts)
