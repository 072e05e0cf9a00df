"""What the service's own events make of what is known: in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from services.followups.model.slot import Slot, Stage
from services.followups.model.state import (
    HABITS,
    PROPOSALS,
    PUSHED_MAX,
    REMINDER,
    WAITING_MAX,
    Habits,
    Profile,
    Proposals,
    kind_of,
    latest,
    parse_followup_id,
)
from services.followups.model.values import Rest
from services.followups.rules.people import PROPOSE_MEETING, THANK
from services.followups.rules.table import RULES
from shared.contracts import (
    AboutFollowup,
    AboutRule,
    Because,
    Event,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupEnded,
    FollowupLapsed,
    FollowupReopened,
    FollowupRescheduled,
    FollowupScheduled,
    FollowupSnoozed,
    MeetingCancelled,
    MemberPreferencesSet,
    RuleQuieted,
    RuleResumed,
)

_CANCELLED: Final[dict[str, Stage]] = {
    MemberPreferencesSet.TYPE: "off",
    RuleQuieted.TYPE: "off",
    MeetingCancelled.TYPE: "called_off",
    FollowupReopened.TYPE: "taken_back",
}
_OVER: Final = (FollowupLapsed, FollowupEnded)
_TAKEN_BACK: Final = frozenset({FollowupDone.TYPE, FollowupDismissed.TYPE})
"""Answers that the member can take back."""
_PUSHES_KEPT_FOR: Final = timedelta(days=2)
"""A member's day ends within it, wherever the member travels."""


def keys_of(data: AboutFollowup) -> Iterator[str]:
    """Yield the keys of the items that an event of our own is about."""
    yield parse_followup_id(data.followup_id).key
    over, rule = isinstance(data, _OVER), RULES.get(data.rule)
    if _is_counted(data) or (
        isinstance(data, FollowupCompleted) and rule is not None and rule.delivery.quiet is not None
    ):
        yield HABITS
    if data.rule == PROPOSE_MEETING and (over or isinstance(data, FollowupScheduled)):
        yield PROPOSALS
    if data.rule == THANK and isinstance(data, FollowupCompleted):
        yield PROPOSALS


def _is_counted(data: AboutFollowup) -> bool:
    """Say whether something is pushed that `per_day` counts: not what comes at the hour that the member chose."""
    if not isinstance(data, FollowupDue) or not data.push:
        return False
    rule = RULES.get(data.rule)
    return rule is None or not rule.delivery.hour_chosen


def apply_to_slot(key: str, slot: Slot, event: Event) -> Slot:
    """Return what was said of a rule after one more event of our own."""
    match event.data:
        case FollowupScheduled() as plan:
            if plan.because.type == FollowupReopened.TYPE and slot.before is not None:
                back = slot.before.restored(slot.number + 1, parse_followup_id(plan.followup_id).cycle)
                return replace(
                    back, due_at=plan.due_at, starts_at=plan.starts_at, lapsed=slot.lapsed, lapsed_as=slot.lapsed_as
                )
            keeps_wall = kind_of(key) == REMINDER or _keeps_wall(plan.rule)
            return Slot(
                "open", parse_followup_id(plan.followup_id).cycle, slot.number + 1, plan.because.id,
                plan.due_local if keeps_wall else None, plan.due_at, lapsed=slot.lapsed, starts_at=plan.starts_at,
                last_reminded_at=slot.last_reminded_at, since=slot.closed_at if slot.stage == "lapsed" else None,
                before=slot.before, lapsed_as=slot.lapsed_as,
            )  # fmt: skip
        case FollowupRescheduled() as plan:
            return _moved(key, replace(slot, due_at=plan.due_at), plan)
        case FollowupDue() as due:
            rule = RULES.get(due.rule)
            reminded_at = event.time if rule is not None and rule.repeat.rests_days else slot.last_reminded_at
            return replace(
                slot, attempts=due.attempt, reminded_at=event.time, due_for=due.due_at, last_reminded_at=reminded_at,
                before=None,
            )  # fmt: skip
        case FollowupLapsed() as lapse:
            reminded_at = None if lapse.shown is False else slot.last_reminded_at
            laid = replace(slot, lapsed=slot.cycle, lapsed_as=slot.earlier, last_reminded_at=reminded_at)
            return _close(laid, "lapsed", event, "")
        case FollowupCompleted() as end:
            cycle = parse_followup_id(end.followup_id).cycle
            if cycle == slot.lapsed:
                slot = replace(slot, lapsed="", lapsed_as=())
            return _answered(slot, "completed", event, end.because) if cycle == slot.cycle else slot
        case FollowupCancelled() as end:
            return _answered(slot, _CANCELLED.get(end.because.type, "cancelled"), event, end.because)
        case _:
            return slot


