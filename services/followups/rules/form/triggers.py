"""What rules have in common: where they begin, and from where they count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Final

from services.followups.model.event_codes import IN_TOUCH
from services.followups.model.values import Mark, Seen
from services.followups.rules.form.context import RuleContext, TriggerEvent
from services.followups.rules.form.rule import Trigger
from shared.calendar import local, next_slot
from shared.contracts import EventData, MeetingHeld

HORIZON: Final = timedelta(days=14)
"""An event that was told later than so long after it happened starts nothing: importing ten thousand connections does not
make ten thousand reminders."""
MORNING: Final = time(9)


def first_of(*types: type[EventData]) -> Callable[[RuleContext], TriggerEvent | None]:
    """Return what finds the event of these types that was told first."""

    def find(case: RuleContext) -> TriggerEvent | None:
        found = [logged_first(event, seen) for event in types if (seen := case.subject.saw(event)) is not None]
        return min(found, default=None)

    return find


def first_logged(*types: type[EventData], logged_within: timedelta | None = None) -> Trigger:
    """Start with the event of these types that was told first."""
    return Trigger(first_of(*types), needs=types, logged_within=logged_within)


def logged_first(event: type[EventData], seen: Seen) -> TriggerEvent:
    """Return the event of a type that was told first, as a trigger."""
    return TriggerEvent(seen.logged, seen.first.time, seen.first.id, seen.first.named(event))


def last_of(*types: type[EventData]) -> Callable[[RuleContext], TriggerEvent | None]:
    """Return what finds the event of these types that happened last."""

    def find(case: RuleContext) -> TriggerEvent | None:
        happened = [
            (
                seen.latest.order,
                TriggerEvent(seen.latest_logged, seen.latest.time, seen.latest.id, seen.latest.named(event)),
            )
            for event in types
            if (seen := case.subject.saw(event)) is not None
        ]
        return max(happened)[1] if happened else None

    return find


def each_logged(*types: type[EventData], logged_within: timedelta | None = None) -> Trigger:
    """Start with each event of these types that was told in time: the rule asks again with the next."""
    return Trigger(last_of(*types), needs=types, each=True, logged_within=logged_within)


def another(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether what it starts with is another event than the cycle stands for."""
    return case.slot.because != trigger.id


def digest_after(case: RuleContext, moment: datetime) -> datetime:
    """Return the wall time of the first digest after a moment, or when it would come if digests are off."""
    wishes = case.wishes
    weekday = None if wishes.digest_every == "daily" else wishes.digest_weekday
    day = next_slot(moment, case.zone, wishes.digest_time, weekday).day
    return datetime.combine(day, wishes.digest_time)


def held(case: RuleContext) -> list[Seen | None]:
    """Return of a contact which meetings are known to have been held."""
    return [meeting.saw(MeetingHeld) for meeting in case.meetings]


def touches(case: RuleContext, events: tuple[type[EventData], ...]) -> Iterator[tuple[Mark, type[EventData]]]:
    """Yield of a contact the last event of each of these types, and the meetings."""
    for event in events:
        if (seen := case.subject.saw(event)) is not None:
            yield seen.latest, event
    yield from ((seen.latest, MeetingHeld) for seen in held(case) if seen is not None)


def last_touch(case: RuleContext, events: tuple[type[EventData], ...] = IN_TOUCH) -> TriggerEvent | None:
    """Return of a contact what passed last between the two."""
    last = max(touches(case, events), key=lambda one: one[0].order, default=None)
    if last is None:
        return None
    mark, event = last
    return TriggerEvent(mark.time, mark.time, mark.id, mark.named(event))


def recurring(case: RuleContext, first: datetime, steps: Iterator[int]) -> datetime:
    """Return the wall time from which the open cycle, or the next one, counts, of a rule that comes again and again.

    The series begins at `first` and goes on by `steps` days, whether or not anything was answered; those of its times
    that lie before the end of the last cycle are over.
    """
    slot = case.slot
    over = {"lapsed": slot.closed_at, "off": case.on_since or slot.closed_at, "open": slot.since}.get(slot.stage)
    if over is None:
        return first
    wall, after = first, local(over, case.zone).date()
    while wall.date() + timedelta(days=case.offsets[0]) <= after:
        wall += timedelta(days=next(steps))
    return wall


def goes_on(case: RuleContext) -> bool:
    """Say whether the last cycle was let lapse: what recurs comes again without an answer."""
    return case.slot.stage == "lapsed"


def moved_on(case: RuleContext, first: datetime) -> bool:
    """Say whether what happened last asks for a later day than what was told last; `first` is where it counts from."""
    last = case.slot.base
    return last is not None and first.date() + timedelta(days=case.offsets[0]) > last.date()


def answered_anew(case: RuleContext, first: datetime) -> bool:
    """Say whether something happened since the cycle was said to be due that makes it count anew."""
    slot = case.slot
    return (slot.stage == "lapsed" or (slot.stage == "open" and bool(slot.attempts))) and moved_on(case, first)
