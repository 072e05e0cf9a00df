"""What a digest tells of invites follows the member's last wishes: no notice and no question that counts no more."""

from __future__ import annotations

from typing import Any

import pytest

from services.digest.evaluate import sent
from shared.contracts import InviteRetractionNoticed
from tests.unit.services.digest.digest_world import DAY, World


def noticed(**since: Any) -> World:
    """A member to whom a retraction was announced on Tuesday, and who wished for something on Wednesday."""
    world = World("2026-11-23 00:00")
    world.join()
    world.prefer(retraction={"policy": "auto"})
    world.now += DAY
    world.tell(InviteRetractionNoticed(invite_id="a", contact_id="c", retract_at=world.now + 30 * DAY))
    world.now += DAY
    if since:
        world.prefer(**since)
    return world


def test_a_notice_stands_in_the_digest_and_its_mail_says_what_it_named() -> None:
    told = noticed().content()
    [named] = told.noticed
    taken = sent(told, 1, "<1@example.org>", linked=True).retractions
    assert [(one.invite_id, one.retract_at) for one in taken] == [("a", named.at)]


@pytest.mark.parametrize("policy", ["ask", "never", "auto"])
def test_a_notice_under_another_policy_is_not_told(policy: str) -> None:
    """Fails where the notice is shown until its day: the mail would name an invite that stays. `auto` gives it anew."""
    assert noticed(retraction={"policy": policy}).content().noticed == ()


def test_a_notice_from_before_a_change_of_the_digest_is_told_anew_by_whoever_gave_it() -> None:
    assert noticed(digest={"weekday": "fri"}).content().noticed == ()
    assert noticed(per_day=1).content().noticed != ()


@pytest.mark.parametrize(("policy", "asked"), [("ask", True), ("never", False), ("auto", False)])
def test_a_question_is_not_told_to_who_wants_none(policy: str, asked: bool) -> None:
    world = World("2026-11-23 00:00")
    world.join()
    world.propose("a")
    world.now += DAY
    world.prefer(retraction={"policy": policy})
    assert bool(world.content().proposed) == asked
