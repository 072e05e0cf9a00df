"""A service as a FastStream application: which hooks it has, and what it declares in FastStream's documents.

`services/*/app.py` declare subscriber and publisher, `application` adds the hooks. `rapport run` starts the same
applications, several in one event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from functools import reduce
from operator import or_
from typing import Any, Final, Protocol

from faststream import FastStream
from faststream.specification import AsyncAPI

from shared.contracts import EVENTS, REPLAY, ReplayRequested, StepOverRequested, topics_of
from shared.decider import Decider
from shared.runtime.kafka.broker import ServiceBroker

Lifespan = Callable[[], AbstractAsyncContextManager[None]]
"""What surrounds an application that runs in a process of its own."""


SERVICE: Final = "service"
"""The name of the service in its application's context."""


class Hooked(Protocol):
    """What an application needs of its service: the broker, and the hooks by which FastStream starts and stops it."""

    decider: Decider[Any, Any]
    broker: ServiceBroker

    async def connect(self) -> None:
        """Before the broker joins the group."""

    async def joined(self) -> None:
        """After the broker has joined the group."""

    async def release(self) -> None:
        """Before the broker stops."""

    async def close(self) -> None:
        """After the broker has left the group."""


def union_of(topics: Iterable[str]) -> Any:
    """Return the union of the types of all events that stand on any of the topics, in the order of the contract."""
    wanted = set(topics)
    kinds: list[Any] = [kind for kind in EVENTS.values() if wanted & set(topics_of(kind))]
    if REPLAY in wanted:
        kinds += [ReplayRequested, StepOverRequested]
    return reduce(or_, kinds)


def application(service: Hooked, lifespan: Lifespan | None = None) -> FastStream:
    """Return the application of a service whose subscriber is declared, with its hooks in the order that binds."""
    app = FastStream(
        service.broker,
        logger=None,
        on_startup=[service.connect],
        after_startup=[service.joined],
        on_shutdown=[service.release],
        after_shutdown=[service.close],
        lifespan=lifespan,
        specification=AsyncAPI(title=f"Rapport: {service.decider.name}"),
    )
    app.context.set_global(SERVICE, service)
    return app
