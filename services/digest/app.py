"""*digest* as a FastStream application: `faststream run services.digest.app:app`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from faststream import FastStream

from services.digest.decider import DECIDER
from services.digest.mail.mailer import Mailer
from services.digest.push.pusher import Pusher
from services.digest.sending import Sending
from shared.config.settings import Settings
from shared.config.values import smtp_access
from shared.contracts import EventData
from shared.process.by_settings import brand_of, by_settings, channel_keys, link_addresses
from shared.runtime.application import Lifespan, application, union_of
from shared.runtime.ports.clock import SystemClock
from shared.runtime.processing.effects import Channel
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

    @broker.subscriber(*DECIDER.reads, batch=True, title="digest", **service.subscription())  # type: ignore[untyped-decorator]  # by **
    async def apply(events: list[InputEvent]) -> None:
        """Hand the records of a poll to the owners of their partitions, who read, apply, decide, publish and commit."""
        await service.apply(events)

    broker.publisher(DECIDER.own, title="digest.published", schema=OutputEvent)
    return application(service, lifespan)


def channel(settings: Settings, smtp: str) -> Channel:
    """Return what sends the mails and reminders that the service announces. `smtp` is the mail server's URL."""
    now = SystemClock().now
    mailer = Mailer(
        smtp_access(smtp), now, sender=settings.sender, links=link_addresses(settings), brand=brand_of(settings)
    )
    return Sending(mailer, Pusher(channel_keys(settings), now, private=settings.channels_private))


app = by_settings(DECIDER, declare, channel)
