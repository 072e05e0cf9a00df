"""Whether what falls due is pushed to the member, or waits for the digest."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.followups.engine.schedule import deferred, expires_at, is_quiet, steps
from services.followups.rules.form.case import Case
from services.followups.rules.form.schedules import Due
from shared.calendar import local

PushCode = Literal["pushed", "for_digest", "too_late_to_push", "at_rest", "day_is_full"]


def push_of(case: Case, due: Due, at: datetime) -> PushCode:
    """Return whether what falls due is pushed when that is said at `at`, or why it waits for the digest."""
    if not _is_pushed(case, due):
        return "for_digest"
    if at >= expires_at(case, due, at):
        return "too_late_to_push"
    if is_quiet(case, at):
        return "at_rest"
    if case.rule.delivery.hour_chosen:
        return "pushed"
    return "day_is_full" if _pushed_on_the_day(case, at) >= case.wishes.per_day else "pushed"


def missed_until(case: Case, due: Due, at: datetime) -> datetime | None:
    """Return until when what falls due at an hour that the member chose is put off, as nobody was there to say it at it.

    So late that quiet hours have begun it could not be pushed any more, and no digest may come. None: it is said now.
    """
    if not case.rule.delivery.hour_chosen or push_of(case, due, at) != "at_rest":
        return None
    return deferred(case, at)


def _is_pushed(case: Case, due: Due) -> bool:
    """Say whether this step is pushed, by the member's wish or else by the rule; not when it was said before."""
    if case.slot.waits_again:
        return False
    wish, pushed, trigger = case.wishes.rule(case.rule.name).push, case.rule.delivery.pushed, case.trigger
    if wish is not None or trigger is None:
        return bool(wish)
    if pushed == "first":
        return case.slot.attempts == 0
    return pushed == "all" or (pushed == "last" and due.instant >= steps(case, trigger)[-1].instant)


def _pushed_on_the_day(case: Case, at: datetime) -> int:
    """Return how many nudges were pushed already on the member's local day."""
    today = local(at, case.zone).date()
    return sum(local(pushed, case.zone).date() == today for pushed in case.habits.pushed)
