"""When a rule goes quiet: what was shown on several occasions in a row, without an answer, and nothing else."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from services.followups.apply.habits import observe
from services.followups.engine import quiet
from services.followups.model.state import MEETING, PROMISE, REMINDER, Habits
from services.followups.rules.table import RULES
from shared.calendar import local
from shared.contracts import (
    DigestSent,
    Event,
    FollowupCancelled,
    FollowupDismissed,
    FollowupDone,
    FollowupShown,
    RuleQuieted,
    RuleResumed,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    answer,
    at,
    connected,
    event,
    hour,
    member,
    snoozed,
    story,
    wishes,
)

MONDAYS = (0, 7, 14, 21)
TIRELESS = {rule.name for rule in RULES.values() if rule.delivery.quiet is None}


def mailed(day: int, *rules: str) -> Event:
    """A digest of that day at 8:00, which shows something of these rules."""
    sent = DigestSent(
        digest_id=f"d{day}", period="2026-W10", attempt=1, message_id=f"<{day}@x>", shown=rules or ("thank",)
    )
    return event(sent, day + 8 / 24)


def shown(followup_id: str, day: float) -> Event:
    return event(FollowupShown(followup_id=followup_id), day)


def lived(*events: Event, until: float = 60) -> FollowupsLoop:
    loop = member()
    for one in sorted(events, key=lambda one: one.logged):
        loop.run_until(one.logged)
        loop.apply(one)
        loop.assert_settled()
    loop.run_until(at(until))
    loop.assert_settled()
    return loop


def before(day: int) -> datetime:
    """An hour and half a minute before the digest of that day."""
    return hour(day, 7) - timedelta(seconds=30)


def quieted(loop: FollowupsLoop) -> list[datetime]:
    return [one.time for one in loop.published if isinstance(one.data, RuleQuieted)]


def resumed(loop: FollowupsLoop) -> list[tuple[datetime, str]]:
    return [(one.time, one.data.why) for one in loop.published if isinstance(one.data, RuleResumed)]


def test_four_digests_in_a_row_without_an_answer_and_it_goes_quiet_more_than_an_hour_before_the_fifth() -> None:
    loop = lived(*(mailed(day) for day in MONDAYS))
    assert quieted(loop) == [before(28)]
    (said,) = loop.heard(RuleQuieted)
    assert (said.rule, said.asks_again_at, said.again) == ("thank", before(28 + 180), False)


def test_a_rule_that_never_rests_by_now_comes_up_again_at_once() -> None:
    """Its record let it rest once. Fails where `turns` passes over it: `quiet_end` would end each of its cycles for ever."""
    rested = RuleQuieted(rule="reconnect", asks_again_at=at(220), again=False)
    loop = lived(mailed(7, "reconnect"), event(rested, 30), connected("ada", -400, 31), until=50)
    assert resumed(loop) == [(at(30), "rested")]
    assert story(loop, "reconnect")[1:3] == ["scheduled reconnect", "due reconnect 1"]


def test_what_was_never_shown_never_goes_quiet_however_much_lapses() -> None:
    loop = lived(*(connected(f"c{n}", n * 10) for n in range(10)), until=150)
    assert story(loop).count("lapsed thank") == 10
    assert not quieted(loop)


def test_three_people_in_one_mail_are_one_occasion() -> None:
    loop = lived(*(connected(name, 0.5) for name in "abc"), mailed(7), mailed(14), connected("d", 30), until=40)
    assert not quieted(loop)
    assert story(loop)[-1] == "due thank 2"


def test_a_daily_digest_goes_quiet_after_three_weeks_and_not_after_three_days() -> None:
    daily = wishes(-1, digest={"every": "daily"})
    assert not quieted(lived(daily, *(mailed(day) for day in range(20))))
    assert quieted(lived(daily, *(mailed(day) for day in range(22)))) == [before(22)]


@pytest.mark.parametrize(
    "event_between",
    [
        answer(FollowupDone, "contact/a/thank/2026-03-01", 15),
        answer(FollowupDismissed, "contact/a/thank/2026-03-01", 15),
        snoozed("contact/a/thank/2026-03-01", None, 15),
        answer(FollowupDone, "contact/a/thank/2026-03-01", 25),
    ],
)
def test_any_answer_to_the_rule_in_between_begins_the_count_anew(event_between: Event) -> None:
    assert not quieted(lived(*(mailed(day) for day in MONDAYS), event_between))


def test_the_event_that_it_asks_for_is_an_answer_too_once_it_was_asked_for() -> None:
    events = [connected("a", 0.5), about(ThanksSent, "a", 15), *(mailed(day) for day in MONDAYS)]
    assert not quieted(lived(*events))


def test_what_it_was_about_to_ask_for_is_an_answer_and_what_it_would_never_have_asked_for_is_none() -> None:
    """Thanks on the day of the connection come before the first reminder of it. Others would hold the rule awake for ever."""
    planned = [connected("a", 15), about(ThanksSent, "a", 15.1), *(mailed(day) for day in MONDAYS)]
    assert not quieted(lived(*planned))
    unplanned = [about(ThanksSent, "x", 15), *(mailed(day) for day in MONDAYS)]
    assert quieted(lived(*unplanned)) == [before(28)], "of the member's own accord it only wakes what is quiet"


def test_days_are_those_of_the_member_s_clocks() -> None:
    """In Los Angeles the morning and the evening of a day lie on two days of UTC. Fails where those are counted."""
    pushes = [shown("contact/a/thank/2026-03-02", day) for day in (0.7, 1.1, 21.9, 22.1)]
    west = wishes(-1, zone="America/Los_Angeles")
    assert not quieted(lived(west, *pushes)), "two days"
    assert quieted(lived(*pushes)), "four days"
    assert quieted(lived(west, *pushes, shown("contact/a/thank/2026-03-02", 22.7)))


def test_every_day_of_any_zone_is_known_by_the_first_and_the_last_time_of_each_day_in_utc() -> None:
    """Whatever was shown between them lies on one of their days."""
    rng = random.Random(7)
    for _ in range(200):
        times = [rng.uniform(0, 4) for _ in range(rng.randint(1, 12))]
        habits = Habits()
        for time in times:
            habits = observe(habits, shown("contact/a/thank/2026-03-02", time))
        known = [moment for one in habits.shown["thank"].days for moment in (one.first, one.last)]
        for zone in ("UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "America/Los_Angeles"):
            expected = {local(at(time), zone).date() for time in times}
            assert {local(moment, zone).date() for moment in known} == expected


def test_a_day_with_pushes_that_were_shown_is_an_occasion_and_one_without_is_none() -> None:
    pushes = [shown("contact/a/thank/2026-03-02", day + 9 / 24) for day in (0, 0.1, 10, 22)]
    loop = lived(*pushes)
    assert quieted(loop) == [before(28)]
    assert not quieted(lived(*pushes[:3]))


def test_what_it_has_open_ends_when_it_goes_quiet_and_not_in_the_instant_of_the_digest() -> None:
    loop = lived(*(mailed(day) for day in MONDAYS), connected("a", 20.5), until=28.5)
    (ended,) = ((one.time, one.data.because.type) for one in loop.published if isinstance(one.data, FollowupCancelled))
    assert ended == (before(28), RuleQuieted.TYPE)
    loop.apply(connected("b", 30))
    assert story(loop)[-1] == "cancelled thank", "nothing new begins"


@pytest.mark.parametrize("key", ["a", "zed"])
def test_what_quiet_hours_defer_to_the_hour_before_that_digest_finds_it_quiet(key: str) -> None:
    """Due on Sunday at 9:00, and to be said on Monday at 7:00. Gone quiet in that instant, order would decide."""
    quiet_hours = wishes(-1, quiet_hours={"from": "08:30", "to": "07:00"})
    loop = lived(quiet_hours, *(mailed(day) for day in MONDAYS), connected(key, 26.5), until=35)
    assert quieted(loop) == [before(28)]
    assert story(loop, "thank") == ["scheduled thank", f"{RuleQuieted.TYPE} thank", "cancelled thank"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
def test_a_rule_goes_quiet_at_no_whole_minute_of_any_clock(zone: str) -> None:
    """Quiet hours end, gaps of clocks end and digests come on whole minutes: with a whole hour before they would meet."""
    loop = lived(wishes(-1, zone=zone), *(mailed(day) for day in MONDAYS), until=36)
    (at_rest,) = quieted(loop)
    assert at_rest.second == 30


def test_own_reminders_meetings_promises_and_what_was_asked_for_never_go_quiet() -> None:
    assert {
        "own_reminder", "keep_promise", "remember_date", "stay_in_touch", "keep_at_it", "reconnect",
        "proposal_unanswered", "prepare_questions", "meeting_today", "did_it_happen", "after_meeting", "another_day",
    } == TIRELESS  # fmt: skip
    agreed = {rule.name for rule in RULES.values() if rule.about in (REMINDER, MEETING, PROMISE)}
    assert agreed <= TIRELESS, "a rule that is new among them, too"


def test_all_others_go_quiet_where_nothing_comes_of_them() -> None:
    loop = lived(*(mailed(day, *sorted(RULES)) for day in MONDAYS))
    assert {said.rule for said in loop.heard(RuleQuieted)} == set(RULES) - TIRELESS


def test_a_switched_off_rule_and_the_same_digest_read_twice_count_nothing() -> None:
    off = wishes(-1, rules={"thank": {"on": False}})
    assert not quieted(lived(off, *(mailed(day) for day in MONDAYS)))
    assert not quieted(lived(*(mailed(0) for _ in range(9)), mailed(21)))


def test_the_numbers_are_those_that_the_member_is_told() -> None:
    assert (quiet.OCCASIONS_MIN, quiet.SPAN_DAYS) == (3, 21)
    assert at(0) == datetime(2026, 3, 2, tzinfo=UTC)
