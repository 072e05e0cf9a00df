"""Names in events that are not of the language: each is found, and nothing that is of it is ever taken for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rapport.inspect.rule_preferences import WISHES
from rapport.inspect.unknown_fields import NAME_CHARS_MAX, NAMED_MAX, Ahead, Strangers, strangers
from shared.contracts import from_json_line
from shared.contracts.events.member.member import RulePreferences
from shared.contracts.fields import instant_text
from tests.unit.rapport.preview.preview_world import event

GOLDEN = [
    path for path in sorted((Path(__file__).parents[3] / "contract" / "golden").glob("rapport.*.json"))
    if "dead_letter" not in path.name and "replay" not in path.name
]  # fmt: skip


def found(kind: str, **data: Any) -> list[str]:
    told = event(kind, "2026-01-05T09:00:00Z", **data)
    from_json_line(told)
    return list(strangers(told))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_no_name_of_the_language_is_a_stranger_and_every_other_is(path: Path) -> None:
    golden = json.loads(path.read_text())
    names = [name for name in strangers(golden) if not name.startswith("data.rules.")]
    assert names == []
    golden.setdefault("data", {})["nobody_knows"] = 1
    assert "data.nobody_knows" in strangers(golden)


def test_strangers_are_found_where_they_stand() -> None:
    bob = {"id": "bob", "name": "Bob", "nick": "Bo"}
    assert found("contact.cadence_set", contact_id="bob", every_days=30, days=3) == ["data.days"]
    assert found("contact.connected", contact=bob) == ["data.contact.nick"]
    assert found("gathering.attended", gathering_id="g", name="Fair", met=[bob | {"id": "eve"}, bob]) == [
        "data.met.0.nick", "data.met.1.nick",
    ]  # fmt: skip
    wishes = {
        "nope": {"on": False},
        "thank": {"on": True, "offsets_hours": [1]},
        "meeting_today": {"offsets_hours": [1]},
    }
    assert found("member.preferences_set", quiet_hours={"from": "21:00", "til": "x"}, rules=wishes) == [
        "data.quiet_hours.til", "data.rules.nope", "data.rules.thank.offsets_hours",
    ]  # fmt: skip


def test_every_wish_of_a_rule_is_a_field_of_the_event() -> None:
    assert {wish for wishes in WISHES.values() for wish in wishes} == set(RulePreferences.model_fields)


def test_what_is_told_is_bounded_and_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    told = Strangers()
    for number in range(100):
        data = {f"{number}\x1b\n" + "x" * 200: 1}
        told.look(number, {"type": "rapport.import.completed", "data": data})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == NAMED_MAX
    assert all(line.isprintable() and len(line) < NAME_CHARS_MAX + 60 for line in lines)


def test_a_time_that_lies_more_than_a_day_ahead_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    ahead, now = Ahead(), datetime.now(UTC)
    for number, hours in enumerate((-1, 23, 25, *[10_000] * (2 * NAMED_MAX))):
        told = event("member.erased", instant_text(now + timedelta(hours=hours)))
        ahead.look(number, from_json_line(told))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("line 2: time: lies more than a day ahead")
    assert len(lines) == NAMED_MAX
