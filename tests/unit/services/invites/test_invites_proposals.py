"""Proposals: seldom, several at once, one open at a time; and a backlog in one."""

from __future__ import annotations

import pytest

from services.invites.evaluate import evaluate
from services.invites.rules.proposals import GATHER_FOR
from services.invites.state import PROPOSALS, InvitesProfile, Item, Proposals
from shared.contracts import Event, InviteIgnored, InviteRetracted, InviteRetractionProposed
from shared.contracts.limits import PROPOSAL_INVITES_MAX
from shared.decider import NOTHING, Missing, View
from tests.unit.services.invites.invites_world import (
    accepted,
    approved,
    connected,
    day,
    imported,
    kept,
    member,
    policy,
    proposed,
    sent,
    told,
    wish,
    withdrawn,
)


def test_what_waits_is_not_loaded_while_the_policy_is_not_to_ask() -> None:
    """It may be thousands, and each wake of the member's invites looks at the proposals."""
    loop = member(policy(-200, "never"), sent("a", 0))
    loop.run_until(day(91))
    known: dict[str, Item | None] = {PROPOSALS: loop.items[PROPOSALS]}
    assert evaluate(View("ada", loop.profile, known), PROPOSALS, None) == NOTHING
    with pytest.raises(Missing):
        evaluate(View("ada", InvitesProfile(), known), PROPOSALS, None)


def backlog(count: int, logged: float = 0) -> list[Event]:
    return [sent(f"i{number:04}", at=-91 - number % 458, logged=logged) for number in range(count)]


def test_stale_invites_are_gathered_into_one_proposal() -> None:
    loop = member(sent("b", 0.0001), sent("a", 0), sent("c", 3))
    loop.run_until(day(91))
    assert proposed(loop) == [["a", "b"]]
    proposal = loop.heard(InviteRetractionProposed)[0]
    assert (proposal.proposal_id, proposal.attempt, proposal.oldest_days) == ("proposal/1", 1, 90)
    assert proposal.invites[0].contact.name == "Contact of a"


def test_one_is_open_at_a_time_and_the_next_comes_a_week_after_it_at_the_earliest() -> None:
    loop = member(sent("a", 0), sent("b", 3))
    loop.run_until(day(100))
    assert proposed(loop) == [["a"]]
    loop.apply(kept(100, "a"))
    loop.run_until(day(101))
    assert proposed(loop) == [["a"], ["b"]]
    loop = member(sent("a", 0), sent("b", 3))
    loop.run_until(day(94))
    loop.apply(kept(94, "a"))
    loop.run_until(day(300))
    assert told(loop)[2:] == [("ignored", 93), ("retraction_proposed", 97), ("retraction_proposed", 127)]


@pytest.mark.parametrize(
    "answer", [accepted("a", 95), kept(95, "a", days=400), withdrawn("a", 95), connected("a", 95, via=True)],
    ids=lambda event: event.data.TYPE,
)  # fmt: skip
def test_any_answer_closes_it(answer: Event) -> None:
    loop = member(sent("a", 0), sent("b", 4))
    loop.run_until(day(95))
    loop.apply(answer)
    loop.run_until(day(110))
    assert proposed(loop) == [["a"], ["b"]]


def test_it_is_repeated_once_with_what_is_still_open_then_silent() -> None:
    loop = member(sent("a"), sent("b"), sent("c"))
    loop.run_until(day(100))
    loop.apply(kept(100, "b"))
    loop.run_until(day(2000))
    assert proposed(loop) == [["a", "b", "c"], ["a", "c"]]
    first, second = loop.heard(InviteRetractionProposed)
    assert (first.proposal_id, second.proposal_id, second.attempt) == ("proposal/1", "proposal/1", 2)


def test_after_the_repeat_newer_ones_may_be_proposed_a_week_later() -> None:
    loop = member(sent("a", 0), sent("b", 10))
    loop.run_until(day(2000))
    assert told(loop) == [
        ("ignored", 90), ("retraction_proposed", 90), ("ignored", 100), ("retraction_proposed", 120),
        ("retraction_proposed", 127), ("retraction_proposed", 157),
    ]  # fmt: skip
    assert proposed(loop) == [["a"], ["a"], ["b"], ["b"]]


def test_an_invite_answered_while_it_waits_is_not_proposed() -> None:
    loop = member(sent("a", 0), sent("b", 3))
    loop.run_until(day(100))
    loop.apply(accepted("b", 100), kept(100, "a"))
    loop.run_until(day(2000))
    assert proposed(loop) == [["a"]]


def test_an_invite_kept_for_a_while_is_proposed_again_after_it() -> None:
    loop = member(sent("a", 0))
    loop.run_until(day(91))
    loop.apply(kept(91, "a", days=60))
    loop.run_until(day(152))
    assert told(loop)[2:] == [("ignored", 151), ("retraction_proposed", 151)]


