"""What events state of preferences: stored names and values, which `shared.preferences` keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final, TypeAlias

from shared import preference_names as names
from shared.contracts import EventData, MemberChannelRemoved, MemberChannelSet, MemberJoined, MemberPreferencesSet

Value: TypeAlias = str | int | bool | tuple[int, ...]
SET_BY: Final[frozenset[type[EventData]]] = frozenset(
    {MemberJoined, MemberPreferencesSet, MemberChannelSet, MemberChannelRemoved}
)
"""The events that state any."""
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
_NO_CHANNEL: Final = ""


def stated(data: EventData) -> Iterator[tuple[str, Value | None]]:
    """Yield (stored name, value) of what an event of `SET_BY` sets; None: it does not set that."""
    match data:
        case MemberJoined():
            return _joined(data)
        case MemberPreferencesSet():
            return _set(data)
        case MemberChannelSet():
            return iter(((names.CHANNEL, data.channel), (names.CHANNEL_ADDRESS, data.sealed)))
        case _:
            return iter(((names.CHANNEL, _NO_CHANNEL), (names.CHANNEL_ADDRESS, _NO_CHANNEL)))


def _joined(joined: MemberJoined) -> Iterator[tuple[str, Value | None]]:
    yield names.NAME, joined.name
    yield names.EMAIL, joined.email
    yield names.REACHED, None if joined.email is None else True
    yield names.ZONE, joined.zone
    yield names.LOCALE, joined.locale


def _set(part: MemberPreferencesSet) -> Iterator[tuple[str, Value | None]]:
    yield names.ZONE, part.zone
    yield names.LOCALE, part.locale
    if quiet := part.quiet_hours:
        yield names.QUIET_FROM, _minutes(quiet.from_)
        yield names.QUIET_TO, _minutes(quiet.to)
    if digest := part.digest:
        yield names.DIGEST_EVERY, digest.every
        yield names.DIGEST_WEEKDAY, None if digest.weekday is None else WEEKDAYS.index(digest.weekday)
        yield names.DIGEST_TIME, _minutes(digest.time)
    if retraction := part.retraction:
        yield names.POLICY, retraction.policy
        yield names.AFTER_DAYS, retraction.after_days
        yield names.NOTICE_DAYS, retraction.notice_days
    for name, rule in (part.rules or {}).items():
        yield names.RULE_ON + name, rule.on
        yield names.RULE_OFFSETS + name, rule.offsets_days
        yield names.RULE_HOURS + name, rule.offsets_hours
        yield names.RULE_PUSH + name, rule.push
    yield names.PER_DAY, part.per_day
    if part.paused_until is not None:
        yield names.PAUSED_UNTIL, _until(part.paused_until)


def _until(moment: datetime) -> int | str:
    """Return an instant in milliseconds, a wall time as a text: what it means follows the member's zone."""
    return moment.isoformat() if moment.tzinfo is None else (moment - EPOCH) // MILLISECOND


def _minutes(clock: time | None) -> int | None:
    return None if clock is None else clock.hour * 60 + clock.minute
