"""The mailer: performs what `digest.sending` announced, once, and says what became of it.

SMTP knows no idempotency, so the announcement is on the log before anything here happens. What this module learns
for certain it says: accepted, refused, not reached. Once the mail's bytes are on their way, a silence or a lost
connection leaves its fate open; then nothing is said here, and the service says `digest.unknown` in time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from functools import partial
from typing import Final

import structlog
from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPStatus,
)

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
from shared.delivery.smtp_connections import Connection, NotEntered, SmtpConnections
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
        self._seconds_max = seconds_max
        self._connections = SmtpConnections(access, seconds_max=seconds_max, tls_context=tls_context)
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

    async def close(self) -> None:
        """End the connections that are kept."""
        await self._connections.close()

    async def _send(self, to: Address, content: bytes) -> Refusal | bool:
        """Leave the mail. True: accepted; False: nobody knows; else why it was not left, for certain."""
        lent: Connection | None = None
        under_way = left = False
        try:
            async with asyncio.timeout(self._seconds_max):
                lent, refusal = await self._enveloped(to)
                if refusal is not None:
                    return refusal
                under_way = True
                await lent.smtp.data(content)
                left = True
        except SMTPDataError as error:
            return refused_content(error)
        except NotEntered as missing:
            return Refusal(f"{delivery_errors.UNREACHABLE}: {missing}")
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            if lent is not None:
                lent.smtp.close()
            return False if under_way else Refusal(unreachable(error))
        else:
            return True
        finally:
            if lent is not None:
                await self._connections.give_back(lent, reset=not left)

    async def _enveloped(self, to: Address) -> tuple[Connection, Refusal | None]:
        """Return a connection that waits for the mail, or why it does not; on a new one where a kept one is of no use."""
        kept = self._connections.kept()
        if kept is not None:
            try:
                return kept, await self._envelope(kept.smtp, to)
            except (SMTPServerDisconnected, SMTPResponseException, OSError):
                kept.smtp.close()  # it was ended meanwhile, or takes no more; nothing of this mail was given
            except BaseException:
                kept.smtp.close()
                raise
        new = await self._connections.new()
        try:
            return new, await self._envelope(new.smtp, to)
        except BaseException:
            new.smtp.close()
            raise

    async def _envelope(self, smtp: SMTP, to: Address) -> Refusal | None:
        """Name sender and recipient to the server, explicitly: nothing is taken from the mail's headers."""
        options: list[bytes] = []
        if not to.addr_spec.isascii():
            if not smtp.supports_extension("smtputf8"):
                return Refusal(
                    f"{delivery_errors.REJECTED}: the mail server takes no addresses beyond ASCII", permanent=True
                )
            options = [b"SMTPUTF8"]
        # Not by aiosmtplib's `mail` and `rcpt`: they take each address apart, which `recipient` has done.
        said = await smtp.execute_command(b"MAIL", f"FROM:<{self._sender.addr_spec}>".encode(), *options)
        if said.code != SMTPStatus.completed:
            raise SMTPSenderRefused(said.code, said.message, self._sender.addr_spec)
        said = await smtp.execute_command(b"RCPT", f"TO:<{to.addr_spec}>".encode())
        if said.code in (SMTPStatus.completed, SMTPStatus.will_forward):
            return None
        refused = SMTPRecipientRefused(said.code, said.message, to.addr_spec)
        if said.code == SMTPStatus.domain_unavailable:  # 421: it closes the connection (RFC 5321, section 3.8)
            raise refused
        return refused_address(refused)
