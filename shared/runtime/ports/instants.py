"""Instants between the decider (aware datetimes), the log and the store (milliseconds since 1970)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts import limits

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Return milliseconds since 1970, rounded down."""
    return (instant - EPOCH) // MILLISECOND


def to_ms_up(instant: datetime) -> int:
    """Return milliseconds since 1970, rounded up: a wake must never fire before its instant."""
    return -((EPOCH - instant) // MILLISECOND)


def for_people(milliseconds: int) -> datetime:
    """Return the instant of a record's timestamp, which may be any number: what no calendar has is its nearest end."""
    return from_ms(min(max(milliseconds, 0), to_ms(datetime(limits.YEAR_MAX, 12, 31, tzinfo=UTC))))


def from_ms(milliseconds: int) -> datetime:
    """Return the instant of that many milliseconds since 1970."""
    return EPOCH + milliseconds * MILLISECOND
