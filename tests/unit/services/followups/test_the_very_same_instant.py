"""Two things at the very same instant: which of them counts. Laws hold on both sides of a boundary, so these are examples.

Each fails when its comparison is turned from `>=` to `>`, or back: in `rules.completion` (`_asked_for`, `_parted_from`), in
`engine.preconditions` (`hindrance`) and in `engine.push` (`push_of`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from services.followups.rules.form.triggers import HORIZON
from shared.contracts import (
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    Event,
    FollowupDue,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingProposed,
    MessageSent,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    about,
    at,
    connected,
    hour,
    member,
    met,
    planned,
    requested,
    story,
    wishes,
)
from tests.unit.services.followups.test_followups_quiet import MONDAYS, before, lived, mailed, resumed

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


@pytest.mark.parametrize("kind", [MeetingProposed, MeetingCancelled, MeetingHeld])
def test_what_is_said_of_a_meeting_in_the_instant_in_which_it_was_missed_is_no_other_day(
    kind: type[MeetingProposed | MeetingCancelled | MeetingHeld],
) -> None:
    """It is told of the one that was missed, as by an import that tells all of it at once."""
    loop = member()
    loop.apply(connected("ada", -20, -1), met(MeetingMissed, "k1", 5.7), met(kind, "k1", 5.7))
    assert story(loop, "another_day") == ["scheduled another_day"]
    loop.apply(met(kind, "k1", 5.7 + SECOND))
    assert len(story(loop, "another_day")) == 2


def test_a_plan_of_the_instant_in_which_the_meeting_was_missed_is_the_plan_that_was_missed() -> None:
    loop = member()
    loop.apply(connected("ada", -20, -1), met(MeetingMissed, "k1", 5.7), planned("k1", 5.5, 5.7))
    assert story(loop, "another_day") == ["scheduled another_day"]


@pytest.mark.parametrize(("after", "why"), [(timedelta(), []), (timedelta(milliseconds=1), ["done"])])
def test_only_what_is_done_after_a_rule_went_quiet_brings_it_back(after: timedelta, why: list[str]) -> None:
    thanked = about(ThanksSent, "zed", 40)
    loop = lived(*(mailed(day) for day in MONDAYS), until=29)
    loop.apply(replace(thanked, time=before(28) + after))
    loop.run_until(at(41))
    assert [one for _, one in resumed(loop)] == why


@pytest.mark.parametrize(("unmuted", "said"), [(5, ["scheduled thank"]), (5 + SECOND, [])])
def test_what_is_told_when_it_is_allowed_again_starts_though_its_day_was_forbidden(
    unmuted: float, said: list[str]
) -> None:
    """Of what is told late, its day is that on which it is told: forbidden until after it, it does not come back."""
    loop = member()
    loop.apply(about(ContactMuted, "ada", 0.2), about(ContactUnmuted, "ada", unmuted), connected("ada", 0.5, 5))
    assert story(loop, "thank") == said
