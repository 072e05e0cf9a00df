"""The rules about meetings: proposed, agreed, moved, called off, held."""

from __future__ import annotations

import pytest

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
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingProposed,
    MeetingRescheduled,
    MessageReceived,
    MessageSent,
    NoteAdded,
    PromiseMade,
)
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    answer,
    at,
    connected,
    event,
    hour,
    member,
    met,
    planned,
    prepared,
    story,
    told,
    wishes,
)

TODAY, BEFORE, AFTER = "meeting_today", "prepare_questions", "did_it_happen"
NO_QUIET = {"quiet_hours": {"from": "00:00", "to": "00:00"}}


def met_by_plan(*rules: str) -> FollowupsLoop:
    """Lunch with Ada on day 5 at noon, agreed on day 0; the other rules are off."""
    loop = member()
    off = {rule: {"on": False} for rule in (TODAY, BEFORE, AFTER) if rule not in rules}
    loop.apply(*([wishes(-1, rules=off)] if off else []), connected("ada", -20, -1))
    loop.apply(planned("k1", 5.5))
    return loop


def test_a_meeting_is_prepared_announced_and_asked_about() -> None:
    loop = met_by_plan(TODAY, BEFORE, AFTER)
    loop.run_until(at(5.9))
    due = [(one.time, one.data.rule) for one in loop.published if isinstance(one.data, FollowupDue)]
    assert due == [(hour(4, 17), BEFORE), (hour(5, 10), TODAY), (hour(5, 15), AFTER)]
    assert all(one.push and one.starts_at == at(5.5) and one.contact_id == "ada" for one in loop.heard(FollowupDue))
    expires = [one.expires for one in loop.published if isinstance(one.data, FollowupDue)]
    assert expires == [at(5.5), at(5.5), hour(6, 15)]
    plan = loop.heard(FollowupScheduled)[0]
    assert (plan.about, plan.because.type, plan.starts_at) == ("meeting/k1", "rapport.meeting.scheduled", at(5.5))
    assert [one.text for one in loop.heard(FollowupDue)] == [
        "Lunch with Ada tomorrow at 12:00: what would you like to ask, and what can you offer?",
        "Lunch with Ada today at 12:00",
        "Lunch with Ada was planned for today at 12:00: did it take place?",
    ]


def test_prepared_questions_need_no_reminder_and_stay_prepared_when_the_hour_moves() -> None:
    loop = met_by_plan(BEFORE)
    loop.apply(prepared("k1", 1))
    loop.apply(planned("k1", 9.5, 2, kind=MeetingRescheduled))
    loop.run_until(at(20))
    assert story(loop) == ["scheduled prepare_questions", "completed prepare_questions"]


def test_who_will_not_prepare_is_not_asked_again_when_the_hour_moves() -> None:
    loop = met_by_plan(BEFORE)
    loop.apply(answer(FollowupDismissed, loop.heard(FollowupScheduled)[0].followup_id, 1))
    loop.apply(planned("k1", 9.5, 2, kind=MeetingRescheduled))
    loop.run_until(at(20))
    assert story(loop) == ["scheduled prepare_questions", "cancelled prepare_questions"]


def test_what_is_near_already_is_said_at_once_and_what_began_is_not_said() -> None:
    loop = member()
    loop.apply(planned("k1", 0.55, 0.5), planned("k2", 0.4, 0.5))
    assert story(loop, TODAY, BEFORE) == ["scheduled meeting_today"], "of two in the same instant one comes"
    loop.run_until(at(0.5))
    assert [one.time for one in told(loop, TODAY, BEFORE)[1:]] == [at(0.5)]
    assert {plan.due_at for plan in loop.heard(FollowupScheduled) if plan.rule in (TODAY, BEFORE)} == {at(0.5)}


def test_a_meeting_that_moves_takes_along_what_was_not_said_yet() -> None:
    loop = met_by_plan(TODAY, BEFORE, AFTER)
    loop.run_until(at(3))
    loop.apply(planned("k1", 8.5, 3, kind=MeetingRescheduled))
    loop.apply(planned("k1", 4.5, 3.2, kind=MeetingRescheduled))
    assert {one.followup_id for one in loop.heard(FollowupRescheduled)} == {
        one.followup_id for one in loop.heard(FollowupScheduled)
    }
    loop.run_until(at(6))
    assert [one.time for one in loop.published if isinstance(one.data, FollowupDue)] == [
        hour(3, 17),
        hour(4, 10),
        hour(4, 15),
    ]


