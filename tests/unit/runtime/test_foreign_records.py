"""Who reads a service's topic takes nothing for its word that lacks its marks: source, number and place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.composition import CORES
from shared.contracts import ACTIVITY, DIGESTS, FOLLOWUPS, INVITES, Fact, InviteIgnored, InviteSent
from shared.contracts.cloudevents import codec
from shared.contracts.topic_names import OWN_TOPICS
from shared.contracts.topics import topic_plan
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.invariants import is_foreign
from shared.runtime.processing.member_state import source_of
from shared.runtime.processing.reading import FOREIGN, Poison, read_fact
from shared.runtime.processing.unit_of_work import Draft

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
IGNORED = InviteIgnored(invite_id="i", contact_id="c", age_days=90)


def said(topic: str = INVITES, **changed: Any) -> Record:
    told: dict[str, Any] = {"source": "/rapport/invites", "number": 7, "place": {ACTIVITY: 3}} | changed
    key, value, headers = codec.encode(Fact("i/0/7", "ada", NOW, NOW, IGNORED, **told))
    return Record(topic, 0, 9, key, value, headers, 1_793_696_400_000)


def test_what_a_service_says_on_its_topic_is_read() -> None:
    assert isinstance(read_fact(said()), Fact)
    assert isinstance(read_fact(said(place={})), Fact)


@pytest.mark.parametrize(
    "changed", [{"source": "/product"}, {"source": "/rapport/digest"}, {"number": None}, {"place": None}]
)
def test_what_lacks_a_mark_is_foreign(changed: dict[str, Any]) -> None:
    record = said(**changed)
    assert read_fact(record) == Poison(record, FOREIGN)


@pytest.mark.parametrize("topic", [INVITES, FOLLOWUPS, DIGESTS])
def test_a_products_event_on_a_services_topic_is_foreign(topic: str) -> None:
    event = InviteSent.model_validate({"invite_id": "i", "contact": {"id": "c", "name": "C"}})
    key, value, headers = codec.encode(Fact("e", "ada", NOW, NOW, event, "/product"))
    assert read_fact(record := Record(topic, 0, 1, key, value, headers, 0)) == Poison(record, FOREIGN)
    assert isinstance(read_fact(Record(topic, 0, 1, key, value, [], 0)), Poison), "in structured mode, too"
    assert isinstance(read_fact(Record(ACTIVITY, 0, 1, key, value, headers, 0)), Fact), "where it belongs it is read"


def test_every_topic_of_a_service_is_looked_at() -> None:
    assert {topic.name for topic in topic_plan().topics if topic.owner in CORES} == OWN_TOPICS
    for core in CORES.values():
        marks = [("ce_source", source_of(core).encode()), ("ce_number", b"1"), ("ce_place", b"")]
        assert not is_foreign(core.own, marks)
        assert is_foreign(core.own, marks[:2])


@pytest.mark.parametrize("timestamp", [-(2**63), 0, 2**62, 2**63 - 1])
def test_a_dead_letter_carries_the_time_of_writing(timestamp: int) -> None:
    """Retention counts by timestamps: with the record's own, a letter of an old record is deleted at once, another never."""
    draft = Draft(CORES["invites"], 0, {}, 0)
    draft.bury(Record(ACTIVITY, 0, 9, b"ada", b"{", [], timestamp), NOW, "is not JSON", "data")
    assert draft.dead[0].logged_ms == to_ms(NOW)
    assert dict(draft.dead[0].headers)["ce_time"] == b"2026-11-03T09:00:00.000Z"
