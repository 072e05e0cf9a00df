"""The rules of *followups*, one by one: what starts a follow-up, when it is due, what ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts import (
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDone,
    FollowupDue,
    FollowupRescheduled,
    FollowupScheduled,
    InviteDeclined,
    InviteExpired,
    InviteReported,
    InviteRetracted,
    InviteWithdrawn,
    MessageSent,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    about,
    accepted,
    answer,
    answered,
    at,
    connected,
    event,
    hour,
    member,
    requested,
    sent,
    snoozed,
    story,
)

THANK_ADA = "contact/ada/thank/2026-03-02"


def test_thanks_are_due_the_next_morning_once_more_and_then_let_go() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(60))
    assert story(loop) == ["scheduled thank", "due thank 1", "due thank 2", "lapsed thank"]
    assert [said.time for said in loop.published[1:]] == [hour(1, 9), hour(4, 9), hour(11, 9)]
    plan = loop.heard(FollowupScheduled)[0]
    assert (plan.followup_id, plan.due_at, plan.due_local.isoformat()) == (THANK_ADA, hour(1, 9), "2026-03-03T09:00:00")
    assert (plan.contact_id, plan.because.type) == ("ada", "rapport.contact.connected")
    due = loop.heard(FollowupDue)[0]
    assert due.text == "Say thank you to Ada: what drew you to each other?"
    assert [one.push for one in loop.heard(FollowupDue)] == [True, False], "once at its hour, then with the digest"
    assert loop.published[1].expires == hour(2, 9)
    assert loop.published[0].causation == loop.published[1].causation == plan.because.id


@pytest.mark.parametrize("thanks", [ThanksSent, MessageSent])
def test_thanks_or_the_first_message_complete_it(thanks: type[ThanksSent]) -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(2))
    loop.apply(about(thanks, "ada", 2))
    loop.run_until(at(60))
    assert story(loop, "thank") == ["scheduled thank", "due thank 1", "completed thank"]
    assert loop.heard(FollowupCompleted)[0].because.type == thanks.TYPE


def test_a_message_from_before_the_connection_is_no_thanks() -> None:
    loop = member()
    loop.apply(about(MessageSent, "ada", -30), connected("ada", 0.6))
    assert story(loop) == ["scheduled thank"]


def test_a_connection_is_thanked_once_however_it_is_reported() -> None:
    loop = member()
    loop.apply(accepted("i1", 0.5))
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(60))
    loop.apply(connected("ada", 61), accepted("i2", 62))
    loop.run_until(at(120))
    assert [one.followup_id for one in loop.heard(FollowupScheduled)] == [THANK_ADA]


def test_an_end_that_comes_before_its_start_leaves_nothing_to_say() -> None:
    loop = member()
    loop.apply(about(ThanksSent, "ada", 1))
    loop.apply(connected("ada", 0.6, 1))
    loop.apply(accepted("i1", 3))
    loop.apply(sent("i1", 2.5, 3))
    loop.apply(answer(FollowupDone, "r1", 4))
    loop.apply(requested("r1", "2026-03-20T10:00", 3.5, 4))
    loop.run_until(at(60))
    assert story(loop, "thank", "no_answer_yet", "own_reminder") == []


def test_an_old_connection_that_is_only_told_now_starts_nothing() -> None:
    loop = member()
    loop.apply(connected("ada", -15, 0), sent("i1", -15, 0), connected("bob", -13, 0))
    loop.apply(connected("ada", 0, 1))
    assert [one.contact_id for one in loop.heard(FollowupScheduled)] == ["bob"]


def test_a_started_follow_up_stays_where_an_import_repeats_its_reason_with_another_time() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.apply(connected("ada", 0, 0.9), connected("ada", -900, 0.9), connected("ada", 0.6, 0.9))
    loop.run_until(hour(1, 10))
    assert story(loop) == ["scheduled thank", "due thank 1"]


@pytest.mark.parametrize("parting", [ContactRemoved, ContactMuted])
def test_removing_or_muting_a_person_ends_all_of_their_follow_ups(parting: type[ContactMuted]) -> None:
    loop = member()
    loop.apply(connected("ada", 0.6), sent("i9", 0.6), requested("r1", "2026-03-20T10:00", 0.6, contact_id="ada"))
    loop.apply(about(parting, "ada", 0.7))
    loop.apply(about(ContactUnmuted, "ada", 30))
    loop.run_until(at(60))
    assert sorted(one.rule for one in loop.heard(FollowupCancelled)) == ["no_answer_yet", "own_reminder", "thank"]
    assert {one.because.type for one in loop.heard(FollowupCancelled)} == {parting.TYPE}
    assert not loop.heard(FollowupDue)


def test_a_reminder_that_is_asked_for_after_muting_comes_all_the_same() -> None:
    loop = member()
    loop.apply(about(ContactMuted, "ada", 0))
    loop.apply(connected("ada", 0.5), requested("r1", "2026-03-20T10:00", 1, contact_id="ada"))
    loop.run_until(at(19))
    assert story(loop) == ["scheduled own_reminder", "due own_reminder 1"]


def test_an_invite_without_answer_is_remembered_after_a_week_at_its_own_hour() -> None:
    loop = member()
    loop.apply(sent("i1", 0.6))
    loop.run_until(at(60))
    assert story(loop) == ["scheduled no_answer_yet", "due no_answer_yet 1", "lapsed no_answer_yet"]
    plan = loop.heard(FollowupScheduled)[0]
    assert (plan.due_at, plan.about, plan.contact_id) == (at(7.6), "invite/i1", "ada")
    assert plan.followup_id == "invite/i1/no_answer_yet/2026-03-02"


def test_an_accepted_invite_completes_it_and_so_does_the_connection_that_it_led_to() -> None:
    loop = member()
    loop.apply(sent("i1", 0), sent("i2", 0, contact="bob"))
    loop.apply(accepted("i1", 1), connected("bob", 1, via_invite="i2"))
    assert [one.followup_id for one in loop.heard(FollowupCompleted)] == [
        "invite/i1/no_answer_yet/2026-03-02",
        "invite/i2/no_answer_yet/2026-03-02",
    ]


@pytest.mark.parametrize("end", [InviteDeclined, InviteReported, InviteWithdrawn, InviteRetracted, InviteExpired])
def test_an_invite_that_ended_otherwise_cancels_it(end: type[InviteDeclined]) -> None:
    loop = member()
    loop.apply(sent("i1", 0))
    loop.apply(answered(end, "i1", 3, age_days=3, by="rule"))
    loop.run_until(at(60))
    assert story(loop) == ["scheduled no_answer_yet", "cancelled no_answer_yet"]
    assert loop.heard(FollowupCancelled)[0].because.type == end.TYPE


def test_an_answer_to_a_lapsed_follow_up_completes_it_once() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(20))
    loop.apply(about(ThanksSent, "ada", 20))
    loop.apply(about(MessageSent, "ada", 21), answer(FollowupDone, THANK_ADA, 22))
    assert story(loop, "thank")[-2:] == ["lapsed thank", "completed thank"]


def test_a_snooze_brings_it_back_at_its_time_even_after_the_last_step() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(5))
    loop.apply(snoozed(THANK_ADA, 20.5, 5))
    loop.run_until(at(60))
    assert story(loop)[2:] == ["due thank 2", "rescheduled thank", "due thank 3", "lapsed thank"]
    assert loop.heard(FollowupRescheduled)[0].because.type == "rapport.followup.snoozed"
    assert [said.time for said in loop.published[-3:]] == [at(5), at(20.5), at(27.5)]


@pytest.mark.parametrize("first", [20.5, 30.5])
def test_of_two_snoozes_the_later_one_holds_in_whatever_order_they_are_read(first: float) -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(5))
    earlier, later = snoozed(THANK_ADA, first, 5), snoozed(THANK_ADA, 25.5, 5.1, 5.2)
    loop.apply(*((earlier, later) if first < 25 else (later, earlier)))
    loop.run_until(at(60))
    assert [said.time for said in loop.published if isinstance(said.data, FollowupDue)][-1] == at(25.5)


def test_a_snooze_without_a_time_lasts_until_the_next_step_or_a_day() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6), requested("r1", "2026-03-03T10:00"))
    loop.run_until(at(2))
    loop.apply(snoozed(THANK_ADA, None, 2), snoozed("r1", None, 2))
    assert {one.rule: one.due_at for one in loop.heard(FollowupRescheduled)} == {
        "thank": hour(4, 9),
        "own_reminder": hour(3, 10),
    }


def test_two_steps_keep_their_distance_when_the_first_one_is_late() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.sleep_until(at(30.5))
    loop.run_until(at(60))
    assert [said.time for said in loop.published[1:3]] == [at(30.5), hour(33, 9)]


def test_a_repetition_changes_nothing() -> None:
    loop = member()
    first = connected("ada", 0.6)
    loop.apply(first)
    loop.run_until(at(60))
    before = (dict(loop.items), len(loop.published))
    again = event(first.data, 0.6, 59, first.id)
    loop.apply(again, again)
    assert (loop.items, len(loop.published)) == before
    assert loop.now - timedelta(days=60) <= at(0)
