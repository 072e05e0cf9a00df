"""What `rapport why` and `rapport agenda` tell of stories in memory: each reason for silence, in words and by its code."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.inspect.explanation import reason_line, step_line
from rapport.inspect.item_steps import as_object, statuses_of, steps_of
from rapport.inspect.memory.item_lookup import resolve
from rapport.inspect.narration import Narrator
from rapport.inspect.upcoming import agenda_of
from rapport.terminal.failure import Failure
from rapport.terminal.output import Bar
from services.followups.decider import DECIDER as FOLLOWUPS_CORE
from services.gateway.api.routes.asking import WhyAnswer, WhyStands, WhyStep
from shared.contracts import (
    ACTIVITY,
    ContactMuted,
    Event,
    InviteAccepted,
    InviteKept,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    MemberJoined,
    Parked,
    PushFailed,
    PushSending,
    PushUnknown,
    ThanksSent,
)
from shared.texts.sentences import RESTS
from tests.unit.rapport.inspect.why_world import RESTED, lived, stands
from tests.unit.services.digest.words.test_digest_words import UNKIND
from tests.unit.services.followups.followups_world import about, at, connected, event, requested, sent, wishes


def held(narrator: Narrator, item: str, rule: str) -> tuple[str, str, str]:
    """How a rule stands: (standing, code, in words)."""
    stand = stands(narrator, item)[rule]
    told = reason_line(narrator, stand)
    assert not UNKIND.search(told), told
    return stand.reason.standing, stand.reason.code, told


def test_who_asked_for_no_reminders_is_told_so() -> None:
    narrator = lived(0.2, about(ContactMuted, "ada", 0), connected("ada", 0.1), item="ada")
    standing, code, told = held(narrator, "ada", "thank")
    assert (standing, code) == ("silent", "ended")
    assert told == (
        "Thanks for a new connection [thank]: nothing comes of it: its reason is gone "
        "(You asked for no reminders about Ada, Mon 2 Mar 2026)."
    )


def test_a_rule_that_was_switched_off_is_told_by_the_wish() -> None:
    narrator = lived(0.2, wishes(-1, rules={"thank": {"on": False}}), connected("ada", 0.1), item="ada")
    _, code, told = held(narrator, "ada", "thank")
    assert code == "ended"
    assert "(You changed your preferences, Sun 1 Mar 2026)" in told


NO_MAIL = [
    ([], "untold_no_address", "no mail has named, and there is no address: so you are asked."),
    ([wishes(-0.5, digest={"every": "off"})], "untold_no_digest", "and you wish for no digest: so you are asked."),
]


@pytest.mark.parametrize(("more", "code", "words"), NO_MAIL)
@pytest.mark.parametrize("day", [50, 95, 140])
def test_who_wishes_for_auto_and_is_asked_is_told_why(more: list[Event], code: str, words: str, day: int) -> None:
    """Before the first question, the second, and after it. Fails where what holds `auto` back is hidden by what speaks."""
    told = [wishes(-1, retraction={"policy": "auto"}), sent("i1", 0), *more]
    narrator = lived(day, *told, item="i1")
    stand = stands(narrator, "i1")["retract_stale"]
    assert stand.reason.notes == (code,)
    assert words in reason_line(narrator, stand)
    coming = [one.why for of_day in agenda_of(narrator, 60, Bar("looking ahead")).days.values() for one in of_day]
    assert any(words[:-1] in why for why in coming) is (day < 140)


def test_who_wishes_to_be_asked_is_told_of_no_hindrance_and_that_twice_was_enough() -> None:
    told = [wishes(-1, retraction={"policy": "ask"}), sent("i1", 0)]
    assert not stands(lived(95, *told, item="i1"), "i1")["retract_stale"].reason.notes
    standing, code, line = held(lived(140, *told, item="i1"), "i1", "retract_stale")
    assert (standing, code) == ("silent", "asked_twice")
    assert line.endswith("nothing comes of it: you were asked twice, and it is left at that.")


def test_a_rule_that_went_quiet_says_how_it_comes_back() -> None:
    narrator = lived(41, *RESTED, connected("ada", 40), item="ada")
    assert held(narrator, "ada", "thank")[:2] == ("silent", "gone_quiet")
    told = held(narrator, "ada", "thank")[2]
    assert "switch them on again" in told
    assert told.endswith(" It went quiet on Mon 30 Mar 2026, and asks again on Sat 26 Sep 2026.")


def test_that_a_rule_went_quiet_and_came_back_stands_among_the_steps_of_its_follow_ups() -> None:
    narrator = lived(50, *RESTED, connected("ada", 27), about(ThanksSent, "zed", 45), item="contact/ada/thank")
    target = resolve("contact/ada/thank", narrator.memory)
    told = [step_line(narrator, target, step.event).partition("  ")[2] for step in steps_of(narrator.memory, target)]
    assert [one.partition(":")[0] for one in told if "kind of reminder" in one or "rest" in one] == [
        f"{RESTS.format(who='You')}, and asks again on Sat 26 Sep 2026 06",
        "With that, the reminder was taken away",
        "This kind of reminder may come up again, as you did what it asks for",
    ]
    assert f"because: {RESTS.format(who='You')}" in "".join(told)


def test_what_became_of_a_push_is_told_in_order_with_the_reason_of_a_failure() -> None:
    due = "contact/zed/thank/2026-03-02"
    named: Any = {"followup_id": due, "rule": "thank", "due_id": "d", "channel": "ntfy"}
    said = [
        PushSending(**named, attempt=1),
        PushFailed(**named, attempt=1, reason="answers 503", permanent=False),
        PushSending(**named, attempt=2),
        PushUnknown(**named, attempt=2),
    ]
    own = [
        Event(
            f"p{n}", "m1", at(1 + n / 8), at(1 + n / 8), data, "/rapport/digest", number=n, input_offsets={ACTIVITY: 1}
        )
        for n, data in enumerate(said, 1)
    ]
    narrator = lived(3, connected("zed", 0), item=due, own=own)
    target = resolve(due, narrator.memory)
    told = [step_line(narrator, target, one.event).partition("  ")[2] for one in steps_of(narrator.memory, target)]
    assert [one for one in told if "channel" in one] == [
        "The reminder was handed to your channel. [thank]",
        "The reminder could not be delivered to your channel. While it is open, your mail shows it. [thank, answers 503]",
        "The reminder was handed to your channel. [thank]",
        "Whether the reminder reached your channel is open. It is sent there once at most; your mail shows it, too. [thank]",
    ]


def test_what_was_answered_before_it_began_is_told_by_the_answer() -> None:
    narrator = lived(3, about(ThanksSent, "ada", 1), connected("ada", 0.5, 2), item="ada")
    assert held(narrator, "ada", "thank")[:2] == ("silent", "answered")


def test_no_more_than_three_suggestions_are_open_at_a_time() -> None:
    thanked = [one for name in ("ada", "bob", "cyd", "dan") for one in (connected(name, 0), about(ThanksSent, name, 1))]
    narrator = lived(1.5, *thanked, item="dan")
    assert held(narrator, "dan", "propose_meeting")[:2] == ("silent", "enough_open")


def test_a_pause_moves_the_hour_and_is_named() -> None:
    narrator = lived(0.5, wishes(0, paused_until=at(6.5).isoformat()), connected("ada", 0.2), item="ada")
    standing, code, told = held(narrator, "ada", "thank")
    assert (standing, code) == ("planned", "due")
    assert "next, Sun 8 Mar 2026 12:00: you are reminded:" in told
    assert "It waits for the end of your pause. It reaches you at once." in told
    assert "Ends as soon as you thank Ada" in told


def test_a_reminder_ends_with_one_stop_and_one_about_nobody_with_nobody_s_parting() -> None:
    for what, end in (("Call home.", "Call home. "), ("Who was that?", "Who was that? "), ("Call home", "Call home. ")):
        narrator = lived(0.5, requested("r1", "2026-03-05T12:00", what=what), item="r1")
        told = held(narrator, "r1", "own_reminder")[2]
        assert f"you are reminded: {end}" in told
        assert "part" not in told.split()
        assert "about somebody" not in told
    assert "you ask for no reminders about Ada" in held(lived(0.2, connected("ada", 0), item="ada"), "ada", "thank")[2]


@pytest.mark.parametrize(("policy", "code"), [("never", "policy_never"), ("auto", "step"), ("ask", "step")])
def test_the_policy_decides_what_becomes_of_an_old_invite(policy: str, code: str) -> None:
    narrator = lived(91, wishes(-1, retraction={"policy": policy}), sent("i1", 0), item="i1")
    told = stands(narrator, "i1")["retract_stale"].reason
    codes = {one.reason.code for one in statuses_of(narrator.memory, resolve("i1", narrator.memory))}
    assert code in codes
    assert (told.at is None) == (policy == "never")


def test_what_no_mail_has_named_is_told_anew_and_what_one_has_named_is_pulled_back() -> None:
    """Fails where a notice alone is said to lead to its day: nothing is pulled back that no mail has named."""
    wished = wishes(-1, retraction={"policy": "auto"})
    member = event(MemberJoined(name="Ada", email="ada@example.org"), -1)
    narrator = lived(91, member, wished, sent("i1", 0), item="i1")
    reason = stands(narrator, "i1")["retract_stale"].reason
    assert reason.code == "unnamed"
    assert isinstance(reason.says, InviteRetractionNoticed)
    told = held(narrator, "i1", "retract_stale")[2]
    assert "No mail has named it yet; once one has, it is pulled back instead" in told


def test_an_item_that_is_out_of_order_says_so() -> None:
    parked = Parked(item="contact/ada", rules=FOLLOWUPS_CORE.rules, reason="the rule failed: KeyError")
    stuck = Event(
        "p", "m1", at(0.2), at(0.2), parked, source="/rapport/followups", number=2, input_offsets={ACTIVITY: 1}
    )
    narrator = lived(0.3, connected("ada", 0), item="ada", own=[stuck])
    assert held(narrator, "ada", "")[1] == "parked"


def test_an_id_of_two_things_is_asked_back() -> None:
    narrator = lived(1, connected("x", 0), sent("x", 0, contact="x"), item="x")
    with pytest.raises(Failure, match="'x' may be contact/x or invite/x: name one of them"):
        resolve("x", narrator.memory)


def test_an_unknown_name_is_answered_with_the_nearest_first() -> None:
    narrator = lived(1, *(connected(f"person{number}", 0) for number in range(30)), item="contact/person29x")
    with pytest.raises(Failure, match=r"there are contact/person29, .* and \d+ more"):
        resolve("contact/person29x", narrator.memory)


def test_steps_name_the_rule_and_the_event_behind_it() -> None:
    narrator = lived(2, connected("ada", 0), item="ada")
    target = resolve("ada", narrator.memory)
    told = [step_line(narrator, target, step.event) for step in steps_of(narrator.memory, target)]
    planned_for = "A reminder was planned for Tue 3 Mar 2026 09:00: thanks for a new connection."
    because = "[thank, because: You and Ada connected, Mon 2 Mar 2026]"
    assert told[0] == "Mon 2 Mar 2026 00:00  You and Ada connected."
    assert told[1] == f"Mon 2 Mar 2026 00:00  {planned_for} {because}"
    assert told[2].startswith("Tue 3 Mar 2026 09:00  You were reminded: Say thank you to Ada: what drew you")


def test_what_programs_get_has_its_place_in_the_api() -> None:
    """Fails where the command and the API call one thing by two names: the API would leave it out in silence."""
    narrator = lived(2, connected("ada", 0), item="ada")
    target = resolve("ada", narrator.memory)
    told = as_object(narrator.memory, target, steps_of(narrator.memory, target))
    assert {*told} <= {*WhyAnswer.model_fields}
    assert {*told["steps"][0]} == {*WhyStep.model_fields}
    assert {*told["standing"][0]} == {*WhyStands.model_fields}


def test_an_invite_that_has_its_why_is_told_so_however_late_it_was_told() -> None:
    """Asked the other way round, a late telling hid the true reason."""
    _, code, told = held(lived(200, sent("i1", 0, logged=180, why="We met."), item="i1"), "i1", "say_why")
    assert code != "logged_late", told
    _, code, _ = held(lived(200, sent("i1", 0, logged=180, why=None), item="i1"), "i1", "say_why")
    assert code == "logged_late"


def test_steps_stand_in_the_order_in_which_they_happened() -> None:
    accepted = event(InviteAccepted(invite_id="i1", contact_id="ada"), 10, 181)
    narrator = lived(200, sent("i1", 0, logged=180), accepted, item="i1")
    times = [step.event.time for step in steps_of(narrator.memory, resolve("i1", narrator.memory))]
    assert len(times) > 1
    assert times == sorted(times)


def test_an_answer_to_a_whole_proposal_stands_in_the_story_of_each_invite_that_it_listed() -> None:
    """It names the proposal alone. One that answers another proposal is none of its story."""
    told = (
        sent("i1", 0),
        event(InviteRetractionApproved(proposal_id="proposal/1"), 95),
        event(InviteKept(proposal_id="proposal/7"), 95),
    )
    narrator = lived(100, *told, item="i1")
    types = [step.event.type for step in steps_of(narrator.memory, resolve("i1", narrator.memory))]
    assert types.index(InviteRetractionProposed.TYPE) < types.index(InviteRetractionApproved.TYPE)
    assert types[-1] == InviteRetracted.TYPE
    assert InviteKept.TYPE not in types
