"""An invite that the member lets go may wait a while before it is pulled back: until then they may think otherwise."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from services.invites.stored import packed, unpacked
from shared.contracts import (
    Event,
    InviteExpired,
    InviteKept,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionApproved,
)
from tests.unit.services.invites.invites_world import accepted, answered_all, approved, day, kept, sent, wish
from tests.unit.services.invites.mailed import InvitesLoop

YES = 10
MINUTES = 1 / (24 * 60)
MINUTE = timedelta(minutes=1)


def retracted(*events: Event, until: float = YES + 1) -> list[timedelta]:
    """Return how long after the yes each invite was pulled back."""
    loop = InvitesLoop()
    loop.apply(sent("a", 0))
    for one in events:
        loop.run_until(one.logged)
        loop.apply(one)
        for key, item in loop.items.items():
            stored = msgspec.msgpack.decode(msgspec.msgpack.encode(packed(key, item)))
            assert not isinstance(stored, list) or unpacked(key, stored) == item
    loop.run_until(day(until))
    return [one.time - day(YES) for one in loop.published if isinstance(one.data, InviteRetracted)]


LATER = approved(YES, "a", wait=10)


@pytest.mark.parametrize(
    ("events", "after"),
    [
        ([LATER], [10]),
        ([LATER, kept(YES + 9 * MINUTES, "a")], []),
        ([LATER, kept(YES + 11 * MINUTES, "a")], [10]),
        ([LATER, accepted("a", YES + 9 * MINUTES)], []),
        ([LATER, approved(YES + 5 * MINUTES, "a")], [5]),
        ([LATER, approved(YES + 5 * MINUTES, "a", wait=10)], [15]),
        ([approved(YES, "a")], [0]),
    ],
    ids=[
        "nothing more",
        "kept in time",
        "kept too late",
        "accepted in time",
        "at once after all",
        "said again",
        "at once",
    ],
)
def test_it_is_pulled_back_after_the_wait_that_was_said_last(events: list[Event], after: list[int]) -> None:
    assert retracted(*events) == [timedelta(minutes=minutes) for minutes in after]


@pytest.mark.parametrize("stays", [True, False])
def test_all_of_a_proposal_wait_together(stays: bool) -> None:
    loop = InvitesLoop()
    loop.apply(sent("a", 0), sent("b", 0))
    loop.run_until(day(91))
    loop.apply(answered_all(InviteRetractionApproved, 92, "proposal/1", wait_minutes=10))
    loop.run_until(day(92) + 9 * MINUTE)
    assert not [one for one in loop.published if isinstance(one.data, InviteRetracted)]
    if stays:
        loop.apply(answered_all(InviteKept, 92 + 9 * MINUTES, "proposal/1"))
    loop.run_until(day(93))
    gone = [one.time - day(92) for one in loop.published if isinstance(one.data, InviteRetracted)]
    assert gone == ([] if stays else [10 * MINUTE] * 2)


def test_an_invite_that_grows_too_old_while_it_waits_is_pulled_back_and_may_be_sent_again() -> None:
    """Let it expire meanwhile, and the wish to try again is lost."""
    loop = InvitesLoop()
    loop.apply(wish(0, rules={"expire": {"on": True}}), sent("a", 0))
    loop.run_until(day(180) - 5 * MINUTE)
    loop.apply(approved(180 - 5 * MINUTES, "a", again=True, wait=10))
    loop.run_until(day(210))
    gone = [
        one for one in loop.published if isinstance(one.data, InviteExpired | InviteRetracted | InviteReinviteAllowed)
    ]
    assert [type(one.data) for one in gone] == [InviteRetracted, InviteReinviteAllowed]
    assert gone[0].time == day(180) + 5 * MINUTE
