"""`POST /v1/events`: CloudEvents in each mode, as CloudEvents' own SDK sends them, and how it refuses what is none."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings import http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.conversion import to_binary, to_structured
from cloudevents.v1.http import CloudEvent as OldCloudEvent
from structlog.testing import capture_logs

from services.gateway.api import limits
from services.gateway.api.events.cloudevents import BATCH_EVENTS_MAX
from services.gateway.api.events.outbox import EVENTS_UNDER_WAY_MAX
from services.gateway.publishing import positions_from_text
from shared.contracts import ACTIVITY, Event, InviteSent, MemberErased, decode, encode
from shared.contracts.cloudevents.envelope import BATCH_TYPE, STRUCTURED_TYPE
from tests.unit.services.gateway.api.api_bed import NOW, Api, shared_api

DATA = {"invite_id": "i1", "contact": {"id": "zoe", "name": "Zoë Łuk"}, "why": "the talk in Gdańsk"}
ATTRIBUTES: dict[str, Any] = {
    "id": "e 100% ü/1",
    "source": "/product",
    "type": "rapport.invite.sent",
    "time": datetime(2026, 11, 23, 7, tzinfo=UTC),
    "memberid": "zoë",
    "datacontenttype": "application/json",
}
BATCH = {"content-type": BATCH_TYPE}
ONE = {"content-type": STRUCTURED_TYPE}


def event(identity: str = "e1", **changes: Any) -> dict[str, Any]:
    made = {
        "specversion": "1.0", "id": identity, "source": "/product", "type": "rapport.invite.sent",
        "time": "2026-11-23T07:00:00Z", "memberid": "ada", "data": DATA, **changes,
    }  # fmt: skip
    return {name: value for name, value in made.items() if value is not ...}


@pytest.fixture
async def door() -> AsyncIterator[Api]:
    async with shared_api() as opened:
        opened.client.headers.update(opened.key("ingest"))
        yield opened


def _sdk_messages() -> dict[str, tuple[dict[str, str], bytes]]:
    made = CloudEvent(attributes={**ATTRIBUTES, "specversion": "1.0"}, data=DATA)
    old = OldCloudEvent({**ATTRIBUTES, "time": "2026-11-23T07:00:00Z"}, DATA)
    old_plain = OldCloudEvent({**ATTRIBUTES, "time": "2026-11-23T07:00:00Z", "id": "e-1", "memberid": "zoe"}, DATA)
    core = {"binary": http.to_binary(made, JSONFormat()), "structured": http.to_structured(made, JSONFormat())}
    return {
        **{f"core {mode}": (one.headers, one.body) for mode, one in core.items()},
        "old structured": to_structured(old),
        "old binary": to_binary(old_plain),  # it does not encode what is beyond ASCII
    }


@pytest.mark.parametrize(("name", "message"), _sdk_messages().items())
async def test_what_the_official_sdk_sends_is_taken(
    door: Api, name: str, message: tuple[dict[str, str], bytes]
) -> None:
    headers, body = message
    answer = await door.client.post("/v1/events", headers=headers, content=body)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1}), answer.text
    [taken] = door.log.events
    identity, member = ("e-1", "zoe") if name == "old binary" else (ATTRIBUTES["id"], "zoë")
    at = ATTRIBUTES["time"]
    assert taken == Event(identity, member, at, at, InviteSent.model_validate(DATA), "/product")
    assert answer.headers["rapport-position"] == f"{len(member) % 3}:0"


async def test_a_batch_is_taken_in_its_order_and_says_where_it_stands(door: Api) -> None:
    batch = [event(f"e{number}", memberid="ada" if number % 2 else "bo") for number in range(BATCH_EVENTS_MAX)]
    answer = await door.client.post("/v1/events", headers=BATCH, json=batch)
    assert (answer.status_code, answer.json()) == (202, {"accepted": BATCH_EVENTS_MAX})
    assert [one.id for one in door.log.events] == [one["id"] for one in batch]
    assert positions_from_text(answer.headers["rapport-position"]) == {0: 499, 2: 498}
    nothing = await door.client.post("/v1/events", headers=BATCH, json=[])
    assert (nothing.status_code, nothing.json()) == (202, {"accepted": 0})


async def test_an_event_without_data_is_taken_where_none_is_needed(door: Api) -> None:
    erased = event(type="rapport.member.erased", data=...)
    assert (await door.client.post("/v1/events", headers=ONE, json=erased)).status_code == 202
    names = {f"ce-{name}": value for name, value in erased.items()}
    assert (await door.client.post("/v1/events", headers=names)).status_code == 202
    assert [one.data for one in door.log.events] == [MemberErased()] * 2


BAD = [
    (event(specversion=...), "specversion", "is missing"),
    (event(specversion="0.3"), "specversion", "must be 1.0"),
    (event(id=...), "id", "is missing"),
    (event(id=""), "id", "must not be empty"),
    (event(id="a\nb"), "id", "must not hold control characters"),
    (event(id=7), "id", "must be a text"),
    (event(memberid=...), "memberid", "is missing"),
    (event(time="yesterday"), "time", "must be an RFC 3339 time"),
    (event(type="rapport.invite.posted"), "type", "is not known"),
    (event(type="rapport.digest.sent"), "type", "stands on rapport.digests.v1 alone"),
    (event(data={**DATA, "invite_id": 7}), "data.invite_id", "must be a valid string"),
    (event(data={"invite_id": "i1"}), "data.contact", "is missing"),
    (event(data={**DATA, "contact": {"id": "b", "name": "  "}}), "data.contact.name", "must be more than blanks"),
    (event(data="text"), "data", "must be"),
    (event(datacontenttype="text/xml"), "datacontenttype", "must be application/json"),
    (event(data={**DATA, "why": "x" * 300_000}), "data.why", "must have at most 2000 characters"),
    (event(data=..., data_base64="%"), "data_base64", "is not base64"),
    ([], "body", "must be a JSON object"),
    (None, "body", "must be a JSON object"),
]


@pytest.mark.parametrize(("bad", "field", "reason"), BAD)
async def test_an_event_that_a_service_would_set_aside_is_refused_by_field_and_reason(
    door: Api, bad: Any, field: str, reason: str
) -> None:
    answer = await door.client.post("/v1/events", headers=ONE, content=json.dumps(bad))
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (problem["field"], problem["status"]) == (field, 422)
    assert problem["reason"].startswith(reason)
    assert "Gdańsk" not in answer.text, "no word of a person is repeated"
    assert door.log.events == []


async def test_of_a_batch_each_that_is_wrong_is_named_and_the_others_count(door: Api) -> None:
    batch = [bad for bad, _, _ in BAD]
    answer = await door.client.post("/v1/events", headers=BATCH, json=[event("good"), *batch, event("fine")])
    problem = answer.json()
    assert (answer.status_code, problem["accepted"], problem["detail"]) == (
        422, 2, f"{len(BAD)} of {len(BAD) + 2} events are not accepted",
    )  # fmt: skip
    named = [(one["index"], one["field"]) for one in problem["failed"]]
    assert named == [(number, field) for number, (_, field, _) in enumerate(BAD, 1)]
    assert [one.id for one in door.log.events] == ["good", "fine"]
    assert answer.headers["rapport-position"] == "0:1"


async def test_all_that_is_wrong_with_an_event_is_said_at_once(door: Api) -> None:
    answer = await door.client.post("/v1/events", headers=ONE, json=event(time="x", source="", data={}))
    named = {one["field"] for one in answer.json()["errors"]}
    assert {"time", "source", "data.invite_id", "data.contact"} <= named


async def test_what_kafka_did_not_acknowledge_is_named_and_may_be_sent_again(door: Api) -> None:
    door.log.refuses = {"e1"}
    one = await door.client.post("/v1/events", headers=ONE, json=event())
    assert (one.status_code, one.headers["retry-after"]) == (503, str(limits.RETRY_AFTER_SECONDS))
    several = await door.client.post("/v1/events", headers=BATCH, json=[event("e0"), event(), event("e2", id=7)])
    assert (several.status_code, several.json()["accepted"], "retry-after" in several.headers) == (503, 1, True)
    assert [(one["index"], one["status"], one.get("id")) for one in several.json()["failed"]] == [
        (1, 503, "e1"), (2, 422, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (ONE, b"", 400),
        (ONE, b"{", 400),
        (ONE, b"{} {}", 400),
        (ONE, b'{"id": NaN}', 422),
        (ONE, b"\xff", 400),
        (ONE, b"[" * 100_000, 400),
        (ONE, b'{"data":' * 100_000, 400),
        (ONE, b"9" * 10_000, 400),
        (BATCH, b"{}", 400),
        (BATCH, b"[", 400),
        (BATCH, b"[{},", 400),
        (BATCH, b"[{},]", 400),
        (BATCH, b"[,]", 400),
        (BATCH, b"[{}] x", 400),
        (BATCH, b"[" + b"1," * BATCH_EVENTS_MAX + b"1]", 413),
        ({"content-type": "application/json"}, b"{}", 415),
        ({"content-type": "text/plain", "ce-id": "1"}, b"{}", 415),
        ({"content-type": "application/cloudevents+avro"}, b"", 415),
        ({"content-type": f"{STRUCTURED_TYPE}; charset=latin-1"}, b"{}", 415),
        ({}, b"", 415),
        ({"ce-id": "%ff"}, b"", 422),
        ({"ce-id": "1"}, b"", 422),
        (ONE, b" " * (limits.BODY_BYTES_MAX + 1), 413),
    ],
)
async def test_what_is_no_event_at_all_is_refused(door: Api, headers: dict[str, str], body: bytes, status: int) -> None:
    answer = await door.client.post("/v1/events", headers=headers, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert door.log.events == []


@pytest.mark.parametrize(
    ("header", "identity"),
    [
        ('"e 1"', "e 1"), (r'"a \"b\" \\c"', r'a "b" \c'), ('"%22"', '"'), ('"', '"'), ('"a"b"', '"a"b"'), (r'"a\"', r'"a\"'),
    ],
)  # fmt: skip
async def test_an_attribute_may_be_quoted(door: Api, header: str, identity: str) -> None:
    """CloudEvents' HTTP binding, section 3.1.3.2: first the quotes, then the percent signs; what is no quoted text stays."""
    told = event()
    headers = {f"ce-{name}": str(value) for name, value in told.items() if name != "data"} | {"ce-id": header}
    answer = await door.client.post("/v1/events", headers=headers, json=told["data"])
    assert answer.status_code == 202, answer.text
    assert [one.id for one in door.log.events] == [identity]


