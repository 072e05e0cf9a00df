"""The events that a follow-up publishes: what each of them says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from services.followups.engine.lines import line
from services.followups.engine.push import push_of
from services.followups.engine.schedule import expires_at, next_due, snooze_of, steps, turn_of
from services.followups.model.slot import Slot
from services.followups.model.state import CONTACT, REMINDER, followup_id
from services.followups.rules.form.case import Case
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.rule import End
from services.followups.rules.form.schedules import Due
from shared.calendar import local
from shared.contracts import (
    Because,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    FollowupRescheduled,
    FollowupScheduled,
    FollowupSnoozed,
)
from shared.decider import NewEvent


def plan_of(case: Case, cycle: str, due: Due, because: Because) -> dict[str, Any]:
    """Return the fields of a `FollowupPlan`."""
    return {
        "followup_id": followup_id(case.key, case.rule.name, cycle),
        "rule": case.rule.name,
        "contact_id": next(iter(case.contact_ids), None),
        "about": None if case.rule.about in (CONTACT, REMINDER) else case.key,
        "due_at": due.instant,
        "due_local": due.local.replace(microsecond=0),
        "zone": case.zone,
        "because": because,
        "what": case.what or None,
        "starts_at": case.starts_at,
        "promised_for": case.promised_for,
        "on_day": on_day(case),
    }


def cycle_of(case: Case, trigger: TriggerEvent) -> str:
    """Return the name of the next cycle, and which one it is from the second on."""
    number, name = case.slot.number, case.rule.repeat.named(case, trigger)
    return name if number == 0 else f"{name}.{number + 1}"


def scheduled(case: Case, trigger: TriggerEvent) -> NewEvent:
    """Say that the next cycle is planned."""
    first, because = steps(case, trigger)[0], Because(id=trigger.id, type=trigger.type)
    return NewEvent(FollowupScheduled(**plan_of(case, cycle_of(case, trigger), first, because)), because=trigger.id)


def rescheduled(case: Case, trigger: TriggerEvent, due: Due, *, moved: bool) -> NewEvent:
    """Say that the open cycle falls due at another time, or stands for another reason."""
    snooze = snooze_of(case, trigger)
    because = Because(id=trigger.id, type=trigger.type)
    if snooze is not None and snooze.until == due.instant and not moved:
        because = Because(id=snooze.answer.id, type=FollowupSnoozed.TYPE)
    return NewEvent(FollowupRescheduled(**plan_of(case, case.slot.cycle, due, because)), because=because.id)


def put_off(case: Case, trigger: TriggerEvent, due: Due, until: datetime) -> NewEvent:
    """Say that what was missed until quiet hours began comes at their end."""
    later = Due(until, local(until, case.zone))
    plan = plan_of(case, case.slot.cycle, later, Because(id=trigger.id, type=trigger.type))
    return NewEvent(FollowupRescheduled(**plan, instead_of=due.instant), because=case.slot.because)


def fallen_due(case: Case, trigger: TriggerEvent, due: Due, at: datetime) -> NewEvent:
    """Say that the open cycle is due."""
    slot, expires = case.slot, expires_at(case, due, at)
    due_event = FollowupDue(
        followup_id=followup_id(case.key, case.rule.name, slot.cycle),
        rule=case.rule.name,
        contact_id=next(iter(case.contact_ids), None),
        attempt=_attempt(slot),
        due_at=due.instant,
        push=push_of(case, due, at) == "pushed",
        what=case.what or None,
        text=line(case, at),
        starts_at=case.starts_at,
        promised_for=case.promised_for,
        on_day=on_day(case),
        lapses_at=_lapses_after(case, trigger, due, at),
    )
    return NewEvent(due_event, expires=expires, because=slot.because)


def _attempt(slot: Slot) -> int:
    """Return the number of the step that is said next: the same where the last one is said once more."""
    return slot.attempts if slot.waits_again else slot.attempts + 1


def on_day(case: Case) -> datetime | None:
    """Return the day to remember that it is about, at its midnight."""
    trigger = case.trigger
    return None if case.subject.day is None or trigger is None else case.rule.schedule.base(case, trigger)


def _lapses_after(case: Case, trigger: TriggerEvent, due: Due, at: datetime) -> datetime | None:
    """Return when the open cycle lapses once it was said to be due at `at`; None when it falls due again before."""
    slot = replace(case.slot, attempts=_attempt(case.slot), reminded_at=at, due_for=due.instant)
    reminded = Case(
        case.view, case.key, case.rule, replace(case.subject, slots={**case.subject.slots, case.rule.name: slot})
    )
    turn = turn_of(reminded, next_due(reminded, trigger))
    return turn.at if turn.code == "lapses" else None


def lapsed(case: Case) -> NewEvent:
    """Say that the open cycle was let lapse."""
    slot = case.slot
    lapse_event = FollowupLapsed(
        followup_id=followup_id(case.key, case.rule.name, slot.cycle),
        rule=case.rule.name,
        shown=_was_shown(case) if case.rule.repeat.rests_days else None,
    )
    return NewEvent(lapse_event, because=slot.because)


def _was_shown(case: Case) -> bool:
    """Say whether the member was shown something of the rule since the open cycle fell due.

    Of whom a digest showed, it does not say. Whoever puts something off has seen it.
    """
    occasions, due_for, trigger = case.habits.shown.get(case.rule.name), case.slot.due_for, case.trigger
    if trigger is not None and snooze_of(case, trigger) is not None:
        return True
    return occasions is not None and due_for is not None and occasions.last >= due_for


def ended(case: Case, cycle: str, end: End) -> NewEvent:
    """Say that a cycle has ended: completed when it was done, else cancelled."""
    kind = FollowupCompleted if end.done else FollowupCancelled
    because = Because(id=end.id, type=end.type)
    named = followup_id(case.key, case.rule.name, cycle)
    return NewEvent(kind(followup_id=named, rule=case.rule.name, because=because), because=end.id)