def practise(habits: Habits, event: Event) -> Habits:
    """Return the member's habits after one more event of our own."""
    match event.data:
        case FollowupCompleted(rule=name) if (rule := RULES.get(name)) is not None and rule.delivery.quiet is not None:
            return replace(habits, answered={**habits.answered, name: event.time})
        case FollowupDue() as due if _is_counted(due):
            kept = tuple(at for at in habits.pushed if at > event.time - _PUSHES_KEPT_FOR)
            return replace(habits, pushed=(*kept, event.time)[-PUSHED_MAX:])
        case _:
            return habits


def rest(profile: Profile, data: AboutRule, event: Event) -> Profile:
    """Return the profile after a rule went quiet, or came back.

    It is the profile that changes, so that the shell looks at all that the rule has open (a sweep).
    """
    if isinstance(data, RuleResumed):
        before = profile.quiet.get(data.rule, Rest(event.time, event.id))
        after = replace(before, resumed=event.time, once=data.why == "rested")
    else:
        after = Rest(event.time, event.id)
    return replace(profile, quiet={**profile.quiet, data.rule: after})


def propose(proposals: Proposals, data: AboutFollowup, event: Event) -> Proposals:
    """Return to whom a meeting is, or may be, proposed after one more event of our own."""
    key = parse_followup_id(data.followup_id).key
    if data.rule == THANK:
        return replace(proposals, begun=latest(proposals.begun, event.time, key, WAITING_MAX))
    others = tuple(other for other in proposals.open if other != key)
    return replace(proposals, open=(*others, key) if isinstance(data, FollowupScheduled) else others)


def _moved(key: str, slot: Slot, plan: FollowupRescheduled) -> Slot:
    """Return the slot of a cycle that falls due at another time, and perhaps stands for another reason."""
    if plan.instead_of is not None:
        return replace(slot, put_off=(plan.instead_of, plan.due_at))
    if _keeps_wall(plan.rule):
        slot = replace(slot, base=plan.due_local)
    if plan.because.type == FollowupSnoozed.TYPE:
        return slot
    if kind_of(key) == REMINDER and plan.because.id != slot.because:
        slot = replace(slot, base=plan.due_local)
    return replace(slot, because=plan.because.id, starts_at=plan.starts_at)


def _keeps_wall(name: str) -> bool:
    rule = RULES.get(name)
    return rule is not None and rule.schedule.keeps_wall


def _answered(slot: Slot, stage: Stage, event: Event, because: Because) -> Slot:
    """Return the slot of a cycle that has ended; one that an answer has ended stays known: it may come back."""
    before = slot.before if because.type == FollowupReopened.TYPE else None
    if because.type in _TAKEN_BACK:
        before = replace(slot, ended_by=because.id, before=None)
    return replace(_close(slot, stage, event, because.id), before=before)


def _close(slot: Slot, stage: Stage, event: Event, ended_by: str) -> Slot:
    """Return the slot of a cycle that is over: what the next one needs to know stays."""
    closed_at = event.time if slot.closed_at is None else slot.closed_at
    return replace(
        slot, stage=stage, due_at=None, attempts=0, reminded_at=None, due_for=None, closed_at=closed_at, ended_by=ended_by,
        put_off=None, before=None,
    )  # fmt: skip
