"""The table of rules against what the page of all rules says in words (`docs/rules.md`): pushes, rests, what comes again."""

from __future__ import annotations

from services.followups.rules.form.rule import Rule
from services.followups.rules.table import RULES

KEPT = {"own_reminder", "keep_promise", "remember_date", "prepare_questions", "meeting_today", "did_it_happen"}
"""At an hour that the member chose."""
ONCE = {"thank", "after_meeting"}


def those(has: object) -> set[str]:
    assert callable(has)
    return {name for name, rule in RULES.items() if has(rule)}


def test_an_hour_that_the_member_chose_is_kept_and_of_the_others_two_are_pushed_once() -> None:
    assert those(lambda rule: rule.delivery.hour_chosen) == KEPT
    assert those(lambda rule: rule.delivery.pushed == "first") == ONCE
    assert those(lambda rule: rule.delivery.pushed == "last") == {"remember_date"}, "on its day"
    assert those(lambda rule: rule.delivery.pushed == "all") == KEPT - {"remember_date"}
    assert those(lambda rule: not rule.delivery.pushed) == RULES.keys() - KEPT - ONCE


def test_of_two_pushes_about_one_meeting_one_comes() -> None:
    yields = {name: rule.delivery.yields_to for name, rule in RULES.items() if rule.delivery.yields_to}
    assert yields == {"prepare_questions": "meeting_today"}


def test_how_long_a_rule_leaves_a_person_alone_and_how_many_it_asks_about_at_a_time() -> None:
    rests = {name: rule.repeat.rests_days for name, rule in RULES.items() if rule.repeat.rests_days}
    assert rests == {"give_back": 30, "reconnect": 60}
    assert {name: rule.repeat.open_max for name, rule in RULES.items() if rule.repeat.open_max} == {
        "propose_meeting": 3
    }


def test_what_comes_again_and_what_moves_with_what_it_is_about() -> None:
    again: set[str] = those(lambda rule: rule.repeat.again is not None)
    assert again == {
        "own_reminder", "stay_in_touch", "congratulate", "prepare_questions", "meeting_today", "did_it_happen",
        "keep_promise", "give_back", "keep_at_it", "remember_date", "second_meeting",
    }, "name a rule that is meant to come again"  # fmt: skip
    moves = those(lambda rule: rule.repeat.moves is not None)
    assert moves == {
        "own_reminder", "congratulate", "keep_promise", "prepare_questions", "meeting_today", "did_it_happen"
    }, "name a rule that is meant to move with what it is about"  # fmt: skip


def test_only_what_was_asked_for_or_has_a_day_of_its_own_starts_with_what_is_told_late() -> None:
    """All others start with what is told within 14 days: an import of ten thousand people is no ten thousand reminders."""

    def old(rule: Rule) -> bool:
        return rule.trigger.logged_within is None

    assert those(old) == {
        "own_reminder", "stay_in_touch", "meeting_today", "keep_promise", "reconnect", "remember_date",
    }  # fmt: skip
