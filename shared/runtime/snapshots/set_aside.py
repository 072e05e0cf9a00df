"""Which records a service has set aside and somebody may still want to be read again: they stay in the log for a while.

A dead letter names its record by its place, and a parked item's event stands on the own topic. Once a mark says that nobody
needs what stands there, a request to read it again comes too late. So each round looks at what is open: of dead letters, the
lowest place by topic of those that nobody has asked to be read again and nobody has ticked off; of parked items, how far
back their events may stand. Both count for `SET_ASIDE_KEPT` and no longer: so long dead letters are kept themselves.

A request ends what it is about only where the owner has met it, and has not set the request itself aside: who meets one
behind a mark reads what the mark has left, and what could not be read even so is asked for again after the next mend.

What can not be told at the moment holds everything where it is until the next round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from shared.contracts import DEAD_LETTERS, REPLAY, DeadLetter, ReplayRequested, Unreadable, discarded, replay_requested
from shared.runtime.ports.interfaces import Log, Record, Uncertain, Unstable
from shared.runtime.ports.limits import SET_ASIDE_DAYS, SET_ASIDE_RECORDS_MAX, SNAPSHOT_PAGE_RECORDS_MAX
from shared.runtime.processing.partition_task import PartitionTask

SET_ASIDE_KEPT: Final = timedelta(days=SET_ASIDE_DAYS)


async def held_by_letters(owner: PartitionTask[Any, Any], now: datetime) -> Mapping[str, int] | None:
    """Return by topic the lowest offset that an open dead letter of this service names; None where nobody can tell now.

    Raises `Uncertain` where the writer is of no use any more.
    """
    since = now - kept_for(owner)
    try:
        letters = await _since(owner.log, DEAD_LETTERS, owner.partition, since)
        answered = owner.offsets.get(REPLAY, 0)
        asked = await _since(owner.log, REPLAY, owner.partition, since, before=answered) if letters else []
    except Unstable as stands:
        if stands.topic == DEAD_LETTERS:
            await _seal(owner)
        return None
    except Uncertain:
        return None
    return open_places(owner.decider.name, letters, asked)


async def _seal(owner: PartitionTask[Any, Any]) -> None:
    """End what of this service stands open on the dead letters' topic: Kafka leaves out control records at times.

    Where it is another service's, under way or left like that, this changes nothing, and that one's owner sees to it.
    """
    writer = owner.writer
    assert writer is not None, "a recovery makes the writer"
    try:
        await writer.seal(DEAD_LETTERS)
    except (Exception, asyncio.CancelledError):
        await writer.abandon()
        raise


async def parked_since(owner: PartitionTask[Any, Any], now: datetime) -> int:
    """Return the offset on the own topic behind which a parked item's event may still be asked for."""
    return await owner.log.first_since(owner.decider.own, owner.partition, now - kept_for(owner))


def kept_for(owner: PartitionTask[Any, Any]) -> timedelta:
    """Return for how long: what is older than the retention goes in any case."""
    return min(SET_ASIDE_KEPT, owner.options.keep or SET_ASIDE_KEPT)


def open_places(service: str, letters: Sequence[Record], requests: Sequence[Record]) -> dict[str, int]:
    """Return by topic the lowest offset of the service's dead letters that are neither ticked off nor asked for again."""
    ticked = {tick.id for one in letters if (tick := discarded(one.value, one.headers)) is not None}
    named = [one for one in map(_letter, letters) if one is not None and one.service == service]
    is_open = {place: one for one in named if (place := _place(one)) not in ticked}
    for record in requests:
        if f"{record.topic}/{record.partition}/{record.offset}" in is_open:
            continue  # asked for in vain: the letter about the request says why
        if (request := _request(record)) is not None and request.service == service:
            is_open.pop(_place(request), None)
    places: dict[str, int] = {}
    for one in is_open.values():
        places[one.topic] = min(one.offset, places.get(one.topic, one.offset))
    return places


async def _since(log: Log, topic: str, partition: int, since: datetime, *, before: int | None = None) -> list[Record]:
    """Return what stands on a topic since an instant, below `before`; the first `SET_ASIDE_RECORDS_MAX` of it.

    Raises `Uncertain`.
    """
    position = await log.first_since(topic, partition, since)
    end = (await log.bounds([topic], partition))[topic].end
    end = end if before is None else min(end, before)
    if (stable := await log.stable(topic, partition)) < end:
        raise Unstable(topic, stable, end)
    found: list[Record] = []
    while position < end and len(found) < SET_ASIDE_RECORDS_MAX:
        records, position = await log.read(topic, partition, position, end, SNAPSHOT_PAGE_RECORDS_MAX)
        found += records
    return found


def _place(one: DeadLetter | ReplayRequested) -> str:
    return f"{one.topic}/{one.partition}/{one.offset}"


def _request(record: Record) -> ReplayRequested | None:
    try:
        return replay_requested(record.value, record.headers)
    except Unreadable:
        return None


def _letter(record: Record) -> DeadLetter | None:
    try:
        return DeadLetter.model_validate_json(record.value or b"")
    except ValidationError:
        return None
