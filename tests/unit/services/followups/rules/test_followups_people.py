"""The rules about people beside `thank`: meet them, meet them again, stay in touch."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from services.followups.rules.people import OPEN_PROPOSALS_MAX
from services.followups.rules.table import RULES
from shared.contracts import (
    CallHeld,
    ContactMuted,
    ContactUnmuted,
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
    Interaction,
    IntroductionMade,
    MeetingCancelled,
    MeetingHeld,
    MeetingProposed,
    MessageReceived,
    MessageSent,
    NoteAdded,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    about,
    answer,
    at,
    cadence,
    connected,
    hour,
    member,
    met,
    planned,
    snoozed,
    story,
    told,
)

PROPOSE, SECOND, TOUCH = "propose_meeting", "second_meeting", "stay_in_touch"


def test_thanks_lead_to_a_proposal_to_meet_twice() -> None:
    loop = member()
    loop.apply(about(ThanksSent, "ada", 0.6))
    loop.run_until(at(60))
    assert story(loop) == [f"scheduled {PROPOSE}", f"due {PROPOSE} 1", f"due {PROPOSE} 2", f"lapsed {PROPOSE}"]
    assert [said.time for said in loop.published[1:]] == [at(3.6), at(10.6), at(17.6)]
    assert not loop.heard(FollowupDue)[0].push


@pytest.mark.parametrize(
    "end",
    [
        about(CallHeld, "ada", 2),
        met(MeetingProposed, "k1", 2),
        planned("k1", 9.5, 2),
        planned("k1", 9.5, 0.1, 2),
        met(MeetingHeld, "k1", 2),
        met(MeetingHeld, "k1", -40, 2),
        about(ContactMuted, "ada", 2),
    ],
)
def test_a_meeting_in_sight_or_a_call_ends_it(end: Event) -> None:
    late, early = member(), member()
    late.apply(about(ThanksSent, "ada", 0.6))
    late.apply(end)
    assert story(late, PROPOSE)[1:] in ([f"completed {PROPOSE}"], [f"cancelled {PROPOSE}"])
    early.apply(end)
    early.apply(about(ThanksSent, "ada", 0.6, 2))
    assert story(early, PROPOSE) == []


def test_the_first_message_to_somebody_new_counts_as_thanks_and_so_does_done() -> None:
    loop = member()
    loop.apply(*(connected(name, 0.5) for name in ("ada", "bob", "cyd")), about(MessageSent, "ada", 0, 0.5))
    loop.apply(about(MessageSent, "bob", 1), answer(FollowupDone, "contact/cyd/thank/2026-03-02", 1))
    assert [plan.contact_id for plan in loop.heard(FollowupScheduled) if plan.rule == PROPOSE] == ["bob", "cyd"]


def test_at_most_three_proposals_are_open_and_the_next_one_starts_when_one_ends() -> None:
    loop = member()
    names = [f"c{number}" for number in range(6)]
    loop.apply(*(about(ThanksSent, name, 0.1 * number, 0.6) for number, name in enumerate(names)))
    assert story(loop) == [f"scheduled {PROPOSE}"] * OPEN_PROPOSALS_MAX
    first, *_ = (plan.contact_id or "" for plan in loop.heard(FollowupScheduled))
    loop.apply(about(CallHeld, first, 1))
    assert story(loop)[3:] == [f"completed {PROPOSE}", f"scheduled {PROPOSE}"]
    loop.run_until(at(120))
    assert {plan.contact_id for plan in loop.heard(FollowupScheduled)} <= set(names)
    opened = 0
    for said in loop.published:
        opened += isinstance(said.data, FollowupScheduled) - (said.type in ENDS)
        assert opened <= OPEN_PROPOSALS_MAX


ENDS = {"rapport.followup.completed", "rapport.followup.cancelled", "rapport.followup.lapsed"}


def test_whose_thanks_were_a_message_gets_the_next_place_as_well() -> None:
    loop = member()
    loop.apply(*(connected(name, 0.5) for name in ("ada", "bob", "cyd", "dan")))
    loop.apply(*(about(MessageSent, name, 0.6) for name in ("ada", "bob", "cyd", "dan")))
    assert story(loop, PROPOSE) == [f"scheduled {PROPOSE}"] * 3
    opened = {plan.contact_id for plan in loop.heard(FollowupScheduled) if plan.rule == PROPOSE}
    loop.apply(about(ContactMuted, min(one for one in opened if one is not None), 1))
    assert story(loop, PROPOSE)[3:] == [f"cancelled {PROPOSE}", f"scheduled {PROPOSE}"]


def test_some_weeks_after_the_first_meeting_a_second_one_is_proposed() -> None:
    loop = member()
    loop.apply(connected("ada", -30, 0), met(MeetingHeld, "k1", 0.5))
    loop.run_until(at(60))
    assert [said.time for said in told(loop, SECOND)] == [at(0.5), at(21.5), at(35.5), hour(43, 4)]
    assert "Ada" in (next(due for due in loop.heard(FollowupDue) if due.rule == SECOND).text or "")
    loop.apply(met(MeetingHeld, "k2", 70))
    assert story(loop, SECOND)[-1] == f"completed {SECOND}", "the answer came after all"
    assert story(loop, SECOND).count(f"scheduled {SECOND}") == 1


@pytest.mark.parametrize(
    "end",
    [
        met(MeetingProposed, "k2", 2),
        planned("k2", 9.5, 2),
        planned("k2", 9.5, -3, 2),
        met(MeetingHeld, "k2", 2),
        about(ContactMuted, "ada", 2),
    ],
)
def test_another_meeting_ends_it_and_its_own_does_not(end: Event) -> None:
    loop = member()
    loop.apply(planned("k1", 0.4, -3), met(MeetingProposed, "k1", -5), met(MeetingHeld, "k1", 0.5))
    loop.apply(met(MeetingHeld, "k1", 0.6), planned("k1", 0.4, -2))
    assert story(loop, SECOND) == [f"scheduled {SECOND}"]
    loop.apply(end)
    assert story(loop, SECOND)[1:] in ([f"completed {SECOND}"], [f"cancelled {SECOND}"])


def test_without_a_cadence_nobody_is_asked_to_stay_in_touch() -> None:
    loop = member()
    loop.apply(about(MessageReceived, "ada", 0))
    loop.apply(cadence("ada", None, 1))
    assert story(loop) == []


@pytest.mark.parametrize(
    "kind", [MessageSent, MessageReceived, CallHeld, HelpGiven, HelpReceived, IntroductionMade, ThanksSent]
)
def test_every_interaction_starts_it_anew(kind: type[Interaction]) -> None:
    loop = member()
    loop.apply(about(MessageReceived, "ada", 0.5), cadence("ada", 20, 1))
    loop.apply(about(kind, "ada", 10.5))
    loop.run_until(at(31))
    loop.apply(about(kind, "ada", 31.5))
    assert story(loop, TOUCH) == [
        f"scheduled {TOUCH}",
        f"rescheduled {TOUCH}",
        f"due {TOUCH} 1",
        f"completed {TOUCH}",
        f"scheduled {TOUCH}",
    ]
    assert [plan.due_at for plan in loop.heard(FollowupScheduled) if plan.rule == TOUCH] == [hour(20, 9), hour(51, 9)]
    assert loop.heard(FollowupRescheduled)[0].due_at == hour(30, 9)
    assert loop.heard(FollowupCompleted)[-1].because.type == kind.TYPE


def test_until_the_two_are_in_touch_it_comes_again_after_half_of_a_long_cadence() -> None:
    loop = member()
    loop.apply(about(MessageReceived, "ada", 0.5), cadence("ada", 60, 1))
    loop.run_until(at(160))
    dues = [plan.due_at for plan in loop.heard(FollowupScheduled) if plan.rule == TOUCH]
    assert dues[:4] == [hour(60, 9), hour(90, 9), hour(120, 9), hour(150, 9)]


def test_a_short_cadence_comes_again_after_a_fortnight_and_not_sooner() -> None:
    loop = member()
    loop.apply(about(MessageReceived, "ada", 0.5), cadence("ada", 10, 1))
    loop.run_until(at(60))
    dues = [plan.due_at for plan in loop.heard(FollowupScheduled) if plan.rule == TOUCH]
    assert dues[:4] == [hour(10, 9), hour(24, 9), hour(38, 9), hour(52, 9)], "half of ten days is five"


def test_a_lively_day_is_told_once_and_a_note_is_no_interaction() -> None:
    loop = member()
    loop.apply(cadence("ada", 20, 1))
    for number in range(20):
        loop.apply(about(MessageSent, "ada", 10 + number / 40), about(NoteAdded, "ada", 15))
    assert story(loop, TOUCH) == [f"scheduled {TOUCH}", f"rescheduled {TOUCH}"]


def test_a_message_that_is_told_late_does_not_move_what_a_later_one_has_moved() -> None:
    loop = member()
    loop.apply(cadence("ada", 20, 0), about(MessageSent, "ada", 10.5))
    before = len(loop.published)
    loop.apply(about(MessageSent, "ada", 5, 11), about(MessageSent, "ada", -100, 11))
    assert len(loop.published) == before


def test_a_meeting_that_the_member_says_was_held_is_an_interaction_with_all_who_were_there() -> None:
    loop = member()
    loop.apply(*(cadence(name, 20, 0) for name in ("ada", "bob")), planned("k1", 5.5, 0, 0, "ada", "bob"))
    loop.apply(answer(FollowupDone, "meeting/k1/did_it_happen/2026-03-02", 6))
    moved = [one for one in loop.heard(FollowupRescheduled) if one.rule == TOUCH]
    assert {(one.contact_id, one.due_at) for one in moved} == {("ada", hour(26, 9)), ("bob", hour(26, 9))}


def test_done_counts_as_an_interaction_and_dismissed_waits_for_one() -> None:
    loop = member()
    loop.apply(cadence("ada", 20, 0.5), cadence("bob", 20, 0.5))
    loop.run_until(at(21))
    loop.apply(answer(FollowupDone, "contact/ada/stay_in_touch/2026-03-02", 21.2))
    loop.apply(answer(FollowupDismissed, "contact/bob/stay_in_touch/2026-03-02", 21.2))
    loop.run_until(at(30))
    open_plans = [plan for plan in loop.heard(FollowupScheduled) if plan.rule == TOUCH][2:]
    assert [(plan.contact_id, plan.due_at) for plan in open_plans] == [("ada", hour(41, 9))]
    loop.apply(about(MessageReceived, "bob", 31))
    assert loop.heard(FollowupScheduled)[-1].due_at == hour(51, 9)


def test_another_cadence_moves_it_and_none_ends_it() -> None:
    loop = member()
    loop.apply(about(MessageSent, "ada", 0.5), cadence("ada", 20, 1))
    loop.apply(cadence("ada", 30, 2), cadence("ada", 5, 1.5, 2))
    assert loop.heard(FollowupRescheduled)[0].due_at == hour(30, 9)
    loop.apply(cadence("ada", None, 3))
    assert story(loop, TOUCH)[-1] == f"cancelled {TOUCH}"
    loop.apply(cadence("ada", 30, 4))
    assert story(loop, TOUCH)[-1] == f"scheduled {TOUCH}"
    assert len({plan.followup_id for plan in loop.heard(FollowupScheduled) if plan.rule == TOUCH}) == 2


def test_a_snooze_of_staying_in_touch_lasts_until_its_time_or_until_the_two_talk() -> None:
    for talk, times in ((False, [hour(20, 9), at(40.5)]), (True, [hour(20, 9), hour(45, 9)])):
        loop = member()
        loop.apply(cadence("ada", 20, 0.5))
        loop.run_until(at(21))
        loop.apply(snoozed("contact/ada/stay_in_touch/2026-03-02", 40.5, 21))
        if talk:
            loop.apply(about(MessageReceived, "ada", 25))
        loop.run_until(at(46))
        assert [said.time for said in loop.published if isinstance(said.data, FollowupDue)] == times


def test_muting_ends_it_and_unmuting_waits_for_the_next_interaction() -> None:
    loop = member()
    loop.apply(cadence("ada", 20, 0.5))
    loop.apply(about(ContactMuted, "ada", 1))
    loop.apply(about(ContactUnmuted, "ada", 2))
    assert story(loop) == [f"scheduled {TOUCH}", f"cancelled {TOUCH}"]
    loop.apply(about(MessageSent, "ada", 3))
    assert story(loop)[-1] == f"scheduled {TOUCH}"


def test_a_called_off_meeting_is_still_a_proposal_that_was_made() -> None:
    loop = member()
    loop.apply(about(ThanksSent, "ada", 0.6))
    loop.apply(planned("k1", 9.5, 2), met(MeetingCancelled, "k1", 2.5))
    assert story(loop, PROPOSE) == [f"scheduled {PROPOSE}", f"completed {PROPOSE}"]
    assert not loop.heard(FollowupCancelled)


def test_readme_says_when_thanks_reach_a_member() -> None:
    readme = " ".join((Path(__file__).parents[5] / "README.md").read_text(encoding="utf-8").split())
    thank = RULES["thank"]
    assert (thank.schedule.offsets[0], thank.schedule.at, thank.delivery.pushed) == (1, time(9), "first")
    assert "say thank you tomorrow at nine" in readme


@pytest.mark.parametrize(("first", "second"), [(MessageSent, ThanksSent), (ThanksSent, MessageSent)])
def test_a_meeting_is_proposed_after_the_first_message_or_the_thanks_whichever_was_told_first(
    first: type[MessageSent | ThanksSent], second: type[MessageSent | ThanksSent]
) -> None:
    loop = member()
    told_first, told_next = about(first, "ada", 1), about(second, "ada", 2)
    loop.apply(connected("ada", 0.6), told_first, told_next)
    (planned,) = [one for one in loop.heard(FollowupScheduled) if one.rule == "propose_meeting"]
    assert planned.because.id == told_first.id
