"""Serves the gateway in the event loop of `rapport run`, with a producer of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from urllib.parse import urlsplit

import uvicorn
from aiokafka.errors import KafkaError
from starlette.types import ASGIApp

from services.gateway.app import Gateway, NotTaken
from shared.cli.failure import Failure
from shared.cli.publishing import publisher
from shared.contracts import Fact
from shared.links import LinkKeys
from shared.runtime.clock import SystemClock
from shared.runtime.door import SILENT_DOOR, DoorObserver, Watched
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.watch import Ask
from shared.settings import Settings

CONNECTIONS_MAX = 256
"""Requests at once; beyond it the answer is 503."""
HEAD_BYTES_MAX = 16 * 1024
"""How much of a request's line and headers may wait for their end; the longest link has a quarter of it."""
IDLE_SECONDS_MAX = 10
STOP_SECONDS_MAX = 12
"""How long a stop waits for presses that are under way: longer than Kafka may take to acknowledge one."""


class _Server(uvicorn.Server):
    """One that leaves signals to the process it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def gateway(
    settings: Settings,
    access: KafkaAccess,
    now: Callable[[], datetime] = SystemClock().now,
    observer: DoorObserver = SILENT_DOOR,
) -> AsyncIterator[Ask]:
    """Serve from now on, and give what asks whether Kafka answers. At the end, what is under way is answered first."""
    try:
        from shared.runtime.monitoring import bound  # only where a page is served

        socket = bound(*settings.gateway_at, CONNECTIONS_MAX)
    except OSError as error:
        raise Failure(f"RAPPORT_GATEWAY: {settings.gateway} cannot be served: {error.strerror}") from error
    with socket:
        async with publisher(access) as given:

            async def publish(fact: Fact) -> None:
                try:
                    await given.say(fact)
                except KafkaError as error:
                    raise NotTaken(type(error).__name__) from error
                observer.published(fact)

            path = urlsplit(settings.public_url or "").path
            made = Gateway(LinkKeys(settings.link_secrets()), publish, now, path, observer)
            server = _server(Watched(made.app(), path, observer))
            serving = asyncio.create_task(server.serve(sockets=[socket]), name="gateway")
            try:
                yield given.answers
            finally:
                server.should_exit = True
                await serving


def _server(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http="h11",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS_MAX,
            h11_max_incomplete_event_size=HEAD_BYTES_MAX,
            timeout_keep_alive=IDLE_SECONDS_MAX,
            timeout_graceful_shutdown=STOP_SECONDS_MAX,
        )
    )
