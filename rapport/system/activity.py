"""What the activity topic says of one member, in the order in which it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.system.endpoints import partitions_of
from rapport.system.log_begin import log_begin
from rapport.system.reading import existing_records
from rapport.terminal.failure import Failure
from shared.contracts import ACTIVITY, Event, MemberErased, partition_for
from shared.runtime.processing.reading import read_event

if TYPE_CHECKING:
    from shared.runtime.kafka.connection import KafkaAccess

LATER = (
    "what was told of this member before is not known any more: the activities of their partition begin {since}. So nobody"
    " can say what is new, and nothing is published"
)


async def activity_of(access: KafkaAccess, member: str) -> list[Event]:
    """Read the member's partition to its end and return their events; what nobody can read is passed over."""
    partition, key = partition_for(member, await partitions_of(access, ACTIVITY)), member.encode()
    return [
        event
        async for records in existing_records(access, [ACTIVITY], [partition])
        for record in records
        if record.key == key and isinstance(event := read_event(record), Event)
    ]


async def whole_activity_of(access: KafkaAccess, member: str) -> list[Event]:
    """Return the member's events where they tell all; an erasure among them ends whatever came before.

    `Failure` where the topic begins later: who compares with what is left of it takes what was told before for new.
    """
    events = await activity_of(access, member)
    if any(isinstance(event.data, MemberErased) for event in events):
        return events
    begin = await log_begin(access, [ACTIVITY], partition_for(member, await partitions_of(access, ACTIVITY)))
    if begin.lost:
        raise Failure(LATER.format(since="later" if begin.since is None else f"on {begin.since:%Y-%m-%d}"))
    return events
