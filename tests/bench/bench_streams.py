"""What an open stream holds in memory: a thousand of them on a real port, of as many members, each with its first agenda.

`python -m tests.bench.bench_streams` prints kB for each, of the process that serves: what it has more than before.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import uvicorn

from services.gateway.api.app import application
from services.gateway.api.stream.recent import TOPICS
from services.gateway.api.stream.streams import Streams
from services.gateway.projection.decider import PROJECTION
from shared.runtime.reader import Reader
from shared.runtime.web.descriptors import Room, bound, raise_limit
from shared.runtime.web.http_server import config
from shared.testing.fakes.fake_store import FakeStore
from tests.unit.services.gateway.api import stream_bed
from tests.unit.services.gateway.api.api_bed import pages
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS

STREAMS = 1_000
WARM = 50
"""Streams before them, so that what is made once is there already."""
PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1_024


async def _until_cancelled(streams: Streams) -> None:
    await asyncio.Event().wait()


async def serve() -> None:
    """Serve one member's streams, and tell the port; what bounds those of one member is lifted."""
    from services.gateway.api.stream import streams as limits

    limits.STREAMS_OF_A_MEMBER_MAX = 2 * STREAMS  # type: ignore[misc]
    raise_limit()
    store = FakeStore()
    await stream_bed.applied_up_to(store, [stream_bed.ADA], [])
    streams = Streams(_until_cancelled, 2 * STREAMS)
    streams.begin(stream_bed.STAMP, {(topic, stream_bed.PARTITION): 0 for topic in TOPICS})
    streams.caught_up()
    api, key = stream_bed._api()
    parts = replace(
        api.parts,
        members=Reader(PROJECTION, store, PARTITIONS),
        streams=streams,
        monotonic=time.monotonic,
        now=lambda: NOW,
    )
    place = Room(256, 128, 2 * STREAMS)
    listener = bound("127.0.0.1", 0, place.accepted)
    sys.stdout.write(json.dumps({"port": listener.getsockname()[1], "key": key}) + "\n")
    sys.stdout.flush()
    await uvicorn.Server(config(application(pages, parts), place, 1)).serve(sockets=[listener])


async def open_streams(port: int, key: str, count: int) -> list[asyncio.StreamWriter]:
    """Open streams and wait for the agenda of each."""
    head = f"GET /v1/members/{MEMBER}/stream HTTP/1.1\r\nhost: door\r\nauthorization: Bearer {key}\r\n\r\n"
    writers = []
    for n in range(count):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode())
        await reader.readuntil(b"event: reset")
        writers.append(writer)
        if n % 100 == 0:
            await asyncio.sleep(1)  # a key may ask 200 times a second
    return writers


async def main() -> None:
    """Measure, and say so."""
    raise_limit()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bench_streams", "serve", stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        served = json.loads(await child.stdout.readline())
        warm = await open_streams(served["port"], served["key"], WARM)
        before = _resident_kb(child.pid)
        opened = await open_streams(served["port"], served["key"], STREAMS)
        each = (_resident_kb(child.pid) - before) / STREAMS
        sys.stdout.write(json.dumps({"streams": STREAMS, "kb_each": round(each, 1)}) + "\n")
        for writer in (*warm, *opened):
            writer.close()
    finally:
        child.terminate()
        await child.wait()


def _resident_kb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KB


if __name__ == "__main__":
    asyncio.run(serve() if sys.argv[1:] == ["serve"] else main())
