"""Records that an operator wants to be read again, after a mend: what stands at their place is applied now.

The request has a place in the log, as every input has, so whoever reads back finds the same. What the record says counts
as it did when it was written: it has its own time. A request for a parked item lets the rules try the item again. What
can not be done becomes a dead letter of the request itself, with the reason.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from shared.contracts import REPLAY, Event, Parked, ReplayRequested, Unreadable, replay_requested, step_over_requested
from shared.decider import Decider
from shared.runtime.ports.interfaces import Offsets, Record
from shared.runtime.processing import invariants
from shared.runtime.processing.member.shell_events import Unparked
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.processing.reading import Poison, read_event

GONE = "no event that can be read stands there"
"""One reason for all: a dead letter has the same bytes whenever it is said."""


async def read_again(
    owner: PartitionTask[Any, Any], record: Record, cursors: Offsets, own_end: int
) -> Event | Poison | None:
    """Return what a request means to this owner's service: what stands at the place that it names.

    `cursors` and `own_end`: how far the inputs and the own topic are applied. What lies beyond is read in its turn, so there
    a request means nothing; that makes what is known depend on the places alone, and not on when the request was met.
    """
    request = request_of(owner.decider, record)
    if not isinstance(request, ReplayRequested):
        return request
    if request.offset >= (own_end if request.topic == owner.decider.own else cursors[request.topic]):
        return None
    if owner.snapshots is not None and invariants.is_needless(
        owner.snapshots.needed_where(record.offset), request.topic, request.offset
    ):
        return Poison(record, GONE, "offset")
    bounds = (await owner.log.bounds([request.topic], owner.partition))[request.topic]
    if request.offset < bounds.begin:
        return Poison(record, GONE, "offset")
    found, _ = await owner.log.read(request.topic, owner.partition, request.offset, request.offset + 1, 1)
    if owner.snapshots is not None:
        owner.snapshots.granted(request.topic, request.offset)
    return original_of(owner.decider, record, found[0] if found else None, owner.options.partitions)


def request_of(decider: Decider[Any, Any], record: Record) -> ReplayRequested | Poison | None:
    """Return the request to this service, None for another one's, or what is wrong with it."""
    if record.fault is not None:
        return Poison(record, record.fault)
    try:
        step_over_requested(
            record.value, record.headers
        )  # asked for where it counts; what can not be read is said here
        request = replay_requested(record.value, record.headers)
    except Unreadable as error:
        return Poison(record, error.reason, error.field)
    if request is None or request.service != decider.name:
        return None
    if request.partition != record.partition:
        return Poison(record, "is not the partition on which the request stands", "partition")
    if request.topic == REPLAY or request.topic not in {*decider.reads, decider.own}:
        return Poison(record, "is no topic that this service reads", "topic")
    return request


def original_of(
    decider: Decider[Any, Any], request: Record, found: Record | None, partitions: int | None = None
) -> Event | Poison | None:
    """Return the event that the named record holds; of a parked item, that it is parked no more."""
    event = None if found is None else read_event(found, None, partitions)
    if found is None or isinstance(event, Poison):
        return Poison(request, GONE, "offset")
    if event is None:
        return None
    if found.topic != decider.own:
        return replace(event, replayed=True)
    # An own event says what was said, once; only that an item is parked can be taken back.
    return replace(event, data=Unparked(item=event.data.item)) if isinstance(event.data, Parked) else None
