"""Streams in memory: a log of two topics that a test reads out to them, a projection's store, and clients that listen."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from fastapi import FastAPI
from msgspec.structs import replace as with_
from starlette.types import Message, Scope

from services.gateway.api.access.guard import Guard
from services.gateway.api.access.keys import create_key
from services.gateway.api.limits import Rates
from services.gateway.api.problems import HANDLERS
from services.gateway.api.routes import stream
from services.gateway.api.stream.recent import TOPICS, Recent
from services.gateway.api.stream.streams import Streams
from services.gateway.projection.decider import PROJECTION, STATE_VERSION
from shared.contracts import ACTIVITY, Event, encode, partition_for
from shared.contracts.topic_names import SOURCES
from shared.runtime.observability.http_observer import SILENT_HTTP
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Changes, MemberChange, Record
from shared.runtime.processing.member.member_state import NOTES, PROFILE
from shared.runtime.processing.member.runtime_meta import NOTHING_NOTED, RuntimeMeta, stored_of
from shared.runtime.reader import Reader
from shared.testing.fakes.fake_store import FakeStore
from tests.unit.services.gateway.api.api_bed import Api, Log, pages, parts_of
from tests.unit.services.gateway.member_events import known_by
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, said

PARTITION = partition_for(MEMBER, PARTITIONS)
STAMP = "0123abcd"
SECONDS_MAX = 60.0
ADA = said(-9, "member.joined", name="Ada", zone="Europe/Paris")


def logged(events: Sequence[Event]) -> list[Record]:
    """Return events of services as they stand on their topics: numbered, with a record that ends a transaction after each."""
    ends, made = dict.fromkeys(TOPICS, 0), []
    for event in events:
        topic = event.data.TOPIC
        offset = ends[topic]
        ends[topic] = offset + 2
        key, value, headers = encode(with_(event, number=offset // 2 + 1))
        made.append(Record(topic, PARTITION, offset, key, value, headers, to_ms(event.logged)))
    return made


async def applied_up_to(
    store: FakeStore, activity: Sequence[Event], records: Sequence[Record], notes: RuntimeMeta = NOTHING_NOTED
) -> None:
    """Have a projection's store know what these activities and records say of the member, with its cursors behind them."""
    own = [event for event in map(event_of, records) if event.member == MEMBER]
    profile, items = known_by([*activity, *own])
    puts = {key: msgspec.msgpack.encode(item) for key, item in items.items()}
    puts |= {PROFILE: msgspec.msgpack.encode(profile), NOTES: stored_of(notes, b"")}
    ends = {one.topic: str(one.offset + 2) for one in records}
    await store.acquire(PARTITION, "a:0", "test")
    meta = {f"off:{ACTIVITY}": str(len(activity)), "version": str(STATE_VERSION)}
    meta |= {f"off:{topic}": ends.get(topic, "0") for topic in SOURCES}
    changes = Changes(meta=meta, members={MEMBER: MemberChange(puts=puts)})
    await store.commit(PARTITION, "a:0", "a:1", changes)


def event_of(record: Record) -> Event:
    event = stream.event_in(record)
    assert event is not None
    return event


@dataclass
class Told:
    """One server-sent event."""

    id: str
    name: str
    data: Any


@dataclass
class Client:
    """Listens to one stream as an ASGI server would serve it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    said: bytes = b""
    ended: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        if not self.said and not self.status:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.said += message.get("body", b"")
            self.ended = not message.get("more_body", False)
        self.came.set()

    def told(self) -> list[Told]:
        """Return all events until now."""
        blocks = [dict(line.split(": ", 1) for line in block.split("\n") if ": " in line) for block in self.blocks()]
        return [Told(one["id"], one["event"], json.loads(one["data"])) for one in blocks if "data" in one]

    def blocks(self) -> list[str]:
        assert not self.said or self.said.endswith(b"\n\n")
        return self.said.decode().split("\n\n")[:-1]

    def last_id(self) -> str:
        """Return what a browser would come back with."""
        return [line for line in self.said.decode().split("\n") if line.startswith("id: ")][-1].removeprefix("id: ")

    async def until(self, holds: Any) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while not holds(self):
                self.came.clear()
                await self.came.wait()

    async def leave(self) -> None:
        self.gone.set()
        if self.task is not None:
            await asyncio.wait_for(self.task, SECONDS_MAX)


class Process:
    """One process of the gateway: its streams, filled by the test."""

    def __init__(self, store: FakeStore, recent: Recent | None = None, most: int = 100) -> None:
        self.listening = 0
        self.streams = Streams(self._listen, most, recent)
        api, self.key = _api()
        self.api = api
        self.parts = replace(
            api.parts, members=Reader(PROJECTION, store, PARTITIONS), streams=self.streams, now=lambda: NOW
        )
        app = FastAPI(exception_handlers=HANDLERS)
        app.include_router(stream.router(self.parts), prefix="/v1")
        self.app = Guard(app, self.parts.authenticate, Rates(time.monotonic), SILENT_HTTP, frozenset())
        self.clients: list[Client] = []

    async def _listen(self, streams: Streams) -> None:
        self.listening += 1
        await asyncio.Event().wait()

    def reads(self, records: Sequence[Record], start: int = 0, stamp: str = STAMP) -> None:
        """Read the topics from an offset up to here, to their end."""
        self.streams.begin(stamp, {(topic, PARTITION): start for topic in TOPICS})
        self.hears([one for one in records if one.offset >= start])
        self.streams.caught_up()

    def hears(self, records: Sequence[Record]) -> None:
        """Go on reading."""
        self.streams.hear(records)
        for record in records:
            self.streams.reach((record.topic, PARTITION), record.offset + 2)

    async def open(self, last: str | None = None, key: str = "", member: str = MEMBER, reads: bool = True) -> Client:
        """Ask for a stream, and return what listens to it once it has begun or is refused."""
        client = Client()
        headers = [(b"authorization", f"Bearer {key or self.key}".encode())]
        if last is not None:
            headers.append((b"last-event-id", last.encode()))
        path = f"/v1/members/{member}/stream".encode()
        scope: Scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path.decode(), "raw_path": path, "query_string": b"", "headers": headers, "root_path": "",
            "server": ("door", 80), "client": ("127.0.0.1", 1), "state": {},
        }  # fmt: skip
        client.reads.set()
        client.task = asyncio.create_task(self.app(scope, client.receive, client.send))
        self.clients.append(client)
        await client.until(lambda one: one.said or one.ended)
        if not reads:
            client.reads.clear()
        return client


@cache
def _api() -> tuple[Api, str]:
    keys, log, clock = Path(tempfile.mkdtemp(prefix="rapport-stream-")) / "keys.json", Log(), [0.0]
    parts = parts_of(keys, log, clock)
    _, key = create_key(keys, "reader", ("read", "act"), NOW)
    return Api(keys, log, pages, parts, clock), key


@asynccontextmanager
async def process(store: FakeStore, recent: Recent | None = None, most: int = 100) -> AsyncIterator[Process]:
    """Run a process, and end it with all that listen to it."""
    made = Process(store, recent, most)
    try:
        yield made
    finally:
        await made.streams.stop()
        for client in made.clients:
            client.reads.set()
            await client.leave()
