"""What is no event is refused with the field and the reason, and never with a word of its value."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import ACTIVITY, INVITES, Fact, Unreadable, codec
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
) -> Fact | None:
    headers = {**HEADERS, **{name.replace("__", "-"): of for name, of in changed.items()}}
    listed = [(name, of) for name, of in headers.items() if name != without]
    return codec.decode(key=key, value=value, headers=[*listed, *more], logged=LOGGED, topic=topic)


def test_the_record_that_the_others_differ_from_is_read() -> None:
    fact = read()
    assert fact is not None
    assert (fact.id, fact.member, fact.source, fact.logged) == ("evt-1", "ada", "/product", LOGGED)


REFUSED: dict[str, tuple[Callable[[], Fact | None], str | None, str]] = {
    "no specversion": (lambda: read(without="ce_specversion"), "specversion", "is missing"),
    "no id": (lambda: read(without="ce_id"), "id", "is missing"),
    "no source": (lambda: read(without="ce_source"), "source", "is missing"),
    "no type": (lambda: read(without="ce_type"), "type", "is missing"),
    "no time": (lambda: read(without="ce_time"), "time", "is missing"),
    "no memberid": (lambda: read(without="ce_memberid"), "memberid", "is missing"),
    "an attribute twice": (lambda: read(more=(("ce_id", b"evt-1"),)), "id", "twice"),
    "a future version": (lambda: read(ce_specversion=b"2.0"), "specversion", "must be 1.0"),
    "Latin-1 in a header": (lambda: read(ce_source=b"/\xe9"), "source", "is not UTF-8"),
    "Latin-1 in an unknown attribute": (lambda: read(ce_extra=b"\xe9"), "extra", "is not UTF-8"),
    "a null header": (lambda: read(more=(("ce_extra", None),)), "extra", "null"),
    "structured mode": (
        lambda: read(content__type=b"application/cloudevents+json"),
        "content-type",
        "application/json",
    ),
    "another charset": (lambda: read(content__type=b"application/json; charset=latin1"), "content-type", "UTF-8"),
    "a null value": (lambda: read(value=None), "value", "is null"),
    "a large value": (lambda: read(value=b" " * (VALUE_BYTES_MAX + 1)), "value", "262144 are allowed"),
    "an empty value": (lambda: read(value=b""), "data", "is not JSON"),
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
    "a line break in an id": (lambda: read(value=VALUE.replace(b"zoe", b"zo\\ne")), "data.contact.id", "form"),
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
    "a bad number": (lambda: read(ce_number=b"-1"), "number", "whole number"),
    "a bad place": (lambda: read(ce_place=b"a=1,a=2"), "place", "topic=offset"),
    "a place without end": (lambda: read(ce_place=b"a=1," * 17), "place", "more than 16"),
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
    fact = read(ce_time=b"2026-11-03t10:00:00.123987654+01:00")
    assert fact is not None
    assert fact.time == datetime(2026, 11, 3, 9, 0, 0, 123000, tzinfo=UTC)


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
        fact = codec.decode(key=key, value=value, headers=headers, logged=LOGGED, topic=ACTIVITY)
        assert fact is None or key == fact.member.encode()
