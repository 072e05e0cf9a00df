"""A mail as bytes: the headers that mail programs and servers look at, text first, HTML beside it.

The bytes are made here and sent as they are. Python's folding at 78 characters mangles structured headers that hold one
longer word, so lines may have the 998 characters of RFC 5322 (2.1.1), and the bodies are quoted-printable.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from services.digest.render import Mail

LINE_CHARS_MAX: Final = 998
LIST_NAME: Final = "Rapport digest"


def message_id(member: str, period: str, domain: str) -> str:
    """Return the Message-ID of a member's digest: the same for every attempt, and telling nobody who the member is."""
    token = hashlib.sha256(f"{len(member)}:{member}{period}".encode()).hexdigest()[:32]
    return f"<digest.{period.lower()}.{token}@{domain}>"


def recipient(name: str, email: str) -> Address:
    """Return who a mail goes to; `ValueError` when that is no address that a header can carry."""
    local, at, domain = email.rpartition("@")
    try:
        if not domain.isascii():
            domain = domain.encode("idna").decode()
        if local.isascii():
            return Address(display_name=name, addr_spec=local + at + domain)
        Address(addr_spec="".join(filter(str.isascii, local)) + "x" + at + domain)  # what is ASCII in it must do
        return Address(display_name=name, username=local, domain=domain)
    except Exception as error:  # the parser raises errors of many kinds on what it can not read
        raise ValueError("is no address that a mail header can carry") from error


def message(
    mail: Mail, to: Address, sender: Address, *, identity: str, at: datetime, unsubscribe: str | None = None
) -> bytes:
    """Return the mail as an SMTP server is to receive it, with CRLF line ends.

    `identity` becomes its Message-ID, `at` its Date. `unsubscribe` is the link that a mail program may show as a button of
    its own, and that a mail provider posts to (RFC 8058).
    """
    draft = EmailMessage(policy=policy.SMTP.clone(max_line_length=LINE_CHARS_MAX))
    draft["From"] = sender
    draft["To"] = to
    draft["Subject"] = mail.subject
    draft["Date"] = format_datetime(at)
    draft["Message-ID"] = identity
    draft["Auto-Submitted"] = "auto-generated"
    draft["List-Id"] = f"{LIST_NAME} <digest.{sender.domain}>"
    if unsubscribe is not None:
        draft["List-Unsubscribe"] = f"<{unsubscribe}>"
        draft["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    draft.set_content(mail.text, cte="quoted-printable")
    draft.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return draft.as_bytes(policy=policy.SMTP.clone(max_line_length=LINE_CHARS_MAX, utf8=not to.addr_spec.isascii()))
