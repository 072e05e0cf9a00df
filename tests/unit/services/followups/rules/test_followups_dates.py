"""`remember_date`: every year anew, a week before and on the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.followups.model.state import date_key
from shared.calendar import local
from shared.contracts import (
    ContactDateSet,
    ContactMuted,
    ContactUnmuted,
    Event,
    FollowupCancelled,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupScheduled,
)
from tests.depth import examples
from tests.unit.services.followups.followups_world import (
    T0,
    FollowupsLoop,
    about,
    answer,
    at,
    connected,
    day_set,
    member,
    story,
    told,
    wishes,
)

RULE = "remember_date"
YEAR = 365.25


def days(loop: FollowupsLoop, zone: str = "UTC") -> list[date]:
    return [local(one.time, zone).date() for one in told(loop, RULE) if isinstance(one.data, FollowupDue)]


def cycles(loop: FollowupsLoop) -> list[str]:
    return [plan.followup_id.rpartition("/")[2] for plan in loop.heard(FollowupScheduled) if plan.rule == RULE]


def test_a_day_is_remembered_a_week_before_and_on_the_day_each_year() -> None:
    loop = member()
    loop.apply(connected("ada", -30, 0), day_set(6, 12, 0.5))
    loop.run_until(at(2 * YEAR))
    assert days(loop) == [date(2026, 6, 5), date(2026, 6, 12), date(2027, 6, 5), date(2027, 6, 12)]
    assert cycles(loop) == ["2026", "2027.2", "2028.3"]
    assert [due.push for due in loop.heard(FollowupDue) if due.rule == RULE] == [False, True] * 2, "on the day itself"
    assert all(one.time.hour == 9 for one in told(loop, RULE) if isinstance(one.data, FollowupDue))
    assert [due.text for due in loop.heard(FollowupDue) if due.rule == RULE][:2] == [
        "Birthday: a day to remember with Ada, Friday, 12 June.",
        "Birthday: a day to remember with Ada, today.",
    ]
    days_told = [due.on_day for due in loop.heard(FollowupDue) if due.rule == RULE]
    assert days_told == [datetime(year, 6, 12) for year in (2026, 2026, 2027, 2027)]  # noqa: DTZ001 - a wall time
    assert {plan.on_day for plan in loop.heard(FollowupScheduled) if plan.rule != RULE} == {None}


def test_the_29th_of_february_is_the_28th_in_other_years() -> None:
    loop = member()
    loop.apply(day_set(2, 29, 0.5))
    loop.run_until(at(3 * YEAR))
    assert days(loop)[1::2] == [date(2027, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]
    assert days(loop)[0::2] == [date(2027, 2, 21), date(2028, 2, 22), date(2029, 2, 21)]


def test_the_first_week_of_a_year_begins_in_the_year_before() -> None:
    loop = member()
    loop.apply(day_set(1, 3, 0.5))
    loop.run_until(at(YEAR))
    assert days(loop) == [date(2026, 12, 27), date(2027, 1, 3)]
    assert cycles(loop)[0] == "2027"


def test_a_day_that_is_told_within_its_week_is_said_at_once_and_on_the_day() -> None:
    loop = member()
    loop.apply(day_set(3, 5, 0.5))
    loop.run_until(at(30))
    assert days(loop) == [date(2026, 3, 2), date(2026, 3, 5)]


def test_a_day_that_is_told_on_the_day_itself_is_said_once() -> None:
    loop = member()
    loop.apply(day_set(3, 2, 0.5))
    loop.run_until(at(30))
    assert days(loop) == [date(2026, 3, 2)]


def test_a_day_that_is_told_in_its_last_quiet_hour_is_remembered_next_year() -> None:
    loop = member()
    loop.apply(day_set(3, 2, 22.5 / 24))
    loop.run_until(at(YEAR + 10))
    assert days(loop) == [date(2027, 2, 23), date(2027, 3, 2)]


def test_a_day_told_long_after_it_was_set_does_not_make_up_for_years() -> None:
    loop = member()
    loop.apply(day_set(2, 20, -2000, 0.5))
    loop.run_until(at(30))
    assert cycles(loop) == ["2027"]


def test_another_day_ends_this_years_and_begins_anew() -> None:
    loop = member()
    loop.apply(day_set(6, 12, 0.5))
    loop.apply(day_set(9, 1, 1))
    loop.apply(day_set(5, 1, 0.7, 2))
    loop.run_until(at(300))
    assert days(loop) == [date(2026, 8, 25), date(2026, 9, 1)]
    assert len(loop.heard(FollowupCancelled)) == 1


def test_a_day_that_an_older_contract_let_through_stops_nobody() -> None:
    loop = member()
    odd = ContactDateSet.model_construct(contact_id="ada", label="Odd", month=2, day=31)
    loop.apply(Event("odd", "m1", at(0.5), at(0.5), odd), day_set(6, 12, 0.5))
    loop.run_until(at(YEAR))
    assert days(loop) == [date(2026, 6, 5), date(2026, 6, 12), date(2027, 2, 21), date(2027, 2, 28)]


def test_two_labels_are_two_days() -> None:
    loop = member()
    loop.apply(day_set(6, 12, 0.5), day_set(7, 12, 0.5, label="Opening day"))
    assert {plan.about for plan in loop.heard(FollowupScheduled)} == {"date/ada/Birthday", "date/ada/Opening day"}
    assert date_key("a/b", "c") != date_key("a", "b/c")
    assert date_key("a/b", "c") == f"date/{sha256(b'a/b').hexdigest()[:32]}/c", "stores and ids hold it"


@pytest.mark.parametrize("kind", [FollowupDone, FollowupDismissed])
def test_an_answer_is_about_this_year(kind: type[FollowupDone | FollowupDismissed]) -> None:
    loop = member()
    loop.apply(day_set(6, 12, 0.5))
    loop.run_until(datetime(2026, 6, 6, tzinfo=UTC))
    loop.apply(answer(kind, "date/ada/Birthday/remember_date/2026", 97))
    loop.run_until(at(470))
    assert days(loop) == [date(2026, 6, 5), date(2027, 6, 5), date(2027, 6, 12)]


@pytest.mark.parametrize(
    ("muted", "unmuted", "first"),
    [
        (1, 2, date(2026, 6, 5)),
        (1, 94.5, date(2026, 6, 5)),
        (1, 95.5, date(2027, 6, 5)),
        (99, 100, date(2027, 6, 5)),
        (1, 300, date(2027, 6, 5)),
    ],
)
def test_muting_ends_it_and_unmuting_brings_the_next_whole_one(muted: float, unmuted: float, first: date) -> None:
    loop = member()
    loop.apply(day_set(6, 12, 0.5))
    loop.run_until(at(muted))
    loop.apply(about(ContactMuted, "ada", muted))
    loop.run_until(at(unmuted))
    loop.apply(about(ContactUnmuted, "ada", unmuted))
    loop.run_until(at(2 * YEAR))
    assert next(day for day in days(loop) if day > (T0 + timedelta(days=unmuted)).date()) == first


def test_a_pause_over_the_day_leaves_the_next_year() -> None:
    loop = member()
    loop.apply(wishes(0, paused_until=at(120).isoformat()))
    loop.apply(day_set(6, 12, 0.5))
    loop.run_until(at(1.5 * YEAR))
    assert days(loop) == [date(2027, 6, 5), date(2027, 6, 12)]


def test_after_an_outage_of_years_a_day_that_is_over_is_let_be() -> None:
    loop = member()
    loop.apply(day_set(6, 12, 0.5))
    loop.sleep_until(at(3 * YEAR))
    loop.run_until(at(3.5 * YEAR))
    assert days(loop) == [date(2029, 6, 5), date(2029, 6, 12)]
    assert story(loop)[:3] == [f"scheduled {RULE}", f"cancelled {RULE}", f"scheduled {RULE}"]
    assert cycles(loop)[:2] == ["2026", "2029.2"]


@settings(max_examples=examples(100), deadline=None)
@given(
    st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    st.integers(0, 800),
    st.sampled_from(("UTC", "Pacific/Chatham", "America/Havana", "Africa/Casablanca", "Australia/Lord_Howe")),
    st.sampled_from(((0, 7), (0,), (3,), (1, 30))),
)
def test_every_year_each_step_comes_once_on_its_day(day: date, since: int, zone: str, offsets: tuple[int, ...]) -> None:
    loop = member()
    loop.apply(wishes(-1, zone=zone, rules={RULE: {"offsets_days": list(offsets)}}))
    loop.apply(day_set(day.month, day.day, since + 0.5))
    loop.run_until(at(since + 5 * YEAR))
    last = local(loop.now, zone).date() - timedelta(days=1)
    first = local(at(since + 0.5), zone).date() + timedelta(days=max(offsets) + 1)
    wanted = set()
    for year in range(first.year, last.year + 2):
        on = date(year, day.month, 28 if (day.month, day.day) == (2, 29) and year % 4 else day.day)
        if on >= first:
            wanted |= {on - timedelta(days=offset) for offset in offsets}
    came = [one for one in days(loop, zone) if first < one <= last]
    assert came == sorted(one for one in wanted if first < one <= last)
