"""From when on an invite's age is counted, and how: examples, as laws hold of the latest as of the first.

They fail when `_reported` takes the latest of two sendings, when `age_days` begins to count at one, when `_called` finds
no name that was told since, and when the decider has no `misses`.
"""

from __future__ import annotations

import pytest

from services.invites.decider import DECIDER
from shared.contracts import InviteIgnored, InviteRetracted, InviteRetractionProposed
from tests.unit.services.invites.invites_world import approved, day, kept, member, named, sent, told


@pytest.mark.parametrize("days", [(0, 5), (5, 0)], ids=["in order", "the earlier one last"])
def test_an_invite_that_is_told_twice_was_sent_when_it_was_first(days: tuple[float, float]) -> None:
    loop = member(*(sent("a", at) for at in days))
    loop.run_until(day(94))
    assert ("ignored", 90) in told(loop)
    assert [one.age_days for one in loop.heard(InviteIgnored)] == [90]


@pytest.mark.parametrize(("at", "age"), [(0.5, 0), (1, 1), (1.9, 1)])
def test_an_age_is_in_whole_days(at: float, age: int) -> None:
    loop = member(sent("a"), approved(at, "a"))
    loop.run_until(day(2))
    assert [(one.by, one.age_days) for one in loop.heard(InviteRetracted)] == [("member", age)]


@pytest.mark.parametrize(
    ("at", "name"), [(3, "Zoë Moreau"), (0, "Contact of a"), (-3, "Contact of a")], ids=["later", "at once", "before"]
)
def test_a_proposal_says_the_name_that_was_told_after_the_invite(at: float, name: str) -> None:
    loop = member(sent("a"), named("a", at, "Zoë Moreau"))
    loop.run_until(day(100))
    [proposal, *_] = loop.heard(InviteRetractionProposed)
    assert [one.contact.name for one in proposal.invites if one.contact] == [name]


def test_the_decider_says_which_answers_name_nothing_that_is_known() -> None:
    loop = member(sent("a"))
    assert loop._ask(lambda view: DECIDER.misses(view, kept(1, "a", "b")))
    assert not loop._ask(lambda view: DECIDER.misses(view, kept(1, "a")))
