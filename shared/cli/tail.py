"""`rapport tail`: follow a topic, one line per event.

It reads what is committed, owns nothing and disturbs nobody. A record that cannot be read is shown as such.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    from shared.runtime.kafka_access import KafkaAccess

POLL_MS = 500
RECORDS_MAX = 2_000
STANDSTILL_SECONDS_MAX = 30.0
"""Longer than the brokers keep a transaction open that its producer has left."""


def tail(
    topic: Annotated[
        str, typer.Argument(help="activity, invites, followups, digests, dead-letters, replay, or a topic's full name.")
    ],
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with the first event that is kept.")] = False,
    exit_at_end: Annotated[bool, typer.Option("--exit-at-end", help="Stop where the topic ends now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one CloudEvent as JSON a line.")] = False,
) -> None:
    """Follow a topic: one line per event, until Ctrl-C.

    Events of one member come in their order; those of different members by the time at which they were appended, as
    far as they are read together.
    """
    from shared.cli.system import kafka_access, run_against, settings

    name = full_name(topic)
    run_against(_follow(kafka_access(settings()), name, from_start, exit_at_end, as_json))


def full_name(topic: str) -> str:
    """Return the topic that a short or full name means; `typer.BadParameter` when there is none."""
    from shared.contracts import TOPICS

    by_name = {name.removeprefix("rapport.").removesuffix(".v1"): name for name in TOPICS} | {n: n for n in TOPICS}
    if topic not in by_name:
        raise typer.BadParameter(
            f"there is no such topic; there are {', '.join(n for n in by_name if n not in TOPICS)}", param_hint="TOPIC"
        )
    return by_name[topic]


async def _follow(access: KafkaAccess, topic: str, from_start: bool, exit_at_end: bool, as_json: bool) -> None:
    from aiokafka import TopicPartition

    from shared.cli.system import partitions_of

    partitions = [TopicPartition(topic, number) for number in range(await partitions_of(access, topic))]
    reader = access.reader(isolation_level="read_committed", auto_offset_reset="earliest")
    try:
        await reader.start()
        reader.assign(partitions)
        ends = await _ends(access, partitions)
        begins = await reader.beginning_offsets(partitions) if from_start else ends
        for at in partitions:
            reader.seek(at, begins[at])
        await _print_records(reader, ends if exit_at_end else None, as_json)
    finally:
        await reader.stop()


async def _ends(access: KafkaAccess, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
    """Ask where the topic ends, commits included that are acknowledged and not visible yet."""
    asking = access.reader()  # a read_committed one is told of the last stable offset, which may lie before them
    try:
        await asking.start()
        ends: Mapping[TopicPartition, int] = await asking.end_offsets(partitions)
    finally:
        await asking.stop()
    return ends


async def _print_records(reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int] | None, as_json: bool) -> None:
    from shared.cli.failure import Failure
    from shared.cli.output import print_json
    from shared.cli.records import as_line, as_object
    from shared.runtime.kafka_log import record_of

    loop = asyncio.get_running_loop()
    left, moved = dict(ends or {}), loop.time()
    while True:
        for at in [at for at, end in left.items() if await reader.position(at) >= end]:
            del left[at]
        if ends is not None and not left:
            return
        found = await reader.getmany(timeout_ms=POLL_MS, max_records=RECORDS_MAX)
        records = [
            record_of(raw) for at, raws in found.items() for raw in raws if ends is None or raw.offset < ends[at]
        ]
        for record in sorted(records, key=lambda record: record.logged_ms):
            if as_json:
                print_json(as_object(record))
            else:
                print(as_line(record), flush=True)
        if records:
            moved = loop.time()
        elif ends is not None and loop.time() - moved > STANDSTILL_SECONDS_MAX:
            raise Failure("the topic's end is not reached: a transaction stays open, or Kafka does not answer")
