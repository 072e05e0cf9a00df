"""The rules of the digest, one recovery each: when it comes, what it tells, and how patient its mail is."""

from __future__ import annotations

import pytest

from services.digest.content.build import DATED
from services.digest.decider import DECIDER
from services.digest.model.state import DIGEST, OPEN, OpenFollowups, Person
from services.followups.rules.table import RULES as FOLLOWUPS
from shared.calendar import local
from shared.contracts import (
    DigestPrepared,
    DigestSkipped,
    MemberJoined,
)
from tests.unit.services.digest.digest_world import DAY, World, of, types, utc


def world_with_something_due(start: str = "2026-11-20 00:00", **fields: object) -> World:
    world = World(start)
    world.join(**fields)
    world.meet("c1", "Grace Hopper")
    world.plan("c1/thank/1", start)
    return world


def test_a_week_ends_in_one_digest_on_monday_at_eight_in_the_member_s_zone() -> None:
    world = world_with_something_due(zone="Asia/Kathmandu")
    said = world.until("2026-11-28 00:00")
    assert types(said) == ["prepared", "sending", "sent"]
    assert said[0].time == utc("2026-11-23 02:15")
    assert said[0].data.period == "2026-W48"  # type: ignore[attr-defined]  # `prepared` has one


def test_a_daily_digest_is_named_by_its_day_and_comes_daily() -> None:
    world = world_with_something_due()
    world.prefer(digest={"every": "daily", "time": "18:30"})
    said = of(world.until("2026-11-23 00:00"), DigestPrepared)
    assert [one.period for one in said] == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert said[0].due_at == utc("2026-11-20 18:30")


@pytest.mark.parametrize("wish", [{"digest": {"every": "off"}}, {"rules": {"weekly_digest": {"on": False}}}])
def test_off_means_that_nothing_ever_wakes(wish: dict[str, object]) -> None:
    world = world_with_something_due()
    world.prefer(**wish)
    assert world.wake_at() is None
    assert world.until("2027-11-20 00:00") == []


def test_switching_on_again_waits_for_the_next_time_instead_of_making_up_for_the_past() -> None:
    world = world_with_something_due()
    world.prefer(digest={"every": "off"})
    world.until("2026-12-09 12:00")
    world.prefer(digest={"every": "weekly"})
    assert world.wake_at() == utc("2026-12-14 08:00")


def test_what_falls_due_in_the_digest_s_own_instant_stands_in_it_as_due() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    world.plan("now", "2026-11-23 08:00")
    world.plan("soon", "2026-11-23 08:01", rule="own_reminder")
    world.plan("ours", "2026-11-23 08:02")
    world.plan("far", "2026-12-01 08:00", rule="own_reminder")
    (prepared,) = of(world.until("2026-11-24 00:00"), DigestPrepared)
    assert [(item.kind, item.followup_id) for item in prepared.items] == [("due", "now"), ("coming", "soon")], (
        "a suggestion of ours is told when it is due, and not a week before as well"
    )


def test_what_is_announced_is_what_the_member_has_a_day_for() -> None:
    """Of the rules of which the digest knows that the hour is the member's.

    What follows a meeting is no announcement. A day to remember has a reminder a week ahead: announced for the day of that
    reminder, it would be read as the day itself.
    """
    chosen = {name for name, rule in FOLLOWUPS.items() if rule.delivery.hour_chosen}
    assert chosen - DATED == {"did_it_happen", "remember_date"}
    assert chosen >= DATED


def test_five_people_and_how_many_more() -> None:
    world = World("2026-11-20 00:00")
    world.join()
    for n in range(12):
        world.plan(f"f{n:02}", f"2026-11-20 00:{n:02}", contact_id=f"c{n}")
    (prepared,) = of(world.until("2026-11-24 00:00"), DigestPrepared)
    assert [item.followup_id for item in prepared.items[:5]] == [f"f{n:02}" for n in range(5)]
    assert [(item.kind, item.count) for item in prepared.items[5:]] == [("due_more", 7)]


@pytest.mark.parametrize("why", ["empty", "no_address", "paused"])
def test_a_digest_that_is_not_sent_is_skipped_with_its_reason(why: str) -> None:
    world = World("2026-11-20 00:00")
    world.join(email=None if why == "no_address" else "ada@example.org")
    if why != "empty":
        world.plan("f", "2026-11-20 00:00")
    if why == "paused":
        world.prefer(paused_until="2026-11-23T08:00:00.001Z")
    assert [(one.period, one.why) for one in of(world.until("2026-11-24 00:00"), DigestSkipped)] == [("2026-W48", why)]


