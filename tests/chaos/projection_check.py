"""The projection after a run: its store is what all topics say, from their beginning, whatever was deleted since."""

from __future__ import annotations

from redis.asyncio import Redis

from services.gateway.projection.decider import PROJECTION
from shared.contracts.topics import topic_plan
from tests.chaos.check import contents_of
from tests.chaos.crew import Bearings
from tests.e2e.outside import Records
from tests.simulation.projected import decoded, differences, told_by


async def projection_against(where: Bearings, records: Records) -> list[str]:
    """Return where the projection's store differs from what was ever committed."""
    found = []
    store = Redis.from_url(where.redis)
    try:
        for number in range(topic_plan().partitions):
            contents = await contents_of(store, f"{{{PROJECTION.name}:{number}}}:")
            told = told_by(one for topic in PROJECTION.reads for one in records[topic, number])
            found += differences(decoded(contents), told, f"projection {number}: the store")
    finally:
        await store.aclose()
    return found
