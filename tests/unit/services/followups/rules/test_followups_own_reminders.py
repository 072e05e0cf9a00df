"""Reminders that a member asks for: once or in a series, pushed, answered, moved."""

from __future__ import annotations

import pytest

from shared.contracts import (
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupRescheduled,
    FollowupScheduled,
)
from tests.unit.services.followups.followups_world import (
    answer,
    at,
    hour,
    member,
    requested,
    story,
    wishes,
)


def test_a_reminder_comes_at_its_wall_time_and_is_pushed() -> None:
    loop = member()
    loop.apply(wishes(0, zone="America/New_York"), requested("r1", "2026-03-10T10:00", contact_id="ada"))
    loop.run_until(at(9))
    due = loop.heard(FollowupDue)[0]
    assert (due.due_at, due.push, due.contact_id) == (hour(8, 14), True, "ada")
    assert due.what == due.text == "Call about r1"


def test_the_members_own_words_become_one_line_of_a_push() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00", what="Call\r\nAda \x07 " + "now " * 100))
    loop.run_until(at(2))
    text = loop.heard(FollowupDue)[0].text
    assert text is not None
    assert text.startswith("Call Ada now now")
    assert len(text) <= 200


@pytest.mark.parametrize("named", ["r1", "reminder/r1/own_reminder/2026-03-02"])
def test_a_reminder_is_answered_by_its_own_id_or_by_the_one_of_its_follow_up(named: str) -> None:
    done, dismissed = member(), member()
    for loop, kind in ((done, FollowupDone), (dismissed, FollowupDismissed)):
        loop.apply(requested("r1", "2026-03-03T10:00"))
        loop.run_until(at(2))
        loop.apply(answer(kind, named, 2))
        loop.run_until(at(60))
    assert story(done) == ["scheduled own_reminder", "due own_reminder 1", "completed own_reminder"]
    assert story(dismissed) == ["scheduled own_reminder", "due own_reminder 1", "cancelled own_reminder"]


def test_a_series_goes_on_after_done_and_after_a_lapse_on_its_own_days_until_it_is_dismissed() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00", every_days=7))
    loop.run_until(at(2))
    loop.apply(answer(FollowupDone, "r1", 2))
    loop.apply(answer(FollowupDone, "r1", 2.01))
    loop.run_until(at(31))
    loop.apply(answer(FollowupDismissed, "r1", 31))
    loop.run_until(at(90))
    plans = loop.heard(FollowupScheduled)
    assert [(plan.due_local.month, plan.due_local.day) for plan in plans] == [
        (3, 3),
        (3, 10),
        (3, 17),
        (3, 24),
        (3, 31),
    ]
    cycles = [plan.followup_id.rpartition("/")[2] for plan in plans]
    assert cycles == ["2026-03-02", "2026-03-04.2", "2026-03-17.3", "2026-03-24.4", "2026-03-31.5"]
    assert story(loop)[-1] == "cancelled own_reminder"


def test_a_daily_reminder_comes_daily_and_once_after_an_outage() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00", every_days=1))
    loop.run_until(at(4))
    assert [said.time for said in loop.published if isinstance(said.data, FollowupDue)] == [
        hour(day, 10) for day in (1, 2, 3)
    ]
    loop.sleep_until(at(20))
    loop.run_until(at(22))
    late = [said for said in loop.published if isinstance(said.data, FollowupDue)][3:]
    assert [(said.time, said.data.due_at) for said in late] == [  # type: ignore[attr-defined]  # all are `FollowupDue`
        (hour(20, 8), hour(20, 8)),
        (hour(20, 10), hour(20, 10)),
        (hour(21, 10), hour(21, 10)),
    ]


def test_done_names_a_lapsed_occurrence_of_a_series_and_leaves_the_next_one() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00", every_days=30))
    loop.run_until(at(10))
    loop.apply(answer(FollowupDone, "reminder/r1/own_reminder/2026-03-02", 10))
    assert story(loop)[-3:] == ["lapsed own_reminder", "scheduled own_reminder", "completed own_reminder"]
    assert loop.heard(FollowupCompleted)[0].followup_id == "reminder/r1/own_reminder/2026-03-02"
    loop.run_until(at(32))
    assert story(loop)[-1] == "due own_reminder 1"


def test_asking_again_under_the_same_id_moves_the_reminder() -> None:
    loop = member()
    loop.apply(requested("r1", "2026-03-05T10:00"))
    loop.apply(requested("r1", "2026-03-08T10:00", 1, what="Call later"))
    loop.run_until(at(7))
    assert story(loop) == ["scheduled own_reminder", "rescheduled own_reminder", "due own_reminder 1"]
    assert loop.heard(FollowupRescheduled)[0].due_at == hour(6, 10)
    loop.apply(requested("r1", "2026-03-12T10:00", 7))
    assert story(loop)[-2:] == ["cancelled own_reminder", "scheduled own_reminder"]
    loop.run_until(at(11))
    loop.apply(answer(FollowupDone, "r1", 11))
    loop.apply(requested("r1", "2026-03-15T10:00", 12))
    assert story(loop)[-2:] == ["completed own_reminder", "scheduled own_reminder"]
    assert len({plan.followup_id for plan in loop.heard(FollowupScheduled)}) == 3
