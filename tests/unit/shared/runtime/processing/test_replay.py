"""A request to read a record again: whose it is, what it may name, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from services.invites.decider import DECIDER
from shared.contracts import (
    ACTIVITY,
    FOLLOWUPS,
    INVITES,
    REPLAY,
    Contact,
    Event,
    EventData,
    InviteIgnored,
    InviteSent,
    Parked,
    ReplayRequested,
    replay_request,
)
from shared.contracts.cloudevents import codec
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Message, Record
from shared.runtime.processing.member.member_state import MemberState
from shared.runtime.processing.member.runtime_meta import RuntimeMeta
from shared.runtime.processing.member.shell_events import Unparked
from shared.runtime.processing.partition_task import Options, PartitionTask
from shared.runtime.processing.read_again.replay import GONE, read_again
from shared.runtime.processing.reading import Poison
from shared.runtime.snapshot_model.snapshot_form import FORM, Mark, Position
from shared.runtime.snapshot_model.snapshot_state import Snapshots
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_log import FakeLog

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SENT = InviteSent(invite_id="i1", contact=Contact(id="c1", name="Chris"))
PARKED = Parked(item="invite/i1", rules=DECIDER.rules, reason="too large")


class Bed:
    """A log of one partition, and what an owner makes of requests to read it again."""

    def __init__(self) -> None:
        self.cluster = FakeCluster([ACTIVITY, INVITES, FOLLOWUPS, REPLAY], partitions=2)
        self.owner = cast(
            "PartitionTask[Any, Any]",
            SimpleNamespace(
                decider=DECIDER, partition=0, log=FakeLog(self.cluster, DECIDER.own), options=Options(), snapshots=None
            ),
        )
        self.cursors: Mapping[str, int] = {ACTIVITY: 10, REPLAY: 10, INVITES: 10}

    def put(self, topic: str, data: EventData, **attributes: Any) -> int:
        event = Event("f1", "m1", NOW, NOW, data, source="/rapport/invites", **attributes)
        key, value, headers = codec.encode(event)
        return self.cluster.append_plain(topic, 0, Message(key, value, headers, to_ms(NOW)))

    async def ask(
        self, offset: int, topic: str = ACTIVITY, service: str = "invites", partition: int = 0, at: int = 0
    ) -> Any:
        request = ReplayRequested(service=service, topic=topic, partition=partition, offset=offset)
        key, value, headers = replay_request(request, NOW)
        record = Record(REPLAY, 0, at, key, value, headers, to_ms(NOW))
        return await read_again(self.owner, record, self.cursors, 10)


@pytest.fixture
def bed() -> Bed:
    return Bed()


async def test_what_stands_at_the_place_is_read_as_it_was_written(bed: Bed) -> None:
    event = await bed.ask(bed.put(ACTIVITY, SENT))
    assert isinstance(event, Event)
    assert (event.data, event.time, event.member) == (SENT, NOW, "m1")


async def test_a_request_to_another_service_means_nothing(bed: Bed) -> None:
    assert await bed.ask(bed.put(ACTIVITY, SENT), service="digest") is None


async def test_what_is_not_applied_yet_comes_in_its_turn(bed: Bed) -> None:
    bed.cursors = {**bed.cursors, ACTIVITY: bed.put(ACTIVITY, SENT)}
    assert await bed.ask(bed.cursors[ACTIVITY]) is None


async def test_a_record_that_still_cannot_be_read_is_a_dead_letter_of_the_request(bed: Bed) -> None:
    bed.cluster.append_plain(ACTIVITY, 0, Message(b"m1", b"{", [], 0))
    poison = await bed.ask(0)
    assert isinstance(poison, Poison)
    assert (poison.record.topic, poison.reason, poison.field) == (REPLAY, GONE, "offset")


async def test_a_record_that_was_deleted_is_gone(bed: Bed) -> None:
    offset = bed.put(ACTIVITY, SENT)
    bed.cluster.trim(ACTIVITY, 0, offset + 1)
    assert isinstance(await bed.ask(offset), Poison)


@pytest.mark.parametrize(("at", "gone"), [(4, False), (5, True), (6, True)])
async def test_a_mark_is_about_the_requests_behind_its_place_alone(bed: Bed, at: int, gone: bool) -> None:
    """Who meets one before it reads all of the log. By the newest mark, what was granted once would now be gone."""
    offset = bed.put(ACTIVITY, SENT)
    position = Position({ACTIVITY: 9, REPLAY: 5}, 0, "", 0)
    mark = Mark(FORM, 1, position, needed={ACTIVITY: offset + 1}, asked=6, began_ms=0, identities={})
    bed.owner.snapshots = Snapshots("snapshots", timedelta(1), mark)
    assert isinstance(await bed.ask(offset, at=at), Poison) is gone


@pytest.mark.parametrize(
    ("place", "field"),
    [({"topic": FOLLOWUPS}, "topic"), ({"topic": REPLAY}, "topic"), ({"partition": 1}, "partition")],
)
async def test_a_place_that_is_not_the_services_is_refused_by_its_field(
    bed: Bed, place: Mapping[str, Any], field: str
) -> None:
    poison = await bed.ask(0, **place)
    assert isinstance(poison, Poison)
    assert poison.field == field


async def test_a_request_that_cannot_be_read_is_refused_by_its_field(bed: Bed) -> None:
    headers = [("ce_type", ReplayRequested.TYPE.encode())]
    value = b'{"service": "invites", "topic": "t", "partition": 0, "offset": -1}'
    poison = await read_again(bed.owner, Record(REPLAY, 0, 0, b"k", value, headers, 0), bed.cursors, 10)
    assert isinstance(poison, Poison)
    assert poison.field == "data.offset"
    assert await read_again(bed.owner, Record(REPLAY, 0, 0, b"k", value, [], 0), bed.cursors, 10) is None, (
        "another type"
    )


async def test_an_own_event_is_never_applied_again_but_a_parked_item_is_tried_again(bed: Bed) -> None:
    said = bed.put(INVITES, InviteIgnored(invite_id="i1", contact_id="c1", age_days=90), number=1, input_offsets={})
    parked = bed.put(INVITES, PARKED, number=2, input_offsets={})
    assert await bed.ask(said, INVITES) is None
    unparked = await bed.ask(parked, INVITES)
    assert unparked.data == Unparked(item="invite/i1")


def test_an_item_that_is_parked_no_more_is_looked_at_again() -> None:
    state = MemberState(DECIDER, "m1")
    state.notes = RuntimeMeta(parked={"invite/i1": DECIDER.rules, "invite/i2": DECIDER.rules})
    event = Event("f1", "m1", NOW, NOW, Unparked(item="invite/i1"))
    assert state.apply(event)
    assert state.notes.parked == {"invite/i2": DECIDER.rules}
    assert list(state.pending) == ["invite/i1"]
    assert not state.apply(event), "once"


def test_what_another_service_has_parked_parks_nothing_here() -> None:
    state = MemberState(DECIDER, "m1")
    event = Event("f1", "m1", NOW, NOW, PARKED, source="/rapport/followups", number=7)
    assert not state.apply(event)
    assert state.apply(replace(event, source="/rapport/invites"))
