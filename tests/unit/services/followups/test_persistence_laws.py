"""Laws of persistence, over random histories. Each says where it fails."""

from __future__ import annotations

import random
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.followups.rules.table import RULES
from shared.calendar import next_slot
from shared.contracts import (
    DigestFailed,
    DigestItem,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Event,
    FollowupDone,
    FollowupDue,
    FollowupLapsed,
    FollowupShown,
    MemberJoined,
    PursuitOpened,
    RuleQuieted,
)
from tests.depth import blocks, examples
from tests.unit.services.followups.followups_history import history, live
from tests.unit.services.followups.followups_world import (
    answer,
    at,
    connected,
    day_set,
    event,
    hour,
    member,
    planned,
    promised,
    pursued,
    received,
    requested,
    sent,
    wishes,
)
from tests.unit.services.lives import YEAR_DAYS, ended_before_they_left, side_by_side

SEEDS = 10
HISTORIES = examples(24)


@pytest.mark.deep
@pytest.mark.parametrize("block", blocks(3))
def test_a_rule_that_was_never_shown_never_goes_quiet(block: int) -> None:
    """However often it was pushed and no product took it, was let lapse, or stood in a digest that never left, while other
    rules are shown. Fails where a push counts because it was said, where a digest counts that did not leave, and where a
    lapse counts."""
    rested = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        often = rng.sample(sorted(RULES), 8)
        unseen = sorted(set(RULES) - set(often))
        script = [*history(rng, repeated=True), *each_week(), *shown_and_not(rng, often, unseen)]
        loop, _ = live(rng, sorted(script, key=lambda one: (one.logged, one.id)), answers=False)
        quiet = {said.rule for said in loop.heard(RuleQuieted)}
        assert not quiet & set(unseen), seed
        nowhere = [due for due in loop.heard(FollowupDue) if due.push and due.rule in unseen and _may_rest(due.rule)]
        assert len({due.due_at.date() for due in nowhere}) > 3, (seed, "much was pushed into nothing")
        assert any(lapse.rule in unseen for lapse in loop.heard(FollowupLapsed)), (seed, "and much was let rest")
        rested += len(quiet)
    assert rested > SEEDS / 2, "what was shown goes quiet"


def each_week() -> list[Event]:
    """All reminders are pushed, and each week brings somebody new and an invite each way that nobody answers."""
    told = [wishes(-1, per_day=20, rules={rule: {"push": True} for rule in RULES})]
    for week in range(10):
        day = 7 * week + 3
        told += [connected(f"c{week}", day), sent(f"s{week}", day, why=None), received(f"g{week}", day, why=None)]
    return told


def shown_and_not(rng: random.Random, often: list[str], unseen: list[str]) -> list[Event]:
    """Mails and pushes that were shown, of some rules, and digests of the others of which none left."""
    told = []
    for week in range(12):
        day = 7 * week
        of: dict[str, Any] = {"digest_id": f"n{week}", "period": "2026-W11"}
        told += [mailed(day, *rng.sample(often, rng.randint(1, 4))), pushed(rng.choice(often), day + rng.uniform(1, 6))]
        items = tuple(DigestItem(kind="due", rule=rule) for rule in rng.sample(unseen, 6))
        fate = rng.choice([
            DigestSending(**of, attempt=1),
            DigestUnknown(**of, attempt=1),
            DigestFailed(**of, attempt=1, reason="451", permanent=False),
            DigestSkipped(**of, why="no_address"),
        ])  # fmt: skip
        told += [event(DigestPrepared(**of, items=items, due_at=at(day + 1)), day + 1), event(fate, day + 1.01)]
    return told


def _may_rest(rule: str) -> bool:
    return RULES[rule].delivery.quiet is not None


@pytest.mark.parametrize("block", blocks(3))
def test_only_what_was_shown_on_three_occasions_over_three_weeks_goes_quiet(block: int) -> None:
    """Histories in which mails and pushes show some rules, often or seldom, and never others. Fails where a lapse counts."""
    rested = 0
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        often = rng.sample(sorted(RULES), 4)
        seen = [mailed(day, *rng.sample(often, rng.randint(1, 4))) for day in range(0, 60, 7)]
        seen += [pushed(rng.choice(sorted(RULES)), rng.uniform(0, 60)) for _ in range(4)]
        seen.sort(key=lambda one: one.time)
        script = sorted([*history(rng, repeated=True), *seen], key=lambda one: (one.logged, one.id))
        loop, _ = live(rng, script, answers=False)
        for one in loop.published:
            if isinstance(one.data, RuleQuieted):
                shown = [of.time for of in seen if of.time < one.time and one.data.rule in shown_by(of)]
                assert shown, (seed, one.data)
                if not one.data.again:
                    assert len(shown) >= 3, (seed, one.data)
                    assert shown[-1] - shown[0] >= timedelta(days=20), (seed, one.data)
                rested += 1
    assert rested > SEEDS / 2, "much was let rest"


def mailed(day: int, *rules: str) -> Event:
    sent = DigestSent(digest_id=f"d{day}", period="2026-W10", attempt=1, message_id=f"<{day}@x>", shown=rules)
    return event(sent, day + 8 / 24)


def pushed(rule: str, day: float) -> Event:
    return event(FollowupShown(followup_id=f"{RULES[rule].about}/x/{rule}/2026-03-02"), round(day, 3))


def shown_by(of: Event) -> tuple[str, ...]:
    if isinstance(of.data, DigestSent):
        return of.data.shown
    assert isinstance(of.data, FollowupShown)
    return (of.data.followup_id.split("/")[2],)


