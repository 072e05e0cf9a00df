"""Each event has one golden file: its form on the wire changes only where somebody changes that file on purpose."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.followups.model.state import KINDS
from shared.contracts import (
    ACTIVITY,
    EVENTS,
    OWN_TOPICS,
    Event,
    EventData,
    MeetingCancelled,
    MeetingDeclined,
    MeetingMissed,
    decode,
    encode,
    from_json_line,
    to_json,
    topics_of,
)
from shared.contracts.cloudevents import codec

GOLDEN = Path(__file__).parent / "golden"
LOGGED = datetime(2026, 11, 3, 10, 0, 0, 5000, tzinfo=UTC)


def golden(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return event


def decoded(event: Event, topic: str) -> Event | None:
    key, value, headers = codec.encode(event)
    return codec.decode(key=key, value=value, headers=headers, logged=LOGGED, topic=topic)


def test_every_event_has_a_golden_file_and_every_golden_file_an_event() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_read_and_written_as_its_golden_file_says(name: str) -> None:
    event = from_json_line(golden(name))
    assert type(event.data) is EVENTS[name]
    assert to_json(event) == golden(name)
    assert list(to_json(event)) == list(golden(name))


@pytest.mark.parametrize("name", EVENTS)
def test_the_items_of_an_example_are_keys_as_services_write_them(name: str) -> None:
    data = golden(name)["data"]
    named = [data[field] for field in ("about", "item") if field in data]
    assert all(key.partition("/")[0] in KINDS and key.partition("/")[2] for key in named), named


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_comes_back_from_its_record_as_it_was(name: str) -> None:
    event = from_json_line(golden(name))
    for topic in topics_of(EVENTS[name]):
        again = decoded(event, topic)
        assert again is not None
        assert again.logged == LOGGED
        assert to_json(again) == golden(name)
        assert codec.encode(again) == codec.encode(event)


@pytest.mark.parametrize("name", EVENTS)
def test_a_golden_file_shows_every_field_of_its_event(name: str) -> None:
    shown = golden(name)["data"]
    fields = {field.alias or key for key, field in EVENTS[name].model_fields.items()}
    assert set(shown) == fields - ({"proposal_id"} if "invite_ids" in fields else set()), (
        "an answer has either of the two"
    )


@pytest.mark.parametrize("name", EVENTS)
def test_fields_that_nobody_here_knows_are_ignored(name: str) -> None:
    event = golden(name)
    event["data"]["added_later"] = {"deep": [1, 2]}
    event["addedlater"] = "x"
    assert to_json(from_json_line(event)) == golden(name)


@pytest.mark.parametrize("name", EVENTS)
def test_a_class_is_named_from_its_type(name: str) -> None:
    words = name.removeprefix("rapport.").replace(".", "_").split("_")
    special = {"rapport.runtime.parked": "Parked"}
    assert EVENTS[name].__name__ == special.get(name, "".join(word.capitalize() for word in words))


def test_a_record_has_these_bytes() -> None:
    key, value, headers = codec.encode(from_json_line(golden("rapport.followup.due")))
    assert key == b"ada"
    assert (
        value
        == (
            '{"followup_id":"contact/zoe-moreau/thank/2026-11-03","rule":"thank","contact_id":"zoe-moreau","attempt":1,'
            '"due_at":"2026-11-04T08:00:00.000Z","push":false,"what":"Say what drew you to her talk.",'
            '"text":"Thank Zoé Moreau","starts_at":"2026-11-12T11:30:00.000Z","promised_for":"2026-11-12T11:30:00.000Z",'
            '"on_day":"2026-11-12T00:00:00","lapses_at":"2026-11-11T08:00:00.000Z"}'
        ).encode()
    )
    assert headers == [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"rapport.followups.v1/7/56"),
        ("ce_source", b"/rapport/followups"),
        ("ce_type", b"rapport.followup.due"),
        ("ce_time", b"2026-11-03T09:56:00.000Z"),
        ("ce_memberid", b"ada"),
        ("ce_causationid", b"evt-100"),
        ("ce_expirytime", b"2026-11-05T08:00:00.000Z"),
        ("ce_sequence", b"56"),
        ("ce_inputoffsets", b"rapport.activity.v1=120,rapport.invites.v1=14"),
        ("content-type", b"application/json"),
    ]


def test_what_a_runtime_parked_may_stand_on_each_own_topic_and_on_no_other() -> None:
    assert topics_of(EVENTS["rapport.runtime.parked"]) == OWN_TOPICS


@pytest.mark.parametrize("kind", [MeetingCancelled, MeetingDeclined, MeetingMissed])
def test_a_list_that_was_left_out_is_left_out_when_it_is_written(kind: type[EventData]) -> None:
    """An empty one is refused: `rapport send` would write a dead letter."""
    now = datetime(2026, 11, 3, tzinfo=UTC)
    event = Event("id", "ada", now, now, kind.model_validate({"meeting_id": "m"}), "/t")
    assert decode(*encode(event), now, ACTIVITY) == event
