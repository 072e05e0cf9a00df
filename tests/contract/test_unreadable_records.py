"""What is no event is refused with the field and the reason, and never with a word of its value."""

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import ACTIVITY, INVITES, Event, Unreadable
from shared.contracts.cloudevents import codec
from shared.contracts.limits import HEADERS_MAX, VALUE_BYTES_MAX

LOGGED = datetime(2026, 11, 3, 10, tzinfo=UTC)
KEY = b"ada"
VALUE = b'{"invite_id":"inv-1","contact":{"id":"zoe","name":"Secretname"}}'
HEADERS = {
    "ce_specversion": b"1.0",
    "ce_id": b"evt-1",
    "ce_source": b"/product",
    "ce_type": b"rapport.invite.sent",
    "ce_time": b"2026-11-03T09:00:00.000Z",
    "ce_memberid": b"ada",
    "content-type": b"application/json",
}


def read(
    key: bytes | None = KEY,
    value: bytes | None = VALUE,
    topic: str = ACTIVITY,
    more: tuple[tuple[str, Any], ...] = (),
    without: str = "",
    **changed: bytes,
) -> Event | None:
    headers = {**HEADERS, **{name.replace("__", "-"): of for name, of in changed.items()}}
    listed = [(name, of) for name, of in headers.items() if name != without]
    return codec.decode(key=key, value=value, headers=[*listed, *more], logged=LOGGED, topic=topic)


EVENT = b"".join(
    (
        b'{"specversion":"1.0","id":"evt-1","source":"/product","type":"rapport.invite.sent","memberid":"ada",',
        b'"time":"2026-11-03T09:00:00.000Z","datacontenttype":"application/json","data":',
        VALUE,
        b"}",
    )
)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def structured(value: bytes | None, key: bytes = KEY) -> Event | None:
    headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    return codec.decode(key=key, value=value, headers=headers, logged=LOGGED, topic=ACTIVITY)


def read_bare(value: bytes) -> Event | None:
    return codec.decode(key=KEY, value=value, headers=[], logged=LOGGED, topic=ACTIVITY)


def test_structured_mode_says_the_same_as_binary_mode() -> None:
    assert structured(EVENT) == read() == read_bare(EVENT)


def test_headers_of_binary_mode_beside_structured_mode_say_nothing() -> None:
    headers = [("ce_id", b"other"), ("ce_type", b"other"), ("content-type", b"application/cloudevents+json")]
    assert codec.decode(key=KEY, value=EVENT, headers=headers, logged=LOGGED, topic=ACTIVITY) == read()


def test_data_in_base64_is_read() -> None:
    told = EVENT.replace(b'"data":' + VALUE, b'"data_base64":"' + base64.b64encode(VALUE) + b'"')
    assert structured(told) == read()


def test_the_key_alone_names_the_member() -> None:
    assert read(without="ce_memberid") == read(ce_memberid=b"") == read()
    assert structured(EVENT.replace(b'"memberid":"ada",', b"")) == read()


def test_an_optional_header_without_a_value_is_as_not_there() -> None:
    names = ("ce_origin", "ce_causationid", "ce_expirytime", "ce_traceparent", "ce_sequence", "ce_subject", "ce_extra")
    for value in (None, b""):
        assert read(more=tuple((name, value) for name in names)) == read()
    assert read(without="content-type", more=(("content-type", None),)) == read()


def test_extensions_of_any_kind_pass() -> None:
    assert read(ce_flag=b"True", ce_other=b"true", ce_datacontenttype=b"application/json; charset=utf-8") == read()


