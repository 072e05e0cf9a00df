"""Rule retract_stale: an invite that nobody answered is found, and let go only as the member wishes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts import Event, InviteIgnored, InviteRetracted, InviteRetractionNoticed, InviteRetractionProposed
from tests.unit.services.invites.invites_world import (
    DAY,
    accepted,
    approved,
    connected,
    day,
    declined,
    kept,
    member,
    policy,
    reported,
    sent,
    told,
    wish,
    withdrawn,
)


def test_after_ninety_days_without_an_answer_it_counts_as_ignored() -> None:
    loop = member(sent("a"))
    loop.run_until(day(90) - timedelta(milliseconds=1))
    assert loop.published == []
    loop.run_until(day(90))
    assert [(one.invite_id, one.contact_id, one.age_days) for one in loop.heard(InviteIgnored)] == [("a", "c-a", 90)]


def test_with_ask_the_member_is_asked_and_nothing_more_happens_without_an_answer() -> None:
    loop = member(sent("a"))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 90), ("retraction_proposed", 90), ("retraction_proposed", 120)]
    assert [proposal.attempt for proposal in loop.heard(InviteRetractionProposed)] == [1, 2]


def test_with_never_it_is_only_found() -> None:
    loop = member(policy(0, "never"), sent("a"))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 90)]


def test_with_auto_the_notice_comes_a_week_before_the_retraction() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 90), ("retraction_noticed", 90), ("retracted", 98)]
    assert loop.heard(InviteRetractionNoticed)[0].retract_at == day(98)
    assert (loop.heard(InviteRetracted)[0].by, loop.heard(InviteRetracted)[0].age_days) == ("rule", 98)


def test_a_backlog_has_its_whole_notice_however_old_it_is() -> None:
    loop = member(policy(0, "auto", notice_days=10), sent("a", at=-500, logged=3))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 3), ("retraction_noticed", 3), ("retracted", 14)]


def test_an_outage_does_not_shorten_the_notice() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.sleep_until(day(200))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 200), ("retraction_noticed", 200), ("retracted", 208)]


@pytest.mark.parametrize(
    "answer",
    [accepted("a", 50), declined("a", 50), reported("a", 50), withdrawn("a", 50), connected("a", 50, via=True)],
    ids=lambda event: event.data.TYPE,
)
@pytest.mark.parametrize("first", [True, False])
def test_an_answer_ends_it_even_if_it_comes_before_its_invite(answer: Event, *, first: bool) -> None:
    loop = member(policy(0, "auto"))
    for one in (answer, sent("a")) if first else (sent("a"), answer):
        loop.apply(one)
    loop.run_until(day(900))
    assert loop.published == []


def test_an_answer_within_the_notice_is_known_to_the_wake_that_would_retract() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(96))
    loop.apply(accepted("a", at=80, logged=96.9))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 90), ("retraction_noticed", 90)]


def test_keep_within_the_notice_stops_the_retraction_for_good() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(92))
    loop.apply(kept(92, "a"))
    loop.run_until(day(2000))
    assert told(loop) == [("ignored", 90), ("retraction_noticed", 90)]


def test_keep_for_a_while_begins_anew_after_it() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(92))
    loop.apply(kept(92, "a", days=30))
    loop.run_until(day(900))
    assert told(loop)[2:] == [("ignored", 122), ("retraction_noticed", 122), ("retracted", 130)]


def test_keep_before_it_is_stale_shortens_nothing() -> None:
    loop = member(policy(0, "never"), sent("a"), kept(10, "a", days=20))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 90)]


@pytest.mark.parametrize("name", ["ask", "auto", "never"])
def test_what_the_member_approves_is_pulled_back_at_once_under_any_policy(name: str) -> None:
    loop = member(policy(0, name), sent("a"))
    loop.run_until(day(5))
    said = approved(5, "a", again=True)
    loop.apply(said)
    assert loop.published == [], "what is irreversible waits for a wake"
    loop.run_until(day(5))
    assert told(loop) == [("retracted", 5)]
    retracted = loop.heard(InviteRetracted)[0]
    assert (retracted.by, retracted.try_again, loop.published[0].causation) == ("member", True, said.id)


def test_the_last_word_counts_not_the_last_record() -> None:
    loop = member(sent("a"), kept(8, "a"), approved(7, "a", logged=9))
    loop.run_until(day(900))
    assert loop.published == []
    loop.apply(approved(9, "a", logged=900))
    loop.run_until(day(901))
    assert told(loop) == [("retracted", 900)]


def test_approval_before_the_invite_still_counts() -> None:
    loop = member(approved(1, "a"))
    loop.apply(sent("a", at=0, logged=2))
    loop.run_until(day(2))
    assert told(loop) == [("retracted", 2)]


def test_a_notice_counts_only_under_the_policy_that_holds_now() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(91))
    loop.apply(policy(91, "ask"))
    loop.run_until(day(95))
    loop.apply(policy(95, "auto"))
    loop.run_until(day(900))
    assert [what for what in told(loop) if what[0] != "retraction_proposed"] == [
        ("ignored", 90), ("retraction_noticed", 90), ("retraction_noticed", 95), ("retracted", 103),
    ]  # fmt: skip


def test_another_policy_stops_what_was_noticed() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(91))
    loop.apply(policy(91, "never"))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 90), ("retraction_noticed", 90)]


def test_a_longer_wait_holds_for_what_is_pending_and_its_notice_is_given_anew() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(91))
    loop.apply(wish(91, retraction={"after_days": 365}))
    loop.run_until(day(900))
    assert told(loop) == [("ignored", 90), ("retraction_noticed", 90), ("retraction_noticed", 365), ("retracted", 373)]


def test_who_is_away_is_neither_asked_nor_noticed_and_nothing_is_pulled_back() -> None:
    loop = member(policy(0, "auto"), sent("a"), sent("b", at=20))
    loop.run_until(day(91))
    loop.apply(wish(91, paused_until=day(150).isoformat()))
    loop.run_until(day(900))
    noticed = [
        round((one.time - day(0)) / DAY) for one in loop.published if isinstance(one.data, InviteRetractionNoticed)
    ]
    retracted = [round((one.time - day(0)) / DAY) for one in loop.published if isinstance(one.data, InviteRetracted)]
    assert (noticed, retracted) == ([90, 150, 150], [158, 158])


def test_switched_off_it_does_nothing_but_the_members_own_word_stays() -> None:
    loop = member(policy(0, "auto"), wish(0, rules={"retract_stale": {"on": False}}), sent("a"), sent("b"))
    loop.run_until(day(300))
    assert loop.published == []
    loop.apply(approved(300, "a"))
    loop.run_until(day(301))
    assert told(loop) == [("retracted", 300)]


def test_a_settled_invite_shrinks() -> None:
    loop = member(sent("a"), accepted("a", 3))
    item = loop.items["invite/a"]
    assert item == member(accepted("a", 3)).items["invite/a"]


def test_neither_incoming_invites_nor_unknown_answers_say_anything() -> None:
    loop = member(accepted("x", 1), kept(2, "y"), approved(3, "z", again=True), withdrawn("w", 4, again=True))
    loop.run_until(day(900))
    assert loop.published == []
    loop.assert_settled()
