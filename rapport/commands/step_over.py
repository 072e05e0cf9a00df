"""`rapport step-over`: have a service go on behind one record on its own topic that somebody else has put there.

The service refuses the partition, since it can not be sure of that record: it bears the marks of what the service says. A
person can look, and say so. It is looked at as a recovery looks, and only what is refused at this moment can be stepped over.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.decider import Decider
    from shared.runtime.ports.interfaces import Record

VALUE_BYTES_SHOWN_MAX = 200


def step_over(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="invites, followups or digest.")],
    partition: Annotated[int, typer.Argument(metavar="PARTITION", min=0)],
    offset: Annotated[int, typer.Argument(metavar="OFFSET", min=0, help="As the refusal names it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Step over one record on a service's own topic that the service has not said, and of which it can not be sure.

    The record becomes a dead letter, the partition goes on. Refused unless the partition is refused for that very record.
    What the service has said must not be stepped over: it would be decided, and said, again.
    """
    from rapport.composition import DECIDERS
    from rapport.system.endpoints import addresses, settings
    from rapport.system.work import run_against

    if (decider := DECIDERS.get(service)) is None:
        raise typer.BadParameter(f"there is no such service; there are {', '.join(DECIDERS)}", param_hint="SERVICE")
    wanted = settings()
    addresses(wanted)  # nothing is asked about what cannot be reached
    record, reason = run_against(_refused(wanted, decider, partition, offset))
    for line in shown(record):
        print(line, file=sys.stderr)
    print(reason, file=sys.stderr)
    if not yes:
        typer.confirm(f"Has somebody else put it there, and is {service} to step over it?", abort=True, err=True)
    run_against(_request(wanted, decider, record))
    print(
        f"{service} steps over {record.topic}/{partition}/{offset}: a process that runs does within 5 s, others at their"
        " next start. `rapport doctor` says what is refused then.",
        file=sys.stderr,
    )


def shown(record: Record) -> list[str]:
    """Return what a person needs to see of the record, a line each."""
    from rapport.system.dead_letter_reader import plain

    headers = {name: text.decode(errors="backslashreplace") for name, text in record.headers}
    value = (record.value or b"")[:VALUE_BYTES_SHOWN_MAX].decode(errors="backslashreplace")
    rows = {"key": (record.key or b"").decode(errors="backslashreplace"), **headers, "value": value}
    width = max(len(plain(name)) for name in rows)
    return [f"  {plain(name):<{width}}  {plain(text)}" for name, text in rows.items()]


async def _refused(settings: Settings, decider: Decider[Any, Any], partition: int, offset: int) -> tuple[Record, str]:
    """Return the record and why it is refused; `Failure` where it is not."""
    from rapport.doctor.parts.services import read_back
    from rapport.system.endpoints import kafka_access, partitions_of, store_client
    from rapport.terminal.failure import Failure
    from shared.runtime.kafka.log import KafkaLog
    from shared.runtime.processing.read_again.step_over import RefusedRecord
    from shared.runtime.redis.store import RedisStore

    access, where = kafka_access(settings), f"{decider.own}, partition {partition}"
    if partition >= (count := await partitions_of(access, decider.own)):
        raise Failure(f"{decider.own} has {count} partitions, the first is 0")
    log = KafkaLog(access, decider.own, decider.reads)
    async with store_client(settings) as client:
        await log.start()
        try:
            meta = await RedisStore(client, decider.name).meta(partition)
            own = (await log.bounds([decider.own], partition))[decider.own]
            await read_back(log, decider, partition, meta, own)
        except RefusedRecord as refusal:
            if refusal.record.offset == offset:
                return refusal.record, str(refusal)
            raise Failure(f"{where} is refused at offset {refusal.record.offset}, not at {offset}") from None
        finally:
            await log.stop()
    raise Failure(f"{where} is not refused for a record, so nothing is to be stepped over")


async def _request(settings: Settings, decider: Decider[Any, Any], record: Record) -> None:
    from rapport.system.endpoints import kafka_access
    from shared.contracts import REPLAY, step_over_request
    from shared.runtime.kafka.publishing import PublishingBroker
    from shared.runtime.kafka.topic_identity import TopicIdentities
    from shared.runtime.ports.instants import from_ms
    from shared.runtime.processing.read_again.step_over import request_about

    access = kafka_access(settings)
    identities = TopicIdentities(access)
    try:
        await identities.start()
        identity = (await identities.ask([decider.own]))[decider.own]
    finally:
        await identities.stop()
    now = time.time_ns() // 1_000_000
    request = step_over_request(request_about(decider.name, record, identity), from_ms(now))
    async with PublishingBroker(access) as broker:
        await (await broker.append(REPLAY, request, record.partition, now))
