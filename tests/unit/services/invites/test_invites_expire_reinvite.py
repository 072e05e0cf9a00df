"""Rules expire (off by default) and reinvite (three weeks after a withdrawal, if the member wishes to try again)."""

from __future__ import annotations

import pytest

from shared.contracts import Event, InviteExpired, InviteReinviteAllowed
from tests.unit.services.invites.invites_world import (
    accepted,
    approved,
    connected,
    day,
    declined,
    kept,
    member,
    removed,
    reported,
    sent,
    told,
    wish,
    withdrawn,
)

NO_NOISE = wish(0, rules={"retract_stale": {"on": False}})


def test_nothing_expires_unless_switched_on() -> None:
    loop = member(NO_NOISE, sent("a"))
    loop.run_until(day(900))
    assert loop.published == []


def test_switched_on_it_expires_after_half_a_year_and_is_settled() -> None:
    loop = member(sent("a"))
    loop.run_until(day(170))
    loop.apply(wish(170, rules={"expire": {"on": True}}))
    loop.run_until(day(900))
    assert told(loop)[-1] == ("expired", 180)
    assert loop.heard(InviteExpired)[0].age_days == 180
    assert not loop.wakes


def test_its_days_can_be_set_and_keeping_does_not_stop_it() -> None:
    loop = member(NO_NOISE, wish(1, rules={"expire": {"on": True, "offsets_days": [30]}}), sent("a"), kept(2, "a"))
    loop.run_until(day(900))
    assert told(loop) == [("expired", 30)]


def test_an_old_import_that_has_expired_is_not_found_ignored_first() -> None:
    loop = member(wish(0, rules={"expire": {"on": True}}), sent("a", at=-500, logged=0))
    loop.run_until(day(900))
    assert told(loop) == [("expired", 0)]


def test_three_weeks_after_a_withdrawal_the_contact_may_be_invited_again() -> None:
    loop = member(sent("a"), withdrawn("a", 10, again=True))
    loop.run_until(day(900))
    assert told(loop) == [("reinvite_allowed", 31)]
    assert loop.heard(InviteReinviteAllowed)[0].contact_id == "c-a"


def test_without_the_wish_to_try_again_nothing_is_said() -> None:
    loop = member(sent("a"), withdrawn("a", 3), sent("b"), approved(3, "b"))
    loop.run_until(day(900))
    assert told(loop) == [("retracted", 3)]


def test_three_weeks_after_an_approved_retraction_too_whatever_the_product_reports_then() -> None:
    loop = member(sent("a"), approved(5, "a", again=True))
    loop.run_until(day(6))
    loop.apply(withdrawn("a", 6))
    loop.run_until(day(900))
    assert told(loop) == [("retracted", 5), ("reinvite_allowed", 27)]


@pytest.mark.parametrize(
    "end",
    [declined("a", 4), reported("a", 4), accepted("a", 20), connected("a", 20), connected("a", 20, via=True),
     removed("a", 20)],
    ids=lambda event: event.data.TYPE,
)  # fmt: skip
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("by_member", [True, False])
def test_never_after_a_refusal_and_not_when_something_happened_between_the_two(
    end: Event, *, first: bool, by_member: bool
) -> None:
    gone = withdrawn("a", 3, again=True) if by_member else approved(3, "a", again=True)
    events = (sent("a"), end, gone) if first else (sent("a"), gone, end)
    loop = member(NO_NOISE)
    loop.apply(events[0])
    loop.apply(events[1])
    loop.run_until(day(20))
    loop.apply(events[2])
    loop.run_until(day(900))
    assert loop.heard(InviteReinviteAllowed) == []
    loop.assert_settled()


def test_a_connection_from_before_the_invite_does_not_matter() -> None:
    loop = member(connected("a", -300), removed("a", -200), sent("a"), withdrawn("a", 10, again=True))
    loop.run_until(day(900))
    assert told(loop) == [("reinvite_allowed", 31)]


def test_a_pause_defers_it() -> None:
    loop = member(sent("a"), withdrawn("a", 10, again=True), wish(11, paused_until=day(60).isoformat()))
    loop.run_until(day(900))
    assert told(loop) == [("reinvite_allowed", 60)]
