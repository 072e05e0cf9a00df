"""Each wish about reminders, and each rule: a change takes hold of what is pending, and gives back what it took."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.followups.rules.table import RULES
from shared.calendar import in_quiet, local
from shared.contracts import (
    Event,
    FollowupCancelled,
    FollowupDue,
    FollowupRescheduled,
    FollowupScheduled,
    MeetingHeld,
    MeetingProposed,
    ThanksSent,
)
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    at,
    cadence,
    connected,
    hour,
    member,
    met,
    planned,
    received,
    requested,
    sent,
    wishes,
)

NOON = 0.5
BEGUN_BY: dict[str, Event] = {
    "own_reminder": requested("r1", "2026-03-05T10:00"),
    "say_why": sent("i1", NOON, why=None),
    "no_answer_yet": sent("i1", NOON),
    "ask_why": received("i1", NOON, why=None),
    "answer_invite": received("i1", NOON),
    "thank": connected("ada", NOON),
    "propose_meeting": about(ThanksSent, "ada", NOON),
    "proposal_unanswered": met(MeetingProposed, "k1", NOON),
    "prepare_questions": planned("k1", 5.5, NOON),
    "meeting_today": planned("k1", 5.5, NOON),
    "did_it_happen": planned("k1", 5.5, NOON),
    "after_meeting": met(MeetingHeld, "k1", NOON),
    "second_meeting": met(MeetingHeld, "k1", NOON),
    "stay_in_touch": cadence("ada", 3, NOON),
}
every_rule = pytest.mark.parametrize("rule", sorted(BEGUN_BY))
LATER = 0.6


def pending(rule: str) -> FollowupsLoop:
    """A member of whom one follow-up of the rule is open, and nothing was said to be due."""
    loop = member()
    loop.apply(BEGUN_BY[rule])
    assert rule in RULES
    assert [one.rule for one in loop.heard(FollowupScheduled)].count(rule) == 1
    return loop


def dues(loop: FollowupsLoop, rule: str) -> list[tuple[datetime, FollowupDue]]:
    heard = ((said.time, said.data) for said in loop.published if isinstance(said.data, FollowupDue))
    return [(time, due) for time, due in heard if due.rule == rule]


def first_due(loop: FollowupsLoop, rule: str) -> tuple[datetime, FollowupDue]:
    loop.run_until(at(60))
    return dues(loop, rule)[0]


@every_rule
def test_another_zone_moves_it_to_the_same_wall_time_there(rule: str) -> None:
    stays, moves = pending(rule), pending(rule)
    before = first_due(stays, rule)[1].due_at
    moves.apply(wishes(LATER, zone="America/New_York", quiet_hours={"from": "03:00", "to": "03:00"}))
    _, due = first_due(moves, rule)
    told = [one for one in moves.heard(FollowupRescheduled) if one.rule == rule]
    if rule in ("meeting_today", "did_it_happen"):
        assert due.due_at == before, "hours from a meeting, which stays where it is"
        assert told == []
    else:
        assert due.due_at == before or (told[0].zone, told[0].due_at) == ("America/New_York", due.due_at)
        # What was counted from an instant by a clock in UTC is counted from what another clock showed then.
        wall = local(before, "UTC").time()
        assert local(due.due_at, "America/New_York").time() in (wall, local(at(NOON), "America/New_York").time())


@every_rule
def test_other_offsets_move_it(rule: str) -> None:
    stays, moves = pending(rule), pending(rule)
    before = first_due(stays, rule)[1].due_at
    schedule = RULES[rule].schedule
    further, unit = max(schedule.offsets) + 1, at(1) - at(0) if schedule.unit == "days" else hour(0, 1) - hour(0, 0)
    wish = {f"offsets_{schedule.unit}": [further]}
    moves.apply(wishes(LATER, rules={rule: wish}))
    moves.run_until(at(60))
    heard = dues(moves, rule)
    if rule == "own_reminder":
        assert [due.due_at for _, due in heard[:2]] == [before, hour(4, 10)], "its own time first, then what was wished"
    else:
        sign = -1 if schedule.before else 1
        assert heard[0][1].due_at - before == sign * (further - schedule.offsets[0]) * unit


@every_rule
def test_quiet_hours_around_it_defer_it_and_their_end_brings_it_back(rule: str) -> None:
    stays, defers, again = pending(rule), pending(rule), pending(rule)
    said, due = first_due(stays, rule)
    begin, end = f"{(said.hour - 1) % 24:02}:00", f"{(said.hour + 1) % 24:02}:00"
    defers.apply(wishes(LATER, quiet_hours={"from": begin, "to": end}))
    again.apply(
        wishes(LATER, quiet_hours={"from": begin, "to": end}),
        wishes(0.61, quiet_hours={"from": "03:00", "to": "03:00"}),
    )
    later, same = first_due(defers, rule)
    assert same.due_at == due.due_at, "when it is due is not changed by when it may be said"
    assert said < later <= hour(60, 0)
    clocks = [datetime.fromisoformat(f"2026-01-01T{clock}").time() for clock in (begin, end)]
    assert in_quiet(said, "UTC", *clocks)
    assert not in_quiet(later, "UTC", *clocks)
    assert first_due(again, rule)[0] == said


@every_rule
def test_a_pause_defers_it_and_one_that_is_taken_back_does_not(rule: str) -> None:
    stays, defers, again = pending(rule), pending(rule), pending(rule)
    said, _ = first_due(stays, rule)
    until = datetime(2026, 4, 20, 12, tzinfo=UTC)
    defers.apply(wishes(LATER, paused_until=until.isoformat()))
    again.apply(wishes(LATER, paused_until=until.isoformat()), wishes(0.61, paused_until=at(0).isoformat()))
    defers.run_until(at(60))
    if RULES[rule].schedule.before:
        assert dues(defers, rule) == [], "what leads up to a meeting is not said after it"
    else:
        assert dues(defers, rule)[0][0] == until
    assert first_due(again, rule)[0] == said


@every_rule
def test_switched_off_it_ends_and_switched_on_it_comes_back(rule: str) -> None:
    stays, loop = pending(rule), pending(rule)
    said, _ = first_due(stays, rule)
    loop.apply(wishes(LATER, rules={rule: {"on": False}}))
    assert [one.rule for one in loop.heard(FollowupCancelled)] == [rule]
    loop.apply(wishes(0.7, rules={rule: {"on": True}}))
    assert first_due(loop, rule)[0] == said


@every_rule
def test_whether_it_is_pushed_is_asked_when_it_is_said(rule: str) -> None:
    loop, pushed = pending(rule), bool(RULES[rule].delivery.pushed)
    loop.apply(wishes(LATER, rules={rule: {"push": not pushed}}))
    assert first_due(loop, rule)[1].push is not pushed
    none_a_day = pending(rule)
    none_a_day.apply(wishes(LATER, per_day=0, rules={rule: {"push": True}}))
    assert first_due(none_a_day, rule)[1].push is RULES[rule].delivery.hour_chosen, (
        "the hour that the member chose is kept"
    )
