"""The kinds of values that events are made of, each with its bound and a reason when it is refused.

JSON is read strictly: a number is not a text, a text not a number. An instant carries its offset and becomes UTC with
whole milliseconds; a wall time carries none, because its zone is named beside it or is the member's. What people set for
themselves may be either of the two (`moment`).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from shared.contracts import limits

# Neither control characters nor line separators: such a text may stand in a header of a mail or on one line of a log.
PLAIN_PATTERN: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
NAME_OF_RULE_PATTERN: Final = r"^[a-z][a-z0-9_]{0,63}$"
TYPE_PATTERN: Final = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,5}$"
URL_PATTERN: Final = r'^https?://[^\x00-\x20\x7f-\xa0<>"]+$'
EMAIL_PATTERN: Final = r'^[^\x00-\x20\x7f-\xa0@<>"(),;:]+@[^\x00-\x20\x7f-\xa0@<>"(),;:]+$'
SEALED_PATTERN: Final = r"^[A-Za-z0-9_-]+$"
CHANNEL_MESSAGE_PATTERN: Final = r"^[A-Za-z0-9_-]{1,64}$"
"""Ids that ntfy, Discord and Telegram give messages are letters and digits, of ntfy at most 64."""
LOCALE_PATTERN: Final = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$"
WALL_TIME_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$"
INSTANT_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$"
WALL_CLOCK_PATTERN: Final = r"^([01]\d|2[0-3]):[0-5]\d$"

INSTANTS_KEPT: Final = 1024
"""Instants whose texts are remembered."""
_WALL_TIME: Final = re.compile(WALL_TIME_PATTERN, re.ASCII)
_INSTANT: Final = re.compile(INSTANT_PATTERN, re.ASCII)
_WALL_CLOCK: Final = re.compile(WALL_CLOCK_PATTERN, re.ASCII)
_OFFSET: Final = re.compile(r"([Zz]|[+-]\d{2}:?\d{2})$", re.ASCII)
_LONG_FRACTION: Final = re.compile(r"(\.\d{6})\d+", re.ASCII)


def instant_from_text(text: str) -> datetime:
    """Return the instant that an RFC 3339 text names, in UTC and truncated to milliseconds; ValueError says why not."""
    if not _INSTANT.match(text) or text.endswith("\n"):
        raise ValueError("must be an RFC 3339 time with its offset, such as 2026-11-03T09:00:00.000Z")
    try:
        short = text if len(text) < len("2026-11-03T09:00:00.0000000Z") else _LONG_FRACTION.sub(r"\1", text)
        if short[_SECONDS] == "60":
            return _behind_leap_second(short)
        return whole_milliseconds(datetime.fromisoformat(short.upper()))
    except OverflowError:
        raise ValueError(_OUTSIDE) from None
    except ValueError as refusal:
        raise ValueError(_OUTSIDE if str(refusal) == _OUTSIDE else "is no time of the calendar") from None


_SECONDS: Final = slice(17, 19)


def _behind_leap_second(text: str) -> datetime:
    """Return what POSIX counts for a leap second: the one after it. It ends a month in UTC (RFC 3339, appendix D)."""
    before = datetime.fromisoformat(f"{text[:17]}59{text[19:]}".upper())
    instant = whole_milliseconds(before + timedelta(seconds=1))
    if (instant.day, instant.hour, instant.minute) != (1, 0, 0):
        raise ValueError("is no time of the calendar")
    return instant


_OUTSIDE: Final = f"must lie in the years {limits.YEAR_MIN} to {limits.YEAR_MAX}"


def whole_milliseconds(instant: datetime) -> datetime:
    """Return an aware instant in UTC, truncated to milliseconds; ValueError when it is naive or out of bounds."""
    if instant.tzinfo is None:
        raise ValueError("must carry its offset")
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    if excess := utc.microsecond % 1000:
        utc = utc.replace(microsecond=utc.microsecond - excess)
    if not limits.YEAR_MIN <= utc.year <= limits.YEAR_MAX:
        raise ValueError(_OUTSIDE)
    return utc


def instant_text(instant: datetime) -> str:
    """Return an aware instant as RFC 3339 in UTC with exactly milliseconds: `2026-11-03T09:00:00.000Z`."""
    return _instant_text(instant)


@lru_cache(maxsize=INSTANTS_KEPT)  # all that is said in a step is said at one instant, and much of it falls due at one
def _instant_text(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError("must carry its offset")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def _within_years(moment: datetime) -> datetime:
    if not limits.YEAR_MIN <= moment.year <= limits.YEAR_MAX:
        raise ValueError(_OUTSIDE)
    return moment


def _read_instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return instant_from_text(value)
    raise ValueError("must be a text")


def read_wall_time(value: Any) -> Any:
    """Return a datetime as it is, and the naive one that a text names; ValueError says why not."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004 - pydantic reports ValueErrors, with the field
    if "T" in value and _OFFSET.search(value):
        raise ValueError("must be a wall time without an offset: its zone is named by an IANA name")
    if not _WALL_TIME.match(value) or value.endswith("\n"):
        raise ValueError("must be a wall time, such as 2026-11-03T12:30")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is no time of the calendar") from None


def check_wall_time(moment: datetime) -> datetime:
    """Return a naive datetime in whole seconds; ValueError when it carries an offset or is out of bounds."""
    if moment.tzinfo is not None:
        raise ValueError("must be a wall time without an offset: its zone is named by an IANA name")
    return _within_years(moment.replace(microsecond=0))


