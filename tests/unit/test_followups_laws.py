"""Laws of *followups* over random histories: told late, told twice, told in any order, everything early and late."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from services.followups.state import Subject
from shared.contracts import (
    AboutFollowup,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    EventData,
    Fact,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupLapsed,
    FollowupPlan,
    FollowupRescheduled,
    FollowupScheduled,
    InviteDeclined,
    InviteRetracted,
    MessageSent,
    ThanksSent,
)
from tests.unit.followups_world import (
    AboutPerson,
    FollowupsLoop,
    about,
    accepted,
    answer,
    answered,
    at,
    connected,
    member,
    requested,
    sent,
    snoozed,
    wishes,
)

SEEDS = 60
BLOCKS = 6
FOLLOWUPS = (
    "r1", "r2", "reminder/r1/own_reminder/{day}", "reminder/r2/own_reminder/{day}", "reminder/r2/own_reminder/{day}.2",
    "contact/ada/thank/{day}", "contact/bob/thank/{day}",
    "invite/i1/no_answer_yet/{day}", "invite/i2/no_answer_yet/{day}",
)  # fmt: skip
ABOUT_PEOPLE: tuple[type[AboutPerson], ...] = (ThanksSent, MessageSent, ContactMuted, ContactRemoved)
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca")


def happening(rng: random.Random) -> Fact:
    """A fact that happened within six weeks and was logged at once, some days or months later."""
    day = rng.randint(0, 168) / 4
    logged = day + rng.choice([0, 0, 0, 0.25, 3, 20, 90])
    contact, invite = rng.choice(["ada", "bob"]), rng.choice(["i1", "i2"])
    named = rng.choice(FOLLOWUPS).format(day=at(rng.randint(0, 42)).date())
    due = (at(day + rng.randint(-3, 20))).replace(tzinfo=None, hour=rng.choice([3, 10, 23])).isoformat()
    every = {"every_days": 20} if rng.random() < 0.5 else {}
    person = {"contact_id": contact} if rng.random() < 0.5 else {}
    rules = {rng.choice(["thank", "no_answer_yet", "own_reminder"]): rng.choice(
        [{"on": False}, {"on": True}, {"on": True}, {"offsets_days": [2, 9]}, {"offsets_days": [5]}])}  # fmt: skip
    tellings: list[Callable[[], Fact]] = [
        lambda: connected(contact, day, logged),
        lambda: connected(contact, day, logged),
        lambda: sent(invite, day, logged, contact),
        lambda: sent(invite, day, logged, contact),
        lambda: accepted(invite, day, logged),
        lambda: answered(InviteDeclined, invite, day, logged),
        lambda: answered(InviteRetracted, invite, day, logged, age_days=90, by="rule"),
        lambda: about(rng.choice(ABOUT_PEOPLE), contact, day, logged),
        lambda: about(ContactUnmuted, contact, day, logged),
        lambda: requested(f"r{rng.randint(1, 2)}", due, day, logged, **every, **person),
        lambda: requested(f"r{rng.randint(1, 2)}", due, day, logged, **every, **person),
        lambda: answer(rng.choice([FollowupDone, FollowupDismissed]), named, day, logged),
        lambda: snoozed(named, rng.choice([None, day + 5, day + 40]), day, logged),
        lambda: wishes(day, zone=rng.choice(ZONES)),
        lambda: wishes(day, rules=rules),
        lambda: wishes(day, per_day=rng.randint(0, 2), paused_until=at(day + 12).isoformat()),
    ]
    return rng.choice(tellings)()


def answering(rng: random.Random, loop: FollowupsLoop, day: float) -> list[Fact]:
    """Now and then the member answers something that was said."""
    plans = loop.heard(FollowupScheduled)
    if not plans or rng.random() > 0.2:
        return []
    named = rng.choice(plans[-3:]).followup_id
    done = answer(rng.choice([FollowupDone, FollowupDismissed]), named, day)
    return [rng.choice([done, snoozed(named, rng.choice([None, day + 3]), day)])]


def history(rng: random.Random, *, repeated: bool) -> list[Fact]:
    """Facts in the order of the log; if `repeated`, some stand there again weeks later."""
    facts = [happening(rng) for _ in range(rng.randint(3, 30))]
    again = [replace(one, logged=one.logged + (at(rng.randint(1, 90)) - at(0))) for one in facts if rng.random() < 0.4]
    return sorted([*facts, *(again if repeated else [])], key=lambda one: (one.logged, one.id))


def live(rng: random.Random, facts: list[Fact], *, answers: bool = True) -> tuple[FollowupsLoop, list[Fact]]:
    """Let a member live through a history, sometimes with the service down; return all that was folded."""
    loop, folded, waiting = member(), [], list(facts)
    while waiting:
        now = waiting[0].logged
        batch = [waiting.pop(0)]
        while waiting and rng.random() < 0.2:
            batch.append(waiting.pop(0))
        if rng.random() < 0.8:
            loop.run_until(now)
        if answers:
            batch += answering(rng, loop, (now - at(0)).total_seconds() / 86_400)
        loop.fold(*batch)
        loop.assert_settled()
        folded += batch
    loop.run_until(at(400))
    loop.assert_settled()
    return loop, folded


def state(loop: FollowupsLoop) -> tuple[object, object]:
    return loop.profile, loop.items


@pytest.mark.parametrize("block", range(BLOCKS))
def test_each_step_of_a_cycle_is_said_once_and_nothing_after_its_end(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        loop, folded = live(rng, history(rng, repeated=True))
        stage = stages(loop, seed)
        told = {data.followup_id: data.due_at for one in loop.said if isinstance(data := one.data, FollowupPlan)}
        steps = Counter((due.followup_id, due.attempt) for due in loop.heard(FollowupDue))
        assert set(steps.values()) <= {1}, f"{seed}: a step was said twice"
        for key, item in loop.items.items():
            for rule, slot in item.slots.items() if isinstance(item, Subject) else ():
                cycle = f"{key}/{rule}/{slot.cycle}"
                assert (stage[cycle] == "open") == (slot.stage == "open"), f"{seed}: {cycle} is {slot.stage}"
                assert slot.stage != "open" or told[cycle] == slot.due_at, f"{seed}: {cycle} is due at another time"
        assert_the_answer_wins(loop, folded, seed)


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
    for said in loop.said:
        data = said.data
        assert isinstance(data, AboutFollowup)
        before, (earlier, after) = stage.get(data.followup_id, ""), allowed[type(data)]
        assert before in earlier, f"{seed}: {data.followup_id} {said.type} when {before or 'unknown'}"
        assert not isinstance(data, FollowupDue) or said.time >= data.due_at, f"{seed}: {data.followup_id} too early"
        stage[data.followup_id] = after
    return stage


def assert_the_answer_wins(loop: FollowupsLoop, folded: list[Fact], seed: int) -> None:
    """What ends a follow-up, and stood in the log before, was known to everything that was said at a wake."""
    ends: dict[str, list[Fact]] = {}
    for fact in folded:
        data = fact.data
        if isinstance(data, InviteDeclined | InviteRetracted):
            ends.setdefault(f"invite/{data.invite_id}", []).append(fact)
        elif (
            isinstance(data, FollowupDone) and not data.followup_id.startswith("reminder/r") and "/" in data.followup_id
        ):
            ends.setdefault(data.followup_id.rsplit("/", 2)[0], []).append(fact)
    for said in loop.said:
        if isinstance(said.data, FollowupDue | FollowupLapsed):
            key = said.data.followup_id.rsplit("/", 2)[0]
            known = [end for end in ends.get(key, ()) if end.logged < said.time]
            assert not known, f"{seed}: {said.data.followup_id} {said.type} although {known[0].id} stood in the log"


@pytest.mark.parametrize("block", range(3))
def test_outside_facts_join_in_any_order_any_number_of_times(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        facts = history(rng, repeated=True)
        ends = []
        for _ in range(3):
            loop = member()
            for one in rng.sample(facts, len(facts)) + rng.choices(facts, k=4):
                loop.take(one)
            ends.append(state(loop))
        assert ends[0] == ends[1] == ends[2], seed


@pytest.mark.parametrize("block", range(2))
def test_own_facts_commute_with_those_from_outside(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        rng = random.Random(seed)
        loop, folded = live(rng, history(rng, repeated=True))
        own, outside, mixed = list(loop.said), rng.sample(folded, len(folded)), member()
        while own or outside:
            pick = own if own and (not outside or rng.random() < 0.5) else outside
            mixed.take(pick.pop(0))
        assert state(mixed) == state(loop), seed


@pytest.mark.parametrize("block", range(2))
def test_what_stands_in_the_log_again_later_changes_nothing_that_is_said(block: int) -> None:
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        said = []
        for repeated in (False, True):
            loop = member()
            for one in history(random.Random(seed), repeated=repeated):
                loop.run_until(one.logged)
                loop.fold(one)
            loop.run_until(at(400))
            said.append([(one.time, one.data) for one in loop.said])
        assert said[0] == said[1], seed


def test_whoever_reads_it_all_again_has_nothing_to_add() -> None:
    for seed in range(SEEDS):
        rng = random.Random(seed)
        loop, folded = live(rng, history(rng, repeated=True))
        before = len(loop.said)
        for one in rng.sample(folded, len(folded)):
            loop.fold(one)
        assert len(loop.said) == before, seed
