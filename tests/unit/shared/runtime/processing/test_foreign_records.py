"""Who reads a service's topic takes nothing for its word that lacks its marks: source, number and place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.composition import DECIDERS
from shared.contracts import ACTIVITY, DIGESTS, FOLLOWUPS, INVITES, Event, InviteIgnored, InviteSent
from shared.contracts.cloudevents import codec
from shared.contracts.topic_names import OWN_TOPICS
from shared.contracts.topics import topic_plan
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.invariants import is_foreign
from shared.runtime.processing.member.shell_events import source_of
from shared.runtime.processing.reading import FOREIGN, Poison, read_event
from shared.runtime.processing.unit_of_work import UnitOfWork

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
IGNORED = InviteIgnored(invite_id="i", contact_id="c", age_days=90)


def said(topic: str = INVITES, **changed: Any) -> Record:
    told: dict[str, Any] = {"source": "/rapport/invites", "number": 7, "input_offsets": {ACTIVITY: 3}} | changed
    key, value, headers = codec.encode(Event("i/0/7", "ada", NOW, NOW, IGNORED, **told))
    return Record(topic, 0, 9, key, value, headers, 1_793_696_400_000)


def test_what_a_service_says_on_its_topic_is_read() -> None:
    assert isinstance(read_event(said()), Event)
    assert isinstance(read_event(said(input_offsets={})), Event)


@pytest.mark.parametrize(
    "changed", [{"source": "/product"}, {"source": "/rapport/digest"}, {"number": None}, {"input_offsets": None}]
)
def test_what_lacks_a_mark_is_foreign(changed: dict[str, Any]) -> None:
    record = said(**changed)
    assert read_event(record) == Poison(record, FOREIGN)


@pytest.mark.parametrize("topic", [INVITES, FOLLOWUPS, DIGESTS])
def test_a_products_event_on_a_services_topic_is_foreign(topic: str) -> None:
    event = InviteSent.model_validate({"invite_id": "i", "contact": {"id": "c", "name": "C"}})
    key, value, headers = codec.encode(Event("e", "ada", NOW, NOW, event, "/product"))
    assert read_event(record := Record(topic, 0, 1, key, value, headers, 0)) == Poison(record, FOREIGN)
    assert isinstance(read_event(Record(topic, 0, 1, key, value, [], 0)), Poison), "in structured mode, too"
    assert isinstance(read_event(Record(ACTIVITY, 0, 1, key, value, headers, 0)), Event), "where it belongs it is read"


def test_every_topic_of_a_service_is_looked_at() -> None:
    assert {topic.name for topic in topic_plan().topics if topic.owner in DECIDERS} == OWN_TOPICS
    for decider in DECIDERS.values():
        marks = [("ce_source", source_of(decider).encode()), ("ce_sequence", b"1"), ("ce_inputoffsets", b"")]
        assert not is_foreign(decider.own, marks)
        assert is_foreign(decider.own, marks[:2])


@pytest.mark.parametrize("timestamp", [-(2**63), 0, 2**62, 2**63 - 1])
def test_a_dead_letter_carries_the_time_of_writing(timestamp: int) -> None:
    """Retention counts by timestamps: with the record's own, a letter of an old record is deleted at once, another never."""
    work = UnitOfWork(DECIDERS["invites"], 0, {}, 0)
    work.bury(Record(ACTIVITY, 0, 9, b"ada", b"{", [], timestamp), NOW, "is not JSON", "data")
    assert work.dead[0].logged_ms == to_ms(NOW)
    assert dict(work.dead[0].headers)["ce_time"] == b"2026-11-03T09:00:00.000Z"
