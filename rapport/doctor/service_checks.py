"""What `rapport doctor` finds out about the services from outside: who is at work, how far behind, what is refused.

A refused partition is one whose store and log contradict each other. The owner looks again every five seconds, and so can
anybody else: the same checks as at a recovery, without writing anything.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rapport.doctor.check import Check
from rapport.doctor.group_members import members_of
from shared.contracts import OWN_TOPICS

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.contracts import DeadLetter
    from shared.decider import Decider
    from shared.runtime.kafka.connection import KafkaAccess
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.ports.interfaces import Bounds
    from shared.runtime.processing.partition_task import Options
    from shared.runtime.redis.store import RedisStore

SECONDS_MAX = 30.0
STANDS_SECONDS = 5.0
"""A partition whose cursors do not move for so long, with records before them, does not get on: a step takes milliseconds."""
OWN_RECORDS_MAX = 2_000
"""Events that the store does not know yet, as far as they are looked at: after a crash a few, after a rebuild all."""
REFUSALS_SHOWN_MAX = 3
WAY_OUT = "docs/operations.md, "
REFUSED = f"{WAY_OUT}a partition is refused"
STANDS = f"`/ready` of its processes says why; {WAY_OUT}lag grows"
LETTERS = "rapport dead-letters list"
NAMED_LETTERS = {
    "partition": "on another partition than their key's: their producer has to choose by murmur2 of the key",
    "foreign": "put on a service's own topic by somebody else: products write to rapport.activity.v1",
    "batch": "in batches that nobody can read",
}
"""Classes of dead letters that a producer goes on making until it is set right."""
NOBODY = f"start `rapport run SERVICE`; {WAY_OUT}a partition without an owner"


@dataclass(frozen=True, slots=True)
class _Standing:
    """How one partition stands: records that are still to be read, or why it cannot go on."""

    partition: int
    behind: int
    refused: str | None = None
    offsets: Mapping[str, int] = field(default_factory=dict)
    restores: bool = False
    """Whether its owner makes it anew from snapshots."""


async def service_checks(settings: Settings) -> list[Check]:
    """Return one check for each service. Kafka, its topics and the store are there; whatever fails now is said."""
    from rapport.composition import DECIDERS, PROJECTIONS
    from rapport.system.endpoints import kafka_access, store_client
    from shared.runtime.redis.store import RedisStore

    access = kafka_access(settings)
    async with store_client(settings) as client:
        checks = [await _of(access, RedisStore(client, name), decider, settings) for name, decider in DECIDERS.items()]
        for name, projection in PROJECTIONS.items():
            store = RedisStore(client, name)
            if await _was_begun(store, settings.partitions):  # who has no API needs none
                checks.append(await _of(access, store, projection, settings))
        return checks


async def _was_begun(store: RedisStore, partitions: int) -> bool:
    """Say whether a service has ever recovered a partition here. A store that does not answer is told by the check itself."""
    from shared.runtime.ports.interfaces import Uncertain

    try:
        return any([await store.meta(number) for number in range(partitions)])
    except Uncertain:
        return True


async def dead_letters_check(settings: Settings, last: int | None = None) -> Check:
    """Say how many records were set aside. It is no problem of the system's: producers wrote them, and everything goes on.

    `last`: of dead letters only so many last ones of each partition are counted; None: all.
    """
    from aiokafka.errors import KafkaError

    from rapport.system.dead_letter_reader import read_letters
    from rapport.system.endpoints import kafka_access
    from rapport.terminal.failure import Failure

    name = "dead letters"
    try:
        async with asyncio.timeout(SECONDS_MAX):
            found = await read_letters(kafka_access(settings), last)
    except (Failure, KafkaError, OSError, TimeoutError) as error:
        return Check(name, ok=True, says=f"not looked at ({str(error) or type(error).__name__})")
    return Check(
        name,
        ok=True,
        says=letters_line([letter.letter for letter in found if not letter.replayed and not letter.discarded]),
    )


def letters_line(letters: Sequence[DeadLetter]) -> str:
    """Count records that were set aside; those whose cause goes on until somebody mends a producer are named by it."""
    from shared.runtime.observability import metric_labels

    if not letters:
        return "none"
    places = {
        (one.topic, one.partition, one.offset): metric_labels.of_dead_letter(one.reason, one.field) for one in letters
    }
    kinds = Counter(places.values())
    named = [f"{kinds[kind]:,} {words}" for kind, words in NAMED_LETTERS.items() if kinds[kind]]
    says = f"{len(places):,} {'record' if len(places) == 1 else 'records'}"
    of_them = f", of them {'; '.join(named)}" if named else ""
    return f"{says}{of_them} -> {LETTERS}"


async def _of(access: KafkaAccess, store: RedisStore, decider: Decider[Any, Any], settings: Settings) -> Check:
    from aiokafka.errors import KafkaError

    from rapport.system.endpoints import existing
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.kafka_admin.permissions import lacks
    from shared.runtime.ports.interfaces import Uncertain
    from shared.runtime.processing.partition_task import Options

    log = KafkaLog(access, decider.own, decider.reads)
    try:
        async with asyncio.timeout(SECONDS_MAX):
            if closed := [right for right in (await lacks(access, decider)).rights if right.startswith("Read on ")]:
                says = f"not looked at: this principal lacks {', '.join(closed)}"
                return Check(decider.name, ok=True, says=says)
            await log.start()
            every = settings.snapshot_every if await existing(access, [decider.snapshots]) else None
            options = Options(snapshot_every=every, keep=settings.keep)
            standings = [await _standing(log, store, decider, number, options) for number in range(settings.partitions)]
            processes = await members_of(access, f"rapport-{decider.name}")
            stand = await _standing_still(log, store, decider, standings, options) if processes else []
    except (Uncertain, KafkaError, OSError, TimeoutError) as error:
        says = f"cannot be looked at ({str(error) or type(error).__name__})"
        return Check(decider.name, ok=False, says=says, way_out="try again in a minute")
    finally:
        await log.stop()
    return _verdict(decider, standings, processes, stand)


async def _standing_still(
    log: KafkaLog, store: RedisStore, decider: Decider[Any, Any], standings: list[_Standing], options: Options
) -> list[int]:
    """Return the partitions that have records to read, an owner, and after a while the same cursors as before."""
    waiting = [one for one in standings if one.behind and not one.refused]
    if waiting:
        await asyncio.sleep(STANDS_SECONDS)
    again = [await _standing(log, store, decider, one.partition, options) for one in waiting]
    return [one.partition for one, now in zip(waiting, again, strict=True) if now.behind and now.offsets == one.offsets]


def _verdict(decider: Decider[Any, Any], standings: list[_Standing], processes: int, stand: list[int]) -> Check:
    refused = [f"partition {one.partition}: {one.refused}" for one in standings if one.refused]
    if refused:
        more = f"; and {len(refused) - REFUSALS_SHOWN_MAX} more" if len(refused) > REFUSALS_SHOWN_MAX else ""
        says = f"{len(refused)} of {len(standings)} partitions are refused: "
        return Check(decider.name, False, says + "; ".join(refused[:REFUSALS_SHOWN_MAX]) + more, REFUSED)
    behind = sum(one.behind for one in standings)
    says = (
        f"{len(standings)} partitions, {behind:,} records to read"
        if behind
        else f"{len(standings)} partitions, all read"
    )
    if restores := sum(one.restores for one in standings):
        says += f", {restores} are made anew from snapshots when their owner comes to it"
    if (behind or restores) and not processes:
        return Check(
            decider.name, ok=False, says=f"nobody is at work: {says}", way_out=NOBODY.replace("SERVICE", decider.name)
        )
    if stand:
        which = ", ".join(map(str, stand))
        more = f"of partition {which} do not get on, although {processes} at work"
        return Check(decider.name, ok=False, says=f"{says}; those {more}", way_out=STANDS)
    return Check(decider.name, ok=True, says=f"{processes or 'nobody'} at work: {says}")


async def _standing(
    log: KafkaLog, store: RedisStore, decider: Decider[Any, Any], partition: int, options: Options
) -> _Standing:
    """Look as a recovery looks: the store first, so that the log's ends are later than what the store knows of it."""
    from shared.runtime.ports.interfaces import Bounds, Refused
    from shared.runtime.processing.invariants import unsealed
    from shared.runtime.recovery.dry_look import comes_of_snapshots
    from shared.runtime.recovery.recover import cursors, find_checkpoint

    meta = await store.meta(partition)
    try:
        if not meta.get("version") and await comes_of_snapshots(log, decider, partition, meta, options):
            return _Standing(partition, 0, restores=True)
    except Refused as refusal:
        return _Standing(partition, 0, str(refusal))
    bounds = dict(await log.bounds(decider.topics, partition))
    identities = await log.identity(decider.topics)
    if not decider.own:
        return await _standing_of_projection(log, decider, partition, meta, bounds, identities)
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
        return _Standing(partition, 0, str(refusal))
    return _Standing(partition, await _behind(log, offsets, partition, bounds), offsets=dict(offsets))


async def _standing_of_projection(
    log: KafkaLog,
    decider: Decider[Any, Any],
    partition: int,
    meta: Mapping[str, str],
    bounds: Mapping[str, Bounds],
    identities: Mapping[str, str],
) -> _Standing:
    """Look as its recovery looks: it has nothing to read back."""
    from shared.runtime.ports.interfaces import Refused
    from shared.runtime.recovery.recover import cursors

    try:
        offsets = cursors(decider, meta, bounds, identities)
    except Refused as refusal:
        return _Standing(partition, 0, str(refusal))
    return _Standing(partition, await _behind(log, offsets, partition, bounds), offsets=dict(offsets))


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
    from shared.runtime.processing.step_over import RefusedRecord, is_stepped_over
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
