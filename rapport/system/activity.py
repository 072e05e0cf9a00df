"""What the activity topic says of one member, in the order in which it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapport.system.endpoints import partitions_of
from rapport.system.reading import standing
from shared.contracts import ACTIVITY, Event, partition_for
from shared.runtime.processing.reading import read_event

if TYPE_CHECKING:
    from shared.runtime.kafka.connection import KafkaAccess


async def activity_of(access: KafkaAccess, member: str) -> list[Event]:
    """Read the member's partition to its end and return their events; what nobody can read is passed over."""
    partition, key = partition_for(member, await partitions_of(access, ACTIVITY)), member.encode()
    return [
        event
        async for records in standing(access, [ACTIVITY], [partition])
        for record in records
        if record.key == key and isinstance(event := read_event(record), Event)
    ]
