"""What the answers of a mail server mean, and what goes wrong on the way to it: reasons as `digest.failed` says them.

The enhanced status code (RFC 3463) says more than the reply code, where a server gives one: `5.1.1` is no such address,
`4.2.2` a full mailbox, `5.7.1` a policy.
"""

from __future__ import annotations

import re
import ssl
from typing import Final

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from shared.delivery import mail_reasons
from shared.delivery.outcome import Rejected

CAUSES_MAX: Final = 10
"""How far back the causes of an error are followed."""
_STATUS: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
# Subjects of an enhanced status: the second of its numbers.
_MAILBOX: Final = 2
_SYSTEM: Final = 3
_POLICY: Final = 7


def refused_address(error: SMTPRecipientRefused) -> Rejected:
    """Read a refusal of the recipient: no such address, a full mailbox, or the server's policy."""
    subject, detail = _status(error)
    if error.code == 421 or (error.code < 500 and subject == _SYSTEM):
        return Rejected(_answered(mail_reasons.UNREACHABLE, error))
    if error.code < 500 or error.code == 552 or (subject, detail) == (_MAILBOX, 2):
        return Rejected(_answered(mail_reasons.FULL, error))
    if subject == _POLICY:
        return Rejected(_answered(mail_reasons.REJECTED, error), permanent=True)
    return Rejected(_answered(mail_reasons.BOUNCED, error), permanent=True)


def refused_content(error: SMTPDataError) -> Rejected:
    """Read a refusal of the mail itself, before or after its bytes: it was not taken, for certain."""
    status = _status(error)
    full = status == (_MAILBOX, 2) or (status == (0, 0) and error.code in (452, 552))
    if full:
        return Rejected(_answered(mail_reasons.FULL, error))
    if error.code < 500:
        return Rejected(_answered(mail_reasons.UNREACHABLE, error))
    return Rejected(_answered(mail_reasons.REJECTED, error), permanent=True)


def unreachable(error: Exception) -> str:
    """Return why no mail could be left, where nothing is said about the address: always worth another attempt."""
    causes = _causes(error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return f"{mail_reasons.UNREACHABLE}: the mail server's certificate is not trusted"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return f"{mail_reasons.UNREACHABLE}: the mail server and we found no way to encrypt"
    match error:
        case SMTPAuthenticationError():
            return _answered(f"{mail_reasons.UNREACHABLE}: the login in RAPPORT_SMTP was refused", error)
        case SMTPSenderRefused():
            return _answered(f"{mail_reasons.UNREACHABLE}: the sender in RAPPORT_MAIL_FROM was refused", error)
        case SMTPResponseException():
            return _answered(mail_reasons.UNREACHABLE, error)
        case TimeoutError():
            return f"{mail_reasons.UNREACHABLE}: the mail server did not answer in time"
        case SMTPServerDisconnected():
            return f"{mail_reasons.UNREACHABLE}: the mail server closed the connection"
        case OSError():
            return f"{mail_reasons.UNREACHABLE}: there is no connection to the mail server"
        case _:
            return f"{mail_reasons.UNREACHABLE}: {type(error).__name__}"


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < CAUSES_MAX:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _status(error: SMTPResponseException) -> tuple[int, int]:
    found = _STATUS.match(error.message)
    return (int(found[2]), int(found[3])) if found else (0, 0)


def _answered(reason: str, error: SMTPResponseException) -> str:
    """Return a reason without the server's words: they often quote the address."""
    status = _STATUS.match(error.message)
    return f"{reason}: the mail server answered {error.code}" + (f" {status[0].strip()}" if status else "")
