"""What `rapport doctor` finds out about the services from outside: who is at work, how far behind, what is refused.

A refused partition is one whose store and log contradict each other. The owner looks again every five seconds, and so can
anybody else: the same checks as at a recovery, without writing anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rapport.doctor.parts.check import Check
from rapport.doctor.parts.group_members import members_of
from rapport.doctor.parts.restores import STANDS_SECONDS, UNSEEN, Unmade, is_made_anew, restored, stuck, that_get_on
from shared.contracts import OWN_TOPICS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from shared.config.settings import Settings
    from shared.decider import Decider
    from shared.runtime.kafka.connection import KafkaAccess
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.ports.interfaces import Bounds
    from shared.runtime.processing.partition_task import Options
    from shared.runtime.redis.store import RedisStore

SECONDS_MAX = 20.0
"""For one look at all partitions of a service; what is slept between two looks comes on top."""
AGAIN_SECONDS_MAX = 10.0
"""For another look at those with records to read."""
OWN_RECORDS_MAX = 2_000
"""Events that the store does not know yet, as far as they are looked at: after a crash a few, after a rebuild all."""
REFUSALS_SHOWN_MAX = 3
LATER = "try again in a minute"
WAY_OUT = "docs/operations.md, "
REFUSED = f"{WAY_OUT}a partition is refused"
STANDS = f"`/ready` of its processes says why; {WAY_OUT}lag grows"
UNMADE = f"`/ready` of its processes says why; {REFUSED}"
NOBODY = f"start `rapport run SERVICE`; {WAY_OUT}a partition without an owner"


@dataclass(frozen=True, slots=True)
class _PartitionState:
    """How one partition stands: records that are still to be read, or why it cannot go on."""

    partition: int
    behind: int
    refused: str | None = None
    offsets: Mapping[str, int] = field(default_factory=dict)
    restores: bool = False
    """Whether its owner makes it anew from snapshots."""
    gets_on: bool = False
    """Whether it was seen to get on with that."""
    unmade: Unmade = UNSEEN
    """Of one that is to be made anew."""


async def service_checks(settings: Settings) -> list[Check]:
    """Return one check for each service. Kafka, its topics and the store are there; whatever fails now is said."""
    from rapport.composition import DECIDERS, PROJECTIONS
    from rapport.system.endpoints import kafka_access, store_client
    from shared.runtime.redis.store import RedisStore

    access = kafka_access(settings)
    async with store_client(settings) as client:
        looked_at = list(DECIDERS.values())
        for name, projection in PROJECTIONS.items():
            if await _was_begun(RedisStore(client, name), settings.partitions):  # who has no API needs none
                looked_at.append(projection)
        # At once, as many as there are services: one that sleeps between two looks holds up no other.
        return await asyncio.gather(*(_of(access, RedisStore(client, one.name), one, settings) for one in looked_at))


async def _was_begun(store: RedisStore, partitions: int) -> bool:
    """Say whether a service has ever recovered a partition here. A store that does not answer is told by the check itself."""
    from shared.runtime.ports.interfaces import Uncertain

    try:
        return any([await store.meta(number) for number in range(partitions)])
    except Uncertain:
        return True


async def _of(access: KafkaAccess, store: RedisStore, decider: Decider[Any, Any], settings: Settings) -> Check:
    from aiokafka.errors import KafkaError

    from rapport.system.endpoints import existing
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.kafka_admin.permissions import lacks
    from shared.runtime.ports.interfaces import Uncertain
    from shared.runtime.processing.partition_task import Options

    log = KafkaLog(access, decider.own, decider.reads)
    under_way: Mapping[int, str] = {}
    moving: AbstractSet[int] = frozenset()
    try:
        under_way = await restored(store, settings.partitions)
        moving = await that_get_on(store, under_way)
        async with asyncio.timeout(SECONDS_MAX):
            if closed := [right for right in (await lacks(access, decider)).rights if right.startswith("Read on ")]:
                says = f"not looked at: this principal lacks {', '.join(closed)}"
                return Check(decider.name, ok=True, says=says)
            await log.start()
            every = settings.snapshot_every if await existing(access, [decider.snapshots]) else None
            options = Options(snapshot_every=every, keep=settings.keep)
            states = [
                _PartitionState(number, 0, restores=True, gets_on=True)
                if number in moving
                else await _state_of(log, store, decider, number, options)
                for number in range(settings.partitions)
            ]
            processes = await members_of(access, f"rapport-{decider.name}")
        stand = await _not_moving(log, store, decider, states, options) if processes else []
    except (Uncertain, KafkaError, OSError, TimeoutError) as error:
        return _not_seen(decider, error, under_way, moving)
    finally:
        await log.stop()
    return _verdict(decider, states, processes, stand)


def _not_seen(
    decider: Decider[Any, Any], error: Exception, under_way: Mapping[int, str], moving: AbstractSet[int]
) -> Check:
    """Say why a service cannot be looked at. While it is restored there is much to read, and that is well if it gets on."""
    says = f"cannot be looked at ({str(error) or type(error).__name__})"
    if isinstance(error, TimeoutError) and under_way:
        which = ", ".join(map(str, sorted(moving or under_way)))
        gets_on = " and gets on" if moving else ""
        says = f"partition {which} is being restored from snapshots{gets_on}; not all could be looked at meanwhile"
    return Check(decider.name, ok=bool(moving) and isinstance(error, TimeoutError), says=says, way_out=LATER)


async def _not_moving(
    log: KafkaLog, store: RedisStore, decider: Decider[Any, Any], states: list[_PartitionState], options: Options
) -> list[int]:
    """Return the partitions that have an owner, and after a while stand where they stood.

    With records to read that is at the same cursors; of those to be made anew, that nothing comes of it.
    """
    waiting = [one for one in states if one.behind and not one.refused]
    unmade = {one.partition: one.unmade for one in states if one.restores and not one.gets_on}
    found = await asyncio.gather(
        _unread(log, store, decider, waiting, options), stuck(store, decider, unmade)
    )  # both sleep first
    return sorted([*found[0], *found[1]])


async def _unread(
    log: KafkaLog, store: RedisStore, decider: Decider[Any, Any], waiting: list[_PartitionState], options: Options
) -> list[int]:
    """Return which of the partitions with records to read have the same cursors after a while."""
    if not waiting:
        return []
    await asyncio.sleep(STANDS_SECONDS)
    async with asyncio.timeout(AGAIN_SECONDS_MAX):
        again = [await _state_of(log, store, decider, one.partition, options) for one in waiting]
    return [one.partition for one, now in zip(waiting, again, strict=True) if now.behind and now.offsets == one.offsets]


def _verdict(decider: Decider[Any, Any], states: list[_PartitionState], processes: int, stand: list[int]) -> Check:
    refused = [f"partition {one.partition}: {one.refused}" for one in states if one.refused]
    if refused:
        more = f"; and {len(refused) - REFUSALS_SHOWN_MAX} more" if len(refused) > REFUSALS_SHOWN_MAX else ""
        says = f"{len(refused)} of {len(states)} partitions are refused: "
        return Check(decider.name, False, says + "; ".join(refused[:REFUSALS_SHOWN_MAX]) + more, REFUSED)
    behind = sum(one.behind for one in states)
    says = f"{len(states)} partitions, {behind:,} records to read" if behind else f"{len(states)} partitions, all read"
    if moving := sum(one.gets_on for one in states):
        says += f", {moving} are being restored from snapshots"
    restores = sum(one.restores for one in states)
    if restores > moving:
        says += f", {restores - moving} are made anew from snapshots when their owner comes to it"
    if (behind or restores) and not processes:
        return Check(
            decider.name, ok=False, says=f"nobody is at work: {says}", way_out=NOBODY.replace("SERVICE", decider.name)
        )
    if unmade := [one.partition for one in states if one.restores and one.partition in stand]:
        which = ", ".join(map(str, unmade))
        says += f"; partition {which} does not get on with it, although {processes} at work"
        return Check(decider.name, ok=False, says=says, way_out=UNMADE)
    if stand:
        which = ", ".join(map(str, stand))
        more = f"of partition {which} do not get on, although {processes} at work"
        return Check(decider.name, ok=False, says=f"{says}; those {more}", way_out=STANDS)
    return Check(decider.name, ok=True, says=f"{processes or 'nobody'} at work: {says}")


async def _state_of(
    log: KafkaLog, store: RedisStore, decider: Decider[Any, Any], partition: int, options: Options
) -> _PartitionState:
    """Look as a recovery looks: the store first, so that the log's ends are later than what the store knows of it."""
    from shared.runtime.ports.interfaces import Bounds, Refused
    from shared.runtime.processing.invariants import unsealed
    from shared.runtime.recovery.dry_look import comes_of_snapshots
    from shared.runtime.recovery.recover import cursors, find_checkpoint

    meta = await store.meta(partition)
    try:
        anew, began = is_made_anew(decider, meta), time.monotonic()
        if anew and await comes_of_snapshots(log, decider, partition, meta, options):
            unmade = Unmade(meta.get("head", ""), time.monotonic() - began)
            return _PartitionState(partition, 0, restores=True, unmade=unmade)
        bounds = dict(await log.bounds(decider.topics, partition))
        identities = await log.identity(decider.topics)
        if anew:
            cursors(decider, {}, bounds, identities)
    except Refused as refusal:
        return _PartitionState(partition, 0, str(refusal))
    if not decider.own:
        return await _projection_state(log, decider, partition, meta, bounds, identities)
    own, own_end = bounds[decider.own], int(meta.get("own_end", 0))
    left_out = own.end == unsealed(own_end)  # its owner mends that; until then the last event cannot be read
    if left_out:
        bounds[decider.own] = Bounds(own.begin, own_end)
    try:
        offsets = cursors(decider, meta, bounds, identities)
        if not left_out:
            await find_checkpoint(log, decider.own, partition, meta, own.begin)
            await read_back(log, decider, partition, meta, own, OWN_RECORDS_MAX)
    except Refused as refusal:
        return _PartitionState(partition, 0, str(refusal))
    return _PartitionState(partition, await _behind(log, offsets, partition, bounds), offsets=dict(offsets))


