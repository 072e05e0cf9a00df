"""Laws of *followups* over random histories: told late, told twice, told in any order, everything early and late."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest

from services.followups.model.state import Subject, parse_followup_id
from services.followups.rules.table import RULES
from shared.contracts import (
    AboutFollowup,
    Event,
    EventData,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDone,
    FollowupDue,
    FollowupLapsed,
    FollowupPlan,
    FollowupReopened,
    FollowupRescheduled,
    FollowupScheduled,
    InviteDeclined,
    InviteRetracted,
    PromiseKept,
    PromiseReleased,
)
from shared.contracts.limits import REOPEN_DAYS_MAX
from tests.depth import blocks
from tests.unit.services.followups.followups_history import history, live
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    at,
    member,
)

SEEDS = 10
BLOCKS = 18


def state(loop: FollowupsLoop) -> tuple[object, object]:
    return loop.profile, loop.items


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_each_step_of_a_cycle_is_said_once_and_nothing_after_its_end(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        loop, applied = live(rng, history(rng, repeated=True))
        stage = stages(loop, seed)
        told = {data.followup_id: data.due_at for one in loop.published if isinstance(data := one.data, FollowupPlan)}
        steps = Counter((due.followup_id, due.attempt) for due in loop.heard(FollowupDue))
        assert set(steps.values()) <= {1}, f"{seed}: a step was said twice"
        for key, item in loop.items.items():
            for rule, slot in item.slots.items() if isinstance(item, Subject) else ():
                cycle = f"{key}/{rule}/{slot.cycle}"
                assert (stage[cycle] == "open") == (slot.stage == "open"), f"{seed}: {cycle} is {slot.stage}"
                assert slot.stage != "open" or told[cycle] == slot.due_at, f"{seed}: {cycle} is due at another time"
        assert_the_answer_wins(loop, applied, seed)


def stages(loop: FollowupsLoop, seed: int) -> dict[str, str]:
    """Return what has become of each cycle, and hold what was said to the one order that makes sense."""
    allowed: dict[type[EventData], tuple[tuple[str, ...], str]] = {
        FollowupScheduled: (("",), "open"),
        FollowupRescheduled: (("open",), "open"),
        FollowupDue: (("open",), "open"),
        FollowupLapsed: (("open",), "lapsed"),
        FollowupCompleted: (("open", "lapsed"), "over"),
        FollowupCancelled: (("open",), "over"),
    }
    stage: dict[str, str] = {}
    for said in loop.published:
        data = said.data
        assert isinstance(data, AboutFollowup)
        before, (earlier, after) = stage.get(data.followup_id, ""), allowed[type(data)]
        assert before in earlier, f"{seed}: {data.followup_id} {said.type} when {before or 'unknown'}"
        assert not isinstance(data, FollowupDue) or said.time >= data.due_at, f"{seed}: {data.followup_id} too early"
        stage[data.followup_id] = after
    return stage


def assert_the_answer_wins(loop: FollowupsLoop, applied: list[Event], seed: int) -> None:
    """What ends a follow-up, and stood in the log before, was known to everything that was said at a wake."""
    ends: dict[str, list[Event]] = {}
    for event in applied:
        data = event.data
        if isinstance(data, InviteDeclined | InviteRetracted):
            ends.setdefault(f"invite/{data.invite_id}", []).append(event)
        elif isinstance(data, PromiseKept | PromiseReleased):
            ends.setdefault(f"promise/{data.promise_id}", []).append(event)
        elif (
            isinstance(data, FollowupDone) and not data.followup_id.startswith("reminder/r") and "/" in data.followup_id
        ):
            about = (
                data.followup_id
                if RULES[parse_followup_id(data.followup_id).rule].repeat.answered_one_by_one
                else _rule(data.followup_id)
            )
            ends.setdefault(about, []).append(event)
    for said in loop.published:
        if isinstance(said.data, FollowupDue | FollowupLapsed):
            named = said.data.followup_id
            reasons = (named, _rule(named), parse_followup_id(named).key)
            known = [end for one in reasons for end in ends.get(one, ()) if end.logged < said.time]
            known = [end for end in known if not taken_back(end, [one for one in applied if one.logged <= said.time])]
            assert not known, f"{seed}: {said.data.followup_id} {said.type} although {known[0].id} stood in the log"


def taken_back(end: Event, known: list[Event]) -> bool:
    """Whether the member has said of an answer that it does not hold, as far as is known."""
    return any(
        isinstance(one.data, FollowupReopened)
        and isinstance(end.data, FollowupDone)
        and one.data.followup_id == end.data.followup_id
        and (end.time, end.id) < (one.time, one.id)
        and one.time - end.time <= timedelta(days=REOPEN_DAYS_MAX)
        for one in known
    )


def _rule(followup_id: str) -> str:
    return followup_id.rpartition("/")[0]


@pytest.mark.parametrize("block", blocks(9))
def test_outside_events_join_in_any_order_any_number_of_times(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        events = history(rng, repeated=True)
        ends = []
        for _ in range(3):
            loop = member()
            for one in rng.sample(events, len(events)) + rng.choices(events, k=4):
                loop.take(one)
            ends.append(state(loop))
        assert ends[0] == ends[1] == ends[2], seed


@pytest.mark.parametrize("block", blocks(6))
def test_own_events_commute_with_those_from_outside(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        loop, applied = live(rng, history(rng, repeated=True))
        own, outside, mixed = list(loop.published), rng.sample(applied, len(applied)), member()
        while own or outside:
            pick = own if own and (not outside or rng.random() < 0.5) else outside
            mixed.take(pick.pop(0))
        assert state(mixed) == state(loop), seed


@pytest.mark.deep
@pytest.mark.parametrize("block", blocks(6))
def test_what_stands_in_the_log_again_later_changes_nothing_that_is_said(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        said = []
        for repeated in (False, True):
            loop = member()
            for one in history(random.Random(seed), repeated=repeated):
                loop.run_until(one.logged)
                loop.apply(one)
            loop.run_until(at(400))
            said.append([(one.time, one.data) for one in loop.published])
        assert said[0] == said[1], seed


@pytest.mark.deep
def test_the_histories_reach_every_rule_and_its_ends() -> None:
    """Were a rule silent in all of them, the laws would hold of it for the wrong reason."""
    said: Counter[tuple[str, str]] = Counter()
    for seed in range(SEEDS * 9):
        rng = random.Random(seed)
        loop, _ = live(rng, history(rng, repeated=True))
        said.update(
            (one.data.rule, one.type.rpartition(".")[2])
            for one in loop.published
            if isinstance(one.data, AboutFollowup)
        )
    silent = {(rule, kind) for rule in RULES for kind in ("scheduled", "due") if not said[rule, kind]}
    assert not silent
    assert all(said[rule, "completed"] or said[rule, "cancelled"] for rule in RULES)


def test_whoever_reads_it_all_again_has_nothing_to_add() -> None:
    for seed in range(SEEDS):
        rng = random.Random(seed)
        loop, applied = live(rng, history(rng, repeated=True))
        before = len(loop.published)
        for one in rng.sample(applied, len(applied)):
            loop.apply(one)
        assert len(loop.published) == before, seed
