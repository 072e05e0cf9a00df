"""Days of the year to remember. Each year is a cycle of its own, named by the year of the day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from services.followups.model.state import DATE
from services.followups.rules.form.context import RuleContext, TriggerEvent
from services.followups.rules.form.rule import NEVER, Completion, Delivery, End, Ends, Repeat, Rule, Trigger
from services.followups.rules.form.schedules import before
from services.followups.rules.form.triggers import MORNING
from shared.calendar import end_of_quiet, instant, local
from shared.contracts import ContactDateSet

_DAY: Final = timedelta(days=1)


def set_last(case: RuleContext) -> TriggerEvent | None:
    """Return the member's last word on the day."""
    day = case.subject.day
    return None if day is None else TriggerEvent(day.logged, day.time, day.id, ContactDateSet.TYPE)


def the_day(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from the beginning of the day: this year's while its cycle is open, else the next one that makes sense."""
    slot = case.slot
    if slot.stage == "open" and slot.because == trigger.id:
        return datetime.combine(_in_year(case, _year(case)), time())
    first = _not_before(case, trigger)
    day = next(day for year in (first.year, first.year + 1) if (day := _in_year(case, year)) >= first)
    return datetime.combine(day, time())


def year_of_the_day(case: RuleContext, trigger: TriggerEvent) -> str:
    """Name a cycle by the year of the day."""
    return f"{the_day(case, trigger).year:04d}"


def end_of_the_day(case: RuleContext) -> datetime | None:
    """Return when the day is over."""
    trigger = set_last(case)
    return None if trigger is None else instant(the_day(case, trigger) + _DAY, case.zone)


def changed(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield the member's later word on the day."""
    if case.slot.stage == "open" and case.slot.because != trigger.id:
        yield End(trigger.id, trigger.type)


def _not_before(case: RuleContext, trigger: TriggerEvent) -> date:
    """Return the first day that the next cycle may be about.

    It comes after the one that is over, after a pause and quiet hours, and so late that all of its steps lie after the
    member wanted them again: a step of this year that was forbidden is not made up for.
    """
    slot, zone, wishes = case.slot, case.zone, case.wishes
    since, over = case.open_since, slot.because == trigger.id and slot.closed_at is not None
    after = [trigger.time, trigger.logged, wishes.paused_until, slot.closed_at if over else None]
    free = end_of_quiet(max(moment for moment in after if moment is not None), zone, *wishes.quiet)
    first = local(free, zone).date()
    if since is not None and since > trigger.time:
        first = max(first, local(since, zone).date() + timedelta(days=max(case.offsets) + 1))
    if over and (since is None or slot.closed_at is None or since < slot.closed_at):
        first = max(first, _in_year(case, _year(case)) + _DAY)
    return first


def _year(case: RuleContext) -> int:
    return int(case.slot.cycle.partition(".")[0])


def _in_year(case: RuleContext, year: int) -> date:
    """Return the day in a year: the 29th of February is the 28th where there is none."""
    state = case.subject.day
    assert state is not None
    return date(year, state.month, min(state.day, monthrange(year, state.month)[1]))


RULES: Final = (
    Rule(
        "remember_date",
        about=DATE,
        trigger=Trigger(set_last, there=lambda subject: subject.day is not None),
        schedule=before(days=(0, 7), start=the_day, over=end_of_the_day, at=MORNING),
        completion=Completion(ends=Ends(changed, by=(ContactDateSet,))),
        repeat=Repeat(again=lambda case, trigger: True, answered_one_by_one=True, named=year_of_the_day),
        delivery=Delivery(pushed="last", hour_chosen=True, quiet=NEVER),
    ),
)