def test_a_pause_that_ends_at_the_digest_s_instant_does_not_hold_it() -> None:
    world = world_with_something_due()
    world.prefer(paused_until="2026-11-23T08:00:00Z")
    assert types(world.until("2026-11-24 00:00")) == ["prepared", "sending", "sent"]


def test_what_has_ended_is_not_told() -> None:
    world = world_with_something_due()
    world.complete("c1/thank/1")
    assert types(world.until("2026-11-24 00:00")) == ["skipped"]


def test_an_end_that_is_read_before_its_beginning_still_counts() -> None:
    world, other = world_with_something_due(), World("2026-11-20 00:00")
    planned, ended = world.plan("f", "2026-11-20 00:00"), world.complete("f")
    for event in (ended, planned):
        other.apply(event)
    known = other.items[OPEN]
    assert isinstance(known, OpenFollowups)
    assert known.by_id["f"].ended_at is not None


def test_what_ended_is_forgotten_after_two_weeks_and_the_index_stays_small() -> None:
    world = World("2026-01-01 00:00")
    for n in range(60):
        world.now += DAY
        world.plan(f"f{n}", "2026-12-01 00:00")
        world.complete(f"f{n}")
    known = world.items[OPEN]
    assert isinstance(known, OpenFollowups)
    assert len(known.by_id) == 15


def test_no_more_than_five_hundred_follow_ups_are_kept_those_due_first() -> None:
    world = World("2026-01-01 00:00")
    for n in reversed(range(520)):
        world.plan(f"f{n:03}", f"2026-02-{1 + n // 24:02} {n % 24:02}:00")
    known = world.items[OPEN]
    assert isinstance(known, OpenFollowups)
    assert sorted(known.by_id) == [f"f{n:03}" for n in range(500)]


def test_a_period_missed_in_an_outage_is_made_up_for_once_and_only_the_latest() -> None:
    world = world_with_something_due("2026-10-01 00:00")
    world.now = utc("2026-11-25 15:07")  # nothing ran for eight weeks
    said = world.wake()
    assert types(said) == ["prepared", "sending", "sent"]
    assert said[0].data.period == "2026-W48"  # type: ignore[attr-defined]  # `prepared` has one
    assert world.wake_at() == utc("2026-11-30 08:00")


def test_the_first_digest_comes_after_the_first_word_was_logged_however_old_that_word_is() -> None:
    world = World("2026-11-25 12:00")
    world.tell(MemberJoined(name="Ada", email="a@example.org"), time=utc("2019-01-01 00:00"))
    world.plan("f", "2026-11-25 12:00")
    assert world.wake_at() == utc("2026-11-30 08:00")


def test_a_new_hour_takes_hold_of_the_pending_digest_but_never_makes_two_of_one_week() -> None:
    world = world_with_something_due()
    world.prefer(digest={"weekday": "tue", "time": "07:00"})
    assert world.wake_at() == utc("2026-11-24 07:00")
    world.until("2026-11-24 12:00")
    world.prefer(digest={"weekday": "fri"})
    assert world.wake_at() == utc("2026-12-04 07:00")


def test_weekly_to_daily_and_back_repeats_no_week() -> None:
    world = world_with_something_due()
    world.until("2026-11-23 09:00")
    world.prefer(digest={"every": "daily"})
    world.until("2026-11-24 09:00")
    world.prefer(digest={"every": "weekly", "weekday": "fri"})
    world.until("2026-12-06 00:00")
    periods = [one.period for one in of(world.said, DigestPrepared)]
    assert periods == ["2026-W48", "2026-11-24", "2026-W49"]


def test_a_journey_west_repeats_no_day() -> None:
    world = world_with_something_due(zone="Pacific/Chatham")
    world.prefer(digest={"every": "daily"})
    world.until("2026-11-23 20:00")
    world.prefer(zone="America/Los_Angeles")
    world.until("2026-11-28 00:00")
    periods = [one.period for one in of(world.said, DigestPrepared)]
    assert periods == sorted(set(periods))
    assert local(world.said[-1].time, "America/Los_Angeles").hour == 8


def test_nothing_is_said_after_a_mere_change() -> None:
    world = world_with_something_due()
    world.now = utc("2026-11-24 00:00")
    assert DECIDER.evaluate(world.view(), DIGEST, None).publish == ()


def test_names_are_learned_from_invites_and_the_latest_one_holds() -> None:
    world = world_with_something_due()
    world.now += DAY
    world.meet("c1", "Grace M. Hopper")
    name = world.items["contact/c1"]
    assert isinstance(name, Person)
    assert name.name.text == "Grace M. Hopper"
