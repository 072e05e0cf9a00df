"""A stream over HTTP, on the real Kafka: what follows an answer arrives, and another process goes on where one stopped."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from rapport.composition import services
from rapport.serving.gateway import STOP_SECONDS_MAX, gateway
from services.gateway.api.access.keys import create_key
from shared.config.settings import Settings
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import SystemClock
from tests.valkey_cluster import free_ports

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
LOOK_SECONDS = 0.05
MEMBER = f"listener-{uuid4().hex[:8]}"
Told = tuple[str, str, Any]
"""The id of an event, its name, its data."""


async def told(client: httpx.AsyncClient, last: str | None = None) -> AsyncGenerator[Told]:
    """Yield the events of a stream."""
    headers = {} if last is None else {"last-event-id": last}
    async with client.stream("GET", "stream", headers=headers, timeout=SECONDS_MAX) as answer:
        assert answer.status_code == 200, await answer.aread()
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}


@asynccontextmanager
async def process(embedded: System, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run a gateway, and give a client of it."""
    port, keys = free_ports(1)[0], folder / "keys.json"
    settings = Settings.model_validate(
        {"kafka": embedded.kafka, "redis": embedded.redis, "gateway": f"127.0.0.1:{port}", "api_keys": keys}
    )
    _, key = create_key(keys, f"product{port}", ("act", "read"), datetime.now(UTC))
    headers, base = {"authorization": f"Bearer {key}"}, f"http://127.0.0.1:{port}/v1/members/{MEMBER}/"
    async with (
        httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as client,
        gateway(settings, KafkaAccess(embedded.kafka), redis=embedded.redis),
    ):
        yield client


async def the_first(client: httpx.AsyncClient, wanted: str, last: str | None = None) -> tuple[list[Told], Told]:
    """Return what a stream tells before an event of this name, and that."""
    async with aclosing(told(client, last)) as events:
        return await the_next(events, wanted)


async def the_next(events: AsyncGenerator[Told], wanted: str) -> tuple[list[Told], Told]:
    """Return what an open stream tells before an event of this name, and that."""
    before: list[Told] = []
    async with asyncio.timeout(SECONDS_MAX):
        async for one in events:
            if one[1] == wanted:
                return before, one
            before.append(one)
    raise AssertionError(f"the stream has ended: {before}")


async def test_another_process_goes_on_where_one_has_stopped(embedded: System, tmp_path: Path) -> None:
    where = Environment(KafkaAccess(embedded.kafka), embedded.redis, SystemClock(), timedelta(milliseconds=50))
    async with AsyncExitStack() as stack:
        for service in services(["followups", "projection"], where, None):
            await service.start()
            stack.push_async_callback(service.stop)
        async with process(embedded, tmp_path) as here, process(embedded, tmp_path) as there:
            due = (datetime.now(UTC) + timedelta(days=9)).isoformat()
            asked = await here.post("followups", json={"followup_id": "r1", "what": "Ask her.", "due": due})
            assert asked.status_code == 202, asked.text
            planned = await _planned(here)
            reset = (await the_first(there, "reset"))[1]
            assert [one["id"] for one in reset[2]["entries"]] == [planned]
            async with aclosing(told(here)) as listening:
                # only a stream that is open is told of what ends: one that opens later begins with an agenda without it
                assert (await the_next(listening, "reset"))[1][2] == reset[2]
                assert (await here.post(f"followups/{planned}/done")).status_code == 202
                before, completed = await the_next(listening, "rapport.followup.completed")
            assert before == []
            assert completed[2]["data"]["followup_id"] == planned
            assert await the_first(there, "rapport.followup.completed", reset[0]) == ([], completed)
            still_open = told(there)
            await the_next(still_open, "reset")
            ending = asyncio.create_task(the_next(still_open, "never"))
            began = time.monotonic()
        assert time.monotonic() - began < STOP_SECONDS_MAX, "an open stream holds up no stop"
        with pytest.raises(AssertionError, match="the stream has ended"):
            await ending
        async with process(embedded, tmp_path) as anew:
            assert await the_first(anew, "rapport.followup.completed", reset[0]) == ([], completed)


async def _planned(client: httpx.AsyncClient) -> str:
    """Return the id of the one follow-up, once *followups* has planned it."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            found = (await client.get("followups")).json().get("open")
            if found and not found[0]["id"].endswith("/asked"):
                return str(found[0]["id"])
            await asyncio.sleep(LOOK_SECONDS)
