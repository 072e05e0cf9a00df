"""The rules about invites beside `no_answer_yet`: saying why, asking why, and an answer of one's own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.contracts import (
    ContactMuted,
    Event,
    FollowupCompleted,
    FollowupDone,
    FollowupDue,
    FollowupScheduled,
    InviteAccepted,
    InviteDeclined,
    InviteExpired,
    InviteReported,
    InviteRetracted,
    InviteWhyAsked,
    InviteWhyGiven,
    InviteWithdrawn,
    MessageSent,
)
from tests.unit.services.followups.followups_world import (
    about,
    answer,
    answered,
    at,
    connected,
    event,
    hour,
    member,
    received,
    sent,
    story,
    told,
    wishes,
)


def test_an_invite_without_why_stands_in_the_next_digest_once() -> None:
    loop = member()
    loop.apply(wishes(0, zone="Europe/Paris", digest={"weekday": "wed", "time": "07:30"}))
    loop.apply(sent("i1", 0.6, why=None), sent("i2", 0.6))
    plan = loop.heard(FollowupScheduled)[0]
    assert (plan.followup_id, plan.due_at) == ("invite/i1/say_why/2026-03-02", datetime(2026, 3, 4, 6, 30, tzinfo=UTC))
    loop.run_until(at(60))
    assert story(loop, "say_why") == ["scheduled say_why", "due say_why 1", "lapsed say_why"]
    assert not loop.heard(FollowupDue)[0].push


def test_another_day_of_the_digest_moves_it() -> None:
    loop = member()
    loop.apply(sent("i1", 0.6, why=None))
    loop.apply(wishes(1, digest={"every": "daily", "time": "10:00"}))
    loop.run_until(at(8))
    assert [said.time for said in told(loop, "say_why")] == [at(0.6), at(1), hour(1, 10)]


def test_an_old_invite_that_is_told_within_the_horizon_waits_for_the_digest_to_come() -> None:
    loop = member()
    loop.apply(sent("i1", -12, 0.6, why=None), sent("i2", -15, 0.6, why=None))
    assert [plan.due_at for plan in loop.heard(FollowupScheduled) if plan.rule == "say_why"] == [hour(7, 8)]


@pytest.mark.parametrize(
    "end",
    [
        event(InviteWhyGiven(invite_id="i1"), 2),
        about(MessageSent, "ada", 2),
        sent("i1", 2, why="You spoke about looms."),
        answered(InviteAccepted, "i1", 2),
        answered(InviteDeclined, "i1", 2),
        answered(InviteRetracted, "i1", 2, age_days=2, by="rule"),
        about(ContactMuted, "ada", 2),
    ],
)
def test_a_word_or_an_answer_ends_it(end: Event) -> None:
    early, late = member(), member()
    late.apply(sent("i1", 0.6, why=None))
    late.apply(end)
    assert story(late, "say_why") in (
        ["scheduled say_why", "completed say_why"],
        ["scheduled say_why", "cancelled say_why"],
    )
    early.apply(end)
    early.apply(sent("i1", 0.6, 2, why=None))
    assert story(early, "say_why") == [], "it came before its reason"


def test_the_reason_given_by_an_invite_that_is_told_again_is_named_as_such() -> None:
    loop = member()
    loop.apply(sent("i1", 0.6, why=None))
    loop.apply(sent("i1", 0.7, why="You spoke about looms."))
    assert [one.because.type for one in loop.heard(FollowupCompleted)] == ["rapport.invite.sent"]


def test_whoever_invites_without_why_is_asked_next_morning() -> None:
    loop = member()
    loop.apply(received("i1", 0.6, why=None), received("i2", 0.6, contact="bob"))
    loop.run_until(at(2))
    assert story(loop, "ask_why") == ["scheduled ask_why", "due ask_why 1"]
    assert told(loop, "ask_why")[1].time == hour(1, 9)
    assert loop.heard(FollowupDue)[0].text == "Ada would like to connect: ask what brought them to you."
    loop.apply(event(InviteWhyAsked(invite_id="i1"), 2))
    assert story(loop, "ask_why")[-1] == "completed ask_why"


def test_an_invite_received_is_remembered_twice_and_then_left_in_peace() -> None:
    loop = member()
    loop.apply(received("i1", 0.6))
    loop.run_until(at(60))
    assert story(loop) == [
        "scheduled answer_invite",
        "due answer_invite 1",
        "due answer_invite 2",
        "lapsed answer_invite",
    ]
    assert [said.time for said in loop.published[1:]] == [at(3.6), at(7.6), hour(15, 4)]


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (answered(InviteAccepted, "i1", 2), "completed"),
        (answered(InviteDeclined, "i1", 2), "completed"),
        (answered(InviteReported, "i1", 2), "completed"),
        (connected("ada", 2, via_invite="i1"), "completed"),
        (answered(InviteWithdrawn, "i1", 2), "cancelled"),
        (answered(InviteExpired, "i1", 2, age_days=2), "cancelled"),
    ],
)
def test_any_answer_ends_what_is_asked_of_an_invite_received(end: Event, how: str) -> None:
    loop = member()
    loop.apply(received("i1", 0.6, why=None))
    loop.apply(end)
    assert story(loop, "answer_invite") == ["scheduled answer_invite", f"{how} answer_invite"]
    assert story(loop, "ask_why") == ["scheduled ask_why", "cancelled ask_why"]


def test_done_counts_as_what_was_asked_for() -> None:
    loop = member()
    loop.apply(received("i1", 0.6, why=None), sent("i2", 0.6, contact="bob", why=None))
    for plan in loop.heard(FollowupScheduled):
        loop.apply(answer(FollowupDone, plan.followup_id, 1))
    loop.run_until(at(60))
    assert len(loop.heard(FollowupCompleted)) == 4
    assert not loop.heard(FollowupDue)
