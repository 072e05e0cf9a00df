"""What `rapport erased` finds of before an erasure: in stores, in snapshots and in topics, each with how long it stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.commands.erased import COMPACTED, KEPT, LAST_RECORD, LEFT_BEHIND, Left, in_snapshots, in_stores, in_topics
from shared.contracts import (
    ACTIVITY,
    DEAD_LETTERS,
    INVITES,
    Event,
    EventData,
    InviteIgnored,
    MemberErased,
    MemberJoined,
    encode,
)
from shared.contracts.cloudevents.dead_letters import dead_letter
from shared.contracts.topic_names import INVITES_SNAPSHOTS
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from shared.runtime.snapshot_model.snapshot_form import FORM, Part, Position, messages_of, tombstones

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEGINS = 12
IGNORED = InviteIgnored(invite_id="i1", contact_id="c1", age_days=60)


def record(topic: str, offset: int, data: EventData, **more: Any) -> Record:
    source = "/rapport/invites" if topic == INVITES else "/product"
    key, value, headers = encode(Event(f"e{offset}", "ada", NOW, NOW, data, source, **more))
    return Record(topic, 0, offset, key, value, headers, to_ms(NOW))


def snapshot(first: int, incarnation: int) -> list[Record]:
    part = Part(FORM, "ada", f"{first}", 0, 0, 1, "", Position({}, 0, "", 0), b"", incarnation)
    messages = messages_of(part, {"": b"what is known"}, 0)
    return [
        Record(INVITES_SNAPSHOTS, 0, offset, one.key, one.value, (), 0) for offset, one in enumerate(messages, first)
    ]


def test_a_store_that_has_not_read_the_erasure_is_named() -> None:
    services = {
        "invites": {"known": True, "items": {"invite/a": {}}, "notes": None},
        "followups": {"known": False, "items": {}, "notes": {"incarnation": BEGINS}},
        "digest": {"known": True, "items": {"digest": {}}, "notes": {"incarnation": BEGINS}},
    }
    assert in_stores({"services": services}, BEGINS) == [
        Left("store of invites", 1, "until the service has read the erasure")
    ]


def test_parts_of_before_are_named_until_they_are_written_over_and_compacted() -> None:
    older, newer = snapshot(3, 0), snapshot(7, BEGINS)
    assert in_snapshots({INVITES_SNAPSHOTS: older}, BEGINS) == [
        Left(INVITES_SNAPSHOTS, 1, "until the service's next snapshot")
    ]
    assert in_snapshots({INVITES_SNAPSHOTS: older}, BEGINS, written=False) == [Left(INVITES_SNAPSHOTS, 1, LEFT_BEHIND)]
    assert in_snapshots({INVITES_SNAPSHOTS: [*older, *newer]}, BEGINS) == [Left(INVITES_SNAPSHOTS, 1, COMPACTED)]
    taken = [Record(INVITES_SNAPSHOTS, 0, 9, one.key, None, (), 0) for one in tombstones("ada", 0, 0)[:1]]
    assert in_snapshots({INVITES_SNAPSHOTS: [*older, *taken]}, BEGINS) == [Left(INVITES_SNAPSHOTS, 1, COMPACTED)]
    assert in_snapshots({INVITES_SNAPSHOTS: newer}, BEGINS) == []


def test_records_of_before_are_counted_by_topic_with_the_day_on_which_they_may_go() -> None:
    joined = MemberJoined(name="Ada")
    key, value, headers = dead_letter(
        service="invites", topic=ACTIVITY, partition=0, offset=8, key=b"ada", value=b"{", reason="broken", written=NOW
    )
    records = {
        ACTIVITY: [record(ACTIVITY, 3, joined), record(ACTIVITY, 11, MemberErased()), record(ACTIVITY, 12, joined)],
        INVITES: [
            record(INVITES, 1, IGNORED, number=1, input_offsets={ACTIVITY: 4}),
            record(INVITES, 3, IGNORED, number=2, input_offsets={ACTIVITY: 13}, incarnation=BEGINS),
        ],
        DEAD_LETTERS: [Record(DEAD_LETTERS, 0, 9, key, value, headers, to_ms(NOW))],
    }
    until = "until 2026-04-01, or until every service has covered it by a snapshot after that"
    assert in_topics(records, BEGINS, timedelta(days=30)) == [
        Left(ACTIVITY, 1, until),
        Left(DEAD_LETTERS, 1, "until 2026-03-16 (Kafka's own retention)"),
        Left(INVITES, 1, until + LAST_RECORD),
    ]
    assert [one.until for one in in_topics({ACTIVITY: records[ACTIVITY]}, BEGINS, None)] == [KEPT]
    assert in_topics({ACTIVITY: records[ACTIVITY][1:]}, BEGINS, None) == [], (
        "that somebody was erased says no word of theirs"
    )
