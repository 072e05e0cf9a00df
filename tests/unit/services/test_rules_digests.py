"""Whoever changes a limit or a rule changes the digest of the rules: else what an older version decided counts for it."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from services.followups import decider as followups
from services.followups.rules import table
from services.followups.rules.form.rule import NEVER
from services.invites import decider as invites
from services.invites.rules import invite as invites_rules
from services.invites.rules import notices, proposals

THANK = table.RULES["thank"]


def digest_of(decider: ModuleType) -> str:
    found: str = decider._rules_digest()
    return found


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (invites, "RULES_VERSION"), (invites, "TZDATA"), (invites, "DEFAULTS"), (invites_rules, "EXPIRE_AFTER"),
        (invites_rules, "REINVITE_AFTER"), (proposals, "EVERY"), (proposals, "REPEAT_AFTER"), (proposals, "GATHER_FOR"),
        (proposals, "BACKLOG_INVITES_MIN"), (notices, "NAMED_MAX"), (notices, "KNOWN_WITHIN"), (notices, "SETTLES"),
    ],
)  # fmt: skip
def test_each_limit_of_invites_counts(where: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of(invites)
    assert before == invites.DECIDER.rules
    monkeypatch.setattr(where, name, "another")
    assert digest_of(invites) != before


@pytest.mark.parametrize("name", ["LAPSE_DAYS", "SNOOZE_DAYS", "EXPIRES_HOURS", "ANSWER_HOURS", "APART", "ENDS_BEFORE"])
def test_each_limit_of_followups_counts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of(followups)
    assert before == followups.DECIDER.rules
    monkeypatch.setattr(table, name, "another")
    assert digest_of(followups) != before


@pytest.mark.parametrize(
    "changed",
    [
        replace(THANK, delivery=replace(THANK.delivery, quiet=NEVER)),
        replace(THANK, delivery=replace(THANK.delivery, pushed="all")),
        replace(THANK, delivery=replace(THANK.delivery, yields_to="own_reminder")),
        replace(THANK, trigger=replace(THANK.trigger, logged_within=None)),
        replace(THANK, schedule=replace(THANK.schedule, offsets=(1, 5))),
        replace(THANK, repeat=replace(THANK.repeat, open_max=3)),
        replace(THANK, repeat=replace(THANK.repeat, rests_days=30)),
    ],
)
def test_each_part_of_a_rule_counts_that_says_when_it_speaks(changed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of(followups)
    monkeypatch.setattr(table, "RULES", {**table.RULES, "thank": changed})
    assert digest_of(followups) != before
