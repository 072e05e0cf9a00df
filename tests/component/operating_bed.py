"""The operators' page of a gateway on the real Kafka and store, and a browser on it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer

from rapport.operating.desk import Desk
from rapport.operating.off_loop import OffLoop
from rapport.serving.gateway import gateway
from services.gateway.api.access.keys import create_key
from shared.config.settings import Settings
from shared.contracts import ACTIVITY, DEAD_LETTERS, Contact, Event, InviteSent, dead_letter, encode, partition_for
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.valkey_cluster import free_ports

SECONDS_MAX = 120.0
LOOK_SECONDS = 0.1
MEMBER = "ada"


class Looking:
    """A browser on the page."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.text = ""

    async def enter(self, key: str) -> None:
        assert (await self._client.post("/operate/enter", data={"key": key})).status_code == 200

    async def told(self, path: str) -> dict[str, Any]:
        """Return what the API says."""
        answer = await self._client.get(f"/v1/members/{path}")
        assert answer.status_code in {200, 404}, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, path: str, wanted: Callable[[str], bool]) -> str:
        """Look at a page again and again, until it says what is wanted."""
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while True:
                    self.text = (await self._client.get(path)).text
                    if wanted(self.text):
                        return self.text
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{path} says {self.text}") from None

    async def press(self, path: str, **fields: str) -> str:
        mark = re.findall(r'name="mark" value="([^"]+)"', self.text)[0]
        answer = await self._client.post(path, data={"mark": mark, **fields})
        assert answer.status_code == 200, answer.text
        self.text = answer.text
        return self.text


@asynccontextmanager
async def looking(system: System, folder: Path) -> AsyncIterator[tuple[Looking, Settings]]:
    """Serve, and let an operator in."""
    port, keys = free_ports(1)[0], folder / "keys.json"
    base = f"http://127.0.0.1:{port}"
    settings = Settings.model_validate(
        {
            "kafka": system.kafka, "redis": system.redis, "gateway": f"127.0.0.1:{port}", "api_keys": keys,
            "public_url": base, "link_secret": "only-for-tests-and-for-nothing-else",
        }
    )  # fmt: skip
    _, key = create_key(keys, "operators", ("operate",), datetime.now(UTC))
    _, reads = create_key(keys, "product", ("read",), datetime.now(UTC))
    async with (
        gateway(settings, KafkaAccess(system.kafka), redis=system.redis),
        httpx.AsyncClient(base_url=base, timeout=SECONDS_MAX, follow_redirects=True) as client,
    ):
        client.headers["authorization"] = f"Bearer {reads}"  # for the API; the pages look at the cookie alone
        opened = Looking(client)
        await opened.enter(key)
        yield opened, settings


async def say(system: System, partitions: int) -> tuple[str, str]:
    """Append an invite that can be read, and what no service can read; return the places of both."""
    now, partition = datetime.now(UTC), partition_for(MEMBER, partitions)
    event = Event("e1", MEMBER, now, now, InviteSent(invite_id="i1", contact=Contact(id="c1", name="Chris")), "/shop")
    key, value, headers = encode(event)
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, acks="all") as producer:
        sent = await producer.send_and_wait(ACTIVITY, value, key, partition=partition, headers=list(headers))
        bad = await producer.send_and_wait(ACTIVITY, b'{"words": "of somebody"', b"ada", partition=partition)
    return f"{ACTIVITY}/{partition}/{sent.offset}", f"{ACTIVITY}/{partition}/{bad.offset}"


async def set_aside(system: System, place: str) -> None:
    """Append a dead letter about a record that can be read: as a version would that could not."""
    topic, partition, offset = place.split("/")
    key, value, _ = dead_letter(
        service="invites", topic=topic, partition=int(partition), offset=int(offset), key=b"ada", value=b"{}",
        reason="a rule failed on it: LookupError", written=datetime.now(UTC),
    )  # fmt: skip
    async with AIOKafkaProducer(bootstrap_servers=system.kafka, acks="all") as producer:
        await producer.send_and_wait(DEAD_LETTERS, value, key, partition=int(partition))


@asynccontextmanager
async def at_the_desk(settings: Settings, now: datetime) -> AsyncIterator[Desk]:
    """Give what answers the page, without a store: what it asks of Kafka alone."""
    access = KafkaAccess(str(settings.kafka), settings.kafka_security())
    desk = Desk(settings, access, OffLoop(settings), OffLoop(settings), lambda: now)
    try:
        yield desk
    finally:
        desk.close()