async def _projection_state(
    log: KafkaLog,
    decider: Decider[Any, Any],
    partition: int,
    meta: Mapping[str, str],
    bounds: Mapping[str, Bounds],
    identities: Mapping[str, str],
) -> _PartitionState:
    """Look as its recovery looks: it has nothing to read back."""
    from shared.runtime.ports.interfaces import Refused
    from shared.runtime.recovery.recover import cursors

    try:
        offsets = cursors(decider, meta, bounds, identities)
    except Refused as refusal:
        return _PartitionState(partition, 0, str(refusal))
    return _PartitionState(partition, await _behind(log, offsets, partition, bounds), offsets=dict(offsets))


async def _behind(log: KafkaLog, offsets: Mapping[str, int], partition: int, bounds: Mapping[str, Bounds]) -> int:
    """Return how many records are still to be read."""
    return sum([await _left(log, topic, partition, offset, bounds[topic].end) for topic, offset in offsets.items()])


async def read_back(
    log: KafkaLog,
    decider: Decider[Any, Any],
    partition: int,
    meta: Mapping[str, str],
    own: Bounds,
    records_max: int | None = None,
) -> None:
    """Look at what a recovery would read back, or at the first `records_max` of it.

    Raises `RefusedRecord` for what the service can not have said, unless a person has said to step over it.
    """
    from shared.runtime.processing import invariants
    from shared.runtime.processing.read_again.step_over import RefusedRecord, is_stepped_over
    from shared.runtime.recovery.recover import read_on_from
    from shared.runtime.recovery.restore import own_event

    number, position = (
        int(meta.get("number", 0)),
        read_on_from(meta.get("checkpoint", ""), int(meta.get("own_end", 0)), own),
    )
    left = own.end if records_max is None else records_max
    while position < own.end and left > 0:
        records, position = await log.read(decider.own, partition, position, own.end, min(left, OWN_RECORDS_MAX))
        left -= len(records)
        for record in records:
            if record.fault is None and invariants.is_foreign(decider.own, record.headers):
                continue
            try:
                own_event(record, number)
                number += 1
            except RefusedRecord:
                if not await is_stepped_over(log, decider.name, record):
                    raise


async def _left(log: KafkaLog, topic: str, partition: int, cursor: int, end: int) -> int:
    """Return how many offsets lie before the cursor; 0 where none of them holds a record, but ends of transactions alone."""
    if cursor >= end or not (await log.read(topic, partition, cursor, end, 1))[0]:
        return 0
    return (
        end - cursor - (topic in OWN_TOPICS)
    )  # services write in transactions, each with an end that nobody is handed