def test_a_meeting_that_moves_after_it_was_announced_is_announced_for_its_new_hour() -> None:
    loop = met_by_plan(TODAY)
    loop.run_until(hour(5, 11))
    loop.apply(planned("k1", 6.5, 5 + 11 / 24, kind=MeetingRescheduled))
    assert story(loop) == [
        "scheduled meeting_today",
        "due meeting_today 1",
        "cancelled meeting_today",
        "scheduled meeting_today",
    ]
    loop.run_until(at(20))
    dues = [(one.time, one.data.starts_at) for one in loop.published if isinstance(one.data, FollowupDue)]
    assert dues == [(hour(5, 10), at(5.5)), (hour(6, 10), at(6.5))]
    assert len({one.followup_id for one in loop.heard(FollowupScheduled)}) == 2


def test_the_same_hour_told_again_is_no_move() -> None:
    loop = met_by_plan(TODAY, BEFORE, AFTER)
    loop.run_until(hour(5, 11))
    before = len(loop.published)
    loop.apply(
        planned("k1", 5.5, 3, 5.45), planned("k1", 5.5 + 1 / 24, 5.46, kind=MeetingRescheduled, zone="Europe/Paris")
    )
    assert len(loop.published) == before


def test_a_meeting_that_is_called_off_and_agreed_anew_is_announced() -> None:
    loop = met_by_plan(TODAY)
    loop.apply(met(MeetingCancelled, "k1", 2))
    assert story(loop) == ["scheduled meeting_today", "cancelled meeting_today"]
    loop.apply(planned("k1", 5.5, 1, 2.5))
    assert len(loop.published) == 2, "that was before it was called off"
    loop.apply(planned("k1", 5.5, 3))
    loop.run_until(at(20))
    assert story(loop)[2:] == ["scheduled meeting_today", "due meeting_today 1", "lapsed meeting_today"]


def test_an_announcement_never_comes_after_the_start() -> None:
    loop = member()
    loop.apply(planned("k1", 5 + 7 / 24))
    assert story(loop, TODAY) == [], "quiet hours end at eight"
    loop.apply(wishes(1, quiet_hours={"to": "05:00"}))
    assert story(loop, TODAY) == ["scheduled meeting_today"]
    loop.apply(wishes(2, quiet_hours={"to": "10:00"}))
    loop.run_until(at(20))
    assert story(loop, TODAY) == ["scheduled meeting_today", "cancelled meeting_today"]
    assert told(loop, TODAY)[-1].time == hour(5, 7)


def test_a_meeting_in_the_morning_is_announced_when_quiet_hours_end() -> None:
    loop = member()
    loop.apply(planned("k1", 5 + 9 / 24))
    loop.run_until(at(20))
    assert [one.time for one in told(loop, TODAY)[1:]] == [hour(5, 8), hour(5, 9)]
    assert loop.heard(FollowupDue)[1].push


def test_what_is_announced_does_not_go_quiet_for_want_of_an_answer() -> None:
    loop = member()
    for number in range(6):
        loop.apply(planned(f"k{number}", 5.5 + number, number))
        loop.run_until(at(6 + number))
    assert story(loop, TODAY).count("due meeting_today 1") == 6


def test_an_announcement_follows_the_hours_that_the_member_sets() -> None:
    loop = met_by_plan(TODAY)
    loop.apply(wishes(1, rules={TODAY: {"offsets_hours": [1, 24]}}))
    loop.run_until(at(20))
    assert [one.time for one in loop.published if isinstance(one.data, FollowupDue)] == [at(4.5), hour(5, 11)]
    assert story(loop)[-1] == "lapsed meeting_today"
    assert loop.published[-1].time == at(5.5)


def test_two_hours_before_are_two_hours_when_clocks_change() -> None:
    loop = member()
    loop.apply(wishes(-1, zone="Europe/Paris", **NO_QUIET))
    loop.apply(planned("k1", 27 + 3.5 / 24, 20, zone="Europe/Paris"))
    loop.run_until(at(40))
    plan = next(plan for plan in loop.heard(FollowupScheduled) if plan.rule == TODAY)
    assert (plan.due_at, plan.due_local.isoformat()) == (at(26 + 23.5 / 24), "2026-03-29T00:30:00")


@pytest.mark.parametrize("fate", [MeetingHeld, MeetingMissed])
def test_whoever_tells_what_became_of_it_is_not_asked(fate: type[MeetingHeld]) -> None:
    loop = met_by_plan(AFTER)
    loop.apply(met(fate, "k1", 5.6))
    assert story(loop, AFTER) == ["scheduled did_it_happen", "completed did_it_happen"]
    assert loop.heard(FollowupCompleted)[0].because.type == fate.TYPE


def missed(*events: Event) -> FollowupsLoop:
    """The lunch of day 5 did not take place, and what happened then."""
    loop = member()
    loop.apply(connected("ada", -20, -1), planned("k1", 5.5), met(MeetingMissed, "k1", 5.7))
    for one in events:
        loop.run_until(one.logged)
        loop.apply(one)
    loop.run_until(at(8))
    return loop