def test_what_is_approved_is_retracted_and_leaves_the_proposal() -> None:
    loop = member(sent("a"), sent("b"))
    loop.run_until(day(91))
    loop.apply(approved(91, "a", "b"))
    loop.run_until(day(2000))
    assert [one.by for one in loop.heard(InviteRetracted)] == ["member", "member"]
    assert len(proposed(loop)) == 1
    proposals = loop.items["proposals"]
    assert isinstance(proposals, Proposals)
    assert (proposals.waiting, proposals.listed) == ((), ())


def test_a_pause_defers_proposals_to_its_end() -> None:
    loop = member(wish(0, paused_until=day(140).isoformat()), sent("a"))
    loop.run_until(day(2000))
    assert told(loop) == [("ignored", 90), ("retraction_proposed", 140), ("retraction_proposed", 170)]


def test_who_asks_for_a_longer_wait_is_not_asked_before_it() -> None:
    loop = member(wish(0, paused_until=day(91).isoformat()), sent("a"))
    loop.run_until(day(90.5))
    loop.apply(wish(90.5, retraction={"after_days": 200}))
    loop.run_until(day(201))
    assert told(loop) == [("ignored", 90), ("retraction_proposed", 200)]


def test_let_it_go() -> None:
    """An import of 150 invites up to 548 days old: one proposal at once; the member approves; 150 retractions."""
    loop = member(*backlog(150), imported(0), items_max=40)
    loop.run_until(day(0) + GATHER_FOR)
    assert len(loop.heard(InviteIgnored)) == 150
    [proposal] = loop.heard(InviteRetractionProposed)
    assert (len(proposal.invites), proposal.oldest_days, proposal.more) == (150, 240, None)
    assert loop.published[-1].causation == imported(0).id
    loop.apply(approved(1, *(one.invite_id for one in proposal.invites)))
    loop.run_until(day(2000))
    assert len({one.invite_id for one in loop.heard(InviteRetracted)}) == len(loop.heard(InviteRetracted)) == 150
    assert len(proposed(loop)) == 1
    loop.assert_settled()


def test_a_backlog_does_not_wait_for_the_week_and_takes_the_open_ones_with_it() -> None:
    loop = member(sent("a", -90))
    loop.run_until(day(1))
    loop.apply(*backlog(20, logged=1), imported(1))
    loop.run_until(day(1))
    assert [len(ids) for ids in proposed(loop)] == [1]
    loop.run_until(day(1) + GATHER_FOR)
    assert [len(ids) for ids in proposed(loop)] == [1, 21]


def test_an_import_that_reaches_the_log_after_a_proposal_is_still_a_backlog() -> None:
    loop = member(sent("a", -90))
    loop.run_until(day(1))
    loop.apply(*backlog(20, logged=2), imported(-1, logged=2))
    loop.run_until(day(2) + GATHER_FOR)
    assert [len(ids) for ids in proposed(loop)] == [1, 21]


def test_fewer_than_twenty_are_no_backlog() -> None:
    loop = member(sent("a", -90))
    loop.run_until(day(1))
    loop.apply(*backlog(19, logged=1), imported(1))
    loop.run_until(day(29))
    assert [len(ids) for ids in proposed(loop)] == [1]


def test_the_same_import_again_changes_nothing() -> None:
    loop = member(*backlog(30), imported(0))
    loop.run_until(day(10))
    before = dict(loop.items)
    loop.apply(*backlog(30, logged=10), imported(0, logged=10))
    loop.run_until(day(11))
    assert (len(proposed(loop)), loop.items) == (1, before)


def test_switched_off_a_backlog_waits_like_the_others() -> None:
    loop = member(wish(0, rules={"review_backlog": {"on": False}}), sent("a", -90))
    loop.run_until(day(1))
    loop.apply(*backlog(30, logged=1), imported(1))
    loop.run_until(day(29))
    assert [len(ids) for ids in proposed(loop)] == [1]


@pytest.mark.parametrize("name", ["auto", "never"])
def test_under_another_policy_nothing_is_proposed(name: str) -> None:
    loop = member(policy(0, name), *backlog(30), imported(0))
    loop.run_until(day(5))
    assert proposed(loop) == []
    loop.apply(policy(5, "ask"))
    loop.run_until(day(6))
    assert [len(ids) for ids in proposed(loop)] == [30]


@pytest.mark.deep
def test_a_proposal_of_thousands_fits_into_events() -> None:
    events = []
    for one in backlog(3000):
        contact = one.data.contact.model_copy(update={"name": "\N{SNOWMAN}" * 100})  # type: ignore[attr-defined]
        events.append(Event(one.id, one.member, one.time, one.logged, one.data.model_copy(update={"contact": contact})))
    loop = member(*events, imported(0), items_max=700)
    loop.run_until(day(60))
    proposals = loop.heard(InviteRetractionProposed)
    assert [one.attempt for one in proposals] == [1, 2, 1]
    first, _, rest = proposals
    assert len(first.invites) <= PROPOSAL_INVITES_MAX
    ids = [one.invite_id for proposal in (first, rest) for one in proposal.invites]
    ids += [*(first.more or ()), *(rest.more or ())]
    assert len(ids) == len(set(ids)) == 3000
