"""What somebody sets for themselves may be an instant or what clocks show: both mean the same wherever they are taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from pydantic import TypeAdapter, ValidationError

from shared.calendar import instant_of
from shared.contracts import (
    Event,
    FollowupDue,
    FollowupRequested,
    FollowupScheduled,
    FollowupSnoozed,
    MeetingScheduled,
    MemberPreferencesSet,
    PromiseMade,
)
from shared.contracts.cloudevents.codec import value_of
from shared.contracts.events.moment import EvaluationTime
from shared.preference_names import PAUSE
from shared.preferences import Preferences, evolve_preferences
from tests.unit.services.followups.followups_world import FollowupsLoop, event, member, requested, wishes

ANY = TypeAdapter(EvaluationTime)
PARIS = "Europe/Paris"
"""Two hours before UTC in June, one in March."""


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-06-09T09:00", datetime(2026, 6, 9, 9)),  # noqa: DTZ001 - a wall time
        ("2026-06-09T09:00:30.9", datetime(2026, 6, 9, 9, 0, 30)),  # noqa: DTZ001
        ("2026-06-09T09:00:00Z", datetime(2026, 6, 9, 9, tzinfo=UTC)),
        ("2026-06-09T09:00:00.1239+02:00", datetime(2026, 6, 9, 7, 0, 0, 123_000, tzinfo=UTC)),
    ],
)
def test_an_offset_makes_an_instant_and_comes_back_as_it_was(text: str, means: datetime) -> None:
    read = ANY.validate_json(f'"{text}"')
    assert read == means
    assert ANY.validate_json(ANY.dump_json(read)) == read


@pytest.mark.parametrize(
    "text", ["2026-06-09", "2026-06-09T09:00+02:00", "2026-06-09T25:00", "2026-06-09T09:00:00Z\n", "9"]
)
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ANY.validate_python(text)


def due_of(loop: FollowupsLoop, rule: str) -> datetime:
    loop.run_until(loop.now + timedelta(days=20))
    return next(one.due_at for one in loop.heard(FollowupDue) if one.rule == rule)


def living_in(zone: str) -> FollowupsLoop:
    loop = member()
    loop.apply(wishes(-1, zone=zone, quiet_hours={"from": "00:00", "to": "00:00"}))
    return loop


@pytest.mark.parametrize("due", ["2026-03-10T10:30", "2026-03-10T09:30:00Z", "2026-03-10T15:15:00+05:45"])
def test_a_reminder_comes_at_the_same_time_however_it_was_said(due: str) -> None:
    loop = living_in(PARIS)
    loop.apply(requested("r1", due))
    assert due_of(loop, "own_reminder") == datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(("due", "comes"), [("2026-03-10T10:30", 14), ("2026-03-10T10:30:00Z", 10)])
def test_a_wall_time_moves_with_the_member_and_an_instant_stays(due: str, comes: int) -> None:
    """Without `Case.fixed`, the instant would come at the wall time that it had in the zone before."""
    loop = living_in("UTC")
    loop.apply(requested("r1", due))
    loop.apply(wishes(1, zone="America/New_York"))
    assert due_of(loop, "own_reminder") == datetime(2026, 3, 10, comes, 30, tzinfo=UTC)


@pytest.mark.parametrize("until", ["2026-03-12T18:00", "2026-03-12T17:00:00Z"])
def test_a_snooze_ends_at_a_wall_time_or_an_instant(until: str) -> None:
    loop = living_in(PARIS)
    loop.apply(requested("r1", "2026-03-10T10:30"))
    loop.run_until(datetime(2026, 3, 10, 12, tzinfo=UTC))
    (plan,) = loop.heard(FollowupScheduled)
    answer = FollowupSnoozed.model_validate({"followup_id": plan.followup_id, "until": until})
    loop.apply(event(answer, 8.6))
    loop.run_until(datetime(2026, 3, 20, tzinfo=UTC))
    assert [one.due_at for one in loop.heard(FollowupDue)][1:] == [datetime(2026, 3, 12, 17, tzinfo=UTC)]


@pytest.mark.parametrize("due", ["2026-03-10T10:30", "2026-03-10T09:30:00Z"])
def test_a_promise_is_due_at_either(due: str) -> None:
    loop = living_in(PARIS)
    loop.apply(event(PromiseMade.model_validate({"promise_id": "p", "contact_id": "c", "due": due}), 0))
    assert due_of(loop, "keep_promise") == datetime(2026, 3, 9, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("starts", ["2026-03-10T12:00", "2026-03-10T11:00:00Z"])
def test_a_meeting_starts_at_either_in_its_own_zone(starts: str) -> None:
    loop = living_in("UTC")
    plan = {"meeting_id": "k", "contact_ids": ["c"], "kind": "lunch", "starts": starts, "zone": PARIS, "minutes": 60}
    loop.apply(event(MeetingScheduled.model_validate(plan), 0))
    loop.run_until(datetime(2026, 3, 10, 10, 59, tzinfo=UTC))
    assert {one.starts_at for one in loop.heard(FollowupDue)} == {datetime(2026, 3, 10, 11, tzinfo=UTC)}


def paused(until: str, day: float = 0) -> Event:
    return event(MemberPreferencesSet.model_validate({"paused_until": until}), day)


@pytest.mark.parametrize("until", ["2026-03-12T18:00", "2026-03-12T17:00:00.000Z"])
def test_a_pause_ends_at_a_wall_time_or_an_instant_for_every_reader_of_pauses(until: str) -> None:
    """Without the zone in `PAUSE`, *invites* would read a wall time as one of UTC."""
    known = evolve_preferences(evolve_preferences(Preferences(), wishes(0, zone=PARIS), PAUSE), paused(until), PAUSE)
    assert known.paused_until == datetime(2026, 3, 12, 17, tzinfo=UTC)


def test_the_same_event_told_with_either_form_leaves_the_same_behind_in_any_order() -> None:
    """Compared as they are, an instant and a wall time of one request would be a TypeError."""
    wall, aware = requested("r1", "2026-03-10T10:30"), requested("r1", "2026-03-10T10:30:00Z")
    aware = replace(aware, id=wall.id)
    states = []
    for order in ((wall, aware), (aware, wall)):
        loop = living_in(PARIS)
        loop.apply(order[0])
        loop.apply(order[1])
        states.append(loop.items["reminder/r1"].request)  # type: ignore[union-attr]
    assert states[0] == states[1]


def test_an_instant_means_itself_in_every_zone() -> None:
    moment = datetime(2026, 3, 10, 10, 30, tzinfo=UTC)
    assert instant_of(moment, PARIS) == moment
    assert instant_of(moment.replace(tzinfo=None), PARIS) == moment - timedelta(hours=1)


def test_what_was_said_as_an_instant_is_written_as_one() -> None:
    said = FollowupRequested.model_validate({"followup_id": "r", "what": "Call", "due": "2026-03-10T10:30:00+02:00"})
    assert b'"due":"2026-03-10T08:30:00.000Z"' in value_of(said)