@pytest.mark.parametrize(
    ("then", "end"),
    [
        (planned("k1", 9.5, 5.9), "completed"),
        (met(MeetingProposed, "k1", 5.9), "completed"),
        (met(MeetingHeld, "k1", 5.9), "completed"),
        (about(MessageSent, "ada", 5.9), "completed"),
        (met(MeetingDeclined, "k1", 5.9), "cancelled"),
        (met(MeetingCancelled, "k1", 5.9), "cancelled"),
    ],
    ids=lambda one: one if isinstance(one, str) else one.data.TYPE,
)
def test_another_day_is_offered_until_there_is_one_or_none_is_wanted(then: Event, end: str) -> None:
    assert told(missed(), "another_day")[1].time == hour(6, 9)
    assert story(missed(then), "another_day") == ["scheduled another_day", f"{end} another_day"]


def test_a_meeting_that_is_told_only_when_it_is_over_is_not_asked_about() -> None:
    loop = member()
    loop.apply(planned("k1", 4.5, 5, 5), met(MeetingHeld, "k1", 4.5, 5))
    loop.run_until(at(5.3))
    assert story(loop) == ["scheduled after_meeting", "scheduled second_meeting"]


def test_done_says_that_the_meeting_was_held() -> None:
    loop = met_by_plan(AFTER)
    loop.run_until(at(6))
    loop.apply(answer(FollowupDone, "meeting/k1/did_it_happen/2026-03-02", 6))
    assert story(loop) == [
        "scheduled did_it_happen",
        "due did_it_happen 1",
        "completed did_it_happen",
        "scheduled after_meeting",
        "scheduled second_meeting",
    ]
    assert {plan.because.type for plan in loop.heard(FollowupScheduled)[1:]} == {FollowupDone.TYPE}


def test_after_a_meeting_the_member_is_asked_next_morning_unless_words_followed() -> None:
    loop = member()
    loop.apply(planned("k1", 5.5), planned("k2", 5.5, 0, 0, "bob"), planned("k3", 5.5, 0, 0, "cyd"))
    loop.apply(met(MeetingHeld, "k1", 5.7), met(MeetingHeld, "k2", 5.7, 5.7, "bob"))
    loop.apply(about(NoteAdded, "bob", 5.55, 5.71))
    assert story(loop, "after_meeting") == ["scheduled after_meeting"] * 2 + ["completed after_meeting"]
    loop.run_until(at(7))
    assert [due.text for due in loop.heard(FollowupDue) if due.rule == "after_meeting"] == [
        "After your lunch with somebody you know: say thank you, and write down what you promised each other."
    ]
    promise = {"promise_id": "p1", "contact_id": "ada", "due": "2026-04-01T10:00"}
    loop.apply(event(PromiseMade.model_validate(promise), 7))
    assert story(loop, "after_meeting")[-1] == "completed after_meeting"
    assert told(loop, "after_meeting")[-2].time == hour(6, 9)


def test_an_open_proposal_is_remembered_twice_and_ends_with_any_answer() -> None:
    loop = member()
    loop.apply(met(MeetingProposed, "k1", 0.6), met(MeetingProposed, "k2", 0.6, 0.6, "bob"))
    loop.run_until(at(60))
    assert [one.time for one in told(loop, "proposal_unanswered")[2::2]] == [at(5.6), at(14.6), hour(22, 4)]
    for end, story_end in (
        (planned("k1", 9.5, 3), "completed"),
        (about(MessageReceived, "ada", 3), "completed"),
        (met(MeetingDeclined, "k1", 3), "cancelled"),
        (met(MeetingCancelled, "k1", 3), "cancelled"),
    ):
        loop = member()
        loop.apply(met(MeetingProposed, "k1", 0.6), about(MessageReceived, "ada", 0))
        loop.apply(end)
        assert story(loop, "proposal_unanswered") == [
            "scheduled proposal_unanswered",
            f"{story_end} proposal_unanswered",
        ]


def test_a_meeting_of_several_people_goes_on_without_the_one_who_is_muted() -> None:
    loop = member()
    loop.apply(connected("ada", -30, 0), connected("bob", -30, 0), planned("k1", 5.5, 0, 0, "ada", "bob"))
    loop.apply(about(ContactMuted, "bob", 1))
    assert not loop.heard(FollowupCancelled)
    loop.run_until(at(5.45))
    assert loop.heard(FollowupDue)[-1].text == "Lunch with Ada and one other today at 12:00"
    loop.apply(about(ContactMuted, "ada", 5.46))
    assert {one.rule for one in loop.heard(FollowupCancelled)} == {BEFORE, TODAY, AFTER}
