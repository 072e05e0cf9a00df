"""Every preference has wrong values, and each is refused at the edge: with the field, a reason, and nothing of the value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from shared.contracts import (
    ACTIVITY,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    Event,
    EventData,
    MemberJoined,
    MemberPreferencesSet,
    NoteAdded,
)
from shared.contracts.limits import DAYS_MAX, OFFSET_HOURS_MAX, OFFSETS_MAX, PER_DAY_MAX, RULES_MAX, WORDS_CHARS_MAX
from shared.preferences import Preferences, evolve_preferences
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.reading import Poison, read_event

LOGGED_MS = 1_793_700_000_000
RULE = "rules.thank"
ON = {"on": True}

WRONG: dict[str, list[Any]] = {
    "zone": ["", "Mars/Olympus", "europe/paris", "UTC+1", "../UTC", "x" * 1000, 1, True, []],
    "locale": ["", "english!", "e", "en_GB", "x" * 36, 7],
    "quiet_hours.from": ["24:00", "8:00", "08:60", "08:00:00", "noon", "", 8, 0.5, True],
    "quiet_hours.to": ["24:00", "8:00", "08:60", "08:00Z", "", 8],
    "digest.every": ["hourly", "Weekly", "", 1, False],
    "digest.weekday": ["Mon", "monday", "", 0, True],
    "digest.time": ["24:00", "8:00", "08:00+01:00", "", 800],
    "retraction.policy": ["Ask", "always", "", True],
    "retraction.after_days": [0, -1, DAYS_MAX + 1, "90", 90.5, True],
    "retraction.notice_days": [0, -7, DAYS_MAX + 1, "7", 7.5, False],
    f"{RULE}.on": ["yes", 1, "true", 0.0],
    f"{RULE}.push": ["no", 0, ""],
    f"{RULE}.offsets_days": [[], list(range(OFFSETS_MAX + 1)), 3, "3", {"0": 1}],
    f"{RULE}.offsets_days.0": [[-1], [DAYS_MAX + 1], ["1"], [1.5], [True], [None]],
    f"{RULE}.offsets_hours": [[], list(range(OFFSETS_MAX + 1)), 3],
    f"{RULE}.offsets_hours.0": [[-1], [OFFSET_HOURS_MAX + 1], ["1"], [0.5]],
    "per_day": [-1, PER_DAY_MAX + 1, "3", 3.5, True],
    "paused_until": ["2026-12-24", "tomorrow", "", "1969-12-31T23:59:59Z", "2300-01-01T00:00:00Z", 5],
}  # fmt: skip
CASES = [(field, value) for field, values in WRONG.items() for value in values]


def read(data: dict[str, Any], kind: type[EventData] = MemberPreferencesSet) -> Event | Poison | None:
    """What a service makes of an event with these fields."""
    headers = [
        ("ce_specversion", b"1.0"), ("ce_id", b"e"), ("ce_source", b"/test"), ("ce_type", kind.TYPE.encode()),
        ("ce_time", b"2026-11-03T10:00:00Z"), ("ce_memberid", b"ada"), ("content-type", b"application/json"),
    ]  # fmt: skip
    return read_event(Record(ACTIVITY, 0, 0, b"ada", json.dumps(data).encode(), headers, LOGGED_MS))


def nested(field: str, value: Any) -> dict[str, Any]:
    """`rules.thank.on` becomes {"rules": {"thank": {"on": value}}}; the place in a list is that of the value itself."""
    first, _, rest = field.removesuffix(".0").partition(".")
    return {first: nested(rest, value) if rest else value}


@pytest.mark.parametrize(("field", "value"), CASES, ids=[f"{field}-{str(value)[:20]!r}" for field, value in CASES])
def test_a_wrong_value_is_refused_with_its_field_and_a_reason(field: str, value: Any) -> None:
    found = read(nested(field, value))
    assert isinstance(found, Poison)
    assert found.field == f"data.{field}"
    assert found.reason
    if isinstance(value, str) and len(value) > 5:
        assert value not in found.reason, "a reason quotes no value"


def fields_of(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yield the path of each value that can be set; a rule is named `thank`, a list counts with what is in it."""
    for name, field in model.model_fields.items():
        yield from _fields_of(field.annotation, f"{path}{field.alias or name}")


