"""What brings a rule back that has gone quiet: an answer, what it asks for, the switch, and half a year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from services.followups.apply.habits import is_about_habits, observe
from services.followups.model.state import Habits
from services.followups.rules.table import RULES
from shared.contracts import (
    CallHeld,
    ContactJobChanged,
    Event,
    FollowupDone,
    FollowupDue,
    HelpGiven,
    IntroductionMade,
    InviteAccepted,
    InviteDeclined,
    InviteReported,
    InviteWhyAsked,
    InviteWhyGiven,
    MeetingHeld,
    MeetingProposed,
    MessageSent,
    RuleQuieted,
    RuleResumed,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    about,
    answer,
    answered,
    at,
    connected,
    event,
    met,
    planned,
    received,
    sent,
    wishes,
)
from tests.unit.services.followups.test_followups_quiet import MONDAYS, before, lived, mailed, quieted, resumed


def test_it_asks_once_more_at_the_same_hour_of_the_member_s_clocks() -> None:
    """From summer to winter time: with days of 24 hours it would be an hour earlier."""
    mondays = (168, 175, 182, 189)
    loop = lived(wishes(-1, zone="Europe/Berlin"), *(mailed(day) for day in mondays), until=380)
    (rests,), (said,) = quieted(loop), loop.heard(RuleQuieted)
    assert resumed(loop) == [(said.asks_again_at, "rested")]
    assert said.asks_again_at - rests == timedelta(days=180, hours=1)


@pytest.mark.parametrize(
    ("back", "why"),
    [
        (about(ThanksSent, "zed", 40), "done"),
        (answer(FollowupDone, "contact/a/thank/2026-03-22", 40), "answered"),
        (wishes(40, rules={"thank": {"on": True}}), "switched_on"),
    ],
)
def test_it_comes_back_by_an_answer_by_what_it_asks_for_and_by_the_switch(back: Event, why: str) -> None:
    loop = lived(*(mailed(day) for day in MONDAYS), connected("old", 35), back, connected("new", 41), until=50)
    assert resumed(loop) == [(at(40), why)]
    dues = [due.contact_id for due in loop.heard(FollowupDue) if due.rule == "thank"]
    assert dues == ["new", "new"], "what was forbidden then does not come back"


def explained(invite: str, day: float) -> Event:
    return event(InviteWhyGiven(invite_id=invite), day)


def woken(*events: Event) -> set[str]:
    """The rules that come back by these events, of all that have gone quiet."""
    rules = sorted(name for name, rule in RULES.items() if rule.delivery.quiet is not None)
    loop = lived(*(mailed(day, *rules) for day in MONDAYS), *events, until=45)
    assert {said.rule for said in loop.heard(RuleQuieted)} == set(rules)
    return {said.rule for said in loop.heard(RuleResumed) if said.why == "done"}


@pytest.mark.parametrize(
    ("events", "rules"),
    [
        ([about(ThanksSent, "zed", 40)], {"thank"}),
        ([about(MessageSent, "zed", 40)], set()),
        ([connected("zed", 39), about(MessageSent, "zed", 40)], set()),
        ([about(ContactJobChanged, "zed", 40)], set()),
        ([about(ContactJobChanged, "zed", 39), about(MessageSent, "zed", 40)], {"congratulate"}),
        ([about(ContactJobChanged, "zed", 27), about(CallHeld, "zed", 40)], {"congratulate", "propose_meeting"}),
        ([about(ContactJobChanged, "zed", 20), about(MessageSent, "zed", 40)], set()),
        ([about(MessageSent, "zed", 39), about(ContactJobChanged, "zed", 40)], set()),
        ([about(ContactJobChanged, "zed", 39), about(MessageSent, "amy", 40)], set()),
        ([about(HelpGiven, "zed", 40)], {"give_back"}),
        ([about(CallHeld, "zed", 40)], {"propose_meeting"}),
        ([met(MeetingProposed, "lunch", 40)], {"propose_meeting", "second_meeting"}),
        ([planned("lunch", 42, 40)], {"propose_meeting", "second_meeting"}),
        ([sent("new", 40, why=None)], {"after_gathering"}),
        ([sent("new", 40, why="We met.")], {"after_gathering", "say_why"}),
        ([sent("old", 27.5, why=None), explained("old", 40)], {"say_why", "no_answer_yet"}),
        ([sent("old", 27.5), explained("old", 40)], {"say_why", "no_answer_yet"}),
        ([received("old", 27.5, why=None), explained("old", 40)], set()),
        ([received("old", 27.5, why=None), event(InviteWhyAsked(invite_id="old"), 40)], {"ask_why"}),
        ([received("old", 27.5), answered(InviteAccepted, "old", 40)], {"answer_invite"}),
        ([received("old", 27.5), answered(InviteDeclined, "old", 40)], {"answer_invite"}),
        ([received("old", 27.5), answered(InviteReported, "old", 40)], {"answer_invite"}),
        ([sent("old", 27.5), answered(InviteAccepted, "old", 40)], set()),
        ([sent("old", 27.5), answered(InviteDeclined, "old", 40)], set()),
    ],
)
def test_a_rule_that_is_quiet_is_woken_by_what_it_asks_for_and_by_nothing_else(
    events: Sequence[Event], rules: set[str]
) -> None:
    """An answer to an invite is the member's own where the other side sent it; a reason, where the member did.

    A message answers a new job when it comes within two weeks of it, to the same person: fails where any message does.
    """
    assert woken(*events) == rules


@pytest.mark.parametrize(
    ("deed", "rules"),
    [
        (about(ThanksSent, "zed", 1), {"thank"}), (about(MessageSent, "zed", 1), set()),
        (about(CallHeld, "zed", 1), {"propose_meeting"}), (about(HelpGiven, "zed", 1), {"give_back"}),
        (about(IntroductionMade, "zed", 1), {"give_back"}), (about(ContactJobChanged, "zed", 1), {"congratulate"}),
        (met(MeetingProposed, "k", 1), {"propose_meeting", "second_meeting"}),
        (planned("k", 2, 1), {"propose_meeting", "second_meeting"}),
        (sent("i", 1, why=None), {"after_gathering"}), (sent("i", 1, why="We met."), {"after_gathering", "say_why"}),
        (explained("i", 1), {"say_why", "no_answer_yet"}), (event(InviteWhyAsked(invite_id="i"), 1), {"ask_why"}),
        (answered(InviteAccepted, "i", 1), {"answer_invite"}), (answered(InviteDeclined, "i", 1), {"answer_invite"}),
        (answered(InviteReported, "i", 1), {"answer_invite"}), (met(MeetingHeld, "k", 1), set()),
    ],
)  # fmt: skip
def test_a_deed_is_remembered_for_the_rules_that_ask_for_it(deed: Event, rules: set[str]) -> None:
    assert is_about_habits(deed.data) == bool(rules)
    assert set(observe(Habits(), deed).did) == rules


def test_whose_invite_it_was_may_be_told_after_the_answer_to_it() -> None:
    assert woken(answered(InviteAccepted, "old", 40), received("old", 27.5, 41)) == {"answer_invite"}
    assert woken(explained("old", 40), sent("old", 27.5, 41)) == {"say_why", "no_answer_yet"}


def test_a_new_job_may_be_told_after_the_message_that_answers_it() -> None:
    """Fails where `related` forgets the rules that wait for words to somebody with a new job."""
    assert woken(about(MessageSent, "zed", 40), about(ContactJobChanged, "zed", 39, 41)) == {"congratulate"}


def test_an_answer_to_an_invite_received_counts_among_many_that_others_give() -> None:
    others = [answered(InviteAccepted, f"i{n}", 40.2 + n / 100) for n in range(20)]
    invites = [sent(f"i{n}", 27.5) for n in range(20)]
    assert woken(received("old", 27.5), *invites, answered(InviteAccepted, "old", 40), *others) == {"answer_invite"}


def test_new_invites_with_a_reason_leave_alone_who_never_minds_those_that_are_open() -> None:
    """Thirty invites in 300 days, none of them answered: with each of them `no_answer_yet` came back."""
    mondays = [mailed(day, "no_answer_yet") for day in range(0, 42, 7)]
    loop = lived(*(sent(f"i{n}", n * 10 + 0.5) for n in range(30)), *mondays, until=200)
    assert [said.rule for said in loop.heard(RuleQuieted)] == ["no_answer_yet"]
    assert [why for _, why in resumed(loop)] == ["rested"]


def test_else_it_asks_once_more_after_half_a_year_and_rests_again_after_one_occasion() -> None:
    rested = 28 + 180
    later = [connected("new", rested + 1), mailed(rested + 7)]
    loop = lived(*(mailed(day) for day in MONDAYS), *later, until=rested + 30)
    assert resumed(loop) == [(before(rested), "rested")]
    assert [said.again for said in loop.heard(RuleQuieted)] == [False, True]


def test_an_answer_after_it_asked_once_more_brings_it_back_for_good() -> None:
    rested = 28 + 180
    thanked = [
        connected("new", rested + 1),
        about(ThanksSent, "new", rested + 3),
        mailed(rested + 7),
        mailed(rested + 14),
    ]
    loop = lived(*(mailed(day) for day in MONDAYS), *thanked, until=rested + 40)
    assert len(quieted(loop)) == 1
