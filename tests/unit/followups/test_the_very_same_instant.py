"""Two things at the very same instant: which of them counts. Laws hold on both sides of a boundary, so these are examples.

Each fails when its comparison is turned from `>=` to `>`, or back: in `rules.completion` (`_asked_for`, `_parted_from`), in
`engine.preconditions` (`hindrance`) and in `engine.push` (`push_of`).
"""

from __future__ import annotations

from datetime import datetime

import pytest

from services.followups.rules.triggers import HORIZON
from shared.contracts import ContactMuted, ContactRemoved, Event, FollowupDue, MeetingProposed, MessageSent, ThanksSent
from tests.unit.followups.followups_world import (
    about,
    at,
    connected,
    hour,
    member,
    met,
    requested,
    story,
    wishes,
)

HORIZON_DAYS = HORIZON.days
SECOND = 1 / 86_400


@pytest.mark.parametrize("answer", [about(ThanksSent, "ada", 0.5), about(MessageSent, "ada", 0.5)])
def test_what_is_done_at_the_instant_of_its_reason_answers_it(answer: Event) -> None:
    late, early = member(), member()
    late.apply(connected("ada", 0.5))
    late.apply(answer)
    assert story(late, "thank") == ["scheduled thank", "completed thank"]
    early.apply(answer)
    early.apply(connected("ada", 0.5))
    assert story(early, "thank") == []


def test_what_was_done_a_second_before_its_reason_answers_nothing() -> None:
    loop = member()
    loop.apply(about(ThanksSent, "ada", 0.5 - SECOND), connected("ada", 0.5))
    assert story(loop, "thank") == ["scheduled thank"]


def test_a_meeting_that_is_proposed_at_the_instant_of_the_thanks_is_what_was_asked_for() -> None:
    loop = member()
    loop.apply(about(ThanksSent, "ada", 0.5))
    loop.apply(met(MeetingProposed, "k1", 0.5))
    assert story(loop, "propose_meeting") == ["scheduled propose_meeting", "completed propose_meeting"]


def test_who_is_removed_at_the_instant_of_the_reason_is_not_followed_up() -> None:
    loop = member()
    loop.apply(connected("ada", 0.5))
    loop.apply(about(ContactRemoved, "ada", 0.5))
    assert story(loop) == ["scheduled thank", "cancelled thank"]


def test_who_was_removed_before_the_reason_is_back() -> None:
    loop = member()
    loop.apply(about(ContactRemoved, "ada", 0.5 - SECOND))
    loop.apply(connected("ada", 0.5))
    assert story(loop) == ["scheduled thank"]


@pytest.mark.parametrize(("muted", "said"), [(0.5, []), (0.5 - SECOND, ["scheduled own_reminder"])])
def test_only_who_is_muted_since_the_request_is_left_out_of_what_was_asked_for(muted: float, said: list[str]) -> None:
    loop = member()
    loop.apply(about(ContactMuted, "ada", muted))
    loop.apply(requested("r1", "2026-03-10T10:00", 0.5, contact_id="ada"))
    assert story(loop, "own_reminder") == said


@pytest.mark.parametrize(("late", "said"), [(0.0, ["scheduled thank"]), (SECOND, [])])
def test_what_is_told_on_the_last_instant_of_the_horizon_starts_still(late: float, said: list[str]) -> None:
    loop = member()
    loop.apply(connected("ada", 0.5, HORIZON_DAYS + 0.5 + late))
    assert story(loop) == said


@pytest.mark.parametrize(("said_at", "pushed"), [(hour(2, 9), False), (hour(2, 9 - 1 / 3600), True)])
def test_at_the_instant_at_which_a_push_expires_it_is_too_late(said_at: datetime, pushed: bool) -> None:
    loop = member()
    loop.apply(wishes(0, quiet_hours={"from": "00:00", "to": "00:00"}), connected("ada", 0.5))
    loop.sleep_until(said_at)
    loop.run_until(at(3))
    assert [due.push for due in loop.heard(FollowupDue)] == [pushed]
