"""What CloudEvents' official SDKs make of an event is read, in both modes: from their own bytes, kept in `sdk/records.json`.

`sdk/records.mjs` and `sdk/Records.java` made those of JavaScript and Java (`tests/docker/test_sdks.py` makes them again);
Python's SDK runs here. Its package has two interfaces, an older one (`v1`) and the present one (`core`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings import kafka as core
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import kafka as old
from cloudevents.v1.http import CloudEvent as OldCloudEvent

from shared.contracts import ACTIVITY, Event, InviteSent, MemberErased
from shared.contracts.cloudevents import codec

RECORDS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "sdk" / "records.json").read_text(encoding="utf-8"))
TIME = datetime(2026, 11, 3, 9, tzinfo=UTC)
DATA = {"invite_id": "inv-1", "contact": {"id": "zoe", "name": "Zoë Łuk"}, "why": "the talk in Gdańsk"}
EVENTS: dict[str, tuple[str, Any]] = {
    "sent": ("rapport.invite.sent", DATA),
    "erased": ("rapport.member.erased", None),
}


def read(key: str | None, headers: dict[str, str | bytes | None], value: str | bytes | None) -> Event | None:
    def raw(text: str | bytes | None) -> bytes | None:
        return text.encode() if isinstance(text, str) else text

    told = [(name, raw(text)) for name, text in headers.items()]
    return codec.decode(raw(key), raw(value), told, TIME, ACTIVITY)  # type: ignore[arg-type]  # Kafka knows null


def check(event: Event | None, name: str) -> None:
    data = InviteSent.model_validate(DATA) if name == "sent" else MemberErased()
    assert event == Event(f"evt-{name}", "zoë", TIME, TIME, data, "/product")


def test_each_sdk_is_kept_in_each_mode() -> None:
    assert len({(one["sdk"], one["event"], one["mode"]) for one in RECORDS}) == len(RECORDS) == 4 * 2 * 2


@pytest.mark.parametrize("one", RECORDS, ids=lambda one: f"{one['sdk']} {one['mode']} {one['event']}")
def test_what_an_sdk_made_is_read(one: dict[str, Any]) -> None:
    check(read(one["key"], one["headers"], one["value"]), one["event"])


@pytest.mark.parametrize("one", RECORDS, ids=lambda one: f"{one['sdk']} {one['mode']} {one['event']}")
def test_what_clients_leave_out_of_it_is_read_alike(one: dict[str, Any]) -> None:
    check(read(one["key"], {name: text for name, text in one["headers"].items() if text}, one["value"]), one["event"])


def by_core(make: Callable[..., core.KafkaMessage], attributes: dict[str, Any], data: Any) -> core.KafkaMessage:
    return make(CloudEvent({**attributes, "time": TIME}, data), JSONFormat())


def by_v1(make: Callable[..., old.KafkaMessage], attributes: dict[str, Any], data: Any) -> old.KafkaMessage:
    return make(OldCloudEvent({**attributes, "time": "2026-11-03T09:00:00Z"}, data))


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    ("by", "make"),
    [(by_core, core.to_binary), (by_core, core.to_structured), (by_v1, old.to_binary), (by_v1, old.to_structured)],
    ids=["binary", "structured", "binary by v1", "structured by v1"],
)
def test_what_pythons_sdk_makes_now_is_read(event: str, by: Callable[..., Any], make: Callable[..., Any]) -> None:
    kind, data = EVENTS[event]
    attributes = {"specversion": "1.0", "id": f"evt-{event}", "source": "/product", "type": kind}
    more = {"datacontenttype": "application/json", "memberid": "zoë", "partitionkey": "zoë"}
    message = by(make, attributes | more, data)
    check(read(message.key, message.headers, message.value), event)


def test_what_rapport_says_is_read_by_pythons_sdk() -> None:
    event = Event("evt-1", "zoë", TIME, TIME, InviteSent.model_validate(DATA), "/product")
    key, value, headers = codec.encode(event)
    made = core.from_kafka(core.KafkaMessage(dict(headers), key, value), JSONFormat())
    assert (made.get_id(), made.get_time(), made.get_data()) == ("evt-1", TIME, DATA)
