"""A dead letter is small, says what and where, names the event, and has the same bytes every time."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts import DEAD_LETTERS, DeadLetter
from shared.contracts.cloudevents import codec
from shared.contracts.limits import DEAD_LETTER_BYTES_MAX, DEAD_LETTER_VALUE_BYTES_MAX

BURIED: dict[str, Any] = {
    "service": "invites",
    "topic": "rapport.activity.v1",
    "partition": 3,
    "offset": 41,
    "key": b"ada",
    "value": b"{broken",
    "reason": "is not JSON",
    "field": "data",
    "written": datetime(2026, 11, 3, 9, 0, 0, 123_000, tzinfo=UTC),
}


def size(record: tuple[bytes | None, bytes, list[tuple[str, bytes]]]) -> int:
    key, value, headers = record
    return len(key or b"") + len(value) + sum(len(name) + len(of) for name, of in headers)


def test_a_dead_letter_has_these_bytes_every_time() -> None:
    assert codec.dead_letter(**BURIED) == codec.dead_letter(**BURIED)
    key, value, headers = codec.dead_letter(**BURIED)
    assert key == b"ada"
    assert value == (
        b'{"service":"invites","topic":"rapport.activity.v1","partition":3,"offset":41,"key_prefix":"YWRh",'
        b'"reason":"is not JSON","field":"data","member":"ada","value_bytes":7,"value_prefix":"e2Jyb2tlbg=="}'
    )
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"invites/rapport.activity.v1/3/41",
        "ce_source": b"/rapport/invites",
        "ce_type": b"rapport.runtime.dead_letter",
        "ce_time": b"2026-11-03T09:00:00.123Z",
        "content-type": b"application/json",
    }
    assert DeadLetter.TOPIC == DEAD_LETTERS


@pytest.mark.parametrize(
    "changed",
    [
        {"value": b"\xff" * 900_000, "key": b"\xff" * 900_000},
        {"reason": '"\\\x00ü' * 10_000, "field": "\x1b[31m" * 10_000},
        {
            "headers": [(f"ce_{name}", b'"' * 9999) for name in ("id", "source", "type", "memberid")],
            "topic": "t" * 249,
            "offset": 2**63 - 1,
            "partition": 9999,
            "service": "s" * 64,
            "field": "\\" * 5000,
            "reason": "\\" * 5000,
            "value": b"\xff" * 9999,
            "key": b"k" * 128,
        },
        {"topic": "t" * 249, "offset": 2**63 - 1, "partition": 9999, "reason": "\\" * 5000, "value": b"\xff" * 9999},
    ],
)
def test_a_dead_letter_stays_small_whatever_it_is_about(changed: dict[str, Any]) -> None:
    record = codec.dead_letter(**{**BURIED, **changed})
    assert size(record) <= DEAD_LETTER_BYTES_MAX
    letter = DeadLetter.model_validate_json(record[1])
    value = {**BURIED, **changed}["value"]
    assert (letter.value_bytes, letter.value_prefix) == (len(value), value[:DEAD_LETTER_VALUE_BYTES_MAX])
    assert letter.reason.isprintable()


HEADERS = [("ce_id", b"evt-1"), ("ce_source", b"/shop"), ("ce_type", b"rapport.invite.sung"), ("ce_memberid", b"bob")]
TOLD = b'{"id":"evt-1","source":"/shop","type":"rapport.invite.sung","memberid":"bob","data":{}}'


@pytest.mark.parametrize("told", [{"headers": HEADERS}, {"value": TOLD}], ids=["binary", "structured"])
def test_a_dead_letter_names_the_event(told: dict[str, Any]) -> None:
    letter = DeadLetter.model_validate_json(codec.dead_letter(**{**BURIED, **told})[1])
    named = (letter.event_id, letter.event_source, letter.event_type, letter.member)
    assert named == ("evt-1", "/shop", "rapport.invite.sung", "bob")


def test_names_that_nobody_can_read_are_left_out() -> None:
    headers = [("ce_id", b""), ("ce_source", b"\x1b"), ("ce_type", None)]
    letter = DeadLetter.model_validate_json(codec.dead_letter(**{**BURIED, "headers": headers, "key": None})[1])
    assert (letter.event_id, letter.event_source, letter.event_type, letter.member) == (None,) * 4


def test_a_record_of_nothing_is_buried() -> None:
    key, value, _ = codec.dead_letter(**{**BURIED, "key": None, "value": None, "reason": "", "field": ""})
    letter = DeadLetter.model_validate_json(value)
    assert (key, letter.key_prefix, letter.value_bytes, letter.value_prefix, letter.field) == (None,) * 5
    assert letter.reason
