"""The mailer: performs what `digest.sending` announced, once, and says what became of it.

SMTP knows no idempotency, so the announcement is on the log before anything here happens. What this module learns
for certain it says: accepted, refused, not reached. Once the mail's bytes are on their way, a silence or a lost
connection leaves its fate open; then nothing is said here, and the service says `digest.unknown` in time.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from functools import partial
from typing import Final

import structlog

from services.digest import delivery_errors
from services.digest.content.build import Digests
from services.digest.content.model import DigestContent
from services.digest.evaluate import SMTP_SECONDS_MAX, failed, sent
from services.digest.mail.making import made
from services.digest.mail.message import message, message_id
from services.digest.mail.presend_check import Handover, handover
from services.digest.words.render import render
from services.digest.words.sealed_links import sealed_links
from shared.config.values import SmtpAccess
from shared.contracts import Event
from shared.decider import NewEvent
from shared.delivery.attempts import Guarantee, Next, next_of
from shared.delivery.outcome import Rejected
from shared.delivery.smtp_post import Letter, SmtpPost
from shared.links import LinkAddresses
from shared.texts.brand import OURS, Brand

SENDER: Final = Address("Rapport", "rapport", "localhost")


class Mailer:
    """Sends digests over SMTP. One for a process; it may perform several at once."""

    def __init__(
        self,
        access: SmtpAccess,
        now: Callable[[], datetime],
        *,
        sender: Address = SENDER,
        links: LinkAddresses | None = None,
        brand: Brand = OURS,
        seconds_max: float = SMTP_SECONDS_MAX,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Take where mail goes out, the clock, who mails come from, and what makes their links (None: they have none).

        `tls_context` None: what the system trusts.
        """
        self._now = now
        self._sender = sender
        self._links = links
        self._brand = brand
        self._post = SmtpPost(access, seconds_max=seconds_max, tls_context=tls_context)
        self._log = structlog.get_logger()

    async def perform(self, view: Digests, event: Event) -> NewEvent | None:
        """Send the mail that `event` (a `digest.sending`) announced, and return what became of it.

        `view` is what is known of the member now: after an erasure, or when the fate of this attempt is settled,
        nothing is sent and nothing said. None is returned, too, when nobody can know whether the mail left.
        Raises `Missing` for items that were not loaded, always before anything is sent: load them and call again.
        """
        ready = handover(view, event, self._now())
        if not isinstance(ready, Handover):
            return ready
        period, attempt = ready.sending.period, ready.sending.attempt
        identity = message_id(event.member, period, self._sender.domain, event.incarnation)
        letter, left_out = made(ready.content, partial(self._letter, ready.to, identity, event))
        if left_out:
            self._log.error("a mail can not be made whole", member=event.member, period=period, left_out=left_out)
        if letter is None:
            return NewEvent(failed(period, attempt, delivery_errors.NOT_MADE, permanent=True))
        outcome = await self._post.send(Letter(self._sender, ready.to, letter))
        match next_of(Guarantee.AT_MOST_ONCE, outcome):
            case Next.DONE:
                return NewEvent(sent(ready.content, attempt, identity, linked=self._links is not None))
            case Next.LEFT_OPEN:
                return None
            case Next.AGAIN | Next.GIVEN_UP as after:
                assert isinstance(outcome, Rejected)
                return NewEvent(failed(period, attempt, outcome.reason, permanent=after is Next.GIVEN_UP))

    def _letter(self, to: Address, identity: str, event: Event, content: DigestContent) -> bytes:
        links = sealed_links(self._links, event.member, content) if self._links else None
        stop = links.unsubscribe if links else None
        mail = render(replace(content, member=event.member), links, self._brand)
        return message(mail, to, self._sender, identity=identity, at=event.time, unsubscribe=stop)

    async def close(self) -> None:
        """End the connections that are kept."""
        await self._post.close()
