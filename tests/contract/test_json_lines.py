"""Events that people send as JSON lines."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts import EVENTS, InviteSent, Unreadable, from_json_line, to_json
from shared.contracts.events.moment import MOMENT_PATTERN
from shared.contracts.events.own.digest import PERIOD_PATTERN
from shared.contracts.fields import INSTANT_PATTERN, WALL_CLOCK_PATTERN, WALL_TIME_PATTERN
from shared.contracts.limits import VALUE_BYTES_MAX
from shared.contracts.refusal import FAULTS_MAX, FORMS

LINE: dict[str, Any] = {
    "id": "evt-1",
    "source": "/product",
    "type": "rapport.invite.sent",
    "time": "2026-11-03T09:00:00Z",
    "memberid": "ada",
    "data": {"invite_id": "inv-1", "contact": {"id": "zoe", "name": "Zoé"}},
}


def test_the_version_of_cloudevents_may_be_left_out() -> None:
    event = from_json_line(LINE)
    assert isinstance(event.data, InviteSent)
    assert event.logged == event.time
    assert to_json(event)["specversion"] == "1.0"


def test_an_event_without_fields_needs_no_data() -> None:
    line = {key: of for key, of in LINE.items() if key != "data"} | {"type": "rapport.member.erased"}
    assert to_json(from_json_line(line))["data"] == {}


@pytest.mark.parametrize("name", ["id", "source", "type", "time", "memberid"])
def test_a_missing_attribute_is_named(name: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        from_json_line({key: of for key, of in LINE.items() if key != name})
    assert (refusal.value.field, refusal.value.reason) == (name, "is missing")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": 7}, "id"),
        ({"id": "\ud800"}, "id"),
        ({"id": "x" * 401}, "id"),
        ({"source": ""}, "source"),
        ({"type": "rapport.invite.sung"}, "type"),
        ({"time": "yesterday"}, "time"),
        ({"memberid": "a\nb"}, "memberid"),
        ({"sequence": True}, "sequence"),
        ({"sequence": "-1"}, "sequence"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"data_base64": "e30="}, "data_base64"),
        ({"data": None, "data_base64": "e30"}, "data_base64"),
        ({"data": None}, "data.invite_id"),
        ({"data": []}, "data"),
        ({"data": {"invite_id": float("nan")}}, "data"),
        ({"data": {"invite_id": 7, "contact": LINE["data"]["contact"]}}, "data.invite_id"),
        ({"data": {**LINE["data"], "why": "x" * 2001}}, "data.why"),
    ],
)
def test_a_bad_line_is_refused_with_its_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        from_json_line({**LINE, **changed})
    assert refusal.value.field == field


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(Unreadable, match="must be a JSON object"):
        from_json_line(["rapport.invite.sent"])


def test_a_line_that_no_reader_would_take_is_refused() -> None:
    met = [{"id": f"c{n}", "name": "N" * 200, "headline": "H" * 200} for n in range(1000)]
    data = {"gathering_id": "g", "name": "Fair", "met": met}
    with pytest.raises(Unreadable, match=f"{VALUE_BYTES_MAX} are allowed"):
        from_json_line({**LINE, "type": "rapport.gathering.attended", "data": data})


def test_all_that_is_wrong_with_a_line_is_named() -> None:
    line = {**LINE, "id": "", "time": "3 Nov", "data": {"contact": {"id": "zoe", "headline": "a\nb"}}}
    with pytest.raises(Unreadable) as refusal:
        from_json_line(line)
    faults = (refusal.value, *refusal.value.others)
    assert [fault.field for fault in faults] == [
        "data.invite_id", "data.contact.name", "data.contact.headline", "time", "id",
    ]  # fmt: skip


def test_no_more_faults_are_named_than_the_limit() -> None:
    data = {"gathering_id": "g", "name": "Fair", "met": [{} for _ in range(FAULTS_MAX)]}
    with pytest.raises(Unreadable) as refusal:
        from_json_line({**LINE, "type": "rapport.gathering.attended", "data": data})
    assert len(refusal.value.others) == FAULTS_MAX - 1


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(pattern := schema.get("pattern"), str):
            yield pattern
        for inner in schema.values():
            yield from _patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _patterns(inner)


def test_whatever_has_a_form_says_it_when_it_is_refused() -> None:
    """Those that are read by a function say it themselves."""
    read = {INSTANT_PATTERN, WALL_TIME_PATTERN, WALL_CLOCK_PATTERN, MOMENT_PATTERN, PERIOD_PATTERN}
    known = {pattern for kind in EVENTS.values() for pattern in _patterns(kind.model_json_schema())}
    assert known - read == set(FORMS)
    counts = {"import_id": "i", "source": "linkedin", "counts": {"connections": 0}}
    with pytest.raises(Unreadable) as refusal:
        from_json_line({**LINE, "type": "rapport.import.completed", "data": counts})
    assert refusal.value.reason == "must be a type without rapport., such as invite.sent"
