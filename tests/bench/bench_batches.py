"""Batches of 500 events over HTTP beside the same events by `rapport send`, both up to where they are handed to Kafka.

`python -m tests.bench.bench_batches` prints events a second of CPU of each, in turns, and the part that the first reaches.
Both run in this process, without a socket and without Kafka, which would cost both the same and bring them closer together:
the API reads and checks a body, answers and counts; the command reads lines, checks each, and looks for names nobody knows.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from rapport.commands import send
from rapport.system import publishing
from rapport.terminal.output import Bar
from services.gateway.api.access.keys import create_key
from services.gateway.api.app import application
from services.gateway.api.events.cloudevents import BATCH_EVENTS_MAX
from shared.contracts import Contact, Event, InviteSent, MessageSent
from shared.contracts.cloudevents.structured import to_json
from shared.process.by_settings import tune_collector
from shared.process.logs import set_up_logs
from shared.runtime.kafka.connection import KafkaAccess
from tests.bench.bed import Runs
from tests.unit.services.gateway.api.api_bed import NOW, Log, pages, parts_of

EVENTS = 10 * BATCH_EVENTS_MAX
TURNS = 7
NO_KAFKA = KafkaAccess("nowhere:9092")


class Taken:
    """Takes what `rapport send` puts, as Kafka would."""

    def __init__(self) -> None:
        self.acknowledged = 0

    async def put(self, _: Event) -> None:
        self.acknowledged += 1


@asynccontextmanager
async def taking(_: KafkaAccess) -> AsyncIterator[Taken]:
    """Stand for a publisher."""
    yield Taken()


def events() -> list[dict[str, object]]:
    """Return events of a thousand members."""
    made = []
    for n in range(EVENTS):
        at, contact = NOW - timedelta(minutes=n), f"c{n % 50}"
        data = (
            MessageSent(contact_id=contact)
            if n % 2
            else InviteSent(invite_id=f"i{n}", contact=Contact(id=contact, name="Zoé Moreau"))
        )
        made.append(to_json(Event(f"e{n}", f"m{n % 1_000}", at, at, data, "/shop")))
    return made


async def by_batches(client: httpx.AsyncClient, bodies: list[bytes]) -> float:
    """Return events a second of CPU, over HTTP."""
    begun = time.process_time()
    for body in bodies:
        answer = await client.post("/v1/events", content=body)
        assert answer.status_code == 202, answer.text
    return EVENTS / (time.process_time() - begun)


async def by_command(file: Path) -> float:
    """Return events a second of CPU, by `rapport send`."""
    begun = time.process_time()
    sent, refused = await send._send(str(file), NO_KAFKA, Bar(""))
    assert (sent, refused) == (EVENTS, 0)
    return EVENTS / (time.process_time() - begun)


async def main() -> None:
    """Measure in turns, and say so."""
    set_up_logs(logging.WARNING, "console")
    publishing.publisher = taking  # type: ignore[assignment]  # Kafka is left out of both
    told = events()
    bodies = [json.dumps(told[at : at + BATCH_EVENTS_MAX]).encode() for at in range(0, EVENTS, BATCH_EVENTS_MAX)]
    ours, theirs, part = Runs(), Runs(), Runs()
    with tempfile.TemporaryDirectory() as folder:
        file, keys, log = Path(folder) / "events.jsonl", Path(folder) / "keys.json", Log()
        file.write_text("".join(json.dumps(one) + "\n" for one in told), encoding="utf-8")
        parts = parts_of(keys, log, [0.0])
        _, key = create_key(keys, "bench", ("ingest",), NOW)
        headers = {"authorization": f"Bearer {key}", "content-type": "application/cloudevents-batch+json"}
        transport = httpx.ASGITransport(application(pages, parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers) as client:
            tune_collector()
            for _ in range(TURNS):
                log.events.clear()
                ours.add(await by_batches(client, bodies))
                theirs.add(await by_command(file))
                part.add(100 * ours.values[-1] / theirs.values[-1])
    sys.stdout.write(f"batches of {BATCH_EVENTS_MAX} over HTTP: {ours.shown()} events a second of CPU\n")
    sys.stdout.write(f"rapport send: {theirs.shown()}; part of its speed, %: {part.shown()}\n")


if __name__ == "__main__":
    asyncio.run(main())
