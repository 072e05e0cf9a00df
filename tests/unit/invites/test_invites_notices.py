"""With `auto`: when invites are pulled back of which the member is told by a digest, twelve at a time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from services.digest.content.model import WHOLE_MAX
from services.invites.notices import NAMED_MAX
from shared.contracts import InviteRetracted, InviteRetractionNoticed
from tests.unit.invites.invites_world import InvitesLoop, day, member, sent, told, wish

MONDAY = day(95) + timedelta(hours=8)
"""The first digest after an invite of day 0 is stale, which is a Wednesday."""
WEEK = timedelta(days=7)


def auto(at: float = 0, *, notice_days: int = 7, **digest: str) -> InvitesLoop:
    return member(wish(at, retraction={"policy": "auto", "notice_days": notice_days}, digest=digest or None))


def days(loop: InvitesLoop) -> Counter[datetime]:
    return Counter(notice.retract_at for notice in loop.heard(InviteRetractionNoticed))


def test_one_digest_names_as_many_as_are_pulled_back_together() -> None:
    assert NAMED_MAX == WHOLE_MAX


@pytest.mark.parametrize("notice_days", [1, 7, 30])
def test_the_notice_counts_from_the_first_digest_that_names_it(notice_days: int) -> None:
    loop = auto(notice_days=notice_days)
    loop.apply(sent("a"))
    loop.run_until(day(200))
    assert list(days(loop)) == [MONDAY + timedelta(days=notice_days)]
    assert [what for what, _ in told(loop)] == ["ignored", "retraction_noticed", "retracted"]
    assert loop.said[-1].time == MONDAY + timedelta(days=notice_days)


def test_what_is_told_in_the_instant_of_a_digest_is_named_by_the_next_one() -> None:
    """That digest does not wait for it."""
    loop = auto()
    loop.apply(sent("a", 5 + 8 / 24))
    loop.run_until(day(200))
    assert loop.said[0].time == MONDAY
    assert list(days(loop)) == [MONDAY + 2 * WEEK]


@pytest.mark.parametrize(("notice_days", "weeks"), [(1, [0, 1, 2]), (7, [0, 1, 2]), (8, [0, 2, 4]), (30, [0, 5, 10])])
def test_twelve_are_pulled_back_at_a_time_each_with_its_whole_notice(notice_days: int, weeks: list[int]) -> None:
    """The next ones are named when those before are gone. Fails where all are pulled back on one day."""
    loop = auto(notice_days=notice_days)
    loop.apply(*(sent(f"i{n:02}") for n in range(30)))
    loop.run_until(day(400))
    begin = MONDAY + timedelta(days=notice_days)
    assert days(loop) == {begin + week * WEEK: count for week, count in zip(weeks, [12, 12, 6], strict=True)}
    gone = Counter(one.time for one in loop.said if isinstance(one.data, InviteRetracted))
    assert gone == days(loop)
    loop.assert_settled()


def test_the_last_group_is_filled_by_those_that_come_later() -> None:
    loop = auto()
    loop.apply(*(sent(f"i{n:02}") for n in range(13)), sent("late", 6))
    loop.run_until(day(400))
    assert days(loop) == {MONDAY + WEEK: 12, MONDAY + 2 * WEEK: 2}


def test_a_daily_digest_names_twelve_a_day() -> None:
    loop = auto(notice_days=1, every="daily")
    loop.apply(*(sent(f"i{n:02}") for n in range(30)))
    loop.run_until(day(400))
    tomorrow = day(91) + timedelta(hours=8)
    assert days(loop) == {tomorrow: 12, tomorrow + timedelta(days=1): 12, tomorrow + timedelta(days=2): 6}


def test_who_has_no_digest_has_the_notice_alone() -> None:
    loop = auto(every="off")
    loop.apply(*(sent(f"i{n:02}") for n in range(30)))
    loop.run_until(day(400))
    assert days(loop) == {day(97): 30}


def test_what_must_be_told_anew_does_not_wait_for_what_was_told_before() -> None:
    """After a pause. Fails where the groups before it count: thirty would come after thirty that never went."""
    loop = auto()
    loop.apply(*(sent(f"i{n:02}") for n in range(30)))
    loop.run_until(day(91))
    loop.apply(wish(91, paused_until=day(110).isoformat()))
    loop.run_until(day(400))
    begin = day(116) + timedelta(hours=8) + WEEK
    gone = Counter(one.time for one in loop.said if isinstance(one.data, InviteRetracted))
    assert gone == {begin: 12, begin + WEEK: 12, begin + 2 * WEEK: 6}


@pytest.mark.parametrize("notice_days", [7, 3650])
def test_no_more_than_two_groups_wait_for_their_day_at_a_time(notice_days: int) -> None:
    """Fails where each notice is given at once: some would name a day that lies years ahead, or none that can be told."""
    loop = auto(notice_days=notice_days)
    loop.apply(*(sent(f"i{n:03}") for n in range(200)))
    loop.run_until(day(365))
    loop.assert_settled()
    told = [one for one in loop.said if isinstance(one.data, InviteRetractionNoticed)]
    gone = Counter(one.time for one in loop.said if isinstance(one.data, InviteRetracted))
    for one in told:
        given = sum(other.time <= one.time for other in told)
        assert given - sum(count for at, count in gone.items() if at <= one.time) <= 2 * NAMED_MAX
    weeks = 1 + (day(365) - MONDAY - timedelta(days=7)) // WEEK
    assert sum(gone.values()) == (min(200, NAMED_MAX * weeks) if notice_days == 7 else 0)


def test_those_that_come_a_week_later_wait_until_a_digest_has_room_to_name_them() -> None:
    """Fails where their own first digest counts: it would name the twelve before them alone, and so would the next four."""
    loop = auto(notice_days=30)
    loop.apply(*(sent(f"a{n:02}") for n in range(12)), *(sent(f"b{n:02}", 7) for n in range(12)))
    loop.run_until(day(400))
    assert days(loop) == {MONDAY + timedelta(days=30): 12, MONDAY + 5 * WEEK + timedelta(days=30): 12}


def test_a_digest_that_comes_within_minutes_does_not_count() -> None:
    loop = auto()
    loop.apply(sent("a", 5 + 7.9 / 24))
    loop.run_until(day(200))
    assert list(days(loop)) == [MONDAY + 2 * WEEK]


def test_a_change_of_the_digest_is_told_anew_and_one_digest_may_be_left_out() -> None:
    """The week that has had its digest gets no other. Fails where that one counts, or what was told before."""
    loop = auto()
    loop.apply(sent("a"))
    loop.run_until(day(95.5))
    loop.apply(wish(95.5, digest={"weekday": "fri"}))
    loop.run_until(day(200))
    friday = MONDAY + timedelta(days=4)
    assert list(days(loop)) == [MONDAY + WEEK, friday + 2 * WEEK]
    assert loop.said[-1].time == friday + 2 * WEEK


def test_a_group_is_filled_by_those_of_a_later_day() -> None:
    """A digest names all of them. Fails where only those of the same day are counted: it would name twelve of sixteen."""
    loop = auto(notice_days=30)
    loop.apply(*(sent(f"a{n}") for n in range(8)), *(sent(f"b{n}", 7) for n in range(8)))
    loop.run_until(day(400))
    begin = MONDAY + timedelta(days=30)
    assert days(loop) == {begin: 8, begin + WEEK: 4, begin + 6 * WEEK: 4}


def test_all_that_was_told_before_is_told_anew_at_once() -> None:
    """Fails where it waits for its turn: the digest would name it with its old day, in the place of another."""
    loop = auto(notice_days=30)
    loop.apply(*(sent(f"z{n:02}") for n in range(24)), *(sent(f"a{n:02}", 1) for n in range(24)))
    loop.run_until(day(92))
    before = {one.invite_id for one in loop.heard(InviteRetractionNoticed)}
    loop.apply(wish(92, digest={"time": "09:00"}))
    loop.run_until(day(93))
    anew = {
        one.data.invite_id for one in loop.said if one.time >= day(92) and isinstance(one.data, InviteRetractionNoticed)
    }
    assert len(before) == 2 * NAMED_MAX
    assert before <= anew
    loop.assert_settled()
