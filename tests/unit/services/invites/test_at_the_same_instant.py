"""Two things at the very same instant, as laws hold on both sides of a boundary; and the size of a proposal.

The examples fail when a `>=` becomes `>` in `proposals.review_backlog` or `rules.reinvite`.
"""

from __future__ import annotations

import pytest

from services.invites.rules.proposals import BACKLOG_INVITES_MIN, BYTES_MAX, Asking, gather
from services.invites.state import Contact, Invite, InvitesProfile, Item, Proposals
from shared.contracts import Event
from shared.contracts.cloudevents import codec
from shared.contracts.limits import ID_CHARS_MAX, PROPOSAL_INVITES_MAX, PROPOSAL_MORE_MAX, VALUE_BYTES_MAX
from shared.decider import View
from tests.unit.services.invites.invites_world import (
    connected,
    day,
    imported,
    member,
    proposed,
    removed,
    sent,
    told,
    withdrawn,
)


def many(letter: str, at: float) -> list[Event]:
    return [sent(f"{letter}{number:02}", at) for number in range(BACKLOG_INVITES_MIN)]


def test_an_import_brings_one_proposal_though_both_are_of_the_same_instant() -> None:
    loop = member(sent("open", -90), *many("b", -88))
    loop.run_until(day(2.5))
    assert [len(ids) for ids in proposed(loop)] == [1]
    loop.apply(imported(3))
    loop.run_until(day(3))
    assert [len(ids) for ids in proposed(loop)] == [1, 21]
    assert loop.published[-1].time == day(3), "the instant at which the import reached the log"
    loop.apply(*many("c", -86))
    loop.run_until(day(10))
    assert [len(ids) for ids in proposed(loop)] == [1, 21]


@pytest.mark.parametrize("met", [connected("a", 5), removed("a", 5)])
def test_what_happened_between_the_two_at_the_instant_of_the_invite_happened_since(met: Event) -> None:
    loop = member(sent("a", 5), met, withdrawn("a", 10, again=True))
    loop.run_until(day(60))
    assert told(loop) == []


def test_what_happened_between_the_two_before_the_invite_does_not_count() -> None:
    loop = member(sent("a", 5), removed("a", 4.999), withdrawn("a", 10, again=True))
    loop.run_until(day(60))
    assert told(loop) == [("reinvite_allowed", 31)]


@pytest.mark.parametrize(
    "letter", ["i", "\N{SNOWMAN}", '"'], ids=["plain", "three bytes", "escaped in JSON"],
)  # fmt: skip
def test_a_proposal_of_the_longest_ids_fits_into_one_event_and_the_rest_waits(letter: str) -> None:
    """Two thousand further ids of this length alone are more than an event may have, so the proposal would be parked."""
    total = PROPOSAL_INVITES_MAX + PROPOSAL_MORE_MAX
    ids = [f"{number:05}".ljust(ID_CHARS_MAX, letter) for number in range(total)]
    known: dict[str, Item | None] = {"proposal:proposal/1": None, **{f"contact/{one}": Contact() for one in ids}}
    gathering = gather(View("m1", InvitesProfile(), known), Proposals())
    asking = [Asking(one, Invite(sent_at=day(0), contact_id=one, name="Ada"), day(0), day(90)) for one in ids]
    proposal = gathering.propose(day(90), asking)
    event = Event("1", "m1", day(90), day(90), proposal)
    _, value, _ = codec.encode(event)
    listed = [*(one.invite_id for one in proposal.invites), *(proposal.more or ())]
    assert BYTES_MAX // 2 < len(value) <= VALUE_BYTES_MAX
    assert listed == ids[: len(listed)], "as many as fit, in their order: none is passed over"
    assert len(listed) < total
