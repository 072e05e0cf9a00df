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
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
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
    try:
        return await open_places(owner, now - kept_for(owner))
    except Unstable as stands:
        if stands.topic == DEAD_LETTERS:
            await _seal(owner)
        return None
    except Uncertain:
        return None


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


async def open_places(owner: PartitionTask[Any, Any], since: datetime) -> dict[str, int]:
    """Return by topic the lowest offset of the service's dead letters that are neither ticked off nor read again since.

    Reads all letters since then, of all services, in pages. Raises `Uncertain`.
    """
    found = _Open(owner.decider.name)
    async for record in _since(owner.log, DEAD_LETTERS, owner.partition, since):
        found.take(record)
    if found.places:
        async for record in _since(owner.log, REPLAY, owner.partition, since, before=owner.offsets.get(REPLAY, 0)):
            found.answered(record)
    return found.lowest()


@dataclass(slots=True)
class _Open:
    """What is open of one service's dead letters, as far as both topics were read: `SET_ASIDE_RECORDS_MAX` places."""

    service: str
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By the place's id, its topic and offset."""
    ticked: set[str] = field(default_factory=set)
    """Ids of places that were ticked off: letters may come later, too, of a service that is behind. As many at most."""
    beyond: dict[str, int] = field(default_factory=dict)
    """By topic, the lowest offset of what came when there were so many: nobody looks what becomes of those."""

    def take(self, record: Record) -> None:
        """Take in the next record of the dead letters' topic."""
        if (tick := discarded(record.value, record.headers)) is not None:
            self.places.pop(tick.id, None)
            if len(self.ticked) < SET_ASIDE_RECORDS_MAX:
                self.ticked.add(tick.id)
            return
        letter = _letter(record)
        if letter is None or letter.service != self.service or (place := _place(letter)) in self.ticked:
            return
        if place in self.places or len(self.places) < SET_ASIDE_RECORDS_MAX:
            self.places[place] = letter.topic, letter.offset
        else:
            self.beyond[letter.topic] = min(letter.offset, self.beyond.get(letter.topic, letter.offset))

    def answered(self, record: Record) -> None:
        """Take in the next request that the owner has met: what was asked for in vain stays open."""
        in_vain = f"{record.topic}/{record.partition}/{record.offset}" in self.places
        if in_vain or record.offset >= self.beyond.get(record.topic, record.offset + 1):
            return
        if (request := _request(record)) is not None and request.service == self.service:
            self.places.pop(_place(request), None)

    def lowest(self) -> dict[str, int]:
        """Return by topic the lowest offset that is open."""
        found = dict(self.beyond)
        for topic, offset in self.places.values():
            found[topic] = min(offset, found.get(topic, offset))
        return found


async def _since(
    log: Log, topic: str, partition: int, since: datetime, *, before: int | None = None
) -> AsyncIterator[Record]:
    """Yield what stands on a topic since an instant, below `before`. Raises `Uncertain`."""
    position = await log.first_since(topic, partition, since)
    end = (await log.bounds([topic], partition))[topic].end
    end = end if before is None else min(end, before)
    if (stable := await log.stable(topic, partition)) < end:
        raise Unstable(topic, stable, end)
    while position < end:
        records, position = await log.read(topic, partition, position, end, SNAPSHOT_PAGE_RECORDS_MAX)
        for record in records:
            yield record


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
