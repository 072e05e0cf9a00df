"""The newest mark of a service's snapshots, found from the end of their topic."""

from __future__ import annotations

from shared.runtime.ports.interfaces import Bounds, Log
from shared.runtime.ports.limits import SNAPSHOT_PAGE_RECORDS_MAX, SNAPSHOT_TAIL_RECORDS
from shared.runtime.processing import invariants
from shared.runtime.snapshot_model.snapshot_form import MARK_KEY, NOTHING_COVERED, Mark, mark_in


async def newest_mark(log: Log, topic: str, partition: int, bounds: Bounds, identity: str) -> Mark:
    """Return the newest mark on the topic. Every dose ends with one, so it stands near the end. Raises `Refused`.

    One that was written for another topic of that name covers nothing: the snapshots it tells of stood there.
    """
    mark = await _last_mark(log, topic, partition, bounds)
    return mark if invariants.is_for_topic(mark.identities, topic, identity) else NOTHING_COVERED


async def _last_mark(log: Log, topic: str, partition: int, bounds: Bounds) -> Mark:
    records_max = SNAPSHOT_TAIL_RECORDS
    while True:
        position = start = max(bounds.begin, bounds.end - records_max)
        found: Mark | None = None
        while position < bounds.end:
            records, position = await log.read(topic, partition, position, bounds.end, SNAPSHOT_PAGE_RECORDS_MAX)
            for record in records:
                if record.key == MARK_KEY:
                    found = mark_in(record)
        if found is not None or start == bounds.begin:
            return found or NOTHING_COVERED
        records_max *= 4


async def newest_mark_of_another(log: Log, topic: str, partition: int) -> Mark:
    """Return the newest mark that stands for sure: what its writer has under way is not waited for. Raises `Refused`."""
    bounds = (await log.bounds([topic], partition))[topic]
    mark = await _last_mark(log, topic, partition, Bounds(bounds.begin, await log.stable(topic, partition)))
    identity = (await log.identity([topic]))[topic]  # asked last: a topic that was made anew meanwhile has another one
    return mark if invariants.is_for_topic(mark.identities, topic, identity) else NOTHING_COVERED
