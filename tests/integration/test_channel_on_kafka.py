"""A member's channel on the real parts: set over HTTP, a reminder arrives there once, and is erased with the member."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from rapport.composition import services
from rapport.serving.gateway import gateway
from services.gateway.api.access.keys import create_key
from shared.config.settings import Settings
from shared.embedded import System
from shared.process.by_settings import channel_keys
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import SystemClock
from tests.integration.test_reading_over_http import until
from tests.unit.services.digest.push.ntfy_server import ntfy_server
from tests.valkey_cluster import free_ports

pytestmark = pytest.mark.deep

MEMBER = f"channel-{uuid4().hex[:8]}"
TOPIC = "a-topic-that-nobody-guesses"


async def test_a_reminder_comes_to_the_channel_that_a_member_has_set(embedded: System, tmp_path: Path) -> None:
    port, keys, now = free_ports(1)[0], tmp_path / "keys.json", datetime.now(UTC)
    settings = Settings.model_validate(
        {
            "kafka": embedded.kafka, "redis": embedded.redis, "gateway": f"127.0.0.1:{port}", "api_keys": keys,
            "link_secret": "only-for-tests-and-for-nothing-else", "channels_private": True,
        }
    )  # fmt: skip
    _, key = create_key(keys, "product", ("act", "read"), now)
    access = KafkaAccess(embedded.kafka)
    where = Environment(access, embedded.redis, SystemClock(), timedelta(milliseconds=50))
    run = services(
        ["followups", "digest", "projection"], where, embedded.smtp,
        channel_keys=channel_keys(settings), channels_private=True,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        ntfy = stack.enter_context(ntfy_server())
        for service in run:
            await service.start()
            stack.push_async_callback(service.stop)
        await stack.enter_async_context(gateway(settings, access, redis=embedded.redis))
        base, headers = f"http://127.0.0.1:{port}/v1/members/{MEMBER}/", {"authorization": f"Bearer {key}"}
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=base, headers=headers, timeout=30))
        night = {"from": f"{now + timedelta(hours=8):%H:%M}", "to": f"{now + timedelta(hours=9):%H:%M}"}
        assert (await client.patch("preferences", json={"quiet_hours": night, "zone": "UTC"})).status_code == 202
        answer = await client.put("channel", json={"address": f"{ntfy.url}/{TOPIC}"})
        assert answer.status_code == 202, answer.text
        assert TOPIC not in answer.text
        due = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
        asked = {"followup_id": "r1", "what": "Send Ben the slides", "due": due}
        assert (await client.post("followups", json=asked)).status_code == 202

        async def arrived() -> int:
            return len(ntfy.messages)

        await until(arrived, bool)
        assert ntfy.messages == [{"topic": TOPIC, "message": "Send Ben the slides"}]
        async with asyncio.timeout(30):
            shown = await client.get("preferences")
        assert TOPIC not in shown.text
        assert shown.json()["channel"] == "ntfy"
        erased = await client.delete(base.rstrip("/"))
        assert erased.status_code == 202
        gone = await client.get("preferences", headers={"rapport-position": erased.headers["rapport-position"]})
        assert gone.status_code == 404
        assert ntfy.asked == 1
