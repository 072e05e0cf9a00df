"""One service on a Kafka and a store of a test's own, with a clock that only the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from shared.decider import Decider
from shared.embedded import System
from shared.runtime.environment import SESSION_TIMEOUT_MS, Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.processing.observer import SILENT, Observer
from shared.runtime.service import Service

LOOK_SECONDS = 0.01


@asynccontextmanager
async def running(
    system: System,
    decider: Decider[Any, Any],
    now: datetime,
    *,
    session_timeout_ms: int = SESSION_TIMEOUT_MS,
    observer: Observer = SILENT,
) -> AsyncIterator[Service]:
    where = Environment(KafkaAccess(system.kafka), system.redis, VirtualClock(now), timedelta(0), session_timeout_ms)
    service = Service(decider, where, observer=observer)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def until_settled(service: Service, seconds: float) -> None:
    """Wait until all that is due at the clock's instant is said, seen twice in a row."""
    calm = 0
    async with asyncio.timeout(seconds):
        while calm < 2:
            calm = calm + 1 if await service.settled() else 0
            await asyncio.sleep(LOOK_SECONDS)
