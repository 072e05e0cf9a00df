"""`rapport rebuild`: throw away what a service has stored; its owners read all of it back from the log.

The log is the truth and the store only follows it, so this loses nothing and says nothing again: events that were said
are read back, never decided anew. The store is fenced first, so an owner in the middle of a step writes nothing between.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rapport.terminal.output import Bar
    from shared.config.settings import Settings
    from shared.decider import Decider
    from shared.runtime.kafka.connection import KafkaAccess
    from shared.runtime.redis.store import RedisStore

ATTEMPTS_MAX = 20
"""A running owner recovers again in the middle of a wipe: then it is begun anew."""
WRITER = "rebuild"


def rebuild(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="invites, followups, digest or projection.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make a service forget its store and read all of it back from Kafka.

    Nothing that was said is said again. Services that run notice within a second and read back; others do at their
    next start. Refused when a topic has lost its beginning and no snapshots cover that, as it could not be read back.
    """
    from rapport.composition import SERVICES
    from rapport.system.endpoints import addresses, settings
    from rapport.system.work import run_against
    from rapport.terminal.output import late_bar

    if (decider := SERVICES.get(service)) is None:
        raise typer.BadParameter(f"there is no such service; there are {', '.join(SERVICES)}", param_hint="SERVICE")
    wanted = settings()
    addresses(wanted)  # nothing is asked about what cannot be reached
    if not yes:
        try:
            typer.confirm(f"Throw away what {service} has stored, and read it back from Kafka?", abort=True, err=True)
        finally:
            if sys.stdin is None or not sys.stdin.isatty():  # an answer that nobody typed ends no line
                print(file=sys.stderr)
    with late_bar(f"wiping {service}") as bar:
        count = run_against(_rebuild(wanted, decider, bar))
    print(
        f"{service}: the store of {count} partitions is empty. Running services read it back from the log now, others at"
        " their next start. Nothing that was said is said again.",
        file=sys.stderr,
    )


async def _rebuild(settings: Settings, decider: Decider[Any, Any], bar: Bar) -> int:
    from rapport.system.endpoints import kafka_access, partitions_of, store_client
    from shared.runtime.redis.store import RedisStore

    access = kafka_access(settings)
    partitions = await partitions_of(access, decider.topics[0])
    await _check_log_is_covered(access, decider, partitions, snapshots=settings.snapshot_every is not None)
    async with store_client(settings) as client:
        store = RedisStore(client, decider.name)
        for partition in range(partitions):
            await _wipe(store, partition)
            bar.advance(partition + 1, partitions)
    return partitions


async def _check_log_is_covered(
    access: KafkaAccess, decider: Decider[Any, Any], partitions: int, *, snapshots: bool
) -> None:
    """Refuse while the old store still is the only one that knows what the log has lost."""
    from aiokafka import TopicPartition

    from rapport.terminal.failure import Failure

    reader = access.reader()
    try:
        await reader.start()
        asked = [TopicPartition(topic, number) for topic in decider.topics for number in range(partitions)]
        begins = await reader.beginning_offsets(asked)
    finally:
        await reader.stop()
    lost = {at: begin for at, begin in begins.items() if begin > 0}
    covered = await _covered(access, decider, {at.partition for at in lost}) if lost and snapshots else {}
    for at, begin in lost.items():
        if begin > covered.get(at.partition, {}).get(at.topic, 0):
            raise Failure(
                f"{at.topic}, partition {at.partition}, begins at {begin}: what stood before is gone from the log and could"
                " not be read back. Nothing was thrown away"
            )


async def _covered(
    access: KafkaAccess, decider: Decider[Any, Any], partitions: Collection[int]
) -> Mapping[int, Mapping[str, int]]:
    """Return by partition from which place on snapshots need the log."""
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.snapshots.newest_mark import newest_mark_of_another

    log = KafkaLog(access, "", decider.topics)
    try:
        await log.start()
        marks = {number: await newest_mark_of_another(log, decider.snapshots, number) for number in partitions}
    finally:
        await log.stop()
    return {number: mark.place.offsets for number, mark in marks.items() if mark.place is not None}


async def _wipe(store: RedisStore, partition: int) -> None:
    from shared.runtime.ports.interfaces import Changes, Uncertain
    from shared.runtime.processing.invariants import new_head, next_head

    for attempt in range(ATTEMPTS_MAX):
        head = new_head()
        try:
            await store.acquire(partition, head, WRITER)
            await store.commit(partition, head, next_head(head), Changes(wipe=True))
            return
        except Uncertain:
            if attempt == ATTEMPTS_MAX - 1:
                raise
