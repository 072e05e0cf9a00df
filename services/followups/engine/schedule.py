"""When a follow-up falls due: the calendar of its rule, the member's snoozes, quiet hours and pauses.

Wall times are computed anew each time, so that a change of zone, offsets or hours takes effect on what is pending. What
a follow-up's events tell is when it *falls due*; quiet hours and pauses only defer when that is *said* (`deferred`).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from services.followups.rules.form.case import Case, Snooze
from services.followups.rules.form.completion import counting
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.schedules import Due
from services.followups.rules.reminders import next_of
from services.followups.rules.table import (
    ANSWER_HOURS,
    APART,
    ENDS_BEFORE,
    EXPIRES_HOURS,
    LAPSE_DAYS,
    RULES,
    SNOOZE_DAYS,
)
from shared.calendar import after_days, end_of_quiet, in_quiet, instant, instant_of, last_slot, local, next_slot

DAYS_KEPT: Final = 1024
"""Bases whose steps are remembered: each is asked for again once its cycle is open, and those of a morning are alike."""
_MOMENT = timedelta(milliseconds=1)

TurnCode = Literal["due", "lapses", "passed"]


class Turn(NamedTuple):
    """What becomes of an open cycle without an answer."""

    code: TurnCode
    """It is said to be due; it is let lapse; there is no time left in which it could be said."""
    at: datetime
    due: Due | None
    """When it falls due, whether or not that may be said."""


def steps(case: Case, trigger: TriggerEvent) -> tuple[Due, ...]:
    """Return when the steps of the open cycle, or of the next one, fall due by the rule alone."""
    if case.steps is None or case.steps[0] is not trigger:
        case.steps = trigger, _steps(case, trigger)
    return case.steps[1]


def _steps(case: Case, trigger: TriggerEvent) -> tuple[Due, ...]:
    schedule, zone, base, offsets = case.rule.schedule, case.zone, case.rule.schedule.base(case, trigger), case.offsets
    if schedule.before:
        offsets = tuple([-offset for offset in offsets])
    if schedule.unit == "hours":
        dues = tuple([_at(base + timedelta(hours=hours), zone) for hours in offsets])
    else:
        dues = _on_days(base.date(), offsets, schedule.at or base.time(), zone)
    if schedule.before:
        # What comes before a meeting or a day comes at once when that is told at short notice.
        dues = tuple([max(due, _at(trigger.time, zone), key=lambda one: one.instant) for due in dues])
    if schedule.skips_passed:
        dues = tuple([due for due in dues if due.instant > trigger.time]) or dues[-1:]
    return dues


@lru_cache(DAYS_KEPT)
def _on_days(base: date, offsets: tuple[int, ...], at: time, zone: str) -> tuple[Due, ...]:
    walls = [datetime.combine(base + timedelta(days=days), at) for days in offsets]
    return tuple([Due(instant(wall, zone), wall) for wall in walls])


def snooze_of(case: Case, trigger: TriggerEvent) -> Snooze | None:
    """Return the member's last snooze of the cycle that is open, or would be the next.

    Without a time it lasts until the rule's own next step, and `SNOOZE_DAYS` when there is none.
    """
    if case.snooze == "unknown":
        case.snooze = _snooze(case, trigger)
    return case.snooze


def _snooze(case: Case, trigger: TriggerEvent) -> Snooze | None:
    if not case.subject.answers:
        return None
    answer = max((one for one in counting(case) if one.kind == "snoozed"), key=lambda one: one.order, default=None)
    if answer is None:
        return None
    if answer.until is not None:
        return Snooze(answer, instant_of(answer.until, case.zone))
    days = steps(case, trigger)
    later = [due.instant for due in days if due.instant > answer.time]
    return Snooze(answer, min(later, default=after_days(answer.time, SNOOZE_DAYS, case.zone, days[-1].local.time())))


def next_due(case: Case, trigger: TriggerEvent) -> Due | None:
    """Return when the open cycle falls due next; None when its last step was said and no snooze is pending.

    Two steps are never closer than the rule puts them, however late the first one was said.
    """
    due, put_off = _next_wished(case, trigger), case.slot.put_off
    return _at(put_off[1], case.zone) if due is not None and put_off is not None and put_off[0] == due.instant else due


def _next_wished(case: Case, trigger: TriggerEvent) -> Due | None:
    """Return when it falls due by the rule and the member's snoozes, whether or not anybody was there to say it."""
    slot, snooze = case.slot, snooze_of(case, trigger)
    again = slot.due_at if slot.waits_again else None
    step = _next_step(case, trigger) if again is None else _at(again, case.zone)
    if snooze is None or (slot.reminded_at is not None and snooze.until <= slot.reminded_at):
        return step
    snoozed = _at(snooze.until, case.zone)
    return snoozed if step is None or snoozed.instant > step.instant else step


def _next_step(case: Case, trigger: TriggerEvent) -> Due | None:
    slot, offsets, days = case.slot, case.offsets, steps(case, trigger)
    if slot.attempts >= len(offsets):
        return None
    if slot.reminded_at is None or not slot.attempts:
        return days[slot.attempts]
    if case.rule.schedule.before or case.rule.schedule.skips_passed:
        return next((due for due in days if due.instant > slot.reminded_at), None)
    step, apart = days[slot.attempts], offsets[slot.attempts] - offsets[slot.attempts - 1]
    if case.rule.schedule.unit == "hours":
        spaced = slot.reminded_at + timedelta(hours=apart)
    else:
        spaced = after_days(slot.reminded_at, apart, case.zone, step.local.time())
    return max(step, _at(spaced, case.zone), key=lambda due: due.instant)


