"""A service in a process of its own that reads a backlog from its beginning, as `rapport run` would, and measures itself."""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import timedelta

from rapport.composition import services
from shared.process.logs import set_up_logs
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import SystemClock
from tests.bench.bed import Meter, tell


async def main(name: str, kafka: str, redis: str, total: int, what: str = "events") -> None:
    """Work until so many events are read, or wakes are said, and tell how quick it was."""
    set_up_logs(logging.WARNING, "console")
    where = Environment(KafkaAccess(kafka), redis, SystemClock(), timedelta(milliseconds=2))
    [service] = services([name], where, None)
    meter = Meter(total)
    await service.start()
    try:
        await meter.watch(lambda: service.counts()[what])
        counts = service.counts()
        tell(
            **meter.figures(),
            **{kind: counts[kind] for kind in ("published", "commits", "recoveries", "dead", "uncertain")},
        )
    finally:
        await service.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), *sys.argv[5:]))
