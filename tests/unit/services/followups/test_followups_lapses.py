"""When what nothing came of is laid to rest: after the digest that shows it last, before the next, never in its instant."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.followups.engine.schedule import lapses_at
from services.followups.model.state import Subject
from services.followups.rules.form.case import Case
from services.followups.rules.table import ANSWER_HOURS, APART, RULES
from shared.contracts import FollowupDue, FollowupLapsed, MemberJoined
from shared.decider import View
from tests.depth import examples
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    at,
    connected,
    event,
    hour,
    member,
    requested,
    wishes,
)
from tests.unit.services.lives import ended_before_they_left, side_by_side

MINUTE = timedelta(minutes=1)


def lapsed(loop: FollowupsLoop, rule: str) -> list[datetime]:
    return [one.time for one in loop.published if isinstance(one.data, FollowupLapsed) and one.data.rule == rule]


def test_what_falls_due_with_a_weekly_digest_is_over_before_the_next_one() -> None:
    """Fails where it ends in the instant of that digest."""
    loop = member()
    loop.apply(connected("ada", -364, 0))
    loop.run_until(at(14.4))
    due = next(one for one in loop.heard(FollowupDue) if one.rule == "reconnect")
    assert (due.due_at, due.lapses_at) == (hour(7, 8), hour(14, 7.5))
    assert lapsed(loop, "reconnect") == [hour(14, 7.5)]


def test_a_digest_that_moves_to_the_hour_of_a_lapse_is_no_digest_of_what_ends_in_it() -> None:
    """The digest was told another lapse: fails where it is let lapse in the instant in which that leaves."""
    loop = member()
    loop.apply(wishes(-1, digest={"every": "daily"}), requested("r1", "2026-03-03T12:00"))
    loop.run_until(at(5))
    (due,) = loop.heard(FollowupDue)
    assert due.lapses_at == hour(9, 4)
    loop.apply(wishes(5, digest={"every": "daily", "time": "12:00"}))
    loop.run_until(at(30))
    assert lapsed(loop, "own_reminder") == [hour(8, 11.5)]


def test_there_is_time_to_answer_what_a_digest_shows_last() -> None:
    """Fails where the week alone counts: it ends an hour after the digest of day 14, or in a pause before any digest."""
    loop = member()
    loop.apply(requested("r1", "2026-03-09T09:00"))
    loop.run_until(at(30))
    assert lapsed(loop, "own_reminder") == [hour(15, 4)]
    paused = member()
    paused.apply(requested("r1", "2026-03-03T09:00"))
    paused.run_until(at(1.5))
    paused.apply(wishes(1.5, paused_until=at(12).isoformat()))
    paused.run_until(at(30))
    assert lapsed(paused, "own_reminder") == [hour(15, 4)]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=3), timedelta(minutes=20)])
def test_a_service_that_is_busy_for_a_moment_lets_nothing_stand_in_another_digest(late: timedelta) -> None:
    """Fails where the days count from when it was said: with half a second it would stand in the next digest, too."""
    loop = member()
    loop.apply(connected("ada", -364, 0))
    loop.run_until(hour(7, 8) - MINUTE)
    loop.run_until(hour(7, 8))
    said = loop.items["contact/ada"]
    assert isinstance(said, Subject)
    slot = said.slots["reconnect"]
    assert slot.reminded_at == slot.due_for == hour(7, 8)
    later = {**said.slots, "reconnect": replace(slot, reminded_at=hour(7, 8) + late)}
    assert lapses_at(
        Case(View("m1", loop.profile, loop.items), "contact/ada", RULES["reconnect"], replace(said, slots=later))
    ) == hour(14, 7.5)


@settings(deadline=None, max_examples=examples(30))
@given(
    st.sampled_from(["daily", "weekly"]),
    st.integers(0, 23),
    st.integers(0, 23),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham"]),
    st.integers(3, 12),
)
def test_over_changes_of_zone_and_hour_nothing_ends_in_the_instant_of_a_digest(
    every: str, before: int, after: int, zone: str, day: int
) -> None:
    joined = event(MemberJoined(name="Ada", email="ada@example.org"), -2)
    awake = {"from": "00:00", "to": "00:00"}
    script = [
        joined,
        wishes(-1, digest={"every": every, "time": f"{before:02}:00"}, quiet_hours=awake),
        *(requested(f"r{n}", f"2026-03-03T{n:02}:00") for n in range(24)),
        requested("series", f"2026-03-03T{after:02}:00", every_days=1),
        connected("bob", 0.5),
        wishes(day + 0.01, zone=zone, digest={"every": every, "time": f"{after:02}:00"}),
    ]
    assert not ended_before_they_left(side_by_side(script, at(30), joined.member))


def test_there_is_time_to_answer_and_less_than_the_shortest_day_between_two_digests() -> None:
    assert timedelta(hours=ANSWER_HOURS) + APART < timedelta(hours=23)
