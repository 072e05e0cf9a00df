"""Giving and persistence: promises, help in return, pursuits, and people met at a gathering."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.followups.model.state import HELP_MAX, Subject
from shared.contracts import (
    ContactMuted,
    Event,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupRescheduled,
    FollowupScheduled,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    PromiseKept,
    PromiseReleased,
    PursuitClosed,
    PursuitOpened,
    PursuitStepTaken,
)
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    answer,
    at,
    attended,
    connected,
    hour,
    member,
    over,
    promised,
    pursued,
    sent,
    story,
    told,
    wishes,
)

PROMISE, GIVE, KEEP, AFTER = "keep_promise", "give_back", "keep_at_it", "after_gathering"


def said_at(loop: FollowupsLoop, rule: str) -> list[datetime]:
    return [one.time for one in told(loop, rule) if isinstance(one.data, FollowupDue)]


def test_a_promise_is_remembered_a_day_before_on_its_hour_and_three_days_after() -> None:
    loop = member()
    loop.apply(promised("p1", 10.5))
    loop.run_until(at(40))
    assert story(loop) == [
        f"scheduled {PROMISE}",
        *(f"due {PROMISE} {step}" for step in (1, 2, 3)),
        f"lapsed {PROMISE}",
    ]
    assert said_at(loop, PROMISE) == [at(9.5), at(10.5), at(13.5)]
    assert all(due.push for due in loop.heard(FollowupDue)), "a promise has an hour"
    first = loop.heard(FollowupScheduled)[0]
    assert (first.about, first.contact_id, first.what) == ("promise/p1", "ada", "The book list")


@pytest.mark.parametrize(
    ("due", "steps"),
    [(0.8, [at(0.8), at(3.8)]), (-0.5, [at(2.5)]), (-400, [at(0.5)])],
    ids=["today", "past", "long past"],
)
def test_a_promise_at_short_notice_is_not_repeated_at_once(due: float, steps: list[datetime]) -> None:
    loop = member()
    loop.apply(promised("p1", due, 0.5))
    loop.run_until(at(40))
    assert said_at(loop, PROMISE) == steps


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (over(PromiseKept, "p1", 2), FollowupCompleted),
        (over(PromiseReleased, "p1", 2), FollowupCancelled),
        (answer(FollowupDone, "promise/p1/keep_promise/2026-03-02", 2), FollowupCompleted),
        (about(ContactMuted, "ada", 2), FollowupCancelled),
    ],
)
def test_a_promise_that_is_kept_or_released_is_over_before_or_after_it_was_told(end: Event, kind: type) -> None:
    loop, early = member(), member()
    loop.apply(promised("p1", 10.5))
    loop.apply(end)
    loop.run_until(at(40))
    assert [type(one.data) for one in loop.published] == [FollowupScheduled, kind]
    early.apply(end)
    early.apply(promised("p1", 10.5, 0, 3))
    assert not early.published


def test_a_promise_for_another_day_moves_and_begins_anew_if_it_was_said() -> None:
    loop = member()
    loop.apply(promised("p1", 10.5))
    loop.apply(promised("p1", 20.5, 1))
    assert [one.due_at for one in loop.heard(FollowupRescheduled)] == [at(19.5)]
    loop.run_until(at(20))
    loop.apply(promised("p1", 30.5, 20))
    loop.run_until(at(60))
    assert said_at(loop, PROMISE) == [at(19.5), at(29.5), at(30.5), at(33.5)]
    assert len({plan.followup_id for plan in loop.heard(FollowupScheduled)}) == 2


def test_who_helped_twice_is_given_back_in_the_next_digest() -> None:
    loop = member()
    loop.apply(about(HelpReceived, "ada", 1), about(HelpReceived, "bob", 1))
    loop.apply(about(HelpReceived, "ada", 2.5))
    loop.run_until(at(30))
    assert [plan.contact_id for plan in loop.heard(FollowupScheduled)] == ["ada"]
    assert said_at(loop, GIVE) == [hour(7, 8)]
    assert not loop.heard(FollowupDue)[0].push


@pytest.mark.parametrize(
    ("events", "starts"),
    [
        ([(HelpReceived, 1)], False),
        ([(HelpReceived, -95), (HelpReceived, 1)], False),
        ([(HelpReceived, 0), (HelpGiven, 0.5), (HelpReceived, 1)], False),
        ([(HelpReceived, 0), (IntroductionMade, 2), (HelpReceived, 1)], False),
        ([(HelpReceived, 0), (HelpReceived, 0.5), (HelpGiven, 0.7), (HelpReceived, 1)], True),
        ([(HelpReceived, -200), (HelpReceived, -201)], False),
    ],
)
def test_only_help_of_the_last_ninety_days_counts_on_both_sides(
    events: list[tuple[type[HelpReceived | HelpGiven | IntroductionMade], float]], starts: bool
) -> None:
    for order in (events, events[::-1]):
        loop = member()
        loop.apply(*(about(kind, "ada", day, 3) for kind, day in order))
        assert bool(story(loop, GIVE)) == starts


@pytest.mark.parametrize("kind", [HelpGiven, IntroductionMade])
def test_help_in_return_ends_it_and_it_rests_for_a_month(kind: type[HelpGiven | IntroductionMade]) -> None:
    loop = member()
    loop.apply(about(HelpReceived, "ada", 1), about(HelpReceived, "ada", 2))
    loop.run_until(at(8))
    loop.apply(about(kind, "ada", 9))
    assert story(loop, GIVE)[-1] == f"completed {GIVE}"
    loop.apply(about(HelpReceived, "ada", 10), about(HelpReceived, "ada", 11))
    loop.run_until(at(60))
    assert said_at(loop, GIVE) == [hour(7, 8), hour(42, 8)], "the first digest after thirty days"


def test_giving_back_that_was_dismissed_waits_for_more_help() -> None:
    loop = member()
    loop.apply(about(HelpReceived, "ada", 1), about(HelpReceived, "ada", 2))
    loop.apply(answer(FollowupDismissed, "contact/ada/give_back/2026-03-04", 3))
    loop.run_until(at(50))
    assert story(loop, GIVE) == [f"scheduled {GIVE}", f"cancelled {GIVE}"]
    loop.apply(about(HelpReceived, "ada", 51))
    assert story(loop, GIVE)[-1] == f"scheduled {GIVE}"


def test_what_is_remembered_of_help_has_its_bound() -> None:
    loop = member()
    loop.apply(*(about(HelpReceived, "ada", day) for day in range(40)))
    ada = loop.items["contact/ada"]
    assert isinstance(ada, Subject)
    assert [one.time for one in ada.help["hr"]] == [at(day) for day in range(40 - HELP_MAX, 40)]


def test_a_pursuit_without_a_step_for_three_weeks_is_brought_back_with_its_goal() -> None:
    loop = member()
    loop.apply(pursued(PursuitOpened, "s1", 0.5))
    loop.apply(pursued(PursuitStepTaken, "s1", 10.2))
    loop.run_until(at(33))
    assert said_at(loop, KEEP) == [hour(31, 9)]
    due = loop.heard(FollowupDue)[0]
    assert (due.what, due.text) == (
        "Work with robots", "Work with robots: it has been quiet for some weeks. Choose one small next step."
    )  # fmt: skip
    loop.apply(pursued(PursuitStepTaken, "s1", 33.5))
    assert story(loop, KEEP)[-2:] == [f"completed {KEEP}", f"scheduled {KEEP}"]
    loop.run_until(at(56))
    assert said_at(loop, KEEP)[1:] == [hour(54, 9)]


def test_a_closed_pursuit_is_over_until_it_is_opened_again() -> None:
    loop, early = member(), member()
    loop.apply(pursued(PursuitOpened, "s1", 0.5))
    loop.apply(pursued(PursuitClosed, "s1", 5))
    assert story(loop) == [f"scheduled {KEEP}", f"cancelled {KEEP}"]
    loop.apply(pursued(PursuitStepTaken, "s1", 6))
    assert len(loop.published) == 2, "a step that is told after the end does not open it"
    loop.apply(pursued(PursuitOpened, "s1", 40))
    assert story(loop)[-1] == f"scheduled {KEEP}"
    early.apply(pursued(PursuitClosed, "s1", 5))
    early.apply(pursued(PursuitOpened, "s1", 0.5, 6))
    assert not early.published


def test_done_counts_as_a_step() -> None:
    loop = member()
    loop.apply(pursued(PursuitOpened, "s1", 0.5))
    loop.run_until(at(22))
    loop.apply(answer(FollowupDone, "pursuit/s1/keep_at_it/2026-03-02", 23))
    assert story(loop)[-2:] == [f"completed {KEEP}", f"scheduled {KEEP}"]
    assert loop.heard(FollowupScheduled)[-1].due_at == hour(44, 9)


def test_whoever_was_met_at_a_gathering_is_to_be_invited_the_day_after() -> None:
    loop = member()
    loop.apply(attended("g1", 0.8, None, "ada", "bob", "cyd"))
    loop.run_until(at(20))
    assert story(loop) == [f"scheduled {AFTER}", f"due {AFTER} 1", f"lapsed {AFTER}"]
    assert said_at(loop, AFTER) == [hour(1, 9)]
    text = loop.heard(FollowupDue)[0].text
    assert text == "The robot evening: you met Ada and 2 others. Invite those you liked, and say why."


@pytest.mark.parametrize(
    ("events", "ended"),
    [
        ([sent("i1", 1, None, "bob")], [f"completed {AFTER}"]),
        ([sent("i1", 0.2, 1, "bob")], []),
        ([connected("ada", -9, 1)], []),
        ([connected("ada", -9, 1), connected("bob", 1)], [f"cancelled {AFTER}"]),
        ([about(ContactMuted, "ada", 1), about(ContactMuted, "bob", 1)], [f"cancelled {AFTER}"]),
        ([answer(FollowupDismissed, "gathering/g1/after_gathering/2026-03-02", 1)], [f"cancelled {AFTER}"]),
    ],
)
def test_an_invite_to_one_of_them_ends_it_and_so_does_having_nobody_to_invite(
    events: list[Event], ended: list[str]
) -> None:
    loop = member()
    loop.apply(attended("g1", 0.8, None, "ada", "bob"))
    loop.apply(*events)
    assert story(loop, AFTER)[1:] == ended


def test_a_gathering_where_nobody_was_met_and_an_old_one_are_left_alone() -> None:
    loop = member()
    loop.apply(attended("g1", 0.8), attended("g2", -30, 0.8, "ada"))
    assert story(loop, AFTER) == []


@pytest.mark.parametrize("rule", [PROMISE, GIVE, KEEP, AFTER])
def test_a_rule_that_is_switched_off_says_nothing(rule: str) -> None:
    loop = member()
    loop.apply(wishes(0, rules={rule: {"on": False}}))
    loop.apply(promised("p1", 10), about(HelpReceived, "ada", 1), about(HelpReceived, "ada", 2))
    loop.apply(pursued(PursuitOpened, "s1", 1), attended("g1", 1, None, "zed"))
    loop.run_until(at(60))
    assert story(loop, rule) == []
    assert story(loop), "the others do"
