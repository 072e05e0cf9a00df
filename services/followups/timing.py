"""When a follow-up falls due: the calendar of its rule, the member's snoozes, quiet hours and pauses.

Wall times are computed anew each time, so that a change of zone, offsets or hours takes effect on what is pending. What
a follow-up's facts tell is when it *falls due*; quiet hours and pauses only defer when that is *said* (`deferred`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from services.followups.case import Case
from services.followups.ends import counting
from services.followups.rules import LAPSE_DAYS, SNOOZE_DAYS, Anchor, Ground, next_of
from services.followups.state import Answer
from shared.calendar import after_days, end_of_quiet, instant, local


class Due(NamedTuple):
    """When something falls due."""

    instant: datetime
    local: datetime
    """The wall time that it was computed from."""


class Snooze(NamedTuple):
    """The member's wish to hear of it later."""

    answer: Answer
    until: datetime


def steps(case: Case, anchor: Anchor) -> tuple[Due, ...]:
    """Return when the steps of the open cycle, or of the next one, fall due by the rule alone."""
    base = case.rule.base(Ground(case.subject, case.slot, anchor, case.zone, case.on_since))
    walls = (datetime.combine(base.date() + timedelta(days=day), case.rule.at or base.time()) for day in case.offsets)
    return tuple(Due(instant(wall, case.zone), wall) for wall in walls)


def snooze_of(case: Case, anchor: Anchor) -> Snooze | None:
    """Return the member's last snooze of the cycle that is open, or would be the next.

    Without a time it lasts until the rule's own next step, and `SNOOZE_DAYS` when there is none.
    """
    answer = max((one for one in counting(case) if one.kind == "snoozed"), key=lambda one: one.order, default=None)
    if answer is None:
        return None
    if answer.until is not None:
        return Snooze(answer, answer.until)
    days = steps(case, anchor)
    later = [due.instant for due in days if due.instant > answer.time]
    return Snooze(answer, min(later, default=after_days(answer.time, SNOOZE_DAYS, case.zone, days[-1].local.time())))


def next_due(case: Case, anchor: Anchor) -> Due | None:
    """Return when the open cycle falls due next; None when its last step was said and no snooze is pending.

    Two steps are never closer than the rule puts them, however late the first one was said.
    """
    slot, offsets, snooze = case.slot, case.offsets, snooze_of(case, anchor)
    pending = snooze is not None and (slot.said_at is None or snooze.until > slot.said_at)
    dues: list[Due] = []
    if slot.attempts < len(offsets):
        dues.append(steps(case, anchor)[slot.attempts])
        if slot.said_at is not None and slot.attempts:
            apart = offsets[slot.attempts] - offsets[slot.attempts - 1]
            spaced = after_days(slot.said_at, apart, case.zone, dues[0].local.time())
            dues.append(Due(spaced, local(spaced, case.zone)))
    if snooze is not None and pending:
        dues.append(Due(snooze.until, local(snooze.until, case.zone)))
    return max(dues, key=lambda due: due.instant, default=None)


def told_due(case: Case, anchor: Anchor) -> Due | None:
    """Return what the follow-up's facts should tell as its due; None when what was told still stands.

    A follow-up that was said to be due stays due until it is answered: its next step does not move it, a snooze does.
    """
    slot = case.slot
    if slot.said_at is None:
        return next_due(case, anchor)
    snooze = snooze_of(case, anchor)
    return next_due(case, anchor) if snooze is not None and snooze.until > slot.said_at else None


def deferred(case: Case, moment: datetime) -> datetime:
    """Return when what falls due at `moment` may be said: not in a pause, and not in quiet hours."""
    paused_until = case.wishes.paused_until
    moment = moment if paused_until is None else max(moment, paused_until)
    return end_of_quiet(moment, case.zone, *case.wishes.quiet)


def lapses_at(case: Case) -> datetime:
    """Return when the open cycle, said to be due for the last time, is let lapse."""
    slot, request = case.slot, case.subject.request
    assert slot.said_at is not None
    lapse = slot.said_at + timedelta(days=LAPSE_DAYS)
    if request is not None and request.every_days:
        over = local(slot.said_at, case.zone)
        lapse = min(lapse, instant(next_of(request, over if slot.base is None else max(over, slot.base)), case.zone))
    return deferred(case, lapse)
