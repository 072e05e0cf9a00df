"""The gateway's projection as a FastStream application: `faststream run services.gateway.app:app`.

It is the part of the gateway that reads topics. The other part answers over HTTP: `rapport run gateway`
(docs/faststream.md says why that is none).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from faststream import FastStream

from services.gateway.projection.decider import PROJECTION
from shared.contracts import EventData
from shared.process.by_settings import by_settings
from shared.runtime.application import Lifespan, application, union_of
from shared.runtime.service import Service

if TYPE_CHECKING:
    InputEvent: TypeAlias = EventData
else:
    InputEvent = union_of(PROJECTION.reads)


def declare(service: Service, lifespan: Lifespan | None = None) -> FastStream:
    """Declare what the projection reads, and return its application. It publishes nothing."""

    @service.broker.subscriber(*PROJECTION.reads, batch=True, title="projection", **service.subscription())  # type: ignore[untyped-decorator]  # by **
    async def apply(events: list[InputEvent]) -> None:
        """Hand the records of a poll to the owners of their partitions, who read, apply and commit."""
        await service.apply(events)

    return application(service, lifespan)


app = by_settings(PROJECTION, declare)
