"""*followups* as a FastStream application: `faststream run services.followups.app:app`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from faststream import FastStream

from services.followups.decider import DECIDER
from shared.contracts import EventData
from shared.process.by_settings import by_settings
from shared.runtime.application import Lifespan, application, union_of
from shared.runtime.service import Service

if TYPE_CHECKING:
    InputEvent: TypeAlias = EventData
    OutputEvent: TypeAlias = EventData
else:
    InputEvent = union_of(DECIDER.reads)
    OutputEvent = union_of([DECIDER.own])


def declare(service: Service, lifespan: Lifespan | None = None) -> FastStream:
    """Declare what the service reads and publishes, and return its application."""
    broker = service.broker

    @broker.subscriber(*DECIDER.reads, batch=True, title="followups", **service.subscription())  # type: ignore[untyped-decorator]  # by **
    async def apply(events: list[InputEvent]) -> None:
        """Hand the records of a poll to the owners of their partitions, who read, apply, decide, publish and commit."""
        await service.apply(events)

    broker.publisher(DECIDER.own, title="followups.published", schema=OutputEvent)
    return application(service, lifespan)


app = by_settings(DECIDER, declare)
