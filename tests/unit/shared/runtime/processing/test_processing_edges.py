"""The edges of what a step asks: the very same place, the other partition, one type more, and what is somebody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from services.invites.decider import DECIDER as INVITES
from shared.contracts import ACTIVITY, Event, EventData, MemberErased, MemberJoined, Parked
from shared.contracts.cloudevents import codec
from shared.contracts.operators.step_over import step_over_request
from shared.contracts.partition import partition_of_key
from shared.contracts.topic_names import REPLAY
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing import invariants
from shared.runtime.processing.member.shell_events import applied_by
from shared.runtime.processing.read_again.step_over import asked_for, request_about
from shared.runtime.processing.reading import Poison, read_event

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARTITIONS = 12
REACH = {ACTIVITY: 8, INVITES.own: 3}


def joined(partition: int) -> Record:
    key, value, headers = codec.encode(Event("e1", "ada", NOW, NOW, MemberJoined(name="Ada"), source="/test"))
    return Record(ACTIVITY, partition, 0, key, value, headers, 0)


@pytest.mark.parametrize(
    ("number", "activity", "own_end", "behind"),
    [(2, 8, 3, False), (2, 9, 4, False), (1, 8, 3, True), (2, 7, 3, True), (2, 8, 2, True)],
)
def test_a_store_that_stands_where_the_snapshots_begin_is_not_behind(
    number: int, activity: int, own_end: int, behind: bool
) -> None:
    meta = {"number": str(number), f"off:{ACTIVITY}": str(activity), "own_end": str(own_end)}
    assert invariants.is_behind(meta, INVITES.own, REACH, 2) is behind


def test_a_record_is_read_where_its_key_belongs_and_nowhere_else() -> None:
    right = partition_of_key(b"ada", PARTITIONS)
    read = read_event(joined(right), partitions=PARTITIONS)
    assert isinstance(read, Event)
    found = read_event(joined((right + 1) % PARTITIONS), partitions=PARTITIONS)
    assert isinstance(found, Poison)
    assert found.field == "key"
    assert f" {right}, not on {(right + 1) % PARTITIONS}: " in found.reason


def test_what_the_shell_itself_needs_is_read_whatever_a_decider_applies() -> None:
    shell: frozenset[type[EventData]] = frozenset({MemberErased, MemberJoined, Parked})
    assert applied_by(replace(INVITES, applies=frozenset())) == shell
    assert applied_by(replace(INVITES, applies=None)) is None


def test_a_request_on_another_partition_than_it_names_is_none() -> None:
    request = request_about("invites", joined(3), "topic-id")
    key, value, headers = step_over_request(request, NOW)
    record = Record(REPLAY, 3, 0, key, value, headers, 0)
    assert asked_for([record]) == [request]
    assert asked_for([msgspec.structs.replace(record, partition=4)]) == []
    assert asked_for([msgspec.structs.replace(record, fault="no batch"), joined(3)]) == []
