"""With `auto`: when invites are pulled back of which the member is told by a digest, twelve at a time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from services.digest.content.model import WHOLE_MAX
from services.invites.rules.notices import NAMED_MAX
from shared.contracts import DigestSent, InviteRetracted, InviteRetractionNoticed, NamedRetraction
from tests.unit.services.invites.invites_world import day, given_up, joined, member, sent, told, wish
from tests.unit.services.invites.mailed import InvitesLoop

MONDAY = day(95) + timedelta(hours=8)
"""The first digest after an invite of day 0 is stale, which is a Wednesday."""
WEEK = timedelta(days=7)


def auto(at: float = 0, *, notice_days: int = 7, **digest: str) -> InvitesLoop:
    digest = {"every": "weekly", "time": "08:00", **digest}
    return member(wish(at, retraction={"policy": "auto", "notice_days": notice_days}, digest=digest))


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
    assert loop.published[-1].time == MONDAY + timedelta(days=notice_days)


def test_what_is_told_in_the_instant_of_a_digest_is_named_by_the_next_one() -> None:
    """That digest does not wait for it."""
    loop = auto()
    loop.apply(sent("a", 5 + 8 / 24))
    loop.run_until(day(200))
    assert loop.published[0].time == MONDAY
    assert list(days(loop)) == [MONDAY + 2 * WEEK]


@pytest.mark.parametrize(("notice_days", "weeks"), [(1, [0, 1, 2]), (7, [0, 1, 2]), (8, [0, 2, 4]), (30, [0, 5, 10])])
def test_twelve_are_pulled_back_at_a_time_each_with_its_whole_notice(notice_days: int, weeks: list[int]) -> None:
    """The next ones are named when those before are gone. Fails where all are pulled back on one day."""
    loop = auto(notice_days=notice_days)
    loop.apply(*(sent(f"i{n:02}") for n in range(30)))
    loop.run_until(day(400))
    begin = MONDAY + timedelta(days=notice_days)
    assert days(loop) == {begin + week * WEEK: count for week, count in zip(weeks, [12, 12, 6], strict=True)}
    gone = Counter(one.time for one in loop.published if isinstance(one.data, InviteRetracted))
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


NO_MAIL = {
    "no digest": wish(0, digest={"every": "off"}),
    "its rule is off": wish(0, rules={"weekly_digest": {"on": False}}),
    "the address was given up": given_up(0),
}


@pytest.mark.parametrize("why", NO_MAIL)
def test_who_can_have_no_mail_is_asked_and_nothing_is_pulled_back(why: str) -> None:
    """Fails where the notice is given all the same: nobody would show it."""
    loop = member(wish(0, retraction={"policy": "auto"}), NO_MAIL[why], sent("a"))
    loop.run_until(day(400))
    assert [what for what, _ in told(loop)] == ["ignored", "retraction_proposed", "retraction_proposed"]
    loop.apply(wish(400, digest={"every": "daily"}, rules={"weekly_digest": {"on": True}}))
    loop.run_until(day(800))
    assert [what for what, _ in told(loop)][3:] == ["retraction_noticed", "retracted"]


def test_who_has_no_address_is_asked_until_there_is_one() -> None:
    loop = InvitesLoop()
    loop.apply(joined(email=None), wish(0, retraction={"policy": "auto"}), sent("a"))
    loop.run_until(day(100))
    assert [what for what, _ in told(loop)] == ["ignored", "retraction_proposed"]
    loop.apply(joined(100))
    loop.run_until(day(200))
    assert [what for what, _ in told(loop)][2:] == ["retraction_noticed", "retracted"]


def test_what_no_mail_has_named_by_its_day_is_told_anew_and_stays() -> None:
    """The mail server takes nothing until day 120. Fails where the day of the notice is enough."""
    loop = auto()
    loop.fate = lambda due: None if due < day(120) else timedelta()
    loop.apply(*(sent(f"i{n:02}") for n in range(3)))
    loop.run_until(day(400))
    first, *_, last = sorted(days(loop))
    gone = [one.time for one in loop.published if isinstance(one.data, InviteRetracted)]
    assert first < day(120) < last - WEEK
    assert gone == [last] * 3
    assert len(loop.heard(InviteRetractionNoticed)) == 3 * 3
    loop.assert_settled()


@pytest.mark.parametrize("later", [timedelta(minutes=1), timedelta(hours=20)])
def test_the_notice_is_whole_from_a_mail_that_was_late(later: timedelta) -> None:
    """Fails where it is pulled back on the day that the notice named, which counted from when the digest was due."""
    loop = auto()
    loop.fate = lambda due: later
    loop.apply(sent("a"))
    loop.run_until(day(400))
    assert [what for what, _ in told(loop)] == ["ignored", "retraction_noticed", "retracted"]
    assert loop.published[-1].time == MONDAY + WEEK + later


def test_a_mail_that_named_an_earlier_day_is_no_notice_of_a_later_one() -> None:
    """Its outcome came late: the notice was given anew meanwhile. Fails where any mail that names the invite is enough."""
    loop = auto()
    loop.fate = lambda due: None
    loop.apply(sent("a"))
    loop.run_until(day(91))
    [notice] = loop.heard(InviteRetractionNoticed)
    loop.run_until(notice.retract_at)
    named = (NamedRetraction(invite_id="a", retract_at=notice.retract_at),)
    late = DigestSent(digest_id="d", period="2026-W15", message_id="<m>", retractions=named)
    loop.say(late, notice.retract_at + timedelta(hours=1))
    loop.run_until(day(300))
    assert not loop.heard(InviteRetracted)


def test_a_mail_server_that_takes_nothing_leads_to_no_storm() -> None:
    """Two groups are told, each anew at its day: no more than that of each within the days of a notice and a digest."""
    loop = auto(notice_days=1, every="daily")
    loop.fate = lambda due: None
    loop.apply(*(sent(f"i{n:02}") for n in range(30)))
    loop.run_until(day(120))
    assert not loop.heard(InviteRetracted)
    assert len(loop.heard(InviteRetractionNoticed)) <= 2 * NAMED_MAX * 30


def test_what_must_be_told_anew_does_not_wait_for_what_was_told_before() -> None:
    """After a pause. Fails where the groups before it count: thirty would come after thirty that never went."""
    loop = auto()
    loop.apply(*(sent(f"i{n:02}") for n in range(30)))
    loop.run_until(day(91))
    loop.apply(wish(91, paused_until=day(110).isoformat()))
    loop.run_until(day(400))
    begin = day(116) + timedelta(hours=8) + WEEK
    gone = Counter(one.time for one in loop.published if isinstance(one.data, InviteRetracted))
    assert gone == {begin: 12, begin + WEEK: 12, begin + 2 * WEEK: 6}


@pytest.mark.parametrize("notice_days", [7, 3650])
def test_no_more_than_two_groups_wait_for_their_day_at_a_time(notice_days: int) -> None:
    """Fails where each notice is given at once: some would name a day that lies years ahead, or none that can be told."""
    loop = auto(notice_days=notice_days)
    loop.apply(*(sent(f"i{n:03}") for n in range(200)))
    loop.run_until(day(365))
    loop.assert_settled()
    told = [one for one in loop.published if isinstance(one.data, InviteRetractionNoticed)]
    gone = Counter(one.time for one in loop.published if isinstance(one.data, InviteRetracted))
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
    assert loop.published[-1].time == friday + 2 * WEEK


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
        one.data.invite_id
        for one in loop.published
        if one.time >= day(92) and isinstance(one.data, InviteRetractionNoticed)
    }
    assert len(before) == 2 * NAMED_MAX
    assert before <= anew
    loop.assert_settled()
