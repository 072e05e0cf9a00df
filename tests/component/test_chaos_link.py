"""The network of `make chaos` does what it is told: passes on, is cut, stands still, loses replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost

from shared.embedded import System
from tests.chaos.link import Link

pytestmark = pytest.mark.deep

SECONDS_MAX = 120.0


@pytest.fixture
async def link(embedded: System) -> AsyncIterator[Link]:
    store = urlsplit(embedded.redis)
    made = Link(store.hostname or "", store.port or 0)
    yield made
    await made.stop()


async def client_of(link: Link, embedded: System) -> Redis:
    password = urlsplit(embedded.redis).password
    return Redis(
        host="127.0.0.1",
        port=await link.start(),
        password=password,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=SECONDS_MAX,
    )


async def test_what_is_asked_arrives_and_only_the_reply_is_lost(link: Link, embedded: System) -> None:
    async with await client_of(link, embedded) as client, Redis.from_url(embedded.redis) as direct:
        await client.set("link/word", "before")
        link.lose(1)
        with pytest.raises(ConnectionLost):
            await client.set("link/word", "after")
        assert await direct.get("link/word") == b"after"
        assert link.lost == 1
        assert await client.get("link/word") == b"after", "the next one passes"


async def test_a_cut_ends_connections_and_refuses_new_ones_for_a_while(link: Link, embedded: System) -> None:
    async with await client_of(link, embedded) as client:
        await client.ping()
        cut = asyncio.create_task(link.cut(0.3))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionLost):
            await client.ping()
        await cut
        assert await client.ping()


async def test_what_is_held_arrives_later(link: Link, embedded: System) -> None:
    async with await client_of(link, embedded) as client:
        await client.ping()
        held = asyncio.create_task(link.hold(0.3))
        await asyncio.sleep(0)
        asking = asyncio.create_task(_pong(client))
        done, _ = await asyncio.wait([asking], timeout=0.1)
        assert not done
        await held
        assert await asking


async def _pong(client: Redis) -> bool:
    return bool(await client.ping())