def _read_wall_clock(value: Any) -> Any:
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not _WALL_CLOCK.match(value) or value.endswith("\n"):
        raise ValueError("must be a wall clock's hour and minute, such as 21:00")
    return time.fromisoformat(value)


def _check_wall_clock(clock: time) -> time:
    if clock.tzinfo is not None:
        raise ValueError("must be a wall clock's time without an offset")
    return clock.replace(second=0, microsecond=0)


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Return the IANA zone names of the shipped tz database, the same on every machine."""
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(names) - {"Factory"}


def _check_zone(zone: str) -> str:
    if zone not in zones():
        raise ValueError("must be an IANA time zone, such as Europe/Paris")
    return zone


T = TypeVar("T", bound=Hashable)


def _check_unique(items: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(items)) != len(items):
        raise ValueError("must not name the same twice")
    return items


def _sorted_by_key(mapping: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(mapping.items()))


def ids_are_unique(ids: Iterable[str]) -> bool:
    """Tell whether no id stands twice."""
    listed = list(ids)
    return len(set(listed)) == len(listed)


AT_THE_EDGE: Final = {"at_the_edge": True}
"""Pydantic's context where an event is told, and not read from a topic. What is told may be held to more than what stands
there for ever and must be read again as it was."""


def _check_name_of_person(name: str, info: ValidationInfo) -> str:
    if info.context is AT_THE_EDGE and not name.strip():
        raise ValueError("must be more than blanks")
    return name


Unique = AfterValidator(_check_unique)
"""For tuples: no item stands twice."""
SortedByKey = AfterValidator(_sorted_by_key)
"""For mappings: equal mappings have equal bytes."""


def _plain(chars_max: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=chars_max, pattern=PLAIN_PATTERN)


Id = Annotated[str, _plain(limits.ID_CHARS_MAX)]
OwnId = Annotated[str, _plain(limits.OWN_ID_CHARS_MAX)]
EventId = Annotated[str, _plain(limits.EVENT_ID_CHARS_MAX)]
Name = Annotated[str, _plain(limits.NAME_CHARS_MAX)]
PersonName = Annotated[
    Name, AfterValidator(_check_name_of_person), Field(description="What somebody is called: more than blanks.")
]
"""Of a member or a contact. One of blanks alone is refused where it is told; what stands on a topic is read all the same."""
Url = Annotated[str, StringConstraints(max_length=limits.URL_CHARS_MAX, pattern=URL_PATTERN)]
Email = Annotated[
    str,
    StringConstraints(max_length=limits.EMAIL_CHARS_MAX, pattern=EMAIL_PATTERN),
]
Locale = Annotated[str, StringConstraints(max_length=35, pattern=LOCALE_PATTERN)]
Words = Annotated[
    str,
    StringConstraints(min_length=1, max_length=limits.WORDS_CHARS_MAX),
    Field(description="Personal words: never logged, gone after an erasure."),
]
SealedText = Annotated[
    str,
    StringConstraints(max_length=limits.SEALED_CHARS_MAX, pattern=SEALED_PATTERN),
    Field(description="Sealed under the secret that `digest` and `gateway` share: it tells nothing to anybody else."),
]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=limits.REASON_CHARS_MAX)]
RuleName = Annotated[str, StringConstraints(pattern=NAME_OF_RULE_PATTERN)]
TypeName = Annotated[str, StringConstraints(max_length=limits.ID_CHARS_MAX, pattern=TYPE_PATTERN)]
Ids = Annotated[
    tuple[Id, ...],
    Field(min_length=1, max_length=limits.LIST_ITEMS_MAX, json_schema_extra={"uniqueItems": True}),
    Unique,
]

Days = Annotated[int, Field(ge=1, le=limits.DAYS_MAX)]
OffsetDays = Annotated[int, Field(ge=0, le=limits.DAYS_MAX)]
OffsetHours = Annotated[int, Field(ge=0, le=limits.OFFSET_HOURS_MAX)]
AgeDays = Annotated[int, Field(ge=0, le=limits.AGE_DAYS_MAX)]
Minutes = Annotated[int, Field(ge=1, le=limits.MINUTES_MAX)]
WaitMinutes = Annotated[int, Field(ge=1, le=limits.WAIT_MINUTES_MAX)]
Count = Annotated[int, Field(ge=0, le=limits.COUNT_MAX)]
Attempt = Annotated[int, Field(ge=1, le=limits.ATTEMPTS_MAX)]
ChannelMessageId = Annotated[str, StringConstraints(pattern=CHANNEL_MESSAGE_PATTERN)]

Zone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(_check_zone),
    Field(description="An IANA time zone name.", examples=["Europe/Paris"]),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    AfterValidator(whole_milliseconds),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN}),
]
WallTime = Annotated[
    datetime,
    BeforeValidator(read_wall_time),
    AfterValidator(check_wall_time),  # whole seconds, so pydantic writes them as they are to be written
    WithJsonSchema(
        {"type": "string", "pattern": WALL_TIME_PATTERN, "description": "Local date and time, without an offset."}
    ),
]
WallClock = Annotated[
    time,
    BeforeValidator(_read_wall_clock),
    AfterValidator(_check_wall_clock),
    PlainSerializer(lambda clock: clock.isoformat(timespec="minutes"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": WALL_CLOCK_PATTERN, "description": "Hour and minute of a local day."}),
]
