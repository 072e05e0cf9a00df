"""What events make of an invite, a contact and a proposal: each event what it says, and each set up to its limit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from services.invites.apply import evolve, evolve_profile
from services.invites.state import (
    ACCEPTED,
    CONTACT_INVITES_MAX,
    INVITE_PROPOSALS_MAX,
    REFUSED,
    WITHDRAWN,
    Contact,
    Invite,
    InvitesProfile,
    Item,
    Naming,
    Proposal,
    Proposals,
    Wish,
)
from services.invites.touched import touches
from shared.contracts import (
    DigestSent,
    Event,
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    NamedRetraction,
)
from tests.unit.services.invites.invites_world import (
    accepted,
    approved,
    connected,
    day,
    declined,
    event,
    given_up,
    imported,
    kept,
    named,
    removed,
    reported,
    sent,
    withdrawn,
)

ABOUT: dict[str, Any] = {"invite_id": "a", "contact_id": "c"}


def known(key: str, *events: Event) -> Item | None:
    item: Item | None = None
    for one in events:
        item = evolve(key, item, one)
    return item


def invite(*events: Event) -> Invite:
    item = known("invite/a", *events)
    assert isinstance(item, Invite)
    return item


def mailed(at: float, *days: float, invite_id: str = "a") -> Event:
    """A digest that names the invite, and others, with the day on which it is pulled back."""
    named_ = tuple(NamedRetraction(invite_id=invite_id, retract_at=day(one)) for one in days)
    other = NamedRetraction(invite_id="other", retract_at=day(900))
    mail = DigestSent(digest_id="d", period="2026-W10", attempt=1, message_id="<m@x>", retractions=(*named_, other))
    return event(mail, at)


def proposal(at: float, proposal_id: str, *ids: str, attempt: int = 1, more: Iterable[str] | None = None) -> Event:
    shown = [{"invite_id": one, "contact": {"id": "c", "name": "Ada"}, "sent_at": day(0)} for one in ids]
    fields = {"proposal_id": proposal_id, "invites": shown, "oldest_days": 90, "attempt": attempt, "more": more}
    return event(InviteRetractionProposed.model_validate(fields), at)


@pytest.mark.parametrize(
    ("answers", "which", "first"),
    [
        ([accepted("a", 3)], ACCEPTED, 3), ([connected("a", 3, via=True)], ACCEPTED, 3), ([declined("a", 3)], REFUSED, 3),
        ([reported("a", 3)], REFUSED, 3), ([withdrawn("a", 3)], WITHDRAWN, 3),
        ([accepted("a", 5), declined("a", 2)], ACCEPTED | REFUSED, 2),
        ([declined("a", 2), accepted("a", 5)], ACCEPTED | REFUSED, 2),
    ],
)  # fmt: skip
def test_answers_are_all_kept_and_the_earliest_says_when(answers: list[Event], which: int, first: float) -> None:
    one = invite(sent("a", 0), *answers)
    assert (one.answers, one.answered_at) == (which, day(first))
    assert (one.over, one.settled) == (which != WITHDRAWN, True)
    assert (one.sent_at is None) == one.over, "of one that is over nothing is kept that no rule reads"


def test_answers_are_stored_as_the_numbers_that_stores_hold() -> None:
    """No rule asks which of the two it was, but a later one may: each is a bit of its own, and stays the same."""
    assert (ACCEPTED, REFUSED, WITHDRAWN) == (1, 2, 4)


def test_one_that_is_withdrawn_to_be_tried_again_stays_so_and_its_contact_knows() -> None:
    again, plain = withdrawn("a", 1, again=True), withdrawn("a", 2)
    assert invite(again, plain).again
    assert invite(plain, again).again
    assert not invite(plain).again
    assert len(tuple(touches(again))) == 2
    assert tuple(touches(plain)) == ("invite/a",)


def test_the_last_word_on_a_proposal_counts_with_its_end_and_whether_it_is_tried_again() -> None:
    keeps, lets_go = kept(1, "a", days=30), approved(2, "a", again=True)
    for events in ((keeps, lets_go), (lets_go, keeps)):
        assert invite(*events).wish == Wish(day(2), lets_go.id, approved=True, again=True)
    assert invite(keeps).wish == Wish(day(1), keeps.id, approved=False, until=day(31))
    assert invite(kept(1, "a")).wish == Wish(day(1), kept(1, "a").id, approved=False)


def test_each_own_event_notes_when_it_was_said() -> None:
    ignored = event(InviteIgnored(**ABOUT, age_days=90), 1)
    noticed = event(InviteRetractionNoticed(**ABOUT, retract_at=day(9)), 2)
    assert invite(ignored, noticed) == Invite(ignored_at=day(1), noticed_at=day(2), retract_at=day(9))
    gone = event(InviteRetracted(**ABOUT, by="member", age_days=91, try_again=True), 3)
    assert invite(ignored, gone) == Invite(retracted_at=day(3), retracted_again=True)
    assert invite(event(InviteExpired(**ABOUT, age_days=180), 4)) == Invite(expired_at=day(4))
    assert invite(event(InviteReinviteAllowed(**ABOUT), 5)) == Invite(reinvited_at=day(5))


@pytest.mark.parametrize(
    ("mails", "named_for", "named_at"),
    [
        ([mailed(1, 20)], 20, 1), ([mailed(1, 20), mailed(2, 20)], 20, 1), ([mailed(2, 20), mailed(1, 20)], 20, 1),
        ([mailed(1, 20), mailed(2, 21)], 21, 2), ([mailed(2, 21), mailed(1, 20)], 21, 2), ([mailed(1, 20, 22)], 22, 1),
    ],
)  # fmt: skip
def test_of_mails_that_name_it_the_first_one_counts_that_names_the_latest_day(
    mails: list[Event], named_for: float, named_at: float
) -> None:
    one = invite(sent("a"), *mails)
    assert (one.named_for, one.named_at) == (day(named_for), day(named_at))


def test_it_remembers_the_last_proposals_that_listed_it_each_once() -> None:
    first = [proposal(n, f"p{n}", "a") for n in range(INVITE_PROPOSALS_MAX)]
    assert invite(*first).proposals == tuple(f"p{n}" for n in range(INVITE_PROPOSALS_MAX))
    again, more = proposal(50, "p1", "a", attempt=2), proposal(51, "new", "a")
    assert invite(*first, again, more).proposals == (*(f"p{n}" for n in range(2, INVITE_PROPOSALS_MAX)), "p1", "new")


def test_a_proposal_lists_all_that_it_named_in_any_attempt_and_the_member_s_last_word() -> None:
    first, second = proposal(1, "p", "b", "a"), proposal(2, "p", "c", attempt=2, more=("d",))
    assert known("proposal:p", first, second) == Proposal(("a", "b", "c", "d"))
    assert set(touches(second)) == {"proposals", "proposal:p", "invite/c", "invite/d"}


def test_what_waits_leaves_with_the_proposal_and_its_repetition_is_no_other_one() -> None:
    ignored = [event(InviteIgnored(invite_id=one, contact_id="c", age_days=90), at) for at, one in enumerate("abc")]
    waiting = known("proposals", imported(-1), *ignored)
    assert isinstance(waiting, Proposals)
    assert (waiting.waiting, waiting.ignored_at, waiting.count) == (("a", "b", "c"), day(2), 0)
    asked = evolve("proposals", waiting, proposal(3, "p", "a", more=("b",)))
    assert isinstance(asked, Proposals)
    assert (asked.waiting, asked.listed, asked.count, asked.attempt) == (("c",), ("a", "b"), 1, 1)
    assert (asked.proposed_at, asked.ignored_at) == (day(3), day(2))
    repeated = evolve("proposals", asked, proposal(4, "p", "a", attempt=2))
    assert isinstance(repeated, Proposals)
    assert (repeated.count, repeated.attempt, repeated.proposed_at) == (1, 2, day(4))
    gone = evolve("proposals", repeated, event(InviteExpired(**ABOUT, age_days=180), 5))
    assert isinstance(gone, Proposals)
    assert (gone.listed, gone.waiting) == ((), ("c",))


def contact(*events: Event) -> Contact:
    item = known("contact/c", *events)
    assert isinstance(item, Contact)
    return item


@pytest.mark.parametrize("events", [(connected("a", 1), removed("a", 2)), (removed("a", 2), connected("a", 1))])
def test_a_contact_knows_when_the_two_last_parted_or_were_connected(events: tuple[Event, ...]) -> None:
    assert contact(*events).ended_at == day(2)


def test_the_last_name_of_a_contact_counts() -> None:
    one, other = named("a", 1, "Ada"), named("a", 2, "Countess")
    for events in ((one, other), (other, one)):
        assert contact(*events).named == Naming(day(2), other.id, "Countess")


def test_of_invites_that_are_to_be_tried_again_those_of_the_lowest_ids_are_kept() -> None:
    ids = [f"i{n:02}" for n in range(CONTACT_INVITES_MAX + 1)]
    tried = [withdrawn(one, 1, again=True) for one in reversed(ids)]
    assert contact(*tried[:-1]).withdrawn == tuple(ids[1:])
    assert contact(*tried).withdrawn == tuple(ids[:-1])


@pytest.mark.parametrize("days", [(3.0, 5.0), (5.0, 3.0)])
def test_mails_were_given_up_when_that_was_said_last(days: tuple[float, float]) -> None:
    profile = InvitesProfile()
    for at in days:
        profile = evolve_profile(profile, given_up(at))
    assert profile.given_up_at == day(5)
