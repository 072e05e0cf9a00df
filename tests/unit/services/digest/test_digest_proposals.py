"""What a digest tells of invites: a proposal once, its rest as a number, and notices until their day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.digest import delivery_errors
from services.digest.apply.merge import let_go
from services.digest.content.build import REST_MAX, SHOWN_MAX
from services.digest.model.state import LETTING_GO, NOTICES_MAX, LettingGo
from shared.contracts import (
    DigestPrepared,
    InviteAccepted,
    InviteKept,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
)
from tests.unit.services.digest.digest_world import DAY, World, accepted, of, refused, types, utc


def proposed(world: World) -> tuple[list[str], int]:
    told = world.content()
    return [one.invite_id for one in told.proposed], told.proposed_more


def test_a_proposal_is_told_once_and_its_repetition_again() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    world.propose("a", "b")
    assert types(world.until("2026-12-02 00:00")) == ["prepared", "sending", "sent", "skipped"]
    world.propose("a", "b")
    assert types(world.until("2026-12-08 00:00")) == ["prepared", "sending", "sent"]


def test_a_proposal_whose_mail_never_left_is_told_in_the_next_digest() -> None:
    world = World("2026-11-20 00:00", mailing=refused(delivery_errors.UNREACHABLE))
    world.join()
    world.propose("a")
    world.until("2026-11-25 00:00")
    world.mailing = accepted
    assert types(world.until("2026-12-01 00:00")) == ["prepared", "sending", "sent"]


def test_a_long_proposal_shows_five_and_counts_the_rest_without_what_was_answered() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    world.propose(*"abcdefg", more=("h", "i"))
    assert proposed(world) == (list("abcde"), 4)
    world.tell(InviteAccepted(invite_id="a", contact_id="c-a"))
    world.tell(InviteKept(invite_ids=("h", "b")))
    assert proposed(world) == (list("cdefg"), 1)


def test_an_answer_read_before_its_proposal_still_counts() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    answered = world.tell(InviteAccepted(invite_id="a", contact_id="c-a"))
    world.propose("a", "b")
    world.apply(answered)
    assert proposed(world) == (["b"], 0)


@pytest.mark.parametrize("kind", [InviteKept, InviteRetractionApproved])
@pytest.mark.parametrize("first", ["answer", "proposal"])
def test_a_proposal_that_was_answered_as_a_whole_is_not_told(
    kind: type[InviteKept | InviteRetractionApproved], first: str
) -> None:
    """Whichever is read first. What is proposed after the answer is told, under the same id, too."""
    world, other = World("2026-11-20 00:00"), World("2026-11-20 00:00")
    asked = world.propose("a", "b", more=("c",))
    world.now += DAY
    assert isinstance(asked.data, InviteRetractionProposed)
    answer = world.tell(kind(proposal_id=asked.data.proposal_id))
    for event in (answer, asked) if first == "answer" else (asked, answer):
        other.apply(event)
    assert proposed(world) == proposed(other) == ([], 0)
    world.now += DAY
    world.tell(kind(proposal_id="proposal/another"))
    again = world.propose("a", "b")
    assert isinstance(again.data, InviteRetractionProposed)
    assert proposed(world) == (["a", "b"], 0)


def test_an_invite_kept_for_some_days_may_be_proposed_later_again() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    world.propose("a")
    world.tell(InviteKept(invite_ids=("a",), for_days=30))
    assert proposed(world) == ([], 0)
    world.now += 31 * DAY
    world.propose("a")
    assert proposed(world) == (["a"], 0)


def test_an_answer_counts_however_long_before_its_proposal_it_is_read() -> None:
    """Topics are read each at its own pace: all answers of a year may come before the first proposal."""
    world, other = World("2026-11-20 00:00"), World("2026-11-20 00:00")
    asked = world.propose("a", "b", more=("c",))
    for n in range(100):
        world.now += DAY
        world.tell(InviteAccepted(invite_id=f"i{n}", contact_id="c"), time=utc("2024-01-01 00:00"))
    kept = world.tell(InviteKept(invite_ids=("a", "c")))
    for event in (kept, *(world.tell(InviteAccepted(invite_id=f"j{n}", contact_id="c")) for n in range(5_000)), asked):
        other.apply(event)
    assert proposed(world) == proposed(other) == (["b"], 0)


def test_a_notice_is_told_until_its_day_unless_the_member_keeps_the_invite() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    world.meet("c1", "Grace Hopper")
    for one in ("a", "b"):
        world.tell(InviteRetractionNoticed(invite_id=one, contact_id="c1", retract_at=utc("2026-11-27 00:00")))
    world.tell(InviteKept(invite_ids=("b",)))
    (prepared,) = of(world.until("2026-11-24 00:00"), DigestPrepared)
    assert [(item.kind, item.invite_id, item.name) for item in prepared.items] == [("notice", "a", "Grace Hopper")]
    assert types(world.until("2026-12-01 00:00")) == ["skipped"]


def test_what_is_no_later_word_leaves_the_same_object() -> None:
    """Nothing is compared where nothing can have changed."""
    world = World("2026-11-20 00:00")
    world.join()
    asked = world.propose("a")
    state = world.items[LETTING_GO]
    assert isinstance(state, LettingGo)
    assert let_go(state, asked) is state
    assert let_go(state, world.note("c1", "Another word.")) is state
    retraction = InviteRetractionNoticed(invite_id="a", contact_id="c-a", retract_at=utc("2026-12-20 00:00"))
    noticed = world.tell(retraction)
    state = let_go(state, noticed)
    assert let_go(state, noticed) is state


def test_of_a_long_proposal_as_many_are_named_as_a_list_and_its_page_have_room_for() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    world.propose(*(f"i{number:02}" for number in range(SHOWN_MAX + REST_MAX + 5)), more=("z",))
    told = world.content()
    assert [one.invite_id for one in told.proposed_rest] == [f"i{5 + number:02}" for number in range(REST_MAX)]
    assert told.proposed_more == REST_MAX + 5 + 1


def test_the_soonest_notices_are_kept_and_only_of_those_whose_day_is_still_to_come() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    for number in range(NOTICES_MAX + 2):
        day = utc("2026-11-20 00:00") + timedelta(hours=1 + number)
        world.tell(InviteRetractionNoticed(invite_id=f"i{number:03}", contact_id="c1", retract_at=day))
    letting_go = world.items[LETTING_GO]
    assert isinstance(letting_go, LettingGo)
    assert sorted(letting_go.notices) == [f"i{number:03}" for number in range(NOTICES_MAX)]
    world.now = utc("2026-11-20 02:00")
    world.tell(InviteRetractionNoticed(invite_id="last", contact_id="c1", retract_at=utc("2026-12-20 00:00")))
    letting_go = world.items[LETTING_GO]
    assert isinstance(letting_go, LettingGo)
    assert sorted(letting_go.notices) == [*(f"i{number:03}" for number in range(2, NOTICES_MAX)), "last"]
