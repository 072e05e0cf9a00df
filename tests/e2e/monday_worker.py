"""The digest service in a process of its own, on a clock that stands: SIGTERM ends it as `rapport run` does.

Arguments: Kafka, Redis, SMTP, and the instant.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import datetime, timedelta

from rapport.composition import services
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock


async def main(kafka: str, redis: str, smtp: str, instant: str) -> None:
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    where = Environment(KafkaAccess(kafka), redis, VirtualClock(datetime.fromisoformat(instant)), timedelta(0), 3_000)
    [service] = services(["digest"], where, smtp)
    await service.start()
    await end.wait()
    await service.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
