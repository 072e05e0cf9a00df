"""What carries out all that *digest* announces: mails, and reminders for members' channels."""

from __future__ import annotations

from services.digest.content.build import Digests
from services.digest.mail.mailer import Mailer
from services.digest.push.pusher import Pusher
from shared.contracts import AboutPush, Event
from shared.decider import NewEvent


class Sending:
    """The service's channel: hands each announcement to whoever carries it out."""

    def __init__(self, mailer: Mailer, pusher: Pusher) -> None:
        """Take what sends mails, and what posts reminders."""
        self._mailer, self._pusher = mailer, pusher

    async def perform(self, view: Digests, event: Event) -> NewEvent | None:
        """Do what `event` announced, once; None when nobody can know what became of it. Raises `Missing`."""
        carries = self._pusher if isinstance(event.data, AboutPush) else self._mailer
        return await carries.perform(view, event)

    async def close(self) -> None:
        """End the connections that are kept."""
        await self._mailer.close()
        await self._pusher.close()
