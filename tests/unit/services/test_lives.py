"""Three lives for a year: somebody who answers nothing, somebody busy, and somebody who just arrived with many people."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from services.followups.rules.table import RULES
from shared.contracts import (
    ContactConnected,
    DigestSent,
    Event,
    FollowupDue,
    FollowupRequested,
    InviteSent,
    MeetingHeld,
    MeetingScheduled,
    RuleQuieted,
)
from shared.preferences import PER_DAY
from tests.unit.services.lives import (
    YEAR_DAYS,
    at,
    dues,
    ended_before_they_left,
    joined,
    live,
    months,
    nudges_by_day,
    person,
    told,
    year_of,
)

pytestmark = pytest.mark.deep

MONTHS = {f"2026-{month:02}" for month in range(1, 13)}
MEETINGS_A_MONTH = 40
CONNECTIONS, STALE = 1_100, 150
PAGE = Path(__file__).parents[3] / "docs" / "lives.md"


def assert_told(name: str, said: list[Event]) -> None:
    """Hold the page to the life: when this fails, put the row there, and read whether it is bearable."""
    assert year_of(name, said) in PAGE.read_text(encoding="utf-8").splitlines()


def assert_bearable(said: list[Event], per_day: int = PER_DAY) -> None:
    """Hold what is true of every life: pushes a day, steps of a follow-up, and what a digest shows."""
    assert max(nudges_by_day(said).values(), default=0) <= per_day
    for (name, rule), count in Counter((due.followup_id, due.rule) for _, due in dues(said)).items():
        assert count <= len(RULES[rule].schedule.offsets), name
    assert not ended_before_they_left(said)


def meeting(number: int, day: float) -> list[Event]:
    """Agreed five days before, for an hour, and held."""
    with_whom = (person(number % 60).id,)
    plan = {"meeting_id": f"k{number}", "contact_ids": with_whom, "kind": "phone", "minutes": 60, "zone": "UTC"}
    agreed = MeetingScheduled.model_validate({**plan, "starts": at(day).replace(tzinfo=None)})
    held = MeetingHeld(meeting_id=f"k{number}", contact_ids=with_whom)
    return [told(max(day - 5, 0.01), agreed), told(day + 1 / 24, held)]


def test_who_answers_nothing_is_asked_less_and_less_and_own_reminders_still_come() -> None:
    """Fails where a rule that was shown in three digests does not go quiet."""
    script = joined()
    script += [told(7 * n + 1, ContactConnected(contact=person(n))) for n in range(40)]
    script += [told(9 * n + 1, InviteSent(invite_id=f"i{n}", contact=person(100 + n))) for n in range(30)]
    weekly = {"followup_id": "r", "what": "Write to Lin", "due": "2026-01-12T10:00", "every_days": 7}
    script.append(told(1, FollowupRequested.model_validate(weekly)))
    said = live(script)
    assert_bearable(said)
    assert_told("answers nothing", said)
    quiet = {one.data.rule for one in said if isinstance(one.data, RuleQuieted)}
    assert {"thank", "say_why"} <= quiet
    assert not any(RULES[rule].delivery.quiet is None for rule in quiet)
    early = sum(1 for time, due in dues(said, *quiet) if time < at(90))
    late = sum(1 for time, due in dues(said, *quiet) if at(270) <= time)
    assert late < early / 2, (early, late)
    own = [time for time, due in dues(said, "own_reminder") if due.push]
    assert own == [at(7) + timedelta(hours=1, weeks=n) for n in range(len(own))]
    assert len(own) >= YEAR_DAYS // 7
    assert months(said, FollowupDue) >= MONTHS


def test_who_has_forty_meetings_a_month_is_reminded_of_each_at_its_hour() -> None:
    """Fails where meetings' rules wait for room in `per_day`."""
    script = joined(per_day=1) + [told(0.005, ContactConnected(contact=person(n))) for n in range(60)]
    afternoons = (5 / 24, 1 + 5 / 24, 1 + 8 / 24, 2 + 5 / 24)
    starts = [6 + 3 * n + hours for n in range(MEETINGS_A_MONTH * 12 // 4) for hours in afternoons]
    starts = [day for day in starts if day < YEAR_DAYS - 2]
    for number, day in enumerate(starts):
        script += meeting(number, day)
    said = live(script)
    assert_bearable(said, 1)
    assert_told("forty meetings a month", said)
    today = {due.followup_id.split("/")[1]: (time, due.push) for time, due in dues(said, "meeting_today")}
    assert today == {f"k{n}": (at(day) - timedelta(hours=2), True) for n, day in enumerate(starts)}
    assert months(said, DigestSent) >= MONTHS


def test_who_arrives_with_many_people_is_led_to_them_a_few_at_a_time() -> None:
    """A year from the day of an import: nothing is thanked for late, and nobody is named more than seven times."""
    script = joined()
    script += [told(0.002, ContactConnected(contact=person(n)), happened=-30 - n) for n in range(CONNECTIONS)]
    script += [
        told(0.003, InviteSent(invite_id=f"i{n}", contact=person(CONNECTIONS + n)), happened=-100 - n)
        for n in range(STALE)
    ]
    said = live(script)
    assert_bearable(said)
    assert_told("has just arrived", said)
    assert not [due for _, due in dues(said, "thank", "no_answer_yet")], "what is long past is left in peace"
    named = Counter(due.contact_id for _, due in dues(said, "reconnect"))
    assert named
    assert max(Counter(f"{time:%Y-W%W}" for time, _ in dues(said, "reconnect")).values()) <= 3
    assert max(named.values()) <= YEAR_DAYS // 60 + 1
    assert months(said, DigestSent) >= MONTHS
