"""Each wish about invites that nobody answered takes hold of those that are pending, noticed or proposed already."""

from __future__ import annotations

import pytest

from shared.contracts import InviteRetracted, InviteRetractionNoticed
from tests.unit.services.invites.invites_world import day, kept, member, policy, proposed, sent, told, wish
from tests.unit.services.invites.mailed import InvitesLoop


def noticed(*, notice_days: int = 7) -> InvitesLoop:
    """An invite of which the member was told on day 90 that it will be pulled back."""
    loop = member(policy(0, "auto", notice_days=notice_days), sent("a"))
    loop.run_until(day(92))
    assert told(loop) == [("ignored", 90), ("retraction_noticed", 90)]
    return loop


def asked() -> InvitesLoop:
    """An invite that stands in a proposal since day 90."""
    loop = member(sent("a"))
    loop.run_until(day(92))
    assert proposed(loop) == [["a"]]
    return loop


def after(loop: InvitesLoop, until: float = 900) -> list[tuple[str, float]]:
    before = len(loop.published)
    loop.run_until(day(until))
    return told(loop)[before:]


def test_a_policy_that_changes_before_it_is_found_is_the_one_that_holds() -> None:
    loop = member(sent("a"))
    for at, name in ((10, "auto"), (20, "never"), (30, "auto")):
        loop.run_until(day(at))
        loop.apply(policy(at, name))
    assert after(loop) == [("ignored", 90), ("retraction_noticed", 90), ("retracted", 98)]


def test_who_was_asked_and_then_allows_it_is_told_first_all_the_same() -> None:
    loop = asked()
    loop.apply(policy(92, "auto", notice_days=3))
    assert after(loop) == [("retraction_noticed", 92), ("retracted", 96)]


def test_who_was_asked_and_then_forbids_it_is_not_asked_again() -> None:
    loop = asked()
    loop.apply(policy(92, "never"))
    assert after(loop) == []


def test_who_was_told_and_then_wants_to_be_asked_is_asked() -> None:
    loop = noticed()
    loop.apply(policy(92, "ask"))
    assert after(loop, 100) == [("retraction_proposed", 92)]
    assert proposed(loop) == [["a"]]


def test_ask_then_auto_then_never_leaves_it_alone() -> None:
    loop = asked()
    loop.apply(policy(92, "auto"))
    loop.run_until(day(93))
    loop.apply(policy(93, "never"))
    assert after(loop) == []
    assert not loop.heard(InviteRetracted)


@pytest.mark.parametrize(("days", "found"), [(30, 40), (60, 60), (120, 120)])
def test_another_wait_holds_for_what_is_pending(days: int, found: float) -> None:
    loop = member(policy(0, "never"), sent("a"))
    loop.run_until(day(40))
    loop.apply(wish(40, retraction={"after_days": days}))
    assert after(loop) == [("ignored", found)]


def test_a_longer_wait_puts_off_the_second_word_of_a_proposal() -> None:
    loop = asked()
    loop.apply(wish(92, retraction={"after_days": 200}))
    assert after(loop) == [("retraction_proposed", 200)]


def test_a_shorter_wait_does_not_hurry_what_was_asked_already() -> None:
    loop = asked()
    loop.apply(wish(92, retraction={"after_days": 10}))
    assert after(loop) == [("retraction_proposed", 120)], "the second word comes after thirty days, whatever the wait"


def test_another_notice_holds_for_what_is_pending() -> None:
    loop = member(policy(0, "auto"), sent("a"))
    loop.run_until(day(40))
    loop.apply(wish(40, retraction={"notice_days": 21}))
    assert after(loop) == [("ignored", 90), ("retraction_noticed", 90), ("retracted", 112)]


def test_a_longer_notice_is_given_anew_to_what_was_told_already() -> None:
    loop = noticed()
    loop.apply(wish(92, retraction={"notice_days": 30}))
    assert after(loop) == [("retraction_noticed", 92), ("retracted", 123)]
    assert loop.heard(InviteRetractionNoticed)[-1].retract_at == day(123)


def test_a_shorter_notice_does_not_break_the_word_that_was_given() -> None:
    loop = noticed(notice_days=30)
    loop.apply(wish(92, retraction={"notice_days": 1}))
    assert after(loop) == [("retracted", 121)]


def test_a_pause_holds_for_what_was_told_and_its_end_gives_the_whole_notice() -> None:
    loop = noticed()
    loop.apply(wish(92, paused_until=day(150).isoformat()))
    assert after(loop) == [("retraction_noticed", 150), ("retracted", 158)]


def test_a_pause_that_is_taken_back_leaves_what_was_told_as_it_was() -> None:
    loop = noticed()
    loop.apply(wish(92, paused_until=day(150).isoformat()))
    loop.apply(wish(93, paused_until=day(80).isoformat()))
    assert after(loop) == [("retracted", 98)]


def test_switching_the_rule_off_and_on_finds_what_is_pending() -> None:
    loop = member(policy(0, "never"), sent("a"))
    loop.apply(wish(1, rules={"retract_stale": {"on": False}}))
    assert after(loop, 100) == []
    loop.apply(wish(100, rules={"retract_stale": {"on": True}}))
    assert after(loop) == [("ignored", 100)]


def test_when_it_expires_and_when_it_may_be_sent_again_move_with_their_offsets() -> None:
    loop = member(policy(0, "never"), wish(0, rules={"expire": {"on": True}}), sent("a"))
    loop.run_until(day(50))
    loop.apply(wish(50, rules={"expire": {"offsets_days": [60]}}))
    assert after(loop) == [("expired", 60)]


def test_what_is_kept_stays_kept_under_any_wish() -> None:
    loop = noticed()
    loop.apply(kept(92, "a"))
    loop.apply(policy(93, "auto", after_days=1, notice_days=1))
    assert after(loop) == []
