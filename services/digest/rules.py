"""When a digest is due, and when a mail is tried again: the calendar and the patience of the rule `weekly_digest`.

A period is an ISO week or a day of the member's local date. Periods are closed in rising order, each at most once,
whatever the member changes in between; of those that passed in an outage only the latest is made up for.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final, Literal, NamedTuple

from services.digest.delivery_errors import is_bounce, is_refusal
from services.digest.model.state import Profile, Running
from shared.calendar import Slot, iso_week, last_slot, next_slot
from shared.delivery.attempts import pause_after

OUTCOME_MINUTES_MAX: Final = 10
"""How long the fate of a mail may be open before it is said to be unknown. SMTP takes two minutes at most."""
OUTCOME_AFTER: Final = timedelta(minutes=OUTCOME_MINUTES_MAX)
DIGEST_HOURS_MAX: Final = 24
"""A digest that could not be sent for so long is not worth sending."""
EXPIRES_AFTER: Final = timedelta(hours=DIGEST_HOURS_MAX)
ATTEMPTS_MAX: Final = 10
BACKOFF: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""Pauses after the first failed attempts; further ones wait `BACKOFF_LAST`."""
BACKOFF_LAST: Final = timedelta(hours=4)
REFUSALS_MAX: Final = 10
"""Times in a row that a mail for the address was refused; then mails to it are given up.

An unreachable mail server does not count: its outage says nothing about anybody's address.
"""
PERIODS_PASSED_MAX: Final = 60
"""Slots that are passed over because their period is closed: one or two after a change of preferences or zone."""


SilenceCode = Literal["nothing_yet", "digest_off", "address_given_up"]
"""Why no digest is due at any time."""


class Due(NamedTuple):
    """A period and the instant at which its digest is due."""

    period: str
    instant: datetime


def mails_are_off(profile: Profile, running: Running) -> bool:
    """Say whether mails to the address were given up, and the member has set neither digest nor address since."""
    if running.off_at is None:
        return False
    set_at = profile.preferences.reached_at
    return set_at is None or set_at <= running.off_at


def silence(profile: Profile, running: Running) -> SilenceCode | None:
    """Return why there will be no digest; None when one is due some day."""
    if running.since is None:
        return "nothing_yet"
    if profile.every == "off":
        return "digest_off"
    return "address_given_up" if mails_are_off(profile, running) else None


def next_due(profile: Profile, running: Running) -> Due | None:
    """Return the next period and when its digest is due, perhaps in the past; None when there will be none.

    It lies after everything that could make it a surprise: the first word about the member, the last digest, and the
    member's last change of how the digest should come.
    """
    if running.since is None or silence(profile, running) is not None:
        return None
    after = max(at for at in (running.since, running.closed_at, profile.digest_set_at) if at is not None)
    for _ in range(PERIODS_PASSED_MAX):
        slot = next_slot(after, *_appointed(profile))
        due = Due(_period(profile, slot), slot.instant)
        if due.period > _closed(profile, running):
            return due
        after = slot.instant
    return None


def latest_due(profile: Profile, at: datetime, first: datetime) -> Due | None:
    """Return the latest period whose digest is due at `at`, or None when none is; `first`: when the next one is due."""
    if first > at:
        return None
    slot = last_slot(at, *_appointed(profile))
    return Due(_period(profile, slot), slot.instant)


def overdue_at(profile: Profile, running: Running) -> datetime:
    """Return when the prepared digest is too old to be sent: after a day, or when the next one is due."""
    assert running.prepared_at is not None
    ends = running.prepared_at + EXPIRES_AFTER
    due = next_due(profile, running)
    return ends if due is None else min(ends, due.instant)


def next_attempt_at(running: Running) -> datetime:
    """Return when the prepared digest is tried next: at once, or after a pause that grows with the attempts."""
    assert running.prepared_at is not None
    if running.attempt_at is None:
        return running.prepared_at
    if running.attempt >= ATTEMPTS_MAX:
        return running.attempt_at
    return running.attempt_at + pause_after((*BACKOFF, BACKOFF_LAST), running.attempt)


def gives_up(running: Running, reason: str) -> bool:
    """Say whether a failure of this reason is the last one: nobody there, or refused too often in a row."""
    return is_bounce(reason) or (is_refusal(reason) and running.refusals + 1 >= REFUSALS_MAX)


def _appointed(profile: Profile) -> tuple[str, time, int | None]:
    wishes = profile.preferences
    return wishes.zone, wishes.digest_time, wishes.digest_weekday if profile.every == "weekly" else None


def _period(profile: Profile, slot: Slot) -> str:
    return iso_week(slot.day) if profile.every == "weekly" else slot.day.isoformat()


def _closed(profile: Profile, running: Running) -> str:
    return running.weekly if profile.every == "weekly" else running.daily
