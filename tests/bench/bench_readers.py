"""What readers beside a service cost it: CPU of an event with a gateway that answers beside it, and without, in turns.

Run it: `python -m tests.bench.bench_readers [SERVICE] [EVENTS] [PAIRS]`. The service reads a backlog from its beginning in a
process of its own. Beside it another one answers for the agendas of members, each drawn anew, `READS_PER_SECOND` times a
second, over the API in memory and from the store of the projection, which lies in the same Valkey.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import httpx
from redis import Redis

from rapport.composition import DECIDERS
from services.gateway.api.access.keys import create_key
from services.gateway.api.app import application
from services.gateway.projection.decider import PROJECTION
from shared.embedded import System
from shared.process.logs import set_up_logs
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.reader import Reader
from shared.runtime.redis.store import RedisStore, connect
from tests.bench.bed import ROOT, Runs, child, system, tell
from tests.bench.bench_events import forget
from tests.bench.network import EVENTS_PER_MEMBER, PARTITIONS, Network, fill, now
from tests.unit.services.gateway.api.api_bed import Log, pages, parts_of

EVENTS = 200_000
"""Fewer are all in the first steps of their partitions, and what these cost falls between two looks."""
PAIRS = 3
READS_PER_SECOND = 150
"""One key may ask 200 times a second for as long as it likes."""
PROJECTED = 30
"""Of a hundred events, those that the projection has applied at least: it takes its time, and all partitions at once."""
READER_SECONDS_MAX = 600.0


async def read(redis: str, members: int) -> None:
    """Answer for members until this process is told to end; tell how many answers a second there were."""
    set_up_logs(logging.WARNING, "console")
    store = RedisStore(connect(redis), PROJECTION.name)
    with tempfile.TemporaryDirectory() as folder:
        keys, chance = Path(folder) / "keys.json", random.Random(1)
        _, key = create_key(keys, "bench", ("read",), datetime.now(UTC))
        parts = replace(
            parts_of(keys, Log(), [0.0]), members=Reader(PROJECTION, store, PARTITIONS), now=lambda: datetime.now(UTC),
            monotonic=time.monotonic,
        )  # fmt: skip
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(application(pages, parts)), base_url="http://door",
            headers={"authorization": f"Bearer {key}"},
        )  # fmt: skip
        begun, answered = time.monotonic(), 0
        loop = asyncio.get_running_loop()
        ended = loop.run_in_executor(None, sys.stdin.read)
        while not ended.done() and (passed := time.monotonic() - begun) < READER_SECONDS_MAX:
            member = f"member-{chance.randrange(members):08}"
            answer = await client.get(f"/v1/members/{quote(member)}/agenda")
            if answer.status_code not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
                raise AssertionError(answer.text)
            answered += 1
            await asyncio.sleep(max(0.0, answered / READS_PER_SECOND - passed))
        await client.aclose()
    await store.close()
    tell(per_second=answered / (time.monotonic() - begun), cpu_us=1e6 * time.process_time() / answered)


def beside(running: System, members: int) -> subprocess.Popen[str]:
    """Begin to read in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bench_readers", "read", running.redis, str(members)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def measure(name: str, events: int, pairs: int) -> dict[str, Runs]:
    """Let the service work alone and beside readers, in turns."""
    runs = {key: Runs() for key in ("alone us", "beside readers us", "ratio, %", "reads/s")}
    members = events // EVENTS_PER_MEMBER
    with system() as running:
        asyncio.run(fill(KafkaAccess(running.kafka), Network(members).events(events, now())))
        child("service_leg", PROJECTION.name, running.kafka, running.redis, events * PROJECTED // 100)
        for _ in range(pairs):
            alone = work(running, name, events)
            with beside(running, members) as reader:
                read_by = work(running, name, events)
                told, _ = reader.communicate("", timeout=30)
            runs["alone us"].add(alone)
            runs["beside readers us"].add(read_by)
            runs["ratio, %"].add(100 * read_by / alone)
            runs["reads/s"].add(json.loads(told)["per_second"])
            sys.stderr.write(f"alone {alone:.1f} us, beside readers {read_by:.1f} us\n")
    return runs


def work(running: System, name: str, events: int) -> float:
    """Read the backlog from its beginning; return microseconds of CPU of an event."""
    with Redis.from_url(running.redis) as client:
        own = list(client.scan_iter(match=f"{{{name}:*", count=10_000))
        for first in range(0, len(own), 1_000):
            client.unlink(*own[first : first + 1_000])
    asyncio.run(forget(running, DECIDERS[name].own, store=False))
    return float(child("service_leg", name, running.kafka, running.redis, events)["cpu_us"])


def main() -> None:
    """Measure and print."""
    name = sys.argv[1] if len(sys.argv) > 1 else "invites"
    events = int(sys.argv[2]) if len(sys.argv) > 2 else EVENTS
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else PAIRS
    for figure, run in measure(name, events, pairs).items():
        sys.stdout.write(f"{name}: {figure}: {run.shown('{:,.1f}')}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        asyncio.run(read(sys.argv[2], int(sys.argv[3])))
    else:
        main()
