"""An agenda page of a member with a thousand reminders beside a bare FastAPI route that reads the same bytes.

`python -m tests.bench.bench_agenda` prints requests a second of CPU of each, in turns, and the part that the first reaches.
Both run in this process without a socket, on a store in memory; the bare route reads the same items and answers the same.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import httpx
from fastapi import FastAPI
from fastapi.responses import Response

from services.gateway.api.app import door
from services.gateway.api.keys import create_key
from services.gateway.projection.decider import PROJECTION
from services.gateway.reading.view import AGENDA
from shared.process.logs import set_up_logs
from shared.runtime.reader import Reader
from shared.testing.fake_store import FakeStore
from tests.bench.bed import Runs
from tests.unit.gateway.api_bed import Log, pages, parts_of
from tests.unit.gateway.members import MEMBER, NOW, PARTITIONS, planned, said, stored

ITEMS = 1_000
LIMIT = 200
REQUESTS = 40
TURNS = 5
PATH = f"/v1/members/{MEMBER}/agenda"


async def told() -> FakeStore:
    """Return the store that knows them all."""
    joined = said(-9, "member.joined", name="Ada", zone="Europe/Paris")
    return await stored([joined, *(planned(1 + n % 300, f"contact/c{n}/thank/{n}") for n in range(ITEMS))])


def bare(reader: Reader, body: bytes) -> FastAPI:  # type: ignore[type-arg]
    """Return a route that reads what the agenda is made of, and answers with its bytes."""
    app = FastAPI()

    @app.get("/v1/members/{member}/agenda")
    async def agenda(member: str, limit: int = LIMIT) -> Response:
        await reader.read(member, lambda view: view.all_of(AGENDA))
        return Response(body, media_type="application/json")

    return app


async def per_second(client: httpx.AsyncClient) -> float:
    """Return requests a second of this process's CPU."""
    begun = time.process_time()
    for _ in range(REQUESTS):
        (await client.get(PATH, params={"limit": LIMIT})).raise_for_status()
    return REQUESTS / (time.process_time() - begun)


async def main() -> None:
    """Measure in turns, and say so."""
    set_up_logs(logging.WARNING, "console")
    reader = Reader(PROJECTION, await told(), PARTITIONS)
    with tempfile.TemporaryDirectory() as folder:
        keys, clock = Path(folder) / "keys.json", [0.0]
        _, key = create_key(keys, "bench", ("read",), NOW)
        parts = replace(parts_of(keys, Log(), clock), members=reader, now=lambda: NOW, monotonic=time.monotonic)
        headers = {"authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(door(pages, parts)), base_url="http://door", headers=headers
        ) as ours:
            answer = await ours.get(PATH, params={"limit": LIMIT})
            first = answer.raise_for_status().content
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(bare(reader, first)), base_url="http://door"
            ) as other:
                runs, others, parts_of_it = Runs(), Runs(), Runs()
                for _ in range(TURNS):
                    runs.add(await per_second(ours))
                    others.add(await per_second(other))
                    parts_of_it.add(100 * runs.values[-1] / others.values[-1])
    entries = len(json.loads(first)["entries"])
    sys.stdout.write(f"agenda of {ITEMS}, {entries} a page ({len(first):,} bytes): {runs.shown()} a second of CPU\n")
    sys.stdout.write(f"bare route: {others.shown()}; part of its speed, %: {parts_of_it.shown()}\n")


if __name__ == "__main__":
    asyncio.run(main())
