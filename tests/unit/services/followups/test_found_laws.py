"""What was found out of a subject and kept says the same as asking all rules anew, over random histories."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from msgspec import structs

from services.followups.decider import DECIDER
from services.followups.engine import evaluate, found
from services.followups.engine.evaluate import NOTHING_YET
from services.followups.model.slot import Slot
from services.followups.model.state import Habits, Item, Profile, Subject
from services.followups.rules.form.case import Case
from services.followups.rules.table import RULES
from shared.contracts import ACTIVITY
from shared.decider import Outcome, View
from shared.runtime.offline.member_history import Remembered
from shared.runtime.processing.unit_of_work import EvaluationTime, UnitOfWork
from tests.unit.services.followups.followups_history import history
from tests.unit.services.followups.followups_world import at, connected, member

SEEDS = 6
FAR = timedelta(days=40_000)


def told(view: View[Profile, Item], key: str) -> list[object]:
    """Return all that follows from an item: the next event after a change, its timer, and each event of a timer far ahead."""
    now = DECIDER.evaluate(view, key, None)
    return [now.publish, now.timer, DECIDER.evaluate(view, key, at(0) + FAR).publish]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_was_kept_says_the_same_as_asking_anew(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out `slots` in `Memo.outcome`, or the loop over `reads`, or the profile in `follow`, and a seed finds it."""
    asked: Counter[str] = Counter()

    def counted(case: Case) -> Outcome:
        asked[case.rule.name] += 1
        return found_out(case)

    found_out = evaluate.outcome
    monkeypatch.setattr(evaluate, "outcome", counted)
    loop = member()
    view: View[Profile, Item] = View("m1", loop.profile, Remembered({}))
    kept = anew = 0
    for one in history(random.Random(seed), repeated=True):
        loop.run_until(one.logged)
        loop.apply(one)
        view.profile, view._items = loop.profile, Remembered(dict(loop.items))
        for key in loop.items:
            before = asked.total()
            again = told(view, key)
            kept += asked.total() - before
            before = asked.total()
            assert again == told(View("m1", loop.profile, Remembered(dict(loop.items))), key), key
            anew += asked.total() - before
    assert kept < anew, "what holds still is not asked again"


def test_only_what_was_said_of_it_may_differ_for_whoever_reads_a_subject() -> None:
    subject = Subject(about=("meeting/a",))
    loop = member()
    memo = found.Memo(loop.profile, subject)
    assert memo.follow(loop.profile, Subject(about=subject.about)) is False, "equal is not the same: it is asked anew"
    assert memo.follow(loop.profile, subject)


def test_what_was_kept_holds_while_the_slots_that_it_was_found_from_are_the_same() -> None:
    """Its own, and that of the rule that it yields to: either alone is enough to ask anew."""
    (rule,) = (one for one in RULES.values() if one.delivery.yields_to)
    before = Subject(slots={rule.name: Slot("open"), rule.delivery.yields_to: Slot("open")})
    profile = member().profile
    view: View[Profile, Item] = View("m1", profile, Remembered({}))
    for name, holds in ((rule.name, False), (rule.delivery.yields_to, False), ("thank", True)):
        memo = found.Memo(profile, before)
        memo.keep(Case(view, "meeting/a", rule, before), NOTHING_YET)
        assert memo.follow(profile, structs.replace(before, slots={**before.slots, name: Slot("lapsed")}))
        assert (memo.outcome(view, rule) is not None) == holds, name


def test_two_states_of_a_subject_are_alike_to_its_readers_if_only_what_was_said_of_it_differs() -> None:
    """The laws find an `alike` that forgets a field, too: a timer of whoever reads the subject is not what it should be."""
    subject = Subject(seen={}, about=("meeting/a",))
    assert found.alike(subject, structs.replace(subject, slots={"thank": Slot("open")}))
    for name in set(Subject.__struct_fields__) - {"slots"}:
        assert not found.alike(subject, structs.replace(subject, **{name: object()})), name
    assert not found.alike(subject, None)
    assert not found.alike(Habits(), Habits()), "these are few, and whoever reads them is asked again"


def test_what_was_kept_goes_with_the_unit_of_work_and_not_when_the_garbage_collector_comes() -> None:
    """Without the loop over `memo` in `UnitOfWork.changes` a member of each step waits for it, and it comes seldom."""
    work = UnitOfWork(DECIDER, 0, {ACTIVITY: 0}, 0)
    logged_first = connected("ada", 0.6)
    keys = work.want(logged_first)
    wanted = {logged_first.member: set(keys or ())}
    while wanted:
        work.add({name: dict.fromkeys(keys) for name, keys in work.unloaded(wanted).items()})
        if keys is not None:
            work.apply(logged_first, keys)
            keys = None
        wanted = work.look(EvaluationTime(logged_first.logged))
    (known,) = work.members.values()
    assert work.events
    assert known.view.memo
    work.changes({})
    assert not known.view.memo
