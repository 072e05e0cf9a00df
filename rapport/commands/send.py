"""`rapport send`: events as JSON lines become records of the activity topic.

A line that is no valid event is refused with its number and, for all that is wrong with it, the field and the reason.
Nothing of it is published; its neighbours are. A name that nobody knows, or a time that lies far ahead, is told.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rapport.terminal.output import Bar
    from shared.runtime.kafka.connection import KafkaAccess


def send(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A file of JSON lines, or - for stdin.")],
) -> None:
    """Publish events: CloudEvents as JSON, one a line.

    Only events of the activity topic can be sent: the other topics belong to their services. Exits with 1 when a line
    was refused. Sending the same events again changes nothing.
    """
    from rapport.system.endpoints import kafka_access, settings
    from rapport.system.work import run_against
    from rapport.terminal.lines import require_input
    from rapport.terminal.output import late_bar

    require_input(file)
    access = kafka_access(settings())
    with late_bar("sending") as bar:
        sent, refused = run_against(_send(file, access, bar))
    print(f"{sent} sent, {refused} refused", file=sys.stderr)
    if refused:
        raise typer.Exit(1)


async def _send(file: str, access: KafkaAccess, bar: Bar) -> tuple[int, int]:
    from rapport.inspect.unknown_fields import Ahead, Strangers
    from rapport.system.publishing import publisher
    from rapport.terminal.event_lines import event_of_line, say_refused
    from rapport.terminal.lines import numbered_lines
    from shared.contracts import Unreadable

    refused, strangers, ahead = 0, Strangers(), Ahead()
    async with publisher(access) as out:
        async for number, line in numbered_lines(file):
            if line is not None and not line.strip():
                continue
            try:
                event, parsed = event_of_line(line, first=number == 1)
            except Unreadable as error:
                refused += 1
                say_refused(number, error)
                await asyncio.sleep(0)  # a long run of refusals must not keep the producer waiting
                continue
            strangers.look(number, parsed)
            ahead.look(number, event)
            await out.put(event)
            bar.advance(out.acknowledged, None)
    return out.acknowledged, refused