def _fields_of(annotation: Any, path: str) -> Iterator[str]:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from fields_of(annotation, f"{path}.")
    elif get_origin(annotation) is dict:
        yield from _fields_of(parts[1], f"{path}.thank")
    elif get_origin(annotation) is tuple:
        yield from (path, f"{path}.0")
    elif any(_has_more(part) for part in parts):
        yield from (one for part in parts if _has_more(part) for one in _fields_of(part, path))
    else:
        yield path


def _has_more(annotation: Any) -> bool:
    parts = get_args(annotation)
    if isinstance(annotation, type) and not parts:
        return issubclass(annotation, BaseModel)
    return get_origin(annotation) in (dict, tuple) or any(_has_more(part) for part in parts)


def test_no_preference_is_without_a_wrong_value() -> None:
    assert set(fields_of(MemberPreferencesSet)) == set(WRONG)


def test_too_many_rules_and_a_rule_without_a_name_are_refused() -> None:
    many = read({"rules": {f"rule_{number}": ON for number in range(RULES_MAX + 1)}})
    assert isinstance(many, Poison)
    assert many.field == "data.rules"
    for name in ("", "Thank", "thank!", "0", "x" * 100):
        found = read({"rules": {name: ON}})
        assert isinstance(found, Poison), name
        assert (found.field or "").startswith("data.rules."), name


def test_one_wrong_value_refuses_the_whole_event_and_nothing_of_it_holds() -> None:
    assert isinstance(read({"zone": "Europe/Paris", "per_day": 99}), Poison)
    good = read({"zone": "Europe/Paris", "per_day": 9, "something_new": {"of": "later"}})
    assert isinstance(good, Event)
    assert evolve_preferences(Preferences(), good).zone == "Europe/Paris"


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        (MemberJoined, {"name": "Ada", "zone": "Mars/Olympus"}, "zone"),
        (ContactCadenceSet, {"contact_id": "c", "every_days": 0}, "every_days"),
        (ContactCadenceSet, {"contact_id": "c", "every_days": 10_000}, "every_days"),
        (ContactConnected, {"contact": {"id": "c"}}, "contact.name"),
        (ContactConnected, {"contact": {"id": "c", "name": ""}}, "contact.name"),
        (ContactDateSet, {"contact_id": "c", "label": "Birthday", "month": 2, "day": 30}, "day"),
        (ContactDateSet, {"contact_id": "c", "label": "Birthday", "month": 4, "day": 31}, "day"),
        (NoteAdded, {"contact_id": "c", "what": "x" * (WORDS_CHARS_MAX + 1)}, "what"),
    ],
)
def test_what_would_move_a_clock_wrongly_is_refused_too(
    kind: type[EventData], data: dict[str, Any], field: str
) -> None:
    found = read(data, kind)
    assert isinstance(found, Poison)
    assert found.field == f"data.{field}"


def test_the_widest_values_are_taken() -> None:
    """Were all refused, the tests above would hold for the wrong reason."""
    widest = {
        "zone": "America/Argentina/ComodRivadavia", "locale": "zh-Hant-TW", "per_day": 0,
        "quiet_hours": {"from": "00:00", "to": "23:59"},
        "digest": {"every": "off", "weekday": "sun", "time": "23:59"},
        "retraction": {"policy": "never", "after_days": 1, "notice_days": DAYS_MAX},
        "rules": {"thank": {"on": False, "offsets_days": [0, DAYS_MAX], "offsets_hours": [OFFSET_HOURS_MAX], "push": True}},
        "paused_until": "2200-01-01T00:00:00Z",
    }  # fmt: skip
    found = read(widest)
    assert isinstance(found, Event)
    wishes = evolve_preferences(Preferences(), found)
    assert wishes.paused_until == datetime(2200, 1, 1, tzinfo=UTC)
    assert wishes.rule("thank").on is False
