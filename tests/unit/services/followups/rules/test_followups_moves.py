"""What moves: a meeting earlier, later, back again, called off and agreed anew; the day to be in touch again.

Always exactly the right nudges.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import (
    CallHeld,
    Event,
    FollowupDue,
    MeetingCancelled,
    MeetingRescheduled,
    MeetingScheduled,
    MessageReceived,
    MessageSent,
)
from tests.depth import examples
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    at,
    cadence,
    member,
    met,
    planned,
    story,
    wishes,
)

END: Final = at(40)
HOURS: Final = st.integers(1, 24 * 30)


@dataclass(frozen=True)
class Stand:
    """From `since` on, and until the next change, the meeting starts at `starts`; None: it is called off."""

    since: datetime
    starts: datetime | None


@st.composite
def changes(draw: st.DrawFn) -> list[Event]:
    """What happens to one meeting, hour by hour, told at once."""
    hours = sorted(draw(st.sets(HOURS, min_size=1, max_size=7)))
    events = [planned("k1", hours[0] / 24 + draw(st.integers(-6, 90)) / 24, hours[0] / 24)]
    for hour in hours[1:]:
        starts = (hour + draw(st.integers(-6, 90))) / 24
        back = planned_hour(draw(st.sampled_from(events)))
        events.append(
            draw(
                st.sampled_from(
                    [
                        met(MeetingCancelled, "k1", hour / 24),
                        planned("k1", starts, hour / 24),
                        planned("k1", starts, hour / 24, kind=MeetingRescheduled),
                        planned("k1", starts if back is None else back, hour / 24, kind=MeetingRescheduled),
                    ]
                )
            )
        )
    return events


def planned_hour(event: Event) -> float | None:
    data = event.data
    if not isinstance(data, MeetingScheduled | MeetingRescheduled):
        return None
    return (data.starts - at(0).replace(tzinfo=None)) / timedelta(days=1)


def stands(events: list[Event]) -> list[Stand]:
    """How the meeting stood over time; the same start told again is no change."""
    known: list[Stand] = []
    for event in events:
        data = event.data
        starts = at(planned_hour(event) or 0) if isinstance(data, MeetingScheduled | MeetingRescheduled) else None
        if not known or known[-1].starts != starts:
            known.append(Stand(event.time, starts))
    return known


def nudges(loop: FollowupsLoop, rule: str) -> list[tuple[datetime, datetime | None]]:
    dues = [(said.time, said.data) for said in loop.published if isinstance(said.data, FollowupDue)]
    return [(time, due.starts_at) for time, due in dues if due.rule == rule]


def lived(events: list[Event]) -> FollowupsLoop:
    loop = member()
    loop.apply(wishes(-1, quiet_hours={"from": "00:00", "to": "00:00"}))
    for event in events:
        loop.run_until(event.time - timedelta(milliseconds=1))
        loop.apply(event)
        loop.assert_settled()
    loop.run_until(END)
    return loop


@settings(deadline=None, max_examples=examples(150))
@given(changes())
def test_each_hour_that_stands_long_enough_is_announced_once_and_no_other(events: list[Event]) -> None:
    loop = lived(events)
    for rule, moment_of in (
        ("meeting_today", lambda starts: starts - timedelta(hours=2)),
        ("prepare_questions", evening_before),
    ):
        expected = []
        for stand, following in pairwise([*stands(events), Stand(END, None)]):
            if stand.starts is None:
                continue
            moment = max(moment_of(stand.starts), stand.since)
            spoken_for = rule == "prepare_questions" and moment >= stand.starts - timedelta(hours=2)
            if stand.since < stand.starts and moment < min(stand.starts, following.since) and not spoken_for:
                expected.append((moment, stand.starts))
        said = nudges(loop, rule)
        assert said == expected, rule


def evening_before(starts: datetime) -> datetime:
    return starts.replace(hour=17, minute=0, second=0) - timedelta(days=1)


@settings(deadline=None, max_examples=examples(100))
@given(changes(), st.randoms(use_true_random=False))
def test_the_hour_that_stands_in_the_end_does_not_depend_on_the_order_of_the_log(
    events: list[Event], rng: Random
) -> None:
    ends = []
    for shuffled in (events, rng.sample(events, len(events)) + events[:2]):
        loop = member()
        for event in shuffled:
            loop.take(event)
        ends.append(loop.items)
    assert ends[0] == ends[1]


@settings(deadline=None, max_examples=examples(100))
@given(changes())
def test_told_all_at_once_only_the_last_hour_counts(events: list[Event]) -> None:
    late = events[-1].time
    loop = member()
    loop.apply(*(Event(one.id, one.member, one.time, late, one.data) for one in events))
    loop.run_until(END)
    last = stands(events)[-1].starts
    assert {starts for rule in ("meeting_today", "prepare_questions") for _, starts in nudges(loop, rule)} <= {last}
    assert len(nudges(loop, "meeting_today")) <= 1
    assert story(loop, "did_it_happen").count("due did_it_happen 1") == (last is not None)


@settings(deadline=None, max_examples=examples(100))
@given(st.integers(1, 20), st.sets(HOURS, max_size=12), st.randoms(use_true_random=False))
def test_staying_in_touch_is_due_after_each_silence_and_again(every: int, hours: set[int], rng: Random) -> None:
    loop, talks = member(), sorted(hours)
    loop.apply(wishes(-1, quiet_hours={"from": "00:00", "to": "00:00"}), cadence("ada", every, 0))
    for hour in talks:
        told = about(rng.choice([MessageSent, MessageReceived, CallHeld]), "ada", hour / 24)
        loop.run_until(told.time - timedelta(milliseconds=1))
        loop.apply(told, about(MessageSent, "ada", hour / 48, hour / 24))
        loop.assert_settled()
    loop.run_until(at(80))
    expected = []
    for before, after in pairwise([0, *talks, 80 * 24]):
        due = at(before // 24 + every + 9 / 24)
        while due < at(after / 24):
            expected.append(due)
            due += timedelta(days=max(-(-every // 2), 14))
    assert [said.time for said in loop.published if isinstance(said.data, FollowupDue)] == expected
