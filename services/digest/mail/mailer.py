"""The mailer: performs what `digest.sending` announced, once, and says what became of it.

SMTP knows no idempotency, so the announcement is on the log before anything here happens. What this module learns
for certain it says: accepted, refused, not reached. Once the mail's bytes are on their way, a silence or a lost
connection leaves its fate open; then nothing is said here, and the service says `digest.unknown` in time.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from functools import partial
from typing import Final

import structlog
from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused

from services.digest import delivery_errors
from services.digest.content.build import Digests
from services.digest.content.model import DigestContent
from services.digest.evaluate import SMTP_SECONDS_MAX, failed, sent
from services.digest.mail.making import made
from services.digest.mail.message import message, message_id
from services.digest.mail.presend_check import Handover, handover
from services.digest.mail.smtp_errors import Refusal, refused_address, refused_content, unreachable
from services.digest.words.render import render
from services.digest.words.sealed_links import sealed_links
from shared.config.values import SmtpAccess
from shared.contracts import Event
from shared.decider import NewEvent
from shared.links import LinkAddresses
from shared.texts.brand import OURS, Brand

SENDER: Final = Address("Rapport", "rapport", "localhost")
COMMAND_SECONDS_MAX: Final = 60
"""How long one answer of the mail server may take."""
QUIT_SECONDS_MAX: Final = 2


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
        self._access = access
        self._now = now
        self._sender = sender
        self._links = links
        self._brand = brand
        self._seconds_max = seconds_max
        self._tls_context = tls_context
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
        match await self._send(ready.to, letter):
            case Refusal(reason, permanent):
                return NewEvent(failed(period, attempt, reason, permanent=permanent))
            case True:
                return NewEvent(sent(ready.content, attempt, identity, linked=self._links is not None))
            case _:
                return None

    def _letter(self, to: Address, identity: str, event: Event, content: DigestContent) -> bytes:
        links = sealed_links(self._links, event.member, content) if self._links else None
        stop = links.unsubscribe if links else None
        mail = render(replace(content, member=event.member), links, self._brand)
        return message(mail, to, self._sender, identity=identity, at=event.time, unsubscribe=stop)

    async def _send(self, to: Address, content: bytes) -> Refusal | bool:
        """Leave the mail. True: accepted; False: nobody knows; else why it was not left, for certain."""
        smtp = self._connection()
        under_way = False
        try:
            async with asyncio.timeout(self._seconds_max):
                await smtp.connect()
                refusal = await self._enter(smtp) or await self._envelope(smtp, to)
                if refusal is not None:
                    return refusal
                under_way = True
                await smtp.data(content)
        except SMTPDataError as error:
            return refused_content(error)
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            return False if under_way else Refusal(unreachable(error))
        else:
            await _say_goodbye(smtp)
            return True
        finally:
            smtp.close()

    def _connection(self) -> SMTP:
        access = self._access
        return SMTP(
            hostname=access.host,
            port=access.port,
            use_tls=access.tls == "tls",
            start_tls=False,  # `_enter` does it, and says what is missing
            tls_context=self._tls_context,
            local_hostname=socket.gethostname(),
            timeout=min(COMMAND_SECONDS_MAX, self._seconds_max),
        )

    async def _enter(self, smtp: SMTP) -> Refusal | None:
        """Encrypt the connection and log in, as the settings say: never less than they ask for."""
        access = self._access
        await smtp.ehlo()
        if access.tls == "starttls":
            if not smtp.supports_extension("starttls"):
                return Refusal(
                    f"{delivery_errors.UNREACHABLE}: the mail server offers no STARTTLS, which RAPPORT_SMTP asks for"
                )
            await smtp.starttls()
            await smtp.ehlo()
        if access.user is not None:
            if not smtp.supports_extension("auth"):
                return Refusal(
                    f"{delivery_errors.UNREACHABLE}: the mail server offers no login, and RAPPORT_SMTP names a user"
                )
            await smtp.login(access.user, access.password or "")
        return None

    async def _envelope(self, smtp: SMTP, to: Address) -> Refusal | None:
        """Name sender and recipient to the server, explicitly: nothing is taken from the mail's headers."""
        options, encoding = [], "ascii"
        if not to.addr_spec.isascii():
            if not smtp.supports_extension("smtputf8"):
                return Refusal(
                    f"{delivery_errors.REJECTED}: the mail server takes no addresses beyond ASCII", permanent=True
                )
            options, encoding = ["SMTPUTF8"], "utf-8"
        await smtp.mail(self._sender.addr_spec, options=options, encoding=encoding)
        try:
            await smtp.rcpt(to.addr_spec, encoding=encoding)
        except SMTPRecipientRefused as error:
            return refused_address(error)
        return None


async def _say_goodbye(smtp: SMTP) -> None:
    """Take leave of a server that took the mail; its answer, or its silence, changes nothing any more."""
    try:
        await smtp.quit(timeout=QUIT_SECONDS_MAX)
    except (SMTPException, OSError, TimeoutError):
        return
