"""A rule of which a part means nothing can not be built: it says which part, and what to do."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from services.followups.engine.evaluate import outcome
from services.followups.model.event_codes import CODES
from services.followups.model.state import CONTACT, INVITE, Item, Profile, Subject
from services.followups.model.values import Mark, Seen
from services.followups.rules.form.case import Case
from services.followups.rules.form.rule import (
    Completion,
    Delivery,
    Ends,
    GoesQuiet,
    Moves,
    Repeat,
    Rule,
    Trigger,
    WithPerson,
    anytime,
    since_trigger,
)
from services.followups.rules.form.schedules import after, before
from services.followups.rules.form.triggers import first_logged
from services.followups.rules.table import RULES, rules_for, rules_of
from shared.contracts import ContactCadenceSet, ContactConnected, EventData, FollowupRequested, MessageSent
from shared.decider import Blocked, NextAction, View
from shared.runtime.offline.member_history import Remembered
from tests.unit.services.followups.followups_world import at

TRIGGER = first_logged(ContactConnected)


def never(*_: object) -> Any:
    return None


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Trigger(never), "Trigger: give either `needs`, types of events, or `there`"),
        (lambda: Trigger(never, needs=(MessageSent,), there=never), "Trigger: give either"),
        (first_logged, "Trigger: give either"),
        (lambda: Trigger(never, there=never, each=True), "Trigger: name in `needs` the events of which each one"),
        (
            lambda: first_logged(ContactConnected, logged_within=timedelta()),
            "Trigger: let `logged_within` be above zero",
        ),
        (lambda: first_logged(FollowupRequested), "Trigger: declare a CODE beside the TYPE of FollowupRequested"),
        (after, "Schedule: give either days or hours"),
        (lambda: after(days=(1,), hours=(2,)), "Schedule: give either days or hours"),
        (lambda: after(days=(4, 1)), "Schedule: let its steps rise"),
        (lambda: after(days=(1, 1)), "Schedule: let its steps rise"),
        (lambda: before(days=(-1, 1), start=never, over=never), "Schedule: let its steps rise from 0 or more"),
        (lambda: after(hours=(2,), at=time(9)), "Schedule: leave out `at`: hours count from an instant"),
        (anytime, "anytime: name at least one type of event"),
        (
            lambda: since_trigger(ContactCadenceSet),
            "since_trigger: declare a CODE beside the TYPE of ContactCadenceSet",
        ),
        (lambda: WithPerson(()), "WithPerson: name at least one type of event"),
        (lambda: Ends(never, by=()), "Ends: name the types of the events by which it ends"),
        (lambda: Moves(never, by=()), "Moves: name the types of the events that move it"),
        (
            lambda: Completion(stopped_by=(FollowupRequested,)),
            "Completion: declare a CODE beside",
        ),
        (
            lambda: Completion(done_counts_as=FollowupRequested),
            "Completion: declare a CODE beside",
        ),
        (lambda: Repeat(rests_days=-1), "Repeat: let its numbers be 0 or more"),
        (lambda: GoesQuiet(of=bool, then=(MessageSent,)), "GoesQuiet: give `of`, or `then`"),
        (
            lambda: GoesQuiet(then=(FollowupRequested,)),
            "GoesQuiet: declare a CODE beside the TYPE of FollowupRequested",
        ),
        (lambda: Delivery(hour_chosen=True), "Delivery: push what comes at an hour that the member chose"),
        (lambda: Rule("Thank", CONTACT, TRIGGER, after(days=(1,))), "rule 'Thank': name it in small letters"),
        (lambda: Rule("thank", "habits", TRIGGER, after(days=(1,))), "rule 'thank': let it be about one of contact"),
        (
            lambda: Rule("mine", CONTACT, TRIGGER, after(days=(1,)), Completion(asked_for=True)),
            "rule 'mine': let it never go quiet: the member asked for it",
        ),
        (
            lambda: Rule("mine", CONTACT, TRIGGER, after(days=(1,)), delivery=Delivery(quiet=GoesQuiet(of=bool))),
            "rule 'mine': leave out `GoesQuiet.of`: only invites are looked at",
        ),
        (
            lambda: Rule(
                "mine", INVITE, TRIGGER, after(days=(1,)), delivery=Delivery(quiet=GoesQuiet(then=(MessageSent,)))
            ),
            "rule 'mine': leave out `GoesQuiet.then`: only people are looked at",
        ),
    ],
)
def test_what_means_nothing_is_refused_with_what_to_do(build: Callable[[], object], says: str) -> None:
    """Without the `check` in its part each of them is built."""
    with pytest.raises(ValueError, match=r"^.+: .+") as refused:
        build()
    assert str(refused.value).startswith(says)


def test_a_subject_that_holds_nothing_to_start_with_asks_no_rule() -> None:
    """`Trigger.there` and `needs` say at once what `find` would find nothing of."""
    asked = {kind: rules_for(f"{kind}/x", Subject()) for kind in {rule.about for rule in RULES.values()}}
    assert asked == {kind: [] for kind in asked}


@pytest.mark.parametrize("kind", sorted({rule.about for rule in RULES.values()}))
def test_a_rule_that_is_not_asked_has_nothing_to_say(kind: str) -> None:
    """Whatever happened to a subject. Take events of `since_trigger` into `Completion.ending_anytime`, and contacts fail."""
    rng, key = random.Random(kind), f"{kind}/x"
    codes = sorted({CODES[one] for rule in rules_of(key) for one in happenings(rule)})
    view: View[Profile, Item] = View("m1", Profile(), Remembered({}))
    asked, answered = Counter[str](), Counter[str]()
    for _ in range(400):
        times = {code: at(rng.random()) for code in rng.sample(codes, rng.randint(0, min(len(codes), 4)))}
        subject = Subject(seen={code: Seen(time, Mark(time, code)) for code, time in times.items()})
        those = rules_for(key, subject)
        asked.update(rule.name for rule in those)
        for rule in rules_of(key):
            if rule not in those:
                stands = outcome(Case(view, key, rule, subject))
                assert not isinstance(stands, NextAction), (rule.name, sorted(times))
                answered[rule.name] += isinstance(stands, Blocked) and stands.code in ("answered", "ended")
    for rule in rules_of(key):
        if rule.trigger.needs:
            assert asked[rule.name], rule.name
            assert bool(answered[rule.name]) == bool(rule.completion.ending_anytime), rule.name


def happenings(rule: Rule) -> tuple[type[EventData], ...]:
    completion = rule.completion
    return (*rule.trigger.needs, *completion.done_by.types, *completion.stopped_by)