def _at(moment: datetime, zone: str) -> Due:
    return Due(moment, local(moment, zone))


def tells_due(case: Case, trigger: TriggerEvent) -> bool:
    """Say whether the follow-up's events should tell when it falls due next; else what was told still stands.

    A follow-up that was said to be due stays due until it is answered: its next step does not move it, a snooze does.
    """
    if case.slot.reminded_at is None:
        return True
    snooze = snooze_of(case, trigger)
    return snooze is not None and snooze.until > case.slot.reminded_at


def deferred(case: Case, moment: datetime) -> datetime:
    """Return when what falls due at `moment` may be said: not in a pause, and not in quiet hours."""
    paused_until = case.wishes.paused_until
    moment = moment if paused_until is None else max(moment, paused_until)
    return end_of_quiet(moment, case.zone, *case.wishes.quiet)


def is_quiet(case: Case, at: datetime) -> bool:
    """Say whether nothing may be pushed at `at`: what was to be said before and is late waits for the digest then."""
    return in_quiet(at, case.zone, *case.wishes.quiet)


def lapses_at(case: Case) -> datetime:
    """Return when the open cycle, said to be due for the last time, is let lapse.

    Never before a digest has shown it, nor in the instant of one: most of a day after the digest that shows it last, so
    that the member can answer it, and before the next.
    """
    slot, request = case.slot, case.subject.request
    if (over := over_at(case)) is not None:
        return over
    assert slot.reminded_at is not None
    since = _fell_due(case, slot.reminded_at)
    lapse = after_days(since, LAPSE_DAYS, case.zone)
    if request is not None and request.every_days:
        reminded = local(slot.reminded_at, case.zone)
        following = instant(next_of(request, reminded if slot.base is None else max(reminded, slot.base)), case.zone)
        if following <= lapse:
            return _beside_digests(case, deferred(case, following), slot.reminded_at)
    lapse = max(lapse, _last_digest(case, since, lapse) + timedelta(hours=ANSWER_HOURS))
    return _beside_digests(case, lapse, slot.reminded_at)


def _beside_digests(case: Case, lapse: datetime, reminded_at: datetime) -> datetime:
    """Return when something lapses that came at `reminded_at`: not in the instant of a digest."""
    is_digest = last_slot(lapse, *_digests(case)).instant == lapse
    return lapse - ENDS_BEFORE if is_digest and lapse - ENDS_BEFORE > reminded_at else lapse


def _fell_due(case: Case, reminded_at: datetime) -> datetime:
    """Return when what came at `reminded_at` was to come: the service itself needs a moment, or several when much is due.

    Where it was hours late, as after an outage, the member has known of it only since then.
    """
    due_for = case.slot.due_for
    fell = reminded_at if due_for is None else min(deferred(case, due_for), reminded_at)
    return fell if reminded_at - fell < APART else reminded_at


def _last_digest(case: Case, reminded_at: datetime, lapse: datetime) -> datetime:
    """Return when the last digest before a lapse comes, or the first one after what was said."""
    paused_until = case.wishes.paused_until
    since = reminded_at if paused_until is None else max(reminded_at, paused_until)
    last = last_slot(lapse - _MOMENT, *_digests(case)).instant
    return last if last >= since else next_slot(since - _MOMENT, *_digests(case)).instant


def _digests(case: Case) -> tuple[str, time, int | None]:
    """Return the calendar of the member's digests; of those that are off, when they would come."""
    wishes = case.wishes
    return wishes.zone, wishes.digest_time, None if wishes.digest_every == "daily" else wishes.digest_weekday


def over_at(case: Case) -> datetime | None:
    """Return when there is no use any more in what comes before a meeting or a day. None: no such thing."""
    return case.rule.schedule.over(case)


def in_time(case: Case, due: Due) -> bool:
    """Say whether what falls due may be said before it is over: quiet hours and pauses are no excuse to be late."""
    over = over_at(case)
    if over is None and not case.rule.delivery.yields_to:
        return True
    reminds_at = deferred(case, due.instant)
    return (over is None or reminds_at < over) and not _spoken_for(case, reminds_at)


def _spoken_for(case: Case, reminds_at: datetime) -> bool:
    """Say whether another rule speaks of the same in the same instant: of two pushes about one meeting one comes."""
    if not case.rule.delivery.yields_to:
        return False
    other = Case(case.view, case.key, RULES[case.rule.delivery.yields_to], case.subject)
    other.reads = case.reads
    trigger, switch = other.trigger, other.switch
    if trigger is None or (switch is not None and not switch.value):
        return False
    if other.slot.stage == "open" and other.slot.reminded_at is not None:
        return other.slot.reminded_at >= reminds_at
    due = next_due(other, trigger)
    return due is not None and deferred(other, due.instant) == reminds_at


def expires_at(case: Case, due: Due, at: datetime) -> datetime:
    """Return until when what falls due and is said at `at` may be pushed."""
    if (over := over_at(case)) is not None:
        return over
    begin = deferred(case, due.instant)
    return (max(begin, at) if case.rule.delivery.hour_chosen else begin) + timedelta(hours=EXPIRES_HOURS)


def turn_of(case: Case, due: Due | None) -> Turn:
    """Return what becomes of the open cycle without an answer, and when. What was never said is not let lapse.

    `due`: when it falls due next (`next_due`).
    """
    if due is not None and in_time(case, due):
        return Turn("due", deferred(case, due.instant), due)
    return Turn("lapses" if case.slot.attempts else "passed", lapses_at(case), due)
