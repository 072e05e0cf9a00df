"""Events of a type that nobody knows: which records are such, what is kept of them, and what people are told."""

from __future__ import annotations

import json

import pytest

from rapport.doctor.parts.types import SHOWN_MAX, types_line
from shared.contracts import ACTIVITY, EVENTS, FOLLOWUPS
from shared.runtime.observability.metrics import Meters, Metrics
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.strange_types import NAMES_MAX, OTHER, counts_of, joined, strange_type, text_of


def told(name: bytes | None, topic: str = ACTIVITY) -> Record:
    return Record(topic, 0, 0, b"ada", b"{}", [("ce_id", b"1"), ("ce_type", name)], 0)  # type: ignore[list-item]


@pytest.mark.parametrize("name", ["rapport.invites.sent", "invite.sent", "Rapport.Invite.Sent", "com.example/order"])
def test_a_type_that_nobody_knows_is_named_in_both_modes(name: str) -> None:
    value = json.dumps({"specversion": "1.0", "id": "1", "type": name}).encode()
    structured = [("content-type", b"application/cloudevents+json")]
    assert strange_type(told(name.encode())) == name
    assert strange_type(Record(ACTIVITY, 0, 0, b"ada", value, structured, 0)) == name


@pytest.mark.parametrize("name", [b"", None, b"two words", b"\xff", b"x" * 81, "rapport.invite.s\u00e9nt".encode()])
def test_what_is_no_plain_name_is_counted_and_not_repeated(name: bytes | None) -> None:
    assert strange_type(told(name)) == OTHER


def test_known_types_are_not_strange_nor_is_what_a_later_service_says() -> None:
    assert [name for name in EVENTS if strange_type(told(name.encode()))] == []
    assert strange_type(told(b"rapport.followup.new", FOLLOWUPS)) is None


def test_what_is_kept_is_bounded_and_counts_all() -> None:
    counts = joined({}, [f"n{number}" for number in range(100)] + ["n0"])
    assert len(counts) == NAMES_MAX + 1
    assert counts["n0"] == 2
    assert counts[OTHER] == 100 - NAMES_MAX
    assert counts_of(text_of(counts)) == counts
    assert counts_of("") == {}


def test_the_label_of_the_metric_is_bounded_over_all_services_of_a_process() -> None:
    meters = Meters()
    Metrics(meters, "invites")
    labels = {meters.names.counted_as(f"n{number}") for number in range(1_000)}
    assert len(labels) == NAMES_MAX + 1
    assert meters.names.counted_as("n0") == "n0"
    assert b'rapport_unknown_types_total{service="invites",type="other"} 0.0' in meters.text(), "begins at zero"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("rapport.invites.sent", "rapport.invite.sent"),
        ("invite.sent", "rapport.invite.sent"),
        ("InviteSent", "rapport.invite.sent"),
        ("rapport.messages.sent", "rapport.message.sent"),
        ("rapport.invite.sent.v1", "rapport.invite.sent"),
        ("rapport.member.quit", None),
        ("com.example.order.created", None),
    ],
)
def test_doctor_asks_what_was_meant_where_a_known_name_is_near(name: str, meant: str | None) -> None:
    says = types_line([[{name: 1}]])
    assert says.endswith(f"1 of {name}" if meant is None else f"1 of {name} (did you mean {meant}?)")


def test_doctor_counts_an_event_once_although_each_service_has_met_it() -> None:
    invites = [{"a.b": 2}, {"a.b": 1, "c.d": 1}]
    followups = [{"a.b": 2}, {}]
    assert types_line([invites, followups]).endswith("3 of a.b; 1 of c.d")
    assert types_line([[], [{}]]) == "all are known"
    assert types_line([[{f"n{number}": 1 for number in range(9)}]]).endswith(f"and {9 - SHOWN_MAX} names more")
