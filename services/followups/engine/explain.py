"""How each rule stands with a subject, for whoever asks why. It asks what `decide` asks, and adds only words for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

from services.followups.apply import reconnect
from services.followups.engine import quiet
from services.followups.engine.decide import (
    PushCode,
    Turn,
    cases,
    decide,
    moment_of,
    open_anchor,
    push_of,
    say,
    turn_of,
)
from services.followups.engine.preconditions import HindranceCode, hindrance
from services.followups.engine.schedule import next_due, snooze_of
from services.followups.model.state import HABITS, RECONNECT, TIES, kind_of
from services.followups.model.values import Stage
from services.followups.rules.rule import Anchor, Case, Followups, Rule
from services.followups.rules.table import RULES
from shared.contracts import (
    AboutRule,
    ContactMuted,
    ContactRemoved,
    EventData,
    FollowupDismissed,
    FollowupDone,
    MemberPreferencesSet,
    RuleQuieted,
)
from shared.decider import Reason

DeferralCode = Literal["snoozed", "paused", "quiet_hours"]
RestCode = Literal["not_answered", "rests"]
_NOT_TOLD = ("", "open", "off", "over")
"""Stages and hindrances that another word stands for."""
_PARTED = (ContactMuted.TYPE, ContactRemoved.TYPE)
"""They end nothing that is about nobody."""
_ALL = (HindranceCode, Turn, PushCode, DeferralCode, RestCode, Stage)
CODES = frozenset(code for codes in _ALL for code in get_args(codes)) - {*_NOT_TOLD} | {"at_once", "nothing_yet"}
"""All codes of this service's reasons."""


def explain(view: Followups, key: str) -> Sequence[Reason]:
    """Return how each rule stands with the subject under `key`."""
    if kind_of(key) == TIES:
        return _picked(view, key)
    if key == HABITS:
        return tuple(_rest(view, turn) for turn in quiet.turns(view))
    return tuple(_explain(case) for case in cases(view, key))


def ends_of(rule: Rule) -> tuple[str, ...]:
    """Return the types of the events that end a cycle of the rule, what it asks for first."""
    types: tuple[type[EventData], ...] = (
        *rule.asks, *rule.with_contact, *rule.ends_with, *rule.stops, FollowupDone, FollowupDismissed,
        ContactMuted, ContactRemoved, MemberPreferencesSet,
    )  # fmt: skip
    return tuple(dict.fromkeys(kind.TYPE for kind in types))


def _picked(view: Followups, key: str) -> Sequence[Reason]:
    """Return whom it is time to reconnect with next, among those who stand together under `key`."""
    if (pick := reconnect.next_pick(view, key)) is None:
        return (Reason(rule=RECONNECT, standing="idle", code="nothing_yet"),)
    (said,) = decide(view, key, pick.at)
    return (
        Reason(
            rule=RECONNECT,
            standing="planned",
            code="due",
            at=pick.at,
            says=said.data,
            because=pick.touched.id,
            since=pick.touched.time,
            ends=ends_of(RULES[RECONNECT]),
        ),
    )


def _rest(view: Followups, turn: quiet.Turn) -> Reason:
    """Return that a rule goes quiet, or how long it rests."""
    said, code = turn.said.data, "at_once"
    assert isinstance(said, AboutRule)
    rest = quiet.resting(view, said.rule)
    if turn.at is not None:
        code = "not_answered" if isinstance(said, RuleQuieted) else "rests"
    return Reason(
        rule=said.rule,
        standing="planned",
        code=code,
        at=turn.at,
        says=said,
        because="" if rest is None else rest.id,
        since=None if rest is None else rest.time,
    )


def _explain(case: Case) -> Reason:
    rule = case.rule.name
    if (said := say(case, None)) is not None:
        # The service has not come to it yet.
        return Reason(rule=rule, standing="planned", code="at_once", says=said.data, because=said.because or "")
    if (anchor := open_anchor(case)) is not None:
        return _open(case, anchor)
    if (anchor := case.anchor) is None:
        return Reason(rule=rule, standing="idle", code="nothing_yet")
    held_back = hindrance(case, anchor)
    assert held_back is not None, "a rule that nothing keeps from starting has something to say"
    code, standing = (case.slot.stage, "over") if held_back.code == "over" else (held_back.code, "silent")
    return Reason(
        rule=rule,
        standing="over" if standing == "over" else "silent",
        code=code,
        because=held_back.because,
        since=held_back.since,
    )


def _open(case: Case, anchor: Anchor) -> Reason:
    at, (turn, _) = moment_of(case, anchor), turn_of(case, anchor)
    said = say(case, at)
    return Reason(
        rule=case.rule.name,
        standing="waiting" if case.slot.attempts else "planned",
        code=turn,
        at=at,
        says=None if said is None else said.data,
        because=anchor.id,
        since=anchor.time,
        notes=_notes(case, anchor, at) if turn == "due" else (),
        ends=tuple(kind for kind in ends_of(case.rule) if case.contact_ids or kind not in _PARTED),
    )


def _notes(case: Case, anchor: Anchor, at: datetime) -> tuple[str, ...]:
    """Return what has moved the moment at which it is said, and whether it is pushed then."""
    due, snooze = next_due(case, anchor), snooze_of(case, anchor)
    assert due is not None
    notes: list[str] = []
    if snooze is not None and snooze.until == due.instant:
        notes.append("snoozed")
    if at != due.instant:
        paused_until = case.wishes.paused_until
        notes.append("paused" if paused_until is not None and paused_until > due.instant else "quiet_hours")
    return (*notes, push_of(case, due, at))
