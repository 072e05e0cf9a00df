"""A product that has no Kafka client: it writes and reads over HTTP, and sees its own word at once, then the service's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from rapport.composition import services
from rapport.doctor.parts.services import service_checks
from rapport.serving.gateway import gateway
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
MEMBER = f"reader-{uuid4().hex[:8]}"


async def until(get: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(SECONDS_MAX):
        while not wanted(found := await get()):  # noqa: ASYNC110 - another service is waited for
            await asyncio.sleep(LOOK_SECONDS)
    return found


async def test_what_a_product_writes_over_http_it_reads_there(embedded: System, tmp_path: Path) -> None:
    port, keys = free_ports(1)[0], tmp_path / "keys.json"
    settings = Settings.model_validate(
        {"kafka": embedded.kafka, "redis": embedded.redis, "gateway": f"127.0.0.1:{port}", "api_keys": keys}
    )
    _, key = create_key(keys, "product", ("act", "read"), datetime.now(UTC))
    access = KafkaAccess(embedded.kafka)
    where = Environment(access, embedded.redis, SystemClock(), timedelta(milliseconds=50))
    base = f"http://127.0.0.1:{port}/v1/members/{MEMBER}/"
    async with AsyncExitStack() as stack:
        for service in services(["followups", "projection"], where, None):
            await service.start()
            stack.push_async_callback(service.stop)
        await stack.enter_async_context(gateway(settings, access, redis=embedded.redis))
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=base, headers={"authorization": f"Bearer {key}"}, timeout=30)
        )
        due = (datetime.now(UTC) + timedelta(days=9)).isoformat()
        asked = {"followup_id": "r1", "what": "Ask how it went.", "due": due}
        written = await client.post("followups", json=asked)
        assert written.status_code == 202, written.text

        async def agenda(position: str | None = None) -> list[dict[str, Any]]:
            headers = {} if position is None else {"rapport-position": position}
            answer = await client.get("agenda", headers=headers)
            while answer.status_code == 503:  # its partitions are still recovered
                await asyncio.sleep(float(answer.headers["retry-after"]))
                answer = await client.get("agenda", headers=headers)
            assert answer.status_code == 200, answer.text
            found: list[dict[str, Any]] = answer.json()["entries"]
            return found

        [own] = await agenda(written.headers["rapport-position"])
        assert (own["state"], own["what"]) == ("coming", "Ask how it went.")
        [planned] = await until(agenda, lambda found: found and not found[0]["id"].endswith("/asked"))
        assert planned["rule"] == "own_reminder"
        answered = await client.post(f"followups/{planned['id']}/done")
        assert answered.status_code == 202, answered.text
        assert await agenda(answered.headers["rapport-position"]) == [], "gone before followups has followed it"
        ended = lambda found: [one["how"] for one in found["ended"]] == ["completed"]  # noqa: E731
        await until(lambda: _json(client, "followups"), ended)
        [looked_at] = [check for check in await service_checks(settings) if check.name == "projection"]
        assert looked_at.ok, looked_at.says
        assert "1 at work" in looked_at.says


async def _json(client: httpx.AsyncClient, path: str) -> Any:
    return (await client.get(path)).json()
