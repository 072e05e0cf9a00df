"""What `rapport export` makes of records: all of them, in order, and which lie before an erasure."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from rapport.commands.export import incarnation_in, of_topics
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
from shared.runtime.ports.interfaces import Record

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
IGNORED = InviteIgnored(invite_id="i1", contact_id="c1", age_days=60)


def record(topic: str, offset: int, data: EventData, **more: object) -> Record:
    source = "/rapport/invites" if topic == INVITES else "/product"
    key, value, headers = encode(Event(f"e{offset}", "ada", NOW, NOW, data, source, **more))  # type: ignore[arg-type]
    return Record(topic, 0, offset, key, value, headers, int(NOW.timestamp() * 1000))


def test_all_records_are_told_and_those_of_before_an_erasure_as_such() -> None:
    joined = MemberJoined(name="Ada")
    activity = [record(ACTIVITY, 3, joined), record(ACTIVITY, 11, MemberErased()), record(ACTIVITY, 12, joined)]
    said = [
        record(INVITES, 1, IGNORED, number=1, input_offsets={ACTIVITY: 4}),
        record(INVITES, 3, IGNORED, number=2, input_offsets={ACTIVITY: 13}, incarnation=12),
    ]
    told = of_topics({INVITES: said, ACTIVITY: activity, "empty": []}, 12)
    assert list(told) == [ACTIVITY, INVITES]
    assert [one.get("before_erasure", False) for one in told[ACTIVITY]] == [True, True, False]
    assert [one.get("before_erasure", False) for one in told[INVITES]] == [True, False]
    assert told[ACTIVITY][0]["event"]["data"] == {"name": "Ada"}
    assert json.loads(json.dumps(told)) == told
    assert not any("before_erasure" in one for one in of_topics({ACTIVITY: activity}, 0)[ACTIVITY])


def test_what_can_not_be_read_is_told_as_it_stands() -> None:
    broken = Record(ACTIVITY, 0, 5, b"ada", b"{\xff", [("ce_type", b"\xfe")], 0)
    [told] = of_topics({ACTIVITY: [broken]}, 9)[ACTIVITY]
    assert told == {
        "offset": 5,
        "logged": "1970-01-01T00:00:00.000Z",
        "before_erasure": True,
        "headers": {"ce_type": "\ufffd"},
        "value": "{\ufffd",
    }


@pytest.mark.parametrize(
    ("topic", "partition", "offset", "earlier"),
    [(ACTIVITY, 0, 8, True), (ACTIVITY, 0, 9, False), (ACTIVITY, 1, 8, False), (INVITES, 0, 8, False)],
)
def test_a_dead_letter_is_of_before_an_erasure_as_the_record_that_it_names(
    topic: str, partition: int, offset: int, earlier: bool
) -> None:
    key, value, headers = dead_letter(
        service="invites",
        topic=topic,
        partition=partition,
        offset=offset,
        key=b"ada",
        value=b"{",
        reason="broken",
        written=NOW,
    )
    [told] = of_topics({DEAD_LETTERS: [Record(DEAD_LETTERS, 0, 99, key, value, headers, 0)]}, 9)[DEAD_LETTERS]
    assert told.get("before_erasure", False) is earlier


def test_the_last_incarnation_that_any_service_knows_counts() -> None:
    services = {"a": {"notes": None}, "b": {"notes": {"incarnation": 7}}, "c": {"notes": {"recent": ""}}}
    assert incarnation_in({"services": services}) == 7
