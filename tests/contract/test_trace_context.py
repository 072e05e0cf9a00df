"""CloudEvents' Distributed Tracing extension on the wire: handed on as it is, and never a reason to refuse an event."""

from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml
from msgspec.structs import replace

from shared.contracts import Event, MemberJoined, Trace, from_json_line, to_json
from shared.contracts.cloudevents import codec
from shared.contracts.limits import TRACESTATE_CHARS_MAX

DOCS = Path(__file__).parents[2] / "docs"
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0c9902b7-01"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
JOINED = Event("1", "ada", NOON, NOON, MemberJoined(name="Ada"), "/test")


def _decoded(headers: list[tuple[str, bytes]]) -> Event | None:
    key, value, plain = codec.encode(JOINED)
    return codec.decode(key, value, [*plain, *headers], NOON, "rapport.activity.v1")


@pytest.mark.parametrize("trace", [Trace(PARENT), Trace(PARENT, "vendor=1,other=2")])
def test_a_trace_goes_into_the_headers_and_comes_back(trace: Trace) -> None:
    key, value, headers = codec.encode(replace(JOINED, trace=trace))
    assert dict(headers)["ce_traceparent"] == PARENT.encode()
    assert dict(headers).get("ce_tracestate") == (trace.state.encode() if trace.state else None)
    again = codec.decode(key, value, headers, NOON, "rapport.activity.v1")
    assert again is not None
    assert again.trace == trace


def test_a_trace_goes_through_json_lines() -> None:
    event = replace(JOINED, trace=Trace(PARENT, "vendor=1"))
    assert to_json(event)["traceparent"] == PARENT
    assert from_json_line(to_json(event)) == event


def test_an_event_without_a_trace_has_the_same_bytes_as_ever() -> None:
    assert not [name for name, _ in codec.encode(JOINED)[2] if "trace" in name]


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "nonsense",
        PARENT.upper(),
        PARENT + "-more",
        "01" + PARENT[2:],
        PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        PARENT.replace("00f067aa0c9902b7", "0" * 16),
        PARENT + "\n",
    ],
)
def test_a_malformed_trace_is_ignored_and_the_event_is_read(parent: str) -> None:
    assert _decoded([("ce_traceparent", parent.encode())]) == JOINED


@pytest.mark.parametrize("state", ["x" * (TRACESTATE_CHARS_MAX + 1), "two\nlines", ""])
def test_a_malformed_state_is_left_out_and_the_trace_goes_on(state: str) -> None:
    event = _decoded([("ce_traceparent", PARENT.encode()), ("ce_tracestate", state.encode())])
    assert event is not None
    assert event.trace == Trace(PARENT)


def test_the_published_document_knows_the_attribute() -> None:
    schemas = yaml.load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)["components"]["schemas"]
    for name in ("activityHeaders", "ownHeaders"):
        known = schemas[name]["properties"]
        jsonschema.validate(PARENT, known["ce_traceparent"])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate("nonsense", known["ce_traceparent"])
        assert "ce_tracestate" in known
        assert "ce_traceparent" not in schemas[name]["required"]
