"""Reminders that the member asks for: once, or every so many days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from services.followups.model.state import OWN_REMINDER, REMINDER
from services.followups.model.values import Request
from services.followups.rules.form.context import RuleContext, TriggerEvent
from services.followups.rules.form.rule import NEVER, Completion, Delivery, Moves, Repeat, Rule, Trigger
from services.followups.rules.form.schedules import after
from shared.calendar import local
from shared.contracts import FollowupRequested


def requested(case: RuleContext) -> TriggerEvent | None:
    """Return the member's request, the latest one under its id."""
    request = case.subject.request
    return None if request is None else TriggerEvent(request.logged, request.time, request.id, FollowupRequested.TYPE)


def occurrence(case: RuleContext, _: TriggerEvent) -> datetime:
    """Count from the reminder's own time, or the next one of its series after all that is over.

    The series lies on the days that the request names: being late or early with one moves no other.
    """
    slot, zone, request = case.slot, case.zone, case.subject.request
    assert request is not None
    if slot.stage == "" or slot.because != request.id:
        return request.due
    if slot.stage == "open":
        return request.due if case.fixed and not request.every_days else slot.base or request.due
    if not request.every_days:
        return request.due
    base = slot.base or request.due
    closed = base if slot.closed_at is None else local(slot.closed_at, zone)
    if slot.stage == "lapsed":
        # It lapsed because the next one came: that one, or after an outage the latest, is due.
        return max(next_of(request, base), next_of(request, closed) - timedelta(days=request.every_days))
    if slot.stage == "off":
        on_since = case.on_since
        return next_of(request, max(closed, closed if on_since is None else local(on_since, zone)))
    return next_of(request, max(base, closed, *(local(at, zone) for at in _answered_at(case))))


def series_goes_on(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether a reminder comes again: it was requested anew, or every so many days and was not dismissed."""
    request = case.subject.request
    if request is None:
        return False
    return asked_anew(case, trigger) or (bool(request.every_days) and case.slot.stage in ("completed", "lapsed"))


def asked_anew(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether the member's request is another one than the cycle stands for."""
    return case.slot.because != trigger.id


def next_of(request: Request, over: datetime) -> datetime:
    """Return the first wall time of a series of reminders that lies after `over`."""
    if over < request.due:
        return request.due
    every = timedelta(days=request.every_days)
    return request.due + ((over - request.due) // every + 1) * every


def _answered_at(case: RuleContext) -> list[datetime]:
    answers = case.subject.answers.get(OWN_REMINDER, ())
    return [answer.time for answer in answers if answer.id == case.slot.ended_by]


RULES: Final = (
    Rule(
        OWN_REMINDER,
        about=REMINDER,
        trigger=Trigger(requested, there=lambda subject: subject.request is not None),
        schedule=after(days=(0,), since=occurrence),
        completion=Completion(asked_for=True),
        repeat=Repeat(
            again=series_goes_on,
            moves=Moves(
                asked_anew,
                by=(FollowupRequested,),
            ),
        ),
        delivery=Delivery(pushed="all", hour_chosen=True, quiet=NEVER),
    ),
)