def test_an_event_that_needs_no_data_is_read_without_a_value() -> None:
    for value in (None, b"", b"null", b"{}"):
        assert isinstance(read(value=value, ce_type=b"rapport.member.erased"), Event)


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        (b"2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        (b"2015-06-30T19:59:60.5-04:00", datetime(2015, 7, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_leap_second_is_the_one_after_it(told: bytes, instant: datetime) -> None:
    event = read(ce_time=told)
    assert event is not None
    assert event.time == instant


@pytest.mark.parametrize("told", [b"2016-12-31T23:58:60Z", b"2016-12-30T23:59:60Z", b"2016-12-31T23:59:61Z"])
def test_a_leap_second_stands_at_the_end_of_a_month(told: bytes) -> None:
    with pytest.raises(Unreadable, match="calendar"):
        read(ce_time=told)


def test_the_record_that_the_others_differ_from_is_read() -> None:
    event = read()
    assert event is not None
    assert (event.id, event.member, event.source, event.logged) == ("evt-1", "ada", "/product", LOGGED)


REFUSED: dict[str, tuple[Callable[[], Event | None], str | None, str]] = {
    "no specversion": (lambda: read(without="ce_specversion"), "specversion", "is missing"),
    "no id": (lambda: read(without="ce_id"), "id", "is missing"),
    "no source": (lambda: read(without="ce_source"), "source", "is missing"),
    "no type": (lambda: read(without="ce_type"), "type", "is missing"),
    "no time": (lambda: read(without="ce_time"), "time", "is missing"),
    "an empty type": (lambda: read(ce_type=b""), "type", "empty"),
    "an empty specversion": (lambda: read(ce_specversion=b""), "specversion", "must be 1.0"),
    "a member by a key that is no text": (lambda: read(key=b"\xff", without="ce_memberid"), "key", "is not UTF-8"),
    "an attribute twice": (lambda: read(more=(("ce_id", b"evt-1"),)), "id", "twice"),
    "a future version": (lambda: read(ce_specversion=b"2.0"), "specversion", "must be 1.0"),
    "Latin-1 in a header": (lambda: read(ce_source=b"/\xe9"), "source", "is not UTF-8"),
    "Latin-1 in an unknown attribute": (lambda: read(ce_extra=b"\xe9"), "extra", "is not UTF-8"),
    "an id without a value": (lambda: read(without="ce_id", more=(("ce_id", None),)), "id", "empty"),
    "a type without a value": (lambda: read(without="ce_type", more=(("ce_type", None),)), "type", "empty"),
    "a batch": (
        lambda: read(content__type=b"application/cloudevents-batch+json; charset=utf-8", value=b"[]"),
        "content-type",
        "one record for each event",
    ),
    "another format": (lambda: read(content__type=b"application/cloudevents+avro"), "content-type", "cloudevents+json"),
    "another media type": (lambda: read(content__type=b"text/plain"), "content-type", "application/json (binary mode)"),
    "data of another media type": (
        lambda: read(without="content-type", ce_datacontenttype=b"text/xml"),
        "datacontenttype",
        "application/json",
    ),
    "structured mode without a value": (lambda: structured(None), "value", "is empty"),
    "structured mode without an object": (lambda: structured(b"[]"), "value", "JSON object"),
    "structured mode in Latin-1": (lambda: structured(b'{"id":"\xe9"}'), "value", "UTF-8"),
    "structured mode that is no JSON": (lambda: structured(EVENT[:-1]), "value", "is not JSON"),
    "structured mode beyond the limit": (lambda: structured(b" " * (VALUE_BYTES_MAX + 1)), "value", "262144"),
    "structured mode of any depth": (lambda: structured(b'{"data":' * 20_000), "value", "is not JSON"),
    "a number beyond JSON": (
        lambda: structured(EVENT.replace(b'"inv-1"', b"1e999")),
        "data",
        "number or a depth",
    ),
    "a number as id": (lambda: structured(EVENT.replace(b'"evt-1"', b"7")), "id", "text"),
    "another member in the value": (lambda: structured(EVENT, key=b"bob"), "memberid", "differs"),
    "a field deep inside an event in structured mode": (
        lambda: structured(EVENT.replace(b'"Secretname"', b"7")),
        "data.contact.name",
        "valid string",
    ),
    "structured mode without the version": (
        lambda: structured(EVENT.replace(b"specversion", b"version")),
        "specversion",
        "is missing",
    ),
    "nothing but JSON": (lambda: read_bare(VALUE), "specversion", "is missing"),
    "another charset": (lambda: read(content__type=b"application/json; charset=latin1"), "content-type", "UTF-8"),
    "a null value": (lambda: read(value=None), "value", "is null, and this type needs data"),
    "a large value": (lambda: read(value=b" " * (VALUE_BYTES_MAX + 1)), "value", "262144 are allowed"),
    "an empty value": (lambda: read(value=b""), "value", "is empty, and this type needs data"),
    "JSON's null": (lambda: read(value=b"null"), "value", "is null, and this type needs data"),
    "broken JSON": (lambda: read(value=VALUE[:-1]), "data", "is not JSON"),
    "bytes that are no text": (lambda: read(value=b"\xff\xfe"), "data", "is not JSON"),
    "deep nesting": (lambda: read(value=b"[" * 100_000), "data", "is not JSON"),
    "a list": (lambda: read(value=b"[]"), "data", "object"),
    "a missing field": (lambda: read(value=b'{"invite_id":"i"}'), "data.contact", "is missing"),
    "a field deep inside": (
        lambda: read(value=VALUE.replace(b'"Secretname"', b"7")),
        "data.contact.name",
        "valid string",
    ),
    "a line break in an id": (
        lambda: read(value=VALUE.replace(b"zoe", b"zo\\ne")),
        "data.contact.id",
        "control characters",
    ),
    "half a surrogate pair": (lambda: read(value=VALUE.replace(b"zoe", b"\\ud800")), "data", "is not JSON"),
    "no key": (lambda: read(key=None), "key", "is missing"),
    "an empty key": (lambda: read(key=b"", ce_memberid=b""), "key", "is missing"),
    "another key": (lambda: read(key=b"bob"), "memberid", "differs"),
    "a key that is no text": (lambda: read(key=b"\xff"), "memberid", "differs"),
    "a control character in the member": (lambda: read(key=b"a\n", ce_memberid=b"a\n"), "memberid", "control"),
    "a long member": (lambda: read(key=b"a" * 129, ce_memberid=b"a" * 129), "memberid", "128"),
    "an empty id": (lambda: read(ce_id=b""), "id", "empty"),
    "a time without offset": (lambda: read(ce_time=b"2026-11-03T09:00:00"), "time", "offset"),
    "a day that is none": (lambda: read(ce_time=b"2026-02-30T09:00:00Z"), "time", "calendar"),
    "a number as time": (lambda: read(ce_time=b"1793696400"), "time", "RFC 3339"),
    "a far time": (lambda: read(ce_time=b"9999-12-31T23:59:59-23:59"), "time", "years 1970 to 2200"),
    "a bad expiry": (lambda: read(ce_expirytime=b"soon"), "expirytime", "RFC 3339"),
    "a bad number": (lambda: read(ce_sequence=b"-1"), "sequence", "whole number"),
    "a bad incarnation": (lambda: read(ce_sequence=b"1", ce_incarnation=b"new"), "incarnation", "whole number"),
    "a far incarnation": (lambda: read(ce_sequence=b"1", ce_incarnation=b"9" * 19), "incarnation", "at most"),
    "a bad place": (lambda: read(ce_inputoffsets=b"a=1,a=2"), "inputoffsets", "topic=offset"),
    "a place without end": (lambda: read(ce_inputoffsets=b"a=1," * 17), "inputoffsets", "more than 16"),
    "headers without end": (lambda: read(more=(("x", b""),) * HEADERS_MAX), "headers", "more than 64"),
    "another's topic": (lambda: read(topic=INVITES), "type", "topic"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_names_the_field_and_the_reason(case: str) -> None:
    attempt, field, reason = REFUSED[case]
    with pytest.raises(Unreadable) as refusal:
        attempt()
    assert refusal.value.field == field
    assert reason in refusal.value.reason


def test_a_refusal_never_quotes_the_value() -> None:
    for value in (VALUE.replace(b'"zoe"', b"[]"), VALUE[:-3], VALUE.replace(b'"name"', b'"Secretname"')):
        with pytest.raises(Unreadable) as refusal:
            read(value=value)
        assert "Secret" not in str(refusal.value)


def test_the_keys_of_a_mapping_are_not_repeated_in_a_refusal() -> None:
    with pytest.raises(Unreadable) as refusal:
        read(ce_type=b"rapport.member.preferences_set", value=b'{"rules":{"Mother Ada":{"on":true}}}')
    assert (refusal.value.field, "Ada" in str(refusal.value)) == ("data.rules.*", False)


def test_an_unknown_type_is_skipped_without_a_look_at_its_value() -> None:
    assert read(ce_type=b"rapport.invite.sung", value=b"\xff not json", key=None) is None


def test_foreign_headers_may_hold_any_bytes() -> None:
    assert read(more=(("traceparent", b"\xff\x00"),)) is not None


@pytest.mark.parametrize("content_type", [b"application/json", b"Application/JSON; charset=UTF-8"])
def test_json_by_any_spelling_is_read(content_type: bytes) -> None:
    assert read(content__type=content_type) is not None
    assert read(without="content-type") is not None


def test_a_time_is_read_at_any_offset_and_cut_to_milliseconds() -> None:
    event = read(ce_time=b"2026-11-03t10:00:00.123987654+01:00")
    assert event is not None
    assert event.time == datetime(2026, 11, 3, 9, 0, 0, 123000, tzinfo=UTC)


@given(
    st.sampled_from([b"ada", b"bob", None]),
    st.dictionaries(st.sampled_from([*json.loads(EVENT), "data_base64", "origin", "sequence"]), JSON),
)
def test_whatever_stands_in_structured_mode_is_read_or_refused(key: bytes | None, changed: dict[str, Any]) -> None:
    value = json.dumps(json.loads(EVENT) | changed).encode()
    with suppress(Unreadable):
        event = codec.decode(key, value, [("content-type", b"application/cloudevents+json")], LOGGED, ACTIVITY)
        assert event is None or key == event.member.encode()


@given(
    st.none() | st.binary(max_size=8),
    st.none() | st.binary(max_size=40),
    st.dictionaries(st.sampled_from(sorted(HEADERS)), st.binary(max_size=30)),
)
def test_whatever_stands_on_a_topic_is_read_skipped_or_refused(
    key: bytes | None, value: bytes | None, changed: dict[str, bytes]
) -> None:
    headers = list((HEADERS | changed).items())
    with suppress(Unreadable):
        event = codec.decode(key=key, value=value, headers=headers, logged=LOGGED, topic=ACTIVITY)
        assert event is None or key == event.member.encode()
