"""What the store keeps beside each partition (its meta), for what `rapport doctor` tells beside problems."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.config.settings import Settings

SECONDS_MAX = 30.0


async def metas_of(settings: Settings, services: Sequence[str]) -> dict[str, list[Mapping[str, str]]]:
    """Return the meta of each partition, by service. Raises RedisError, OSError or TimeoutError."""
    from rapport.system.endpoints import store_client
    from shared.runtime.redis.store import RedisStore

    async with asyncio.timeout(SECONDS_MAX), store_client(settings) as client:
        stores = {name: RedisStore(client, name) for name in services}
        return {
            name: [await store.meta(number) for number in range(settings.partitions)] for name, store in stores.items()
        }
