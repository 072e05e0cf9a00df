"""`rapport tail`: follow a topic, one line per event.

It reads what is committed, owns nothing and disturbs nobody. A record that cannot be read is shown as such. Long values are
cut for people on a terminal, and whole in a pipe or file.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.runtime.kafka.connection import KafkaAccess


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
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against

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

    from rapport.system.endpoints import partitions_of
    from rapport.system.reading import follow, opened
    from rapport.terminal.output import print_json
    from rapport.terminal.record_lines import as_line, as_object

    parts = [TopicPartition(topic, number) for number in range(await partitions_of(access, topic))]
    async with opened(access, parts, from_start=from_start) as (reader, ends):
        async for records in follow(reader, ends if exit_at_end else None):
            for record in records:
                if as_json:
                    print_json(as_object(record))
                else:
                    print(as_line(record, whole=not sys.stdout.isatty()), flush=True)
