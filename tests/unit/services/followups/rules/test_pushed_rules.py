"""What pages tell of when reminders come is what *followups* does."""

from __future__ import annotations

from services.followups.rules.table import RULES
from services.gateway.personal.content.wishes import PUSHED


def test_the_pages_tell_what_the_rules_do() -> None:
    assert {name: rule.delivery.pushed for name, rule in RULES.items() if rule.delivery.pushed} == PUSHED
