"""The page of all rules is written from the code, and says of each rule what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rapport.rules_page import main, text
from services.followups.engine.lines import LINES
from services.followups.rule_docs import RULE_DOCS
from services.followups.rules.table import RULES
from services.invites.rules.invite import RULES as INVITES
from services.invites.rules.proposals import PROPOSAL_RULES
from shared.contracts import EVENTS

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"
RETRACTION_WISHES = {f"rapport.retraction.{name}" for name in ("after_days", "policy", "notice_days")}
"""Preferences that the page names beside events."""
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| `([a-z_]+)`.*$", PAGE.read_text("utf-8"), re.MULTILINE)}


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run `make docs`"


def test_the_page_has_every_rule_of_every_service_and_invents_none() -> None:
    invites = {rule.name for rule in (*INVITES, *PROPOSAL_RULES)} - {"retract_approved"}
    assert set(ROWS) == {*RULES, *invites, "weekly_digest"}
    assert set(RULE_DOCS) == set(RULES)


def test_the_page_names_what_brings_back_each_rule_beside_an_answer() -> None:
    [said] = re.findall(
        r"So does an event that says just what it asks for:\n\n.*?\n\n", PAGE.read_text("utf-8"), re.DOTALL
    )
    named = set(re.findall(r"`([a-z_.]+)`", said))
    every = {name: rule.delivery.quiet for name, rule in RULES.items()}
    quiet = {name: one for name, one in every.items() if one is not None and (one.then or one.woken_by)}
    waking = {event.TYPE.removeprefix("rapport.") for one in quiet.values() for event in one.then or one.woken_by}
    assert named == {*quiet, *waking}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_names_only_events_that_exist(name: str) -> None:
    named = re.findall(r"`([a-z]+\.[a-z_]+)`", ROWS[name])
    assert {f"rapport.{one}" for one in named} - RETRACTION_WISHES <= set(EVENTS)


@pytest.mark.parametrize("name", RULES)
def test_a_row_names_what_the_rule_asks_for_its_days_and_its_words(name: str) -> None:
    rule, row = RULES[name], ROWS[name]
    for offset in rule.schedule.offsets:
        assert re.search(rf"\b{offset}\b", row)
    assert LINES.get(name, "the member's own words") in row
    assert ("*pushed" in row) == bool(rule.delivery.pushed)
    for event in (
        (rule.completion.done_counts_as,)
        if rule.completion.done_counts_as is not None and name not in ("stay_in_touch", "reconnect")
        else ()
    ):
        assert event.TYPE.removeprefix("rapport.") in row


def test_the_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
    assert main([str(tmp_path / "rules.md")]) == 0
    assert (tmp_path / "rules.md").read_text(encoding="utf-8") == text()
