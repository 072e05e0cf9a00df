"""A moment that somebody sets for themselves: an instant, or what clocks show. One convention wherever people name a time.

What happened is an instant, always (`fields.Instant`). What somebody wishes may be either: a product's calendar knows
instants, a member says "on Tuesday at nine". `shared.calendar.instant_of` and `wall_of` make of it what is needed.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from shared.contracts.fields import (
    INSTANT_PATTERN,
    WALL_TIME_PATTERN,
    check_wall_time,
    instant_from_text,
    instant_text,
    read_wall_time,
    whole_milliseconds,
)

MOMENT_PATTERN: Final = f"({WALL_TIME_PATTERN})|({INSTANT_PATTERN})"
MOMENT_SAYS: Final = (
    "With an offset (2026-11-03T09:00:00Z) an instant; without one (2026-11-03T09:00) what clocks show then in the zone that"
    " stands beside it, or else in the member's own."
)
_OFFSET: Final = re.compile(r"[Tt].*([Zz]|[+-]\d{2}:?\d{2})\s*$", re.ASCII)


def _read(value: Any) -> Any:
    return instant_from_text(value) if isinstance(value, str) and _OFFSET.search(value) else read_wall_time(value)


def _check(moment: datetime) -> datetime:
    return check_wall_time(moment) if moment.tzinfo is None else whole_milliseconds(moment)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds") if moment.tzinfo is None else instant_text(moment)


EvaluationTime = Annotated[
    datetime,
    BeforeValidator(_read),
    AfterValidator(_check),
    PlainSerializer(_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": MOMENT_PATTERN, "description": MOMENT_SAYS}),
]
"""A datetime in UTC where its text carries an offset, else a naive one."""
