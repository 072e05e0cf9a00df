"""One yes, or one no, to a whole proposal: it settles what that proposal listed, whenever and however often it is told."""

from __future__ import annotations

from itertools import permutations

import pytest
from pydantic import ValidationError

from services.invites.rules import proposals as gathering
from shared.contracts import (
    InviteIgnored,
    InviteKept,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionProposed,
)
from tests.unit.services.invites.invites_world import accepted, answered_all, approved, day, kept, sent
from tests.unit.services.invites.mailed import InvitesLoop

YES, NO = InviteRetractionApproved, InviteKept
"""Invites count as ignored after 90 days; the proposal of those sent on day 0 is made on day 90."""


def asked(*invites: str, at: float = 0) -> InvitesLoop:
    loop = InvitesLoop()
    loop.apply(*(sent(one, at) for one in invites))
    loop.run_until(day(at + 91))
    return loop


def let_go(loop: InvitesLoop) -> list[str]:
    return sorted(one.data.invite_id for one in loop.published if isinstance(one.data, InviteRetracted))


def proposals(loop: InvitesLoop) -> list[InviteRetractionProposed]:
    return [one.data for one in loop.published if isinstance(one.data, InviteRetractionProposed)]


def test_one_yes_lets_all_go_that_was_listed_shown_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PROPOSAL_INVITES_MAX", 2)
    loop = asked(*"abcde")
    [proposal] = proposals(loop)
    assert (len(proposal.invites), len(proposal.more or ())) == (2, 3)
    loop.apply(answered_all(YES, 92, proposal.proposal_id, try_again=True))
    loop.run_until(day(93))
    assert let_go(loop) == list("abcde")
    assert all(
        one.data.by == "member" and one.data.try_again
        for one in loop.published
        if isinstance(one.data, InviteRetracted)
    )


def test_one_yes_settles_nothing_that_was_proposed_later() -> None:
    loop = asked("a", "b")
    loop.apply(answered_all(YES, 92, "proposal/1"), sent("c", 92))
    loop.run_until(day(92 + 92))
    assert [one.proposal_id for one in proposals(loop)] == ["proposal/1", "proposal/2"]
    loop.apply(answered_all(YES, 200, "proposal/1"))  # once more, later
    loop.run_until(day(201))
    assert let_go(loop) == ["a", "b"]


def test_one_no_keeps_all_for_good_or_for_a_while() -> None:
    loop = asked("a", "b")
    loop.apply(answered_all(NO, 92, "proposal/1"))
    loop.run_until(day(400))
    assert (let_go(loop), len(proposals(loop))) == ([], 1)
    loop = asked("a", "b")
    loop.apply(answered_all(NO, 92, "proposal/1", for_days=100))
    loop.run_until(day(194))
    assert [len(one.invites) for one in proposals(loop)] == [2, 2], "and then they are asked about once more"
    assert [one.proposal_id for one in proposals(loop)] == ["proposal/1", "proposal/2"]


def test_the_last_word_counts_whether_it_is_about_one_or_about_all() -> None:
    """A keep of all, a keep of one after a yes, in any order and twice."""
    told = [answered_all(YES, 92, "proposal/1"), kept(92.5, "b"), accepted("c", 92.25)]
    for order in permutations([*told, told[0]]):
        loop = asked("a", "b", "c")
        loop.apply(*order)
        loop.run_until(day(93))
        assert let_go(loop) == ["a"], order
    loop = asked("a", "b")
    loop.apply(answered_all(NO, 92, "proposal/1"), approved(92.5, "a"))
    loop.run_until(day(93))
    assert let_go(loop) == ["a"]


def test_a_yes_to_all_spares_whoever_is_kept_by_name_until_named_again() -> None:
    """Also where the yes was said later, or at the same instant; not where the keep has run out by then."""
    for yes_at in (92.5, 93.0):
        loop = asked("a", "b")
        loop.apply(kept(92.5, "b"), answered_all(YES, yes_at, "proposal/1"))
        loop.run_until(day(94))
        assert let_go(loop) == ["a"]
        loop.apply(approved(94.5, "b"))
        loop.run_until(day(95))
        assert let_go(loop) == ["a", "b"]
    loop = asked("a", "b")
    loop.apply(kept(92, "b", days=1), answered_all(YES, 94, "proposal/1"))
    loop.run_until(day(95))
    assert let_go(loop) == ["a", "b"]


def test_an_answer_that_is_there_before_its_proposal_counts_when_it_comes() -> None:
    loop = InvitesLoop()
    loop.apply(answered_all(NO, 1, "proposal/1"), *(sent(one, 0) for one in "ab"))
    loop.run_until(day(200))
    assert [len(one.invites) for one in proposals(loop)] == [2], "asked once, and then kept: no second attempt"
    assert let_go(loop) == []
    assert len([one for one in loop.published if isinstance(one.data, InviteIgnored)]) == 2


@pytest.mark.parametrize("fields", [{}, {"invite_ids": ["a"], "proposal_id": "proposal/1"}])
def test_an_answer_has_ids_of_invites_or_that_of_a_proposal(fields: dict[str, object]) -> None:
    for kind in (YES, NO):
        with pytest.raises(ValidationError) as refused:
            kind.model_validate(fields)
        assert refused.value.errors()[0]["loc"] == ("proposal_id",)
