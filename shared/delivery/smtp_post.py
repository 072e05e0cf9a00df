"""One attempt to hand a mail over by SMTP.

What is learned for certain is said: delivered, refused, not reached. Once the mail's bytes are on their way, a silence or
a lost connection leaves its fate open: SMTP knows no ids that a server would deduplicate by.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPStatus,
)

from shared.config.values import SmtpAccess
from shared.delivery import mail_reasons
from shared.delivery.outcome import Delivered, Outcome, Rejected, Unknown
from shared.delivery.smtp_connections import Connection, NotEntered, SmtpConnections
from shared.delivery.smtp_errors import refused_address, refused_content, unreachable

NOT_ACKNOWLEDGED: Final = "the mail's bytes were given, and never acknowledged"
CLOSING: Final = SMTPStatus.domain_unavailable
"""421: the server closes the connection, whatever it was asked (RFC 5321, section 3.8)."""
_YES: Final = range(200, 300)
_NO: Final = range(400, 600)
"""An answer's first digit says what it means; the others may be ones that nobody knows (RFC 5321, section 4.2.1)."""
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, and whom its envelope names: nothing is taken from its headers."""

    sender: Address
    to: Address
    content: bytes = field(repr=False)


class SmtpPost:
    """Hands mails over to one server, several at once, over connections that are kept for the next one."""

    def __init__(self, access: SmtpAccess, *, seconds_max: float, tls_context: ssl.SSLContext | None = None) -> None:
        """Take where the server is, and how long an attempt may take; `tls_context` None: what the system trusts."""
        self._seconds_max = seconds_max
        self._connections = SmtpConnections(access, seconds_max=seconds_max, tls_context=tls_context)

    async def close(self) -> None:
        """End the connections that are kept."""
        await self._connections.close()

    async def send(self, letter: Letter, /) -> Outcome:
        """Leave the mail, once, within the limit. Raises nothing but cancellation."""
        under_way = False
        try:
            async with asyncio.timeout(self._seconds_max):
                lent, refusal = await self._begun(letter)
                under_way = refusal is None
                outcome = refusal if refusal is not None else await _give(lent.smtp, letter.content)
        except NotEntered as missing:
            return Rejected(f"{mail_reasons.UNREACHABLE}: {missing}")
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            return Unknown(NOT_ACKNOWLEDGED) if under_way else Rejected(unreachable(error))
        await self._connections.give_back(lent, reset=not isinstance(outcome, Delivered))
        return outcome

    async def _begun(self, letter: Letter) -> tuple[Connection, Rejected | None]:
        """Return a connection that waits for the mail's bytes, or why it does not.

        A refusal over a kept connection may be about the mails before (too many of them, or too many bad addresses): it
        is believed over a new one alone, else it could end the mails of somebody whose address is in order.
        """
        kept = self._connections.kept()
        if kept is not None:
            try:
                if await _begin(kept, letter) is None:
                    return kept, None
            except (SMTPException, OSError):
                pass  # it was ended meanwhile, or takes no more; nothing of this mail was given
            except BaseException:
                kept.smtp.close()
                raise
            self._connections.leave(kept)
        new = await self._connections.new()
        try:
            return new, await _begin(new, letter)
        except BaseException:
            new.smtp.close()
            raise


async def _begin(over: Connection, letter: Letter) -> Rejected | None:
    """Name sender and recipient to the server, and ask whether it takes the mail. None of the mail's bytes are given."""
    smtp, timeout = over.smtp, over.answer_seconds_max
    sender, to = letter.sender.addr_spec, letter.to.addr_spec
    options: list[bytes] = []
    if not smtp.is_connected:  # then it knows no extension either
        raise SMTPServerDisconnected("it ended with the greeting")
    if not to.isascii():
        if not smtp.supports_extension("smtputf8"):
            return Rejected(f"{mail_reasons.REJECTED}: the mail server takes no addresses beyond ASCII", permanent=True)
        options = [b"SMTPUTF8"]
    # Not by aiosmtplib's `mail` and `rcpt`: they take each address apart, which whoever made the `Address` has done.
    answer = await smtp.execute_command(b"MAIL", f"FROM:<{sender}>".encode(), *options, timeout=timeout)
    if answer.code not in _YES:
        raise SMTPSenderRefused(answer.code, answer.message, sender)
    answer = await smtp.execute_command(b"RCPT", f"TO:<{to}>".encode(), timeout=timeout)
    if answer.code not in _YES:
        refused = SMTPRecipientRefused(answer.code, answer.message, to)
        if answer.code not in _NO or answer.code == CLOSING:
            raise refused
        return refused_address(refused)
    answer = await smtp.execute_command(b"DATA", timeout=timeout)
    if answer.code != SMTPStatus.start_input:
        no_mail = SMTPDataError(answer.code, answer.message)
        if answer.code not in _NO or answer.code == CLOSING:
            raise no_mail
        return refused_content(no_mail)
    if not smtp.is_connected:
        raise SMTPServerDisconnected("it ended with the question for the mail")
    return None


async def _give(smtp: SMTP, content: bytes) -> Outcome:
    """Give the mail's bytes, and read what became of them: what aiosmtplib's `data` does after the 354.

    That one cannot tell a connection that ends before the 354, when nothing was given, from one that ends after it, and
    takes any yes but 250 for a no.
    """
    assert smtp.protocol is not None
    try:
        smtp.protocol.write(as_data(content))
        answer = await smtp.protocol.read_response(timeout=smtp.timeout)
    except BaseException:
        smtp.close()  # cancelled, too: whatever it hears next would be about this mail
        raise
    if answer.code in _YES:
        return Delivered()
    if answer.code not in _NO or answer.code == CLOSING:
        smtp.close()
    return (
        refused_content(SMTPDataError(answer.code, answer.message)) if answer.code in _NO else Unknown(NOT_ACKNOWLEDGED)
    )


def as_data(content: bytes) -> bytes:
    """Return a mail as it follows DATA: lines with CRLF, a point at the start of one doubled, and the end behind them."""
    in_pairs = content.count(b"\r") == content.count(b"\r\n") == content.count(b"\n")  # as all mails of ours have them
    lines = content if in_pairs else _LINE_END.sub(b"\r\n", content)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") + b".\r\n"
