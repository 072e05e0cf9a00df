"""How each rule stands with a subject, for whoever asks why: the outcomes that `evaluate` reads, and words for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

from services.followups.engine import quiet
from services.followups.engine.evaluate import NOTHING_YET, cases, outcome, picking
from services.followups.engine.preconditions import HindranceCode
from services.followups.engine.push import PushCode, push_of
from services.followups.engine.schedule import TurnCode, next_due, snooze_of
from services.followups.model.slot import Stage
from services.followups.model.state import CANDIDATES, HABITS, RECONNECT, kind_of
from services.followups.rules.form.case import Case, Followups
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.rule import Rule
from services.followups.rules.table import RULES
from shared.contracts import (
    ContactMuted,
    ContactRemoved,
    EventData,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    MemberPreferencesSet,
    RuleQuieted,
)
from shared.decider import AT_ONCE, Done, NextAction, Reason, RuleStatus

DeferralCode = Literal["snoozed", "paused", "quiet_hours"]
RestCode = Literal["not_answered", "rests"]
_NOT_SHOWN = ("", "open", "off", "taken_back")
"""Stages that no rule is explained with."""
_PARTED = (ContactMuted.TYPE, ContactRemoved.TYPE)
"""They end nothing that is about nobody."""
_ALL = (HindranceCode, TurnCode, PushCode, DeferralCode, RestCode, Stage)
CODES = frozenset(code for codes in _ALL for code in get_args(codes)) - {*_NOT_SHOWN} | {"at_once", "nothing_yet"}
"""All codes of this service's reasons."""


def explain(view: Followups, key: str) -> Sequence[Reason]:
    """Return how each rule stands with the subject under `key`."""
    if kind_of(key) == CANDIDATES:
        return _picked(view, key)
    if key == HABITS:
        return tuple(_rest(view, turn) for turn in quiet.turns(view))
    return tuple(_explain(case) for case in cases(view, key))


def ends_of(rule: Rule) -> tuple[str, ...]:
    """Return the types of the events that end a cycle of the rule, what it asks for first."""
    of, moves = rule.completion, rule.repeat.moves
    types: tuple[type[EventData], ...] = (
        *of.done_by.types,
        *(() if of.with_person is None else of.with_person.types),
        *(() if of.ends is None else of.ends.by),
        *(() if moves is None else moves.by),
        *of.stopped_by, FollowupDone, FollowupDismissed, FollowupReopened,
        ContactMuted, ContactRemoved, MemberPreferencesSet,
    )  # fmt: skip
    return tuple(dict.fromkeys(kind.TYPE for kind in types))


def _picked(view: Followups, key: str) -> Sequence[Reason]:
    """Return whom it is time to reconnect with next, among those who stand together under `key`."""
    pick = picking(view, key)
    if not isinstance(pick, NextAction):
        return (Reason(rule=RECONNECT, standing="idle", code=pick.code),)
    return (
        Reason(
            rule=RECONNECT,
            standing="planned",
            code=pick.code,
            at=pick.at,
            says=pick.emit(pick.at).data,
            because=pick.because,
            since=pick.since,
            ends=tuple(kind for kind in ends_of(RULES[RECONNECT]) if kind != FollowupReopened.TYPE),
        ),
    )


def _rest(view: Followups, turn: quiet.Turn) -> Reason:
    """Return that a rule goes quiet, or how long it rests."""
    event, at, code = turn.event, turn.action.at, "at_once"
    rest = quiet.resting(view, event.rule)
    if at != AT_ONCE:
        code = "not_answered" if isinstance(event, RuleQuieted) else "rests"
    return Reason(
        rule=event.rule,
        standing="planned",
        code=code,
        at=None if at == AT_ONCE else at,
        says=event,
        because="" if rest is None else rest.id,
        since=None if rest is None else rest.time,
    )


def _explain(case: Case) -> Reason:
    rule, stands = case.rule.name, outcome(case)
    if isinstance(stands, NextAction):
        if stands.at != AT_ONCE:
            return _open(case, stands)
        # The service has not come to it yet.
        event = stands.emit(AT_ONCE)
        return Reason(rule=rule, standing="planned", code="at_once", says=event.data, because=event.because or "")
    standing: RuleStatus = "idle" if stands is NOTHING_YET else "silent"
    return Reason(
        rule=rule,
        standing="over" if isinstance(stands, Done) else standing,
        code=stands.code,
        because=stands.because,
        since=stands.since,
    )


def _open(case: Case, action: NextAction) -> Reason:
    trigger = case.trigger
    assert trigger is not None
    return Reason(
        rule=case.rule.name,
        standing="waiting" if case.slot.attempts else "planned",
        code=action.code,
        at=action.at,
        says=action.emit(action.at).data,
        because=action.because,
        since=action.since,
        notes=_notes(case, trigger, action.at) if action.code == "due" else (),
        ends=_ends_of(case, trigger),
    )


def _ends_of(case: Case, trigger: TriggerEvent) -> tuple[str, ...]:
    """Return what would end the cycle that is open: taking an answer back, where it began by one or follows on one."""
    without: tuple[str, ...] = () if case.contact_ids else _PARTED
    if trigger.type != FollowupDone.TYPE and case.slot.before is None:
        without = (*without, FollowupReopened.TYPE)
    return tuple(kind for kind in ends_of(case.rule) if kind not in without)


def _notes(case: Case, trigger: TriggerEvent, at: datetime) -> tuple[str, ...]:
    """Return what has moved the moment at which it is said, and whether it is pushed then."""
    due, snooze = next_due(case, trigger), snooze_of(case, trigger)
    assert due is not None
    notes: list[str] = []
    if snooze is not None and snooze.until == due.instant:
        notes.append("snoozed")
    if at != due.instant:
        paused_until = case.wishes.paused_until
        notes.append("paused" if paused_until is not None and paused_until > due.instant else "quiet_hours")
    return (*notes, push_of(case, due, at))
