"""The process `rapport webhooks run`, and the same as a part of `rapport run`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import prometheus_client as prometheus
import structlog

from rapport.webhooks.delivering.endpoints import Endpoints
from rapport.webhooks.delivering.posting import Meters, posting
from rapport.webhooks.runner import Runners
from shared.process.errors import NotServed
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import SystemClock
from shared.runtime.ports.instants import to_ms

COUNT_SECONDS: Final = 1.0
"""Between two looks at who is paused."""


async def post_all(access: KafkaAccess, file: Path, meters: Meters, stop: asyncio.Event) -> None:
    """Post to all endpoints of `file` until `stop` is set."""
    now = SystemClock().now
    async with posting(now, meters) as post:
        runners = Runners(access, Endpoints(file), post, now)
        counting = asyncio.create_task(_count(runners, meters, now))
        try:
            await runners.run(stop)
        finally:
            counting.cancel()
            with suppress(asyncio.CancelledError):
                await counting


@asynccontextmanager
async def posted(access: KafkaAccess, file: Path, meters: Meters, ended: Callable[[], None]) -> AsyncIterator[None]:
    """Post meanwhile; `ended` is called if that ends by itself, and its error comes at the end."""
    over = asyncio.Event()
    work = asyncio.create_task(post_all(access, file, meters, over), name="webhooks")
    work.add_done_callback(lambda _: ended())
    try:
        yield
    finally:
        over.set()
        await work


async def run_process(access: KafkaAccess, file: Path, monitoring: tuple[str, int] | None) -> None:
    """Post to all endpoints of `file` until the process is asked to stop; serve metrics at `monitoring`. `NotServed`."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    meters = Meters()
    serving = _served(meters, monitoring)
    structlog.get_logger().info("webhooks are posted; Ctrl-C ends it", file=str(file))
    try:
        await post_all(access, file, meters, stop)
    finally:
        if serving is not None:
            server, thread = serving
            server.shutdown()
            server.server_close()
            thread.join()


async def _count(runners: Runners, meters: Meters, now: Callable[[], datetime]) -> None:
    while True:
        at = to_ms(now())
        seconds = {name: max(0.0, (at - logged) / 1_000) for name, logged in runners.waiting_since().items()}
        meters.waits(runners.paused(), seconds)
        await asyncio.sleep(COUNT_SECONDS)


def _served(meters: Meters, monitoring: tuple[str, int] | None):  # type: ignore[no-untyped-def]
    if monitoring is None:
        return None
    host, port = monitoring
    try:
        return prometheus.start_http_server(port, host, meters.registry)
    except OSError as error:
        raise NotServed(f"RAPPORT_MONITORING: {host}:{port} cannot be served: {error.strerror}") from error
