"""What the member takes back: that something is done, or that they will not do it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

from services.followups.apply.reconnect import last_touch
from services.followups.model.state import ANSWERS_MAX, Candidates, Subject
from shared.contracts import (
    ContactMuted,
    FollowupAnswered,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupReopened,
    FollowupScheduled,
    ThanksSent,
)
from shared.contracts.limits import REOPEN_DAYS_MAX
from tests.depth import blocks
from tests.unit.services.followups.followups_history import history
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    answer,
    at,
    cadence,
    connected,
    hour,
    member,
    planned,
    promised,
    requested,
    snoozed,
    story,
    wishes,
)

THANK = "contact/ada/thank/2026-03-02"
R1 = "reminder/r1/own_reminder/2026-03-02"


def dues(loop: FollowupsLoop, rule: str) -> list[tuple[datetime, int, bool]]:
    said = [(one.time, one.data) for one in loop.published if isinstance(one.data, FollowupDue)]
    return [(time, due.attempt, due.push) for time, due in said if due.rule == rule]


@pytest.mark.parametrize("kind", [FollowupDone, FollowupDismissed])
@pytest.mark.parametrize("named", ["r1", R1])
def test_a_reminder_that_was_due_is_due_at_once_again_and_not_pushed_again(
    kind: type[FollowupAnswered], named: str
) -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00"))
    loop.run_until(hour(1, 11))
    loop.apply(answer(kind, R1, 1.5))
    loop.apply(answer(FollowupReopened, named, 1.51))
    loop.run_until(hour(1, 13))
    assert story(loop)[-2:] == ["scheduled own_reminder", "due own_reminder 1"]
    again = loop.heard(FollowupScheduled)[-1]
    assert (again.followup_id, again.because.type) == (f"{R1}.2", FollowupReopened.TYPE)
    assert [(number, push) for _, number, push in dues(loop, "own_reminder")] == [(1, True), (1, False)]
    loop.apply(answer(FollowupDone, R1, 1.6))  # by the link of the mail that had the first one
    loop.run_until(at(60))
    assert loop.heard(FollowupCompleted)[-1].followup_id == f"{R1}.2"
    assert len(dues(loop, "own_reminder")) == 2


def test_what_was_planned_is_planned_again_for_the_same_time_and_pushed_then() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-05T10:00"))
    loop.apply(answer(FollowupDone, "r1", 1))
    loop.apply(answer(FollowupReopened, "r1", 1.1))
    loop.run_until(at(20))
    assert dues(loop, "own_reminder") == [(hour(3, 10), 1, True)]


def test_quiet_hours_and_a_pause_hold_for_what_comes_back() -> None:
    quiet, paused = member(), member()
    for loop in (quiet, paused):
        loop.apply(requested("r1", "2026-03-03T10:00"))
        loop.run_until(hour(1, 23))
        loop.apply(answer(FollowupDone, "r1", 1.97))
    paused.apply(wishes(1.971, paused_until=hour(4, 12).isoformat()))
    for loop, back in ((quiet, hour(2, 8)), (paused, hour(4, 12))):
        loop.apply(answer(FollowupReopened, "r1", 1.98))
        loop.run_until(at(6))
        assert [time for time, _, _ in dues(loop, "own_reminder")] == [hour(1, 10), back]


def test_the_next_turn_of_a_series_is_taken_back_and_comes_in_its_turn() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00", every_days=7))
    loop.run_until(hour(1, 11))
    loop.apply(answer(FollowupDone, R1, 1.5))
    next_turn = loop.heard(FollowupScheduled)[-1].followup_id
    loop.apply(answer(FollowupReopened, R1, 1.51))
    cancelled = loop.heard(FollowupCancelled)[-1]
    assert (cancelled.followup_id, cancelled.because.type) == (next_turn, FollowupReopened.TYPE)
    loop.run_until(hour(1, 13))
    loop.apply(answer(FollowupDone, loop.heard(FollowupScheduled)[-1].followup_id, 1.6))
    loop.run_until(hour(8, 11))
    assert [time for time, _, _ in dues(loop, "own_reminder")] == [hour(1, 10), at(1.51), hour(8, 10)]


def test_it_is_no_longer_taken_back_once_the_next_turn_has_come_up() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00", every_days=1))
    loop.run_until(hour(1, 11))
    loop.apply(answer(FollowupDone, R1, 1.5))
    loop.run_until(hour(2, 11))
    before = len(loop.published)
    loop.apply(answer(FollowupReopened, R1, 2.5))
    assert len(loop.published) == before


def test_what_followed_from_the_answer_alone_is_taken_back() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(1.5))
    loop.apply(answer(FollowupDone, THANK, 1.5))
    assert story(loop)[-2:] == ["completed thank", "scheduled propose_meeting"]
    loop.apply(answer(FollowupReopened, THANK, 1.6))
    assert story(loop)[-2:] == ["scheduled thank", "cancelled propose_meeting"]
    loop.run_until(at(3))
    loop.apply(about(ThanksSent, "ada", 3))
    assert story(loop)[-3:] == ["due thank 1", "completed thank", "scheduled propose_meeting"]


def test_what_was_thanked_for_besides_stays_done() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(1.5))
    loop.apply(answer(FollowupDone, THANK, 1.5), about(ThanksSent, "ada", 1.55))
    loop.apply(answer(FollowupReopened, THANK, 1.6))
    assert story(loop, "thank")[-1] == "completed thank"
    assert [one.because.type for one in loop.heard(FollowupScheduled) if one.rule == "propose_meeting"] == [
        FollowupDone.TYPE
    ]
    assert story(loop)[-1] == "rescheduled propose_meeting"


def test_rules_of_a_meeting_and_of_its_people_go_back_with_the_answer() -> None:
    loop = member()
    loop.apply(planned("k1", 4, 0.5), connected("ada", 0.4))
    loop.apply(about(ThanksSent, "ada", 0.6), cadence("ada", 60, 0.6))
    loop.run_until(at(6))
    asked = next(one for one in loop.heard(FollowupDue) if one.rule == "did_it_happen").followup_id
    open_before = open_turns(loop)
    loop.apply(answer(FollowupDone, asked, 6))
    assert open_turns(loop) != open_before
    loop.apply(answer(FollowupReopened, asked, 6.1))
    assert open_turns(loop) == open_before


@pytest.mark.parametrize(("days", "back"), [(REOPEN_DAYS_MAX, True), (REOPEN_DAYS_MAX + 1e-5, False)])
def test_it_can_be_taken_back_for_so_long(days: float, back: bool) -> None:
    loop = member()
    loop.apply(promised("p1", 3))
    loop.run_until(at(2.5))
    loop.apply(answer(FollowupDone, "promise/p1/keep_promise/2026-03-02", 2.5))
    loop.apply(answer(FollowupReopened, "promise/p1/keep_promise/2026-03-02", 2.5 + days))
    assert (story(loop)[-1] == "scheduled keep_promise") is back


def test_only_the_turn_that_it_names_comes_back() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6), connected("bob", 0.6))
    loop.run_until(at(1.5))
    loop.apply(answer(FollowupDone, THANK, 1.5), answer(FollowupDone, THANK.replace("ada", "bob"), 1.5))
    loop.apply(answer(FollowupReopened, f"{THANK}.7", 1.6), answer(FollowupReopened, "contact/ada/give_back/x", 1.6))
    assert story(loop).count("scheduled thank") == 2


def test_told_before_what_it_takes_back_and_told_again_it_is_the_same() -> None:
    done, reopened = answer(FollowupDone, R1, 1.5), answer(FollowupReopened, R1, 1.6)
    again = answer(FollowupDone, R1, 1.7)
    for words, stays in (
        ((reopened, done), True),
        ((done, reopened, reopened), True),
        ((again, reopened, done), False),
    ):
        loop = member()
        loop.apply(requested("r1", "2026-03-03T10:00"))
        loop.run_until(hour(1, 11))
        for one in words:
            loop.apply(one)
        loop.run_until(hour(1, 20))
        assert any(item.slots["own_reminder"].stage == "open" for item in subjects(loop)) is stays
        assert story(loop).count("scheduled own_reminder") <= 2


def test_what_ended_it_otherwise_meanwhile_leaves_it_ended() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(1.5))
    loop.apply(answer(FollowupDone, THANK, 1.5), about(ContactMuted, "ada", 1.55))
    loop.apply(answer(FollowupReopened, THANK, 1.6))
    assert story(loop, "thank")[-1] == "completed thank"


def test_a_snooze_of_before_still_holds() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00"))
    loop.run_until(hour(1, 11))
    loop.apply(snoozed(R1, 5, 1.46))
    loop.apply(answer(FollowupDone, R1, 1.5))
    loop.apply(answer(FollowupReopened, R1, 1.6))
    loop.run_until(at(6))
    assert [time for time, _, _ in dues(loop, "own_reminder")] == [hour(1, 10), hour(5, 8)]


@pytest.mark.parametrize("block", blocks(3))
def test_what_is_taken_back_leaves_what_would_be_without_it(block: int) -> None:
    """Of all rules, in random lives: the same is open, and the same is known, as had the member said nothing."""
    taken = 0
    for seed in range(block * 4, (block + 1) * 4):
        rng, loop, times = random.Random(seed), member(), Counter[tuple[str, str]]()
        for one in history(rng, repeated=False):
            loop.run_until(one.logged)
            loop.apply(one)
            for key, rule in sorted(one for one in open_turns(loop) if times[one] < ANSWERS_MAX // 4):
                times[key, rule] += 1
                taken += said_and_taken_back(loop, key, rule, rng.choice([FollowupDone, FollowupDismissed]))
    assert taken > 10


def said_and_taken_back(loop: FollowupsLoop, key: str, rule: str, kind: type[FollowupAnswered]) -> bool:
    """Answer a turn, take that back, and compare; return whether the answer had changed anything."""
    item, day = loop.items[key], (loop.now - at(0)) / timedelta(days=1)
    assert isinstance(item, Subject)
    named, before, known = f"{key}/{rule}/{item.slots[rule].cycle}", open_turns(loop), knowledge(loop)
    loop.apply(answer(kind, named, day + 0.001))
    ended = open_turns(loop) != before
    loop.apply(answer(FollowupReopened, named, day + 0.002))
    loop.assert_settled()
    assert open_turns(loop) == before, named
    assert knowledge(loop) == known, named
    return ended


def subjects(loop: FollowupsLoop) -> list[Subject]:
    return [item for item in loop.items.values() if isinstance(item, Subject)]


def open_turns(loop: FollowupsLoop) -> set[tuple[str, str]]:
    return {
        (key, rule)
        for key, item in loop.items.items()
        for rule, slot in (item.slots.items() if isinstance(item, Subject) else ())
        if slot.stage == "open"
    }


def knowledge(loop: FollowupsLoop) -> object:
    ties = [item for item in loop.items.values() if isinstance(item, Candidates)]
    touched = {
        name: touch for item in ties for name, one in item.by_id.items() if (touch := last_touch(one)) is not None
    }
    return {key: (one.seen, one.help, one.step) for key, one in loop.items.items() if isinstance(one, Subject)}, touched
