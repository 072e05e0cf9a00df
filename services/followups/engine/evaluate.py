"""How the rules stand with an item: what each of them does next, or why it does nothing.

What to publish, when to look again and how a rule stands, for whoever asks why, all follow from that. That something is
planned, moved or ended waits for nothing (`AT_ONCE`). That it is due, or was let lapse, is published only at a timer: then
every answer that stood in the log by that instant is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from services.followups.apply import reconnect
from services.followups.engine import quiet
from services.followups.engine.events import (
    cycle_of,
    ended,
    fallen_due,
    lapsed,
    plan_of,
    put_off,
    rescheduled,
    scheduled,
)
from services.followups.engine.found import alike, memo_of
from services.followups.engine.preconditions import hindrance
from services.followups.engine.push import missed_until
from services.followups.engine.reopening import back_again, reason_gone, reopening_of
from services.followups.engine.schedule import Turn, next_due, over_at, tells_due, turn_of
from services.followups.model.event_codes import CODES
from services.followups.model.state import (
    CANDIDATES,
    CONTACT,
    HABITS,
    INVITE,
    RECONNECT,
    Item,
    Proposals,
    Reconnects,
    Subject,
    kind_of,
)
from services.followups.rules.form.case import Case, Followups
from services.followups.rules.form.completion import end_of, late_answer, quiet_end
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.rule import End
from services.followups.rules.form.schedules import Due
from services.followups.rules.form.triggers import digest_after
from services.followups.rules.people import OPEN_PROPOSALS_MAX
from services.followups.rules.table import RULES, rules_for, rules_of
from shared.calendar import instant
from shared.contracts import Because, FollowupReopened, FollowupScheduled
from shared.decider import AT_ONCE, Blocked, Evaluation, NewEvent, NextAction, Outcome, evaluation

_WAKES: Final = frozenset(
    code
    for quiet in (rule.delivery.quiet for rule in RULES.values())
    if quiet is not None and quiet.then
    for code in map(CODES.__getitem__, quiet.woken_by)
)
"""What brings a rule back that goes quiet where nothing was done with the person then (`GoesQuiet.then`)."""
NOTHING_YET: Final = Blocked("nothing_yet")
"""Nothing has happened that the rule starts with."""


def evaluate(view: Followups, key: str, at: datetime | None) -> Evaluation:
    """Return the next event that is true of the item and was not published, or when to look again."""
    return evaluation(_outcomes(view, key), at)


def cases(view: Followups, key: str) -> Sequence[Case]:
    """Return each rule about the kind of subject that the key names, with what is known of the subject."""
    subject = view.item(key)
    return [Case(view, key, rule, subject) for rule in rules_of(key)] if isinstance(subject, Subject) else ()


def outcome(case: Case) -> Outcome:
    """Return how a rule stands with a subject."""
    if (answer := late_answer(case)) is not None:
        return _ends(case, case.slot.lapsed, answer)
    if (back := reopening_of(case)) is not None:
        if case.slot.stage == "open":  # the turn after it, which has not fallen due yet
            return _ends(case, case.slot.cycle, End(back.answer.id, FollowupReopened.TYPE))
        return NextAction(AT_ONCE, lambda _: back_again(back))
    if (trigger := case.trigger) is None:
        return NOTHING_YET if (gone := reason_gone(case)) is None else _ends(case, case.slot.cycle, gone)
    if case.slot.stage == "open":
        return _goes_on(case, trigger)
    return hindrance(case, trigger) or NextAction(AT_ONCE, lambda _: scheduled(case, trigger))


def picking(view: Followups, key: str) -> Outcome:
    """Return whom it is time to reconnect with next, among those who stand together under `key`."""
    if (pick := reconnect.next_pick(view, key)) is None:
        return NOTHING_YET
    return NextAction(pick.at, lambda at: _picked(view, pick, at), "due", pick.touched.id, pick.touched.time)


def related(key: str, item: Item) -> Iterable[str]:
    """Return the items that read this one.

    Those with a person read what happened with the person; a person's rules read what became of the meetings; whether a
    rule comes back reads whose invite it was that something was done with, and what was said to who has a new job. Whoever
    waits for a proposal to meet is looked at when there is room, and whoever may be picked to reconnect with after each
    pick.
    """
    if isinstance(item, Subject):
        return _related_to(kind_of(key), item)
    if isinstance(item, Proposals):
        return item.waiting() if _has_room(item) else ()
    return reconnect.keys() if isinstance(item, Reconnects) else ()


def reads_alike(before: Item, after: Item) -> bool:
    """Say whether two states of one item are the same to all that `related` names (`Decider.reads_alike`).

    Who comes to wait is looked at with the event that says so; the others wait for room, and for nothing else.
    """
    if isinstance(before, Proposals) and isinstance(after, Proposals):
        return _has_room(before) or not _has_room(after)
    return alike(before, after)


def _has_room(proposals: Proposals) -> bool:
    return len(proposals.open) < OPEN_PROPOSALS_MAX


def _related_to(kind: str, item: Subject) -> Iterable[str]:
    if kind == CONTACT:
        waits = () if _WAKES.isdisjoint(item.seen) else (HABITS,)
        meetings = [meeting.key for meeting in item.meetings] if item.meetings else ()
        return (*item.about, *meetings, *waits)
    if kind == INVITE:
        return (HABITS,) if len(item.seen) > 1 else ()
    return () if item.company is None else [f"{CONTACT}/{contact_id}" for contact_id in item.company.contact_ids]


def _outcomes(view: Followups, key: str) -> Iterable[Outcome]:
    """Return how each rule stands with the item, in the order in which they speak, as far as it is asked for."""
    if kind_of(key) == CANDIDATES:
        return (picking(view, key),)
    if key == HABITS:
        return (turn.action for turn in quiet.turns(view))
    subject = view.item(key)
    return _of_subject(view, key, subject) if isinstance(subject, Subject) else ()


def _of_subject(view: Followups, key: str, subject: Subject) -> Iterator[Outcome]:
    rules = rules_for(key, subject)
    if not rules:  # of most contacts there is nothing to say
        return
    memo = memo_of(view, key, subject)
    for rule in rules:
        stands = memo.outcome(view, rule)
        if stands is None:
            case = Case(view, key, rule, subject)
            stands = outcome(case)
            memo.keep(case, stands)
        yield stands


def _goes_on(case: Case, trigger: TriggerEvent) -> NextAction:
    """Return what becomes of the open cycle: it ends, it moves, or it is due or lapses at its moment."""
    slot = case.slot
    if (end := end_of(case, trigger) or quiet_end(case)) is not None:
        return _ends(case, slot.cycle, end)
    moves = case.rule.repeat.moves
    moved = moves is not None and moves.when(case, trigger)
    if moved and slot.attempts:
        return _ends(case, slot.cycle, End(trigger.id, trigger.type))
    due = next_due(case, trigger)
    if due is not None and (moved or due.instant != slot.due_at) and tells_due(case, trigger):
        return NextAction(AT_ONCE, lambda _: rescheduled(case, trigger, due, moved=moved))
    turn = turn_of(case, due)
    return NextAction(turn.at, lambda at: _at_its_turn(case, trigger, turn, at), turn.code, trigger.id, trigger.time)


def _at_its_turn(case: Case, trigger: TriggerEvent, turn: Turn, at: datetime) -> NewEvent:
    if turn.code == "due":
        assert turn.due is not None
        until, over = missed_until(case, turn.due, at), over_at(case)
        if over is None or (until or at) < over:
            return fallen_due(case, trigger, turn.due, at) if until is None else put_off(case, trigger, turn.due, until)
        return ended(case, case.slot.cycle, End(trigger.id, trigger.type))  # there is no use in it any more
    return lapsed(case) if turn.code == "lapses" else ended(case, case.slot.cycle, End(trigger.id, trigger.type))


def _ends(case: Case, cycle: str, end: End) -> NextAction:
    return NextAction(AT_ONCE, lambda _: ended(case, cycle, end))


def _picked(view: Followups, pick: reconnect.Pick, at: datetime) -> NewEvent:
    """Plan for the next digest to reconnect with somebody."""
    about, touched = f"{CONTACT}/{pick.contact_id}", pick.touched
    state = view.item(about)
    case = Case(view, about, RULES[RECONNECT], state if isinstance(state, Subject) else Subject())
    wall = digest_after(case, at)
    cycle = cycle_of(case, TriggerEvent(touched.logged, touched.time, touched.id, touched.type))
    because = Because(id=touched.id, type=touched.type)
    due = Due(instant(wall, case.zone), wall)
    return NewEvent(FollowupScheduled(**plan_of(case, cycle, due, because)), because=touched.id)
