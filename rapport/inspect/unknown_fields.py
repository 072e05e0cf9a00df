"""What looks mistyped in an event that is sent: names that are not of the published language, times that lie far ahead.

Readers of a topic pass over such names, so that events can grow, and believe a time up to a day ahead. Whoever writes an
event by hand has more likely mistyped it, and learns of it on stderr; the event counts all the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, get_args

from pydantic import BaseModel

from shared.contracts import EVENTS, Event
from shared.contracts.events.member.member import RulePreferences
from shared.contracts.limits import AHEAD_MAX

NAMED_MAX: Final = 20
"""Names that are told; a file of many events mostly has the same one in each."""
NAME_CHARS_MAX: Final = 64


class Strangers:
    """Tells each name once, with the first line that has it."""

    def __init__(self) -> None:
        self._reported: set[tuple[str, str]] = set()

    def look(self, number: int, event: Mapping[str, Any]) -> None:
        """Say on stderr what is not known in an event that was read."""
        for name in strangers(event):
            if (event["type"], name) in self._reported or len(self._reported) >= NAMED_MAX:
                continue
            self._reported.add((event["type"], name))
            print(f"line {number}: {name} is not known, and means nothing", file=sys.stderr)


class Ahead:
    """Tells of times that lie further ahead than is believed, of the first `NAMED_MAX` lines that have one."""

    def __init__(self) -> None:
        self._reported = 0

    def look(self, number: int, event: Event) -> None:
        """Say on stderr that an event is said to happen more than a day from now."""
        if event.time <= datetime.now(UTC) + AHEAD_MAX or self._reported >= NAMED_MAX:
            return
        self._reported += 1
        print(f"line {number}: time: lies more than a day ahead, and counts as a day from now", file=sys.stderr)


def strangers(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths in the data of a valid event that nobody reads: `data.every_day`, `data.rules.thanks`."""
    yield from _in_object(EVENTS[event["type"]], event.get("data", {}), "data")


def _in_object(model: type[BaseModel], value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    fields = _fields(model)
    for name, inner in value.items():
        if name not in fields:
            yield f"{path}.{_plain(name)}"
        elif (held := fields[name]) is not None:
            yield from _within(held, inner, f"{path}.{name}")


def _within(model: type[BaseModel], value: Any, path: str) -> Iterator[str]:
    if model is RulePreferences:
        yield from _in_rules(value, path)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _in_object(model, inner, f"{path}.{number}")
    else:
        yield from _in_object(model, value, path)


def _in_rules(rules: Any, path: str) -> Iterator[str]:
    from rapport.inspect.rule_preferences import WISHES

    for rule, wishes in (rules or {}).items():
        if rule not in WISHES:
            yield f"{path}.{_plain(rule)}"
            continue
        yield from (f"{path}.{rule}.{_plain(name)}" for name in wishes or () if name not in WISHES[rule])


@lru_cache(maxsize=256)
def _fields(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    """Return by name the model that a field holds, alone, in a list, or by rule; None: a plain value."""
    fields: dict[str, type[BaseModel] | None] = {}
    for name, field in model.model_fields.items():
        models = (part for part in _parts(field.annotation) if isinstance(part, type) and issubclass(part, BaseModel))
        fields[name] = fields[field.alias or name] = next(models, None)
    return fields


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _plain(name: str) -> str:
    """Keep a name from outside short and on its line."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:NAME_CHARS_MAX])
