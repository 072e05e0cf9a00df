"""The mailer: performs what `digest.sending` announced, once, and says what became of it.

SMTP knows no idempotency, so the announcement is on the log before anything here happens. What this module learns
for certain it says: accepted, refused, not reached. Once the mail's bytes are on their way, a silence or a lost
connection leaves its fate open; then nothing is said here, and the service says `digest.unknown` in time.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from typing import Final

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from services.digest import words
from services.digest.content import content
from services.digest.decide import SMTP_SECONDS_MAX, Digests, failed, is_under_way, running_of, sent, unwanted
from services.digest.message import message, message_id, recipient
from services.digest.render import Links, render
from shared.contracts import DigestSending, Fact
from shared.decision import Said
from shared.settings import SmtpAccess

SENDER: Final = Address("Rapport", "rapport", "localhost")
COMMAND_SECONDS_MAX: Final = 60
"""How long one answer of the mail server may take."""
QUIT_SECONDS_MAX: Final = 2
_STATUS: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
"""The enhanced status code that begins a reply's text (RFC 3463)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a mail was not left, for certain."""

    reason: str
    permanent: bool = False


class Mailer:
    """Sends digests over SMTP. One for a process; it may perform several at once."""

    def __init__(
        self,
        access: SmtpAccess,
        now: Callable[[], datetime],
        *,
        sender: Address = SENDER,
        links: Callable[[str], Links] | None = None,
        seconds_max: float = SMTP_SECONDS_MAX,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Take where mail goes out, the clock, and what gives a member's links; none: a mail without."""
        self._access = access
        self._now = now
        self._sender = sender
        self._links = links
        self._seconds_max = seconds_max
        self._tls_context = tls_context

    async def perform(self, view: Digests, fact: Fact) -> Said | None:
        """Send the mail that `fact` (a `digest.sending`) announced, and return what became of it.

        `view` is what is known of the member now: after an erasure, or when the fate of this attempt is settled,
        nothing is sent and nothing said. None is returned, too, when nobody can know whether the mail left.
        Raises `Missing` for items that were not loaded, always before anything is sent: load them and call again.
        """
        running, sending = running_of(view), fact.data
        if running is None or running.prepared_at is None or not isinstance(sending, DigestSending):
            return None
        if not is_under_way(view, fact):
            return None
        now = self._now()
        if fact.expires is not None and now >= fact.expires:
            return Said(failed(sending.period, sending.attempt, words.LATE, permanent=False))
        if reason := unwanted(view, running, now):
            return Said(failed(sending.period, sending.attempt, reason, permanent=True))
        wishes = view.profile.preferences
        identity = message_id(fact.member, sending.period, self._sender.domain)
        try:
            to = recipient(wishes.name or "", wishes.email or "")
        except ValueError as error:
            reason = f"{words.BOUNCED}: the address {error}"
            return Said(failed(sending.period, sending.attempt, reason, permanent=True))
        links = self._links(fact.member) if self._links else None
        mail = render(content(view, running, sending.period, running.prepared_at), links)
        refusal = await self._send(to, message(mail, to, self._sender, identity=identity, at=fact.time, links=links))
        match refusal:
            case Refusal(reason, permanent):
                return Said(failed(sending.period, sending.attempt, reason, permanent=permanent))
            case True:
                return Said(sent(sending.period, sending.attempt, identity))
            case _:
                return None

    async def _send(self, to: Address, content: bytes) -> Refusal | bool:
        """Leave the mail. True: accepted; False: nobody knows; else why it was not left, for certain."""
        smtp = self._connection()
        under_way = False
        try:
            async with asyncio.timeout(self._seconds_max):
                await smtp.connect()
                refusal = await self._envelope(smtp, to)
                if refusal is not None:
                    return refusal
                under_way = True
                await smtp.data(content)
        except SMTPDataError as error:
            return _refused_content(error)
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            return False if under_way else Refusal(_reason(words.UNREACHABLE, error))
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
            username=access.user,
            password=access.password,
            use_tls=access.tls == "tls",
            start_tls=access.tls == "starttls",
            tls_context=self._tls_context,
            local_hostname=socket.gethostname(),
            timeout=min(COMMAND_SECONDS_MAX, self._seconds_max),
        )

    async def _envelope(self, smtp: SMTP, to: Address) -> Refusal | None:
        """Name sender and recipient to the server, explicitly: nothing is taken from the mail's headers."""
        await smtp.ehlo()
        options, encoding = [], "ascii"
        if not to.addr_spec.isascii():
            if not smtp.supports_extension("smtputf8"):
                return Refusal(f"{words.REJECTED}: the mail server takes no addresses beyond ASCII", permanent=True)
            options, encoding = ["SMTPUTF8"], "utf-8"
        await smtp.mail(self._sender.addr_spec, options=options, encoding=encoding)
        try:
            await smtp.rcpt(to.addr_spec, encoding=encoding)
        except SMTPRecipientRefused as error:
            return _refused_address(error)
        return None


def _refused_address(error: SMTPRecipientRefused) -> Refusal:
    """Read a refusal of the recipient: no such address, a full mailbox, or the server's policy (RFC 3463)."""
    subject, detail = _status(error)
    if error.code == 421:
        return Refusal(_reason(words.UNREACHABLE, error))
    if error.code < 500 or error.code == 552 or (subject, detail) == (2, 2):
        return Refusal(_reason(words.FULL, error))
    if subject == 7:
        return Refusal(_reason(words.REJECTED, error), permanent=True)
    return Refusal(_reason(words.BOUNCED, error), permanent=True)


def _refused_content(error: SMTPDataError) -> Refusal:
    """Read a refusal of the mail itself, before or after its bytes: it was not taken, for certain."""
    if _status(error) == (2, 2):
        return Refusal(_reason(words.FULL, error))
    if error.code < 500:
        return Refusal(_reason(words.UNREACHABLE, error))
    return Refusal(_reason(words.REJECTED, error), permanent=True)


def _status(error: SMTPResponseException) -> tuple[int, int]:
    found = _STATUS.match(error.message)
    return (int(found[2]), int(found[3])) if found else (0, 0)


def _reason(code: str, error: Exception) -> str:
    """Return a reason without the server's words: they often quote the address."""
    if isinstance(error, SMTPResponseException):
        status = _STATUS.match(error.message)
        return f"{code}: the mail server answered {error.code}" + (f" {status[0].strip()}" if status else "")
    return f"{code}: {type(error).__name__}"


async def _say_goodbye(smtp: SMTP) -> None:
    """Take leave of a server that took the mail; its answer, or its silence, changes nothing any more."""
    try:
        await smtp.quit(timeout=QUIT_SECONDS_MAX)
    except (SMTPException, OSError, TimeoutError):
        return
