"""Why a follow-up does not start although there is an event that it starts with. `evaluate` and `explain` ask here alike."""

from __future__ import annotations

from typing import Literal

from services.followups.engine.schedule import in_time, over_at, steps
from services.followups.rules.form.case import Case
from services.followups.rules.form.completion import end_of, quiet_end
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.rule import End
from services.followups.rules.form.schedules import Due
from shared.decider import Blocked, Done

HindranceCode = Literal[
    "logged_late", "answered", "ended", "no_time_left", "forbidden_then", "gone_quiet", "enough_open", "passed_over"
]


def hindrance(case: Case, trigger: TriggerEvent) -> Blocked | Done | None:
    """Return what keeps the rule from starting a cycle with the trigger; None when it starts."""
    slot = case.slot
    again = case.rule.repeat.again
    if not (slot.stage in ("", "off", "taken_back") or (again is not None and again(case, trigger))):
        return Done(slot.stage, slot.ended_by, slot.closed_at)
    if (end := end_of(case, trigger)) is not None:
        return _ended(end)
    if case.rule.trigger.logged_within is not None and trigger.logged - trigger.time > case.rule.trigger.logged_within:
        return Blocked("logged_late", trigger.id, trigger.time)
    if (senseless := _makes_no_sense(case, trigger, steps(case, trigger)[0])) is not None:
        return senseless
    if (quiet := quiet_end(case)) is not None:
        return Blocked("gone_quiet", quiet.id, case.view.profile.quiet[case.rule.name].time)
    return _crowded(case) if case.rule.repeat.open_max else None


def _ended(end: End) -> Blocked:
    return Blocked("answered" if end.done else "ended", end.id)


def _makes_no_sense(case: Case, trigger: TriggerEvent, first: Due) -> Blocked | None:
    """Return why a start makes no sense any more.

    What was forbidden until after its day does not come back, and what could only be said after the start of the
    meeting is not planned.
    """
    since, over = case.open_since, over_at(case)
    if over is not None and (over <= trigger.logged or not in_time(case, first)):
        return Blocked("no_time_left", trigger.id, over)
    allowed = first.instant if case.slot.stage == "off" else max(first.instant, trigger.logged)
    return None if since is None or since <= allowed else Blocked("forbidden_then", trigger.id, since)


def _crowded(case: Case) -> Blocked | None:
    """Return that as many cycles of the rule are open as may be, or that too many others wait to be looked at for one."""
    proposals = case.proposals
    if len(proposals.open) >= case.rule.repeat.open_max:
        return Blocked("enough_open")
    return None if proposals.may_wait(case.key) else Blocked("passed_over")
