"""`rapport rebuild`: throw away what a service has stored; its owners read all of it back from the log.

The log is the truth and the store only follows it, so this loses nothing and says nothing again: events that were said
are read back, never decided anew. The store is fenced first, so an owner in the middle of a step writes nothing between.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rapport.terminal.output import Bar
    from shared.config.settings import Settings
    from shared.decider import Decider
    from shared.runtime.kafka.connection import KafkaAccess
    from shared.runtime.ports.interfaces import Log
    from shared.runtime.processing.partition_task import Options
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
    from rapport.system.endpoints import existing, kafka_access, partitions_of, store_client
    from shared.runtime.processing.partition_task import Options
    from shared.runtime.redis.store import RedisStore

    access = kafka_access(settings)
    partitions = await partitions_of(access, decider.topics[0])
    every = settings.snapshot_every if await existing(access, [decider.snapshots]) else None
    await _check_log_is_covered(access, decider, partitions, Options(snapshot_every=every, keep=settings.keep), bar)
    async with store_client(settings) as client:
        store = RedisStore(client, decider.name)
        for partition in range(partitions):
            await _wipe(store, partition)
            bar.advance(partition + 1, partitions, f"wiping {decider.name}")
    return partitions


async def _check_log_is_covered(
    access: KafkaAccess, decider: Decider[Any, Any], partitions: int, options: Options, bar: Bar
) -> None:
    """Refuse while the old store is the only one that knows what could not be read back."""
    from shared.runtime.kafka.log import KafkaLog

    log = KafkaLog(access, "", decider.topics)
    try:
        await log.start()
        for partition in range(partitions):
            await check_partition(log, decider, partition, options)
            bar.advance(partition + 1, partitions, f"looking at what {decider.name} would read")
    finally:
        await log.stop()


async def check_partition(log: Log, decider: Decider[Any, Any], partition: int, options: Options) -> None:
    """Ask what a recovery of an emptied store would; `Failure` where it would be refused."""
    from rapport.terminal.failure import Failure
    from shared.runtime.ports.interfaces import Refused
    from shared.runtime.recovery.dry_look import refuse_to_empty

    try:
        await refuse_to_empty(log, decider, partition, options)
    except Refused as refusal:
        raise Failure(
            f"partition {partition} of {decider.name} could not be read back: {refusal}. Nothing was thrown away"
        ) from refusal


async def _wipe(store: RedisStore, partition: int) -> None:
    from shared.runtime.ports.interfaces import Changes, Uncertain
    from shared.runtime.processing.invariants import new_fencing_token, next_fencing_token

    for attempt in range(ATTEMPTS_MAX):
        fencing_token = new_fencing_token()
        try:
            await store.acquire(partition, fencing_token, WRITER)
            await store.commit(partition, fencing_token, next_fencing_token(fencing_token), Changes(wipe=True))
            return
        except Uncertain:
            if attempt == ATTEMPTS_MAX - 1:
                raise
