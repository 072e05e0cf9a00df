"""A digest in any zone, at home and on the way: once a week at the wall time that holds there, whatever the clocks do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar import instant, iso_week, local
from shared.contracts import DigestPrepared, DigestSkipped
from tests.depth import examples
from tests.unit.services.digest.digest_world import DAY, World, of
from tests.unit.shared.zones import everywhere, moments_near_changes

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
clocks = st.sampled_from(("00:00", "00:30", "01:59", "02:30", "03:00", "08:00", "23:30"))
weekdays = st.sampled_from(WEEKDAYS)
quick = settings(max_examples=examples(60), deadline=None)


def member(at: datetime, zone: str, weekday: str, clock: str) -> World:
    """Somebody who wants a weekly digest and always has something to read in it."""
    world = World()
    world.now = at
    world.join(zone=zone)
    world.prefer(digest={"every": "weekly", "weekday": weekday, "time": clock})
    world.plan("f", "2025-01-01 00:00")
    return world


def came(world: World) -> list[tuple[datetime, DigestPrepared]]:
    return [(event.time, event.data) for event in world.said if isinstance(event.data, DigestPrepared)]


def day_of(prepared: DigestPrepared, weekday: str) -> date:
    year, week = prepared.period.split("-W")
    return date.fromisocalendar(int(year), int(week), 1 + WEEKDAYS.index(weekday))


@quick
@given(moments_near_changes(), weekdays, clocks)
def test_a_weekly_digest_comes_exactly_once_a_week_at_its_wall_time(
    near: tuple[str, datetime], weekday: str, clock: str
) -> None:
    zone, moment = near
    world = member(moment - 15 * DAY, zone, weekday, clock)
    world.until(moment + 20 * DAY)
    digests = came(world)
    days = [day_of(one, weekday) for _, one in digests]
    assert all(b - a == 7 * DAY for a, b in pairwise(days)), "no week without one, none with two"
    assert len(days) >= 4
    for (at, prepared), day in zip(digests, days, strict=True):
        assert at == prepared.due_at == instant(datetime.fromisoformat(f"{day}T{clock}"), zone)


@quick
@given(everywhere, st.lists(st.tuples(st.integers(1, 40 * 6), everywhere), min_size=1, max_size=6), weekdays, clocks)
def test_whoever_travels_gets_no_week_twice_and_each_at_the_wall_time_of_where_they_are(
    home: str, journey: list[tuple[int, str]], weekday: str, clock: str
) -> None:
    """Who flies over the hour of the digest may miss one: what lies before the change is over."""
    world = member(datetime.fromisoformat("2026-03-02T00:00:00+00:00"), home, weekday, clock)
    zone, seen = home, 0
    for stay, to in [*journey, (30 * 6, home)]:
        world.until(world.now + stay * timedelta(hours=4))
        for at, prepared in came(world)[seen:]:
            meant = datetime.fromisoformat(f"{day_of(prepared, weekday)}T{clock}")
            assert at == prepared.due_at == instant(meant, zone)
        seen = len(came(world))
        zone = to
        world.prefer(zone=to)
    periods = [prepared.period for _, prepared in came(world)]
    assert len(periods) == len(set(periods)), "no week twice"
    assert periods == sorted(periods), "and none after a later one"


def test_a_year_of_fifty_three_weeks_has_as_many_digests() -> None:
    world = member(datetime.fromisoformat("2026-01-01T00:00:00+00:00"), "Europe/Paris", "mon", "08:00")
    world.until("2027-01-20 00:00")
    periods = [prepared.period for _, prepared in came(world)]
    assert periods[-4:] == ["2026-W53", "2027-W01", "2027-W02", "2027-W03"]
    assert periods[0] == "2026-W02", "the member joined on a Thursday of W01"
    assert len([one for one in periods if one.startswith("2026")]) == 52


def test_a_weekday_that_the_week_holds_in_another_year_still_closes_its_own_week() -> None:
    """Friday, 2027-01-01 belongs to 2026-W53; the Friday after to 2027-W01."""
    world = member(datetime.fromisoformat("2026-12-20T00:00:00+00:00"), "Asia/Kathmandu", "fri", "08:00")
    world.until("2027-01-12 00:00")
    assert [(local(at, "Asia/Kathmandu").date().isoformat(), one.period) for at, one in came(world)] == [
        ("2026-12-25", "2026-W52"), ("2027-01-01", "2026-W53"), ("2027-01-08", "2027-W01"),
    ]  # fmt: skip


@quick
@given(moments_near_changes(), clocks)
def test_a_daily_digest_comes_on_each_local_day_once(near: tuple[str, datetime], clock: str) -> None:
    zone, moment = near
    world = member(moment - 4 * DAY, zone, "mon", clock)
    world.prefer(digest={"every": "daily"})
    world.until(moment + 5 * DAY)
    days = [date.fromisoformat(prepared.period) for _, prepared in came(world)]
    assert all(b - a == DAY for a, b in pairwise(days))
    assert len(days) >= 8
    assert all(at == instant(datetime.fromisoformat(f"{day}T{clock}"), zone)
               for (at, _), day in zip(came(world), days, strict=True))  # fmt: skip


def closed(world: World) -> list[Any]:
    return of(world.said, DigestPrepared) + of(world.said, DigestSkipped)


@quick
@given(moments_near_changes(), weekdays, clocks, st.integers(1, 60))
def test_after_an_outage_the_latest_week_alone_is_made_up_for(
    near: tuple[str, datetime], weekday: str, clock: str, days: int
) -> None:
    zone, moment = near
    world = member(moment - 15 * DAY, zone, weekday, clock)
    world.until(moment)
    before = len(closed(world))
    world.now += days * DAY
    world.wake()
    made_up = closed(world)[before:]
    assert len(made_up) <= 1
    weeks = {iso_week(local(moment + number * DAY, zone).date()) for number in range(days + 1)}
    assert all(one.period in weeks for one in made_up)
