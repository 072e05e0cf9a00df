"""A member's own pages on the real Kafka and store: a product asks for the way there, and a press shows at once."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from rapport.composition import services
from rapport.serving.gateway import gateway
from services.gateway.api.access.keys import create_key
from shared.config.settings import Settings
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import SystemClock
from tests.unit.services.gateway.api.uploads import BOOK, archive
from tests.valkey_cluster import free_ports

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0
SECRET = "only-for-tests-and-for-nothing-else"


async def test_a_product_leads_its_member_to_a_page_that_knows_of_each_press(embedded: System, tmp_path: Path) -> None:
    member, port, keys = f"page-{uuid4().hex[:8]}", free_ports(1)[0], tmp_path / "keys.json"
    base = f"http://127.0.0.1:{port}"
    settings = Settings.model_validate(
        {
            "kafka": embedded.kafka, "redis": embedded.redis, "gateway": f"127.0.0.1:{port}", "api_keys": keys,
            "public_url": base, "link_secret": SECRET,
        }
    )  # fmt: skip
    _, key = create_key(keys, "product", ("act", "read"), datetime.now(UTC))
    access = KafkaAccess(embedded.kafka)
    where = Environment(access, embedded.redis, SystemClock(), timedelta(milliseconds=50))
    async with AsyncExitStack() as stack:
        for service in services(["projection"], where, None):
            await service.start()
            stack.push_async_callback(service.stop)
        await stack.enter_async_context(gateway(settings, access, redis=embedded.redis))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=base, timeout=30, follow_redirects=True))
        product, api = {"authorization": f"Bearer {key}"}, f"/v1/members/{member}"
        asked = {"followup_id": "r1", "what": "Ask how it went.", "due": "2036-12-01T09:00"}
        assert (await client.post(f"{api}/followups", json=asked, headers=product)).status_code == 202
        made = await client.post(f"{api}/tokens", json={"scopes": ["act", "read"]}, headers=product)
        link = made.json()["page"]
        assert link.startswith(f"{base}/open/")
        async with asyncio.timeout(SECONDS_MAX):
            page = await client.post(link)
            while page.status_code in (404, 503):  # partitions are still recovered, or what was asked is not applied
                await asyncio.sleep(0.1)
                page = await client.get("/me")
        assert page.status_code == 200
        assert "Ask how it went." in page.text
        page = await client.get("/me/preferences")
        mark, shown = (re.findall(rf'name="{name}" value="([^"]+)"', page.text)[0] for name in ("mark", "page"))
        press = {"mark": mark, "page": shown, "do": "calendar_on"}
        page = await client.post("/me/preferences", data=press)
        assert dict(page.url.params)["did"] == "calendar"
        [address] = re.findall(r'readonly value="([^"]+)"', page.text)
        feed = await client.get(address)
        assert feed.headers["content-type"].startswith("text/calendar")
        assert "SUMMARY:Ask how it went." not in feed.text, "it is further ahead than a calendar tells"
        assert "METHOD:PUBLISH" in feed.text
        await _imports(client, f"{api}/imports", product)


async def _imports(client: httpx.AsyncClient, at: str, product: dict[str, str]) -> None:
    """Import an archive, and an address book, which is compared with what the topic holds."""

    async def imported(state: str, query: str = "", **body: Any) -> dict[str, Any]:
        begun = await client.post(f"{at}{query}", headers=product, **body)
        assert begun.status_code == 202, begun.text
        async with asyncio.timeout(SECONDS_MAX):
            how = begun.json()
            while how["state"] != state:
                assert how["state"] in ("reading", "publishing"), how
                await asyncio.sleep(0.05)
                how = (await client.get(begun.headers["location"], headers=product)).json()
        return dict(how)

    for body in ({"files": {"file": ("export.zip", archive())}}, {"content": BOOK.encode()}):
        how = await imported("done", "", **body)
        assert how["acknowledged"] == sum(how["events"].values()) > 0
    again = await imported("waiting", "?look=true", content=BOOK.encode())
    assert again["events"] == {}, "what was told before is not told again"
