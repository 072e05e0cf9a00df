"""What the member takes back again and again, and what no longer has the reason for which it is open."""

from __future__ import annotations

import pytest

from services.followups.model.slot import TAKEN_BACK_MAX
from services.followups.model.state import ANSWERS_MAX, Subject
from services.followups.model.stored import packed, unpacked
from shared.contracts import (
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupReopened,
    FollowupScheduled,
    MeetingHeld,
    MeetingScheduled,
    PursuitOpened,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    answer,
    at,
    connected,
    day_set,
    hour,
    member,
    met,
    planned,
    promised,
    pursued,
    requested,
    sent,
    snoozed,
    story,
)
from tests.unit.services.followups.test_followups_explained import reasons

THANK = "contact/ada/thank/2026-03-02"
R1 = "reminder/r1/own_reminder/2026-03-02"


def done_and_back(loop: FollowupsLoop, named: str, day: float) -> str:
    """Take back that something is done; return the turn in which it came back."""
    loop.apply(answer(FollowupDone, named, day))
    loop.apply(answer(FollowupReopened, named, day + 0.001))
    return loop.heard(FollowupScheduled)[-1].followup_id


def reminded() -> FollowupsLoop:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00"))
    loop.run_until(hour(1, 11))
    return loop


@pytest.mark.parametrize("lapses", [False, True])
def test_an_answer_to_any_turn_that_was_taken_back_ends_the_one_that_stands_for_it(lapses: bool) -> None:
    for earlier in range(3):
        loop, turns = reminded(), [R1]
        for back in range(3):
            turns.append(done_and_back(loop, turns[-1], 1.5 + back / 10))
        assert len(set(turns)) == 4
        if lapses:
            loop.run_until(at(40))
            assert story(loop)[-1] == "lapsed own_reminder"
        loop.apply(answer(FollowupDone, turns[earlier], 41 if lapses else 1.9))
        assert [end.followup_id for end in loop.heard(FollowupCompleted)][-1] == turns[-1], earlier


def test_of_many_turns_the_first_and_the_last_are_remembered() -> None:
    loop, turns = reminded(), [R1]
    for back in range(TAKEN_BACK_MAX + 3):
        turns.append(done_and_back(loop, turns[-1], 1.5 + back / 100))
    (slot,) = (item.slots["own_reminder"] for item in loop.items.values() if isinstance(item, Subject))
    cycles = [turn.rpartition("/")[2] for turn in turns]
    assert (slot.cycle, slot.earlier) == (cycles[-1], (cycles[0], *cycles[-1 - TAKEN_BACK_MAX : -1]))
    for key, item in loop.items.items():
        stored = packed(key, item)
        assert not isinstance(stored, list) or unpacked(key, stored) == item


def test_whoever_puts_off_what_they_took_back_again_and_again_has_still_taken_it_back() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6))
    loop.run_until(at(1.5))
    turn = done_and_back(loop, THANK, 1.5)
    for number in range(ANSWERS_MAX + 4):
        loop.apply(snoozed(turn, 3 + number / 10, 1.6 + number / 100))
    assert not loop.heard(FollowupCompleted)[1:]
    ada = loop.items["contact/ada"]
    assert isinstance(ada, Subject)
    assert ada.saw(ThanksSent) is None
    assert ada.slots["thank"].stage == "open"


@pytest.mark.parametrize("taken_back", [False, True])
def test_what_is_open_for_a_meeting_that_was_with_somebody_else_ends(taken_back: bool) -> None:
    loop = member()
    loop.apply(connected("ada", -40, -40), connected("bob", -40, -40), planned("k1", 1, 0.5))
    loop.run_until(at(2))
    asked = next(one for one in loop.heard(FollowupDue) if one.rule == "did_it_happen").followup_id
    loop.apply(answer(FollowupDone, asked, 2))
    assert "scheduled second_meeting" in story(loop)
    others = planned("k1", 1, 2.1, None, "bob", kind=MeetingScheduled)
    loop.apply(others, *([answer(FollowupReopened, asked, 2.2)] if taken_back else []))
    loop.run_until(at(60))
    (end,) = (
        one
        for one in loop.heard(FollowupCancelled)
        if one.rule == "second_meeting" and "contact/ada" in one.followup_id
    )
    assert end.because.type == (FollowupReopened.TYPE if taken_back else MeetingScheduled.TYPE)
    ada = loop.items["contact/ada"]
    assert isinstance(ada, Subject)
    assert ada.slots["second_meeting"].stage != "open"
    assert not [one for one in loop.heard(FollowupDue) if one.contact_id == "ada" and one.rule == "second_meeting"]


def with_others(loop: FollowupsLoop) -> None:
    """Let a lunch with Ada have been, and let it turn out that it was with Bob."""
    loop.apply(connected("ada", -40, -40), connected("bob", -40, -40), planned("k1", 1, 0.5))
    loop.run_until(at(2))
    asked = next(one for one in loop.heard(FollowupDue) if one.rule == "did_it_happen").followup_id
    loop.apply(answer(FollowupDone, asked, 2))
    loop.apply(planned("k1", 1, 2.1, None, "bob"))


@pytest.mark.parametrize("let_be", [False, True])
def test_whoever_is_met_after_all_is_asked_to_meet_again(let_be: bool) -> None:
    """A dismissed one stays so, whatever the first meeting was."""
    loop = member()
    with_others(loop)
    second = next(one.followup_id for one in loop.heard(FollowupScheduled) if one.rule == "second_meeting")
    loop.apply(*([answer(FollowupDismissed, second, 2.2)] if let_be else []))
    loop.run_until(at(30))
    loop.apply(met(MeetingHeld, "k2", 30))
    loop.run_until(at(100))
    said = [one for one in loop.heard(FollowupDue) if one.rule == "second_meeting" and one.contact_id == "ada"]
    assert len(said) == (0 if let_be else 2)


def test_what_is_open_for_what_the_log_has_lost_stays_open() -> None:
    """As after a start on topics whose oldest records are gone: no end names a reason that is none."""
    loop = member()
    loop.apply(
        connected("ada", 0.2), requested("r1", "2026-03-03T10:00"), sent("i1", 0.3, None, "bob"), promised("p1", 9, 0.4),
        planned("k1", 1, 0.5), day_set(3, 20, 0.4), pursued(PursuitOpened, "q1", 0.4),
        met(MeetingHeld, "k2", 0.4, None, "fay"),
    )  # fmt: skip
    loop.run_until(at(4))
    begun = member()
    for one in loop.published:
        begun.take(one)
    begun.apply(connected("zoe", 4))
    assert story(begun) == ["scheduled thank"]


def test_why_names_the_taking_back_where_it_would_end_what_is_open() -> None:
    loop = member()
    loop.apply(connected("ada", 0.6), connected("bob", 0.6))
    loop.run_until(at(1.5))
    loop.apply(answer(FollowupDone, THANK, 1.5))
    assert FollowupReopened.TYPE in reasons(loop, "contact/ada")["propose_meeting"].ends
    assert FollowupReopened.TYPE not in reasons(loop, "contact/bob")["thank"].ends
