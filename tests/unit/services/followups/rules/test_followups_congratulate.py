"""The rule `congratulate`: each new job of a contact, told within two weeks, is worth good wishes the morning after."""

from __future__ import annotations

import pytest

from shared.contracts import (
    CallHeld,
    ContactJobChanged,
    FollowupDone,
    FollowupDue,
    FollowupScheduled,
    Interaction,
    MessageSent,
    NoteAdded,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import about, answer, at, hour, member, story

CONGRATULATE, PROPOSE = "congratulate", "propose_meeting"


def test_a_new_job_is_worth_good_wishes_the_morning_after() -> None:
    loop = member()
    loop.apply(about(ContactJobChanged, "ada", 0.6))
    loop.run_until(at(60))
    assert story(loop) == [f"scheduled {CONGRATULATE}", f"due {CONGRATULATE} 1", f"lapsed {CONGRATULATE}"]
    assert loop.published[1].time == hour(1, 9)


@pytest.mark.parametrize("kind", [MessageSent, ThanksSent, CallHeld])
@pytest.mark.parametrize("day", [0.6, 0.7])
def test_a_message_thanks_or_a_call_after_a_new_job_are_good_wishes(kind: type[Interaction], day: float) -> None:
    loop = member()
    loop.apply(about(ContactJobChanged, "ada", 0.6), about(kind, "ada", day))
    loop.run_until(at(60))
    assert loop.heard(FollowupDue) == [] or {due.rule for due in loop.heard(FollowupDue)} == {PROPOSE}


def test_a_message_before_a_new_job_and_another_kind_of_word_are_none() -> None:
    loop = member()
    loop.apply(about(CallHeld, "ada", 0.5), about(ContactJobChanged, "ada", 0.6), about(NoteAdded, "ada", 0.7))
    loop.run_until(at(3))
    assert [due.rule for due in loop.heard(FollowupDue)] == [CONGRATULATE]


@pytest.mark.parametrize(("logged", "begins"), [(14, True), (14.01, False)])
def test_each_new_job_counts_if_it_was_told_within_two_weeks(logged: float, begins: bool) -> None:
    """That the first one was told in time does not help the next: forget `STARTING_EACH`, and it does."""
    loop = member()
    loop.apply(about(ContactJobChanged, "ada", -300))
    loop.run_until(at(0))
    loop.apply(about(ContactJobChanged, "ada", 0, logged))
    loop.run_until(at(60))
    assert len(loop.heard(FollowupScheduled)) == 1 + begins


def test_the_next_job_moves_what_was_not_said_and_asks_again_where_it_was() -> None:
    loop = member()
    loop.apply(about(ContactJobChanged, "ada", 0.6))
    loop.apply(about(ContactJobChanged, "ada", 1.1))
    assert story(loop)[1:] == [f"rescheduled {CONGRATULATE}"]
    loop.run_until(at(2.5))
    loop.apply(about(ContactJobChanged, "ada", 3))
    loop.apply(about(MessageSent, "ada", 3.1))
    loop.run_until(at(60))
    assert story(loop, CONGRATULATE)[2:] == [
        f"due {CONGRATULATE} 1",
        f"cancelled {CONGRATULATE}",
        f"scheduled {CONGRATULATE}",
        f"completed {CONGRATULATE}",
    ]


def test_done_counts_as_a_message_and_is_about_one_new_job_alone() -> None:
    loop = member()
    loop.apply(about(ContactJobChanged, "ada", 0.6))
    loop.run_until(at(2))
    loop.apply(answer(FollowupDone, loop.heard(FollowupScheduled)[0].followup_id, 2))
    loop.apply(about(ContactJobChanged, "ada", 30))
    loop.run_until(at(60))
    assert [due.rule for due in loop.heard(FollowupDue)] == [CONGRATULATE, CONGRATULATE]
    assert len({due.followup_id for due in loop.heard(FollowupDue)}) == 2
