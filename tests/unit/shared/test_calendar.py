"""Wall time through clock changes, in zones that each break a naive implementation in another way."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import (
    after_days,
    end_of_quiet,
    in_quiet,
    instant,
    iso_week,
    last_slot,
    local,
    next_at,
    next_slot,
    zone_rules,
)
from shared.contracts.fields import zones

ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Kathmandu",
)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


moments = st.datetimes(wall("2020-01-01"), wall("2032-01-01")).map(lambda shown: shown.replace(tzinfo=UTC))
places = st.sampled_from(ZONES)
times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 5, 15, 30, 45, 59)))
weekdays = st.none() | st.integers(0, 6)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown", "expected"),
    [
        # Gaps: the time that does not exist moves forward.
        ("Europe/Paris", "2026-03-29 02:30", "2026-03-29 01:30"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:45"),
        ("Pacific/Chatham", "2026-09-27 03:00", "2026-09-26 14:15"),
        ("America/Havana", "2026-03-08 00:30", "2026-03-08 05:30"),
        ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:30"),
        # Overlaps: the first counts.
        ("Europe/Paris", "2026-10-25 02:30", "2026-10-25 00:30"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("Pacific/Chatham", "2026-04-05 03:00", "2026-04-04 13:15"),
        ("America/Havana", "2026-11-01 00:30", "2026-11-01 04:30"),
        ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30"),
        # Laws of 2026: clocks that are changed no more.
        ("Africa/Casablanca", "2027-07-15 12:00", "2027-07-15 12:00"),
        ("America/Edmonton", "2027-01-15 12:00", "2027-01-15 18:00"),
        ("America/Yellowknife", "2027-01-15 12:00", "2027-01-15 18:00"),
        ("America/Winnipeg", "2027-01-15 12:00", "2027-01-15 17:00"),
        ("America/Vancouver", "2027-01-15 12:00", "2027-01-15 19:00"),
        ("America/Havana", "2027-01-15 12:00", "2027-01-15 16:00"),
        # No change at all, and an odd offset.
        ("Asia/Kathmandu", "2026-11-23 08:00", "2026-11-23 02:15"),
        ("UTC", "2026-11-23 08:00", "2026-11-23 08:00"),
    ],
)
def test_a_wall_time_becomes_the_instant_that_rfc_5545_says(zone: str, shown: str, expected: str) -> None:
    assert instant(wall(shown), zone) == utc(expected)


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_of_a_year_has_one_eight_o_clock(zone: str) -> None:
    moment, seen = utc("2026-01-01 12:00"), []
    for _ in range(366):
        moment = next_at(moment, zone, time(8))
        seen.append(local(moment, zone))
    assert all(shown.time() == time(8) for shown in seen)
    assert [b.date() - a.date() for a, b in pairwise(seen)] == [timedelta(days=1)] * 365


def test_a_weekly_time_stays_on_its_weekday_over_both_changes() -> None:
    before_spring = instant(wall("2026-03-23 08:00"), "Europe/Paris")
    assert next_at(before_spring, "Europe/Paris", time(8), 0) - before_spring == timedelta(days=7, hours=-1)
    before_autumn = instant(wall("2026-10-19 08:00"), "Europe/Paris")
    assert next_at(before_autumn, "Europe/Paris", time(8), 0) - before_autumn == timedelta(days=7, hours=1)


def test_a_gap_over_midnight_keeps_the_day_that_was_meant() -> None:
    # Scoresbysund goes from 23:00 to 00:00: half past eleven on that Saturday comes on Sunday.
    slot = next_slot(utc("2026-03-28 12:00"), "America/Scoresbysund", time(23, 30))
    assert slot.day == date(2026, 3, 28)
    assert local(slot.instant, "America/Scoresbysund") == wall("2026-03-29 00:30")


@given(moments, places, times, weekdays)
def test_the_next_time_is_after_and_shows_on_the_wall_or_fell_into_a_gap(
    after: datetime, zone: str, at: time, weekday: int | None
) -> None:
    slot = next_slot(after, zone, at, weekday)
    assert slot.instant > after
    assert slot.instant - after < timedelta(days=9 if weekday is not None else 3)
    assert weekday is None or slot.day.weekday() == weekday
    shown, meant = local(slot.instant, zone), datetime.combine(slot.day, at)
    if shown != meant:
        rules = zone_rules(zone)
        before = (slot.instant - timedelta(hours=2)).astimezone(rules).utcoffset()
        after_gap = slot.instant.astimezone(rules).utcoffset()
        assert before is not None
        assert after_gap is not None
        assert shown - meant == after_gap - before > timedelta(0), "only a gap moves a time, and by its own length"


@given(moments, places, times, weekdays)
def test_times_come_once_a_day_each_and_none_is_left_out(
    after: datetime, zone: str, at: time, weekday: int | None
) -> None:
    first = next_slot(after, zone, at, weekday)
    second = next_slot(first.instant, zone, at, weekday)
    assert second.day - first.day == timedelta(days=1 if weekday is None else 7)
    assert local(second.instant, zone).date() > local(first.instant, zone).date()


@given(moments, places, times, weekdays)
def test_the_last_time_and_the_next_time_are_neighbours(
    moment: datetime, zone: str, at: time, weekday: int | None
) -> None:
    last = last_slot(moment, zone, at, weekday)
    assert last.instant <= moment < next_at(last.instant, zone, at, weekday)
    assert last_slot(last.instant, zone, at, weekday) == last


@given(moments, places, st.integers(0, 400), times)
def test_days_are_counted_on_the_calendar(start: datetime, zone: str, days: int, at: time) -> None:
    meant = datetime.combine(local(start, zone).date() + timedelta(days=days), at)
    assert after_days(start, days, zone, at) == instant(meant, zone)
    own = after_days(start, days, zone, None)
    assert own == instant(datetime.combine(meant.date(), local(start, zone).time()), zone)


@given(moments, places, times, times)
def test_quiet_hours_end_outside_themselves_and_soon(moment: datetime, zone: str, start: time, end: time) -> None:
    ends = end_of_quiet(moment, zone, start, end)
    assert not in_quiet(ends, zone, start, end) or start == end
    assert moment <= ends <= moment + timedelta(hours=50), "two days where a gap leaves none of one between them"
    assert end_of_quiet(ends, zone, start, end) == ends


def test_quiet_hours_go_over_midnight_and_none_are_none() -> None:
    night = time(21), time(8)
    evening, early, noon = utc("2026-11-24 21:00"), utc("2026-11-25 07:59"), utc("2026-11-25 08:00")
    assert end_of_quiet(evening, "UTC", *night) == end_of_quiet(early, "UTC", *night) == noon
    assert end_of_quiet(noon, "UTC", *night) == noon
    assert end_of_quiet(evening, "UTC", time(21), time(21)) == evening
    assert end_of_quiet(noon, "UTC", time(7), time(9)) == utc("2026-11-25 09:00")


def test_quiet_hours_whose_end_a_gap_moves_into_the_next_ones_end_a_day_later() -> None:
    """In Havana clocks go from 00:00 to 01:00: on that day nothing lies between 00:00 and 00:05."""
    saturday = instant(wall("2026-03-07 12:00"), "America/Havana")
    assert end_of_quiet(saturday, "America/Havana", time(0, 5), time(0)) == instant(
        wall("2026-03-09"), "America/Havana"
    )


def test_quiet_hours_that_end_in_an_overlap_end_twice() -> None:
    second_pass = utc("2026-10-25 01:15")  # 02:15 in Paris for the second time
    assert local(second_pass, "Europe/Paris") == wall("2026-10-25 02:15")
    assert end_of_quiet(second_pass, "Europe/Paris", time(22), time(2, 30)) == utc("2026-10-25 01:30")


def test_an_iso_week_belongs_to_the_year_of_its_thursday() -> None:
    assert iso_week(date(2026, 11, 24)) == "2026-W48"
    assert iso_week(date(2027, 1, 1)) == "2026-W53"
    assert iso_week(date(2024, 12, 30)) == "2025-W01"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "europe/paris"])
def test_a_zone_that_is_none_is_refused_by_name(zone: str) -> None:
    with pytest.raises(ValueError, match="zone: "):
        instant(wall("2026-01-01 00:00"), zone)


def test_every_zone_that_is_known_can_be_read() -> None:
    for zone in sorted(zones())[::10]:
        assert local(utc("2026-11-24 00:00"), zone).year == 2026


def test_two_instants_of_an_overlap_that_are_equal_in_their_zone_are_not_taken_for_one() -> None:
    """A conversion is remembered: without the look at `tzinfo` in `local` the second is answered with the first."""
    paris = zone_rules("Europe/Paris")
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=paris, fold=fold) for fold in (0, 1))
    assert first == second
    assert [local(one, "UTC").hour for one in (first, second)] == [0, 1]


def test_an_aware_wall_time_is_what_clocks_show_and_no_instant() -> None:
    """Two of them are equal as instants: without the look at `tzinfo` in `instant` the second is answered with the first."""
    walls = [utc("2026-07-01 09:00"), utc("2026-07-01 09:00").astimezone(zone_rules("Asia/Kathmandu"))]
    assert [instant(one, "Europe/Paris") for one in walls] == [utc("2026-07-01 07:00"), utc("2026-07-01 12:45")]
