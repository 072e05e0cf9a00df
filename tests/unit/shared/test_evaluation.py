"""What follows from how the rules of one item stand: which event is published, and when the item is evaluated again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts import InviteExpired
from shared.decider import AT_ONCE, NOTHING, Blocked, Done, Evaluation, NewEvent, NextAction, Outcome, evaluation

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(name: str) -> NewEvent:
    return NewEvent(InviteExpired(invite_id=name, contact_id="ada", age_days=1))


def action(name: str, at: datetime) -> NextAction:
    return NextAction(at, lambda _: said(name))


def test_who_does_nothing_publishes_nothing_and_has_no_timer() -> None:
    assert evaluation((), NOON) == NOTHING
    silent: list[Outcome] = [Blocked("nothing_yet"), Done("completed")]
    assert evaluation(silent, NOON) == NOTHING


def test_after_a_change_only_what_waits_for_no_timer_is_published() -> None:
    assert evaluation([action("a", NOON), action("b", AT_ONCE)], None) == Evaluation((said("b"),))
    assert evaluation([action("a", NOON), action("b", NOON - HOUR)], None) == Evaluation((), NOON - HOUR)


@pytest.mark.parametrize(("at", "due"), [(NOON - timedelta(microseconds=1), False), (NOON, True), (NOON + HOUR, True)])
def test_at_a_timer_what_is_due_by_then_is_published(at: datetime, due: bool) -> None:
    assert evaluation([action("a", NOON)], at) == (Evaluation((said("a"),)) if due else Evaluation((), NOON))


def test_of_several_that_are_due_the_first_in_the_order_of_the_rules_speaks() -> None:
    rules: list[Outcome] = [Blocked("ended"), action("a", NOON), action("b", NOON - HOUR), action("c", AT_ONCE)]
    assert evaluation(rules, NOON) == Evaluation((said("a"),))


def test_the_rules_behind_the_one_that_speaks_are_not_asked() -> None:
    """Without the early return in `evaluation` the rule behind is asked of a state that is about to change."""

    def rules() -> Iterator[Outcome]:
        yield action("a", AT_ONCE)
        raise AssertionError("asked")

    assert evaluation(rules(), None) == Evaluation((said("a"),))


def test_an_event_is_made_for_the_instant_of_the_timer() -> None:
    made: list[datetime] = []

    def emit(at: datetime) -> NewEvent:
        made.append(at)
        return said("a")

    evaluation([NextAction(NOON, emit)], NOON - HOUR)
    assert not made, "what is not due yet is not made"
    evaluation([NextAction(NOON, emit)], NOON + HOUR)
    assert made == [NOON + HOUR]