async def test_a_header_that_stands_twice_is_refused(door: Api) -> None:
    twice = [("ce-id", "1"), ("ce-id", "2"), ("ce-specversion", "1.0"), ("ce-type", "rapport.member.erased")]
    answer = await door.client.post("/v1/events", headers=twice)
    assert (answer.status_code, answer.json()["field"]) == (422, "id")
    auth = [("authorization", "Bearer x"), ("authorization", door.client.headers["authorization"])]
    bare = door.client.build_request("POST", "/v1/events", headers=auth)
    assert (await door.client.send(bare)).status_code == 400


async def test_more_than_may_be_under_way_is_told_to_come_again(door: Api) -> None:
    """In memory as bodies, and on their way to Kafka."""
    door.parts.outbox._under_way = EVENTS_UNDER_WAY_MAX
    answer = await door.client.post("/v1/events", headers=ONE, json=event())
    assert (answer.status_code, "retry-after" in answer.headers, door.log.events) == (503, True, [])
    door.parts.outbox._under_way = 0
    assert (await door.client.post("/v1/events", headers=ONE, json=event())).status_code == 202


async def test_the_log_names_key_and_ids_and_no_word_of_a_person(door: Api) -> None:
    with capture_logs() as lines:
        await door.client.post("/v1/events", headers=ONE, json=event())
        await door.client.post("/v1/events", headers=BATCH, json=[event("e2"), event("e3", time="x")])
    assert [(line["event"], line["received"], line["refused"], line["name"]) for line in lines] == [
        ("events were reported", 1, 0, "ingest"), ("events were reported", 2, 1, "ingest"),
    ]  # fmt: skip
    assert (lines[0]["id"], lines[0]["member"]) == ("e1", "ada")
    said = json.dumps(lines, default=str, ensure_ascii=False)
    assert "Zoë" not in said
    assert "Gdańsk" not in said
    secret = door.client.headers["authorization"].split("_", 2)[2]  # it may hold underscores itself
    assert secret not in said


async def test_all_that_is_taken_is_read_by_services(door: Api) -> None:
    await door.client.post("/v1/events", headers=BATCH, json=[event("e1"), event("e2", time="2030-01-01T00:00:00Z")])
    for taken in door.log.events:
        key, value, headers = encode(taken)
        assert decode(key, value, headers, NOW, ACTIVITY) is not None
