"""What falls due at an hour of the member's own while nobody is there to say it, until quiet hours have begun."""

from __future__ import annotations

import pytest

from shared.contracts import Event, FollowupDue, FollowupRescheduled
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    at,
    day_set,
    hour,
    member,
    planned,
    promised,
    requested,
    snoozed,
    story,
    wishes,
)


def missed(*events: Event, since: float = 20, wakes: float = 2.95, until: float = 60) -> FollowupsLoop:
    """A member for whom nobody was there from hour `since` of day 2 until day `wakes`, late in the evening."""
    loop = member()
    loop.apply(*events)
    loop.run_until(hour(2, since))
    loop.sleep_until(at(wakes))
    loop.run_until(at(wakes))
    loop.assert_settled()
    loop.run_until(at(until))
    loop.assert_settled()
    return loop


@pytest.mark.parametrize("every", [{}, {"every_days": 30}])
def test_what_was_missed_until_quiet_hours_began_is_pushed_at_their_end(every: dict[str, int]) -> None:
    """Fails where it is said at once: no push may come then, and no digest may ever."""
    loop = missed(requested("r1", "2026-03-04T20:30", **every), wishes(0, digest={"every": "off"}), until=20)
    assert story(loop)[:3] == ["scheduled own_reminder", "rescheduled own_reminder", "due own_reminder 1"]
    (moved,), (due,) = loop.heard(FollowupRescheduled), loop.heard(FollowupDue)
    assert (moved.instead_of, moved.due_at) == (hour(2, 20.5), hour(3, 8))
    assert (due.push, due.due_at, loop.published[2].time) == (True, hour(3, 8), hour(3, 8))


def test_a_snooze_and_a_later_step_that_were_missed_are_pushed_at_the_end_of_quiet_hours_too() -> None:
    loop = missed(
        requested("r1", "2026-03-03T10:00"),
        snoozed("r1", 2 + 20.25 / 24, 1.5),
        promised("p1", 2 + 20.5 / 24, 0.2),
        wakes=2.95,
    )
    said = {(one.data.rule, one.time) for one in loop.published if isinstance(one.data, FollowupDue) and one.data.push}
    assert {("own_reminder", hour(3, 8)), ("keep_promise", hour(3, 8))} <= said
    assert all(due.push for due in loop.heard(FollowupDue))


def test_a_day_that_is_over_before_quiet_hours_end_is_let_be_and_comes_next_year() -> None:
    loop = missed(day_set(3, 4, 0.2), since=7, until=370)
    assert [due.due_at.year for due in loop.heard(FollowupDue) if due.push] == [2027]
    assert story(loop)[:3] == ["scheduled remember_date", "due remember_date 1", "cancelled remember_date"]


def test_it_is_put_off_once_more_where_quiet_hours_change_and_another_hour_of_the_member_s_counts_instead() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-04T20:30"))
    loop.run_until(hour(2, 20))
    loop.sleep_until(at(2.95))
    loop.run_until(at(2.95))
    loop.apply(wishes(2.96, quiet_hours={"from": "21:00", "to": "11:00"}))
    loop.run_until(hour(3, 10))
    assert not loop.heard(FollowupDue)
    loop.apply(requested("r1", "2026-03-06T15:00", 3.42))
    loop.run_until(at(10))
    assert [due.due_at for due in loop.heard(FollowupDue)] == [hour(4, 15)]


@pytest.mark.parametrize("wakes", [2.4, 2.5, 4])
def test_what_leads_up_to_a_meeting_is_not_said_once_that_has_begun(wakes: float) -> None:
    """The meeting is at noon of day 2. Fails where it is said and left to a digest, which would not find it alive."""
    loop = missed(planned("lunch", 2.5, 0.2), since=9, wakes=wakes)
    assert ("meeting_today" in {due.rule for due in loop.heard(FollowupDue)}) is (wakes < 2.5)
    assert all(due.push for due in loop.heard(FollowupDue))