@settings(deadline=None, max_examples=examples(40))
@example("off", 0, [3.0], (2, 6.0), None)
@example("off", 0, [3 + 20.5 / 24], None, (3 + 20 / 24, 0.1))
@given(
    st.sampled_from(["daily", "weekly", "off"]),
    st.integers(0, 2),
    st.lists(st.floats(1, 20), min_size=1, max_size=6),
    st.none() | st.tuples(st.integers(1, 15), st.floats(0.1, 12)),
    st.none() | st.tuples(st.floats(1, 16), st.floats(0.01, 2)),
)
def test_no_chosen_hour_is_left_to_a_digest(
    every: str,
    per_day: int,
    starts: list[float],
    pause: tuple[int, float] | None,
    outage: tuple[float, float] | None,
) -> None:
    """Of meetings, promises, days and reminders, whatever else there is. Fails where `per_day` holds after a pause, and where
    what an outage makes late is said in quiet hours."""
    loop = member()
    loop.apply(wishes(-1, per_day=per_day, digest={"every": every}))
    hours = [round(start * 24) / 24 for start in starts]
    script = [planned(f"k{n}", start, 0.2) for n, start in enumerate(hours)]
    script += [promised(f"p{n}", start, 0.2) for n, start in enumerate(hours)]
    script += [requested(f"r{n}", at(start).replace(tzinfo=None).isoformat(), 0.2) for n, start in enumerate(hours)]
    script += [day_set(3, 15, 0.2), connected("bob", 0.3), connected("eve", 0.3)]
    if pause is not None:
        begin, days = pause
        script.append(wishes(begin, paused_until=at(begin + days).isoformat()))
    for one in sorted(script, key=lambda one: one.logged):
        loop.run_until(one.logged)
        loop.apply(one)
    if outage is not None:
        since, long = outage
        loop.run_until(max(at(since), loop.now))
        loop.sleep_until(loop.now + timedelta(days=long))
    loop.run_until(at(45))
    loop.assert_settled()
    chosen = [due for due in loop.heard(FollowupDue) if RULES[due.rule].delivery.hour_chosen]
    assert {due.what for due in chosen if due.rule == "own_reminder"} == {f"Call about r{n}" for n in range(len(hours))}
    for due in chosen:
        early = due.rule == "remember_date" and due.due_at.day < 15
        assert due.push is not early, due


@settings(deadline=None, max_examples=examples(25))
@given(
    st.integers(0, 20),
    st.integers(0, 3),
    st.sampled_from(["daily", "weekly"]),
    st.sampled_from([time(8), time(12), time(18, 30)]),
)
def test_a_chosen_hour_is_pushed_and_what_waits_is_alive_when_a_digest_comes(
    count: int, per_day: int, every: str, clock: time
) -> None:
    """Fails where own reminders wait for room in `per_day`."""
    loop = member()
    loop.apply(wishes(-1, per_day=per_day, digest={"every": every, "time": f"{clock:%H:%M}"}))
    script = [requested(f"r{n}", f"2026-03-05T{9 + n % 11:02}:30") for n in range(count)]
    script += [connected(f"c{n}", 1 + n / 3) for n in range(count)]
    for one in script:
        loop.run_until(one.logged)
        loop.apply(one)
    loop.run_until(at(60))
    ended = {one.data.followup_id: one.time for one in loop.published if isinstance(one.data, FollowupLapsed)}
    weekday = None if every == "daily" else 0
    for one in loop.published:
        if isinstance(one.data, FollowupDue):
            assert one.data.push or not RULES[one.data.rule].delivery.hour_chosen, one.data
            if not one.data.push and one.data.followup_id in ended:
                digest = next_slot(one.time - timedelta(milliseconds=1), "UTC", clock, weekday).instant
                assert ended[one.data.followup_id] > digest, one.data


@settings(deadline=None, max_examples=examples(40))
@given(st.integers(1, 40), st.sets(st.integers(0, 120), max_size=6))
def test_the_gaps_of_a_recurring_reminder_are_its_cadence(every: int, answers: set[int]) -> None:
    """Answered or not."""
    loop = member()
    loop.apply(requested("r1", "2026-03-03T10:00", every_days=every))
    for day in sorted(answers):
        loop.run_until(at(day + 0.6))
        loop.apply(answer(FollowupDone, "r1", day + 0.6))
    loop.run_until(at(150))
    dues = [due.due_at for due in loop.heard(FollowupDue)]
    expected = [hour(1 + every * n, 10) for n in range(150) if 1 + every * n < 150]
    assert dues == [due for due in expected if due in dues]
    missing = set(expected) - set(dues)
    assert all(any(at(day + 0.6) < due for day in answers) for due in missing), "only what was answered before it came"
    assert len(missing) <= len(answers)


def test_a_pursuit_comes_up_six_times_every_three_weeks_and_then_once_a_quarter() -> None:
    loop = member()
    loop.apply(pursued(PursuitOpened, "s1", 0.5))
    loop.run_until(at(365))
    days = [(due.due_at - at(0)).days for due in loop.heard(FollowupDue)]
    assert days == [21, 42, 63, 84, 105, 126, 217, 308]


def test_nothing_stands_in_a_digest_that_ended_before_it_left() -> None:
    """Over random histories of all services. Fails where what lapses, lapses before the digest that shows it last is out."""
    shown = 0
    for seed in range(HISTORIES):
        rng = random.Random(seed)
        every = rng.choice(["daily", "weekly"])
        joined = event(MemberJoined(name="Ada", email="ada@example.org"), -2)
        script = [joined, wishes(-1, digest={"every": every}), *history(rng, repeated=False)]
        said = side_by_side(script, at(YEAR_DAYS / 3), joined.member)
        assert not ended_before_they_left(said), seed
        shown += sum(isinstance(one.data, DigestSent) and bool(one.data.shown) for one in said)
    assert shown > HISTORIES, "much was shown"
