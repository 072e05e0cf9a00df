"""What several follow-ups share: the pushes of a day, the places of open proposals, and a cycle with its late answer."""

from __future__ import annotations

import pytest

from shared.contracts import FollowupDone, FollowupDue, HelpGiven, HelpReceived, MessageSent, ThanksSent
from tests.unit.services.followups.followups_world import (
    about,
    answer,
    at,
    connected,
    hour,
    member,
    story,
    told,
    wishes,
)

PROPOSE, GIVE = "propose_meeting", "give_back"


def test_pushes_count_for_the_whole_of_the_member_s_day() -> None:
    """Kept for twelve hours only, the one at 7 would be forgotten by 20, and the one at 22 pushed as well."""
    loop = member()
    loop.apply(wishes(0, per_day=2, quiet_hours={"from": "00:00", "to": "00:00"}, rules={PROPOSE: {"push": True}}))
    loop.apply(*(about(ThanksSent, name, hours / 24) for name, hours in (("ada", 7), ("bob", 20), ("cyd", 22))))
    loop.run_until(at(4))
    dues = [(said.time, said.data.push) for said in loop.published if isinstance(said.data, FollowupDue)]
    assert dues == [(hour(3, 7), True), (hour(3, 20), True), (hour(3, 22), False)]


def test_a_place_that_comes_free_goes_to_who_has_waited_longest_however_they_were_thanked() -> None:
    """Dan was thanked by a first message, which is known by the end of `thank`; eve, later, by thanks."""
    loop = member()
    loop.apply(*(about(ThanksSent, name, 0.1) for name in ("ada", "bob", "cyd")))
    loop.apply(connected("dan", 0.2))
    loop.apply(about(MessageSent, "dan", 1))
    loop.apply(about(ThanksSent, "eve", 2))
    assert [said.data.contact_id for said in told(loop, PROPOSE)] == ["ada", "bob", "cyd"]  # type: ignore[attr-defined]  # of a plan
    loop.apply(answer(FollowupDone, f"contact/ada/{PROPOSE}/2026-03-02", 2.5))
    assert story(loop, PROPOSE)[3:] == [f"completed {PROPOSE}", f"scheduled {PROPOSE}"]
    assert told(loop, PROPOSE)[-1].data.contact_id == "dan"  # type: ignore[attr-defined]  # of a plan


@pytest.mark.parametrize("logged", [36, 45], ids=["told in time", "told late"])
def test_a_cycle_that_lapsed_is_over_since_then_though_its_answer_is_told_later(logged: float) -> None:
    """Counted from when the answer is told, help of before that starts a cycle only where it is told in time."""
    loop = member()
    loop.apply(about(HelpReceived, "ada", 1), about(HelpReceived, "ada", 2))
    loop.run_until(at(33))
    assert story(loop, GIVE)[-1] == f"lapsed {GIVE}"
    help_again, answered = about(HelpReceived, "ada", 36, logged), about(HelpGiven, "ada", 34, 40)
    for event in sorted((help_again, answered), key=lambda one: one.logged):
        loop.apply(event)
    assert story(loop, GIVE).count(f"scheduled {GIVE}") == 2
