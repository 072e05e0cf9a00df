"""A mail as bytes: the headers that mail programs and servers look at, text first, HTML beside it.

The bytes are made here and sent as they are: the head by `head.py`, the bodies as quoted-printable. No library is asked to
make sense of what people wrote.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime
from typing import Final

from services.digest.mail.head import BadHead, head_bytes, mailbox_value, text_value
from services.digest.words.render import Mail
from shared.texts.plain_text import plain

LIST_NAME: Final = "Rapport digest"
_LINK: Final = re.compile(r"https?://[!-;=?-~]+")
"""An address without blanks and angle brackets: what `List-Unsubscribe` holds between its own (RFC 2369)."""


def message_id(member: str, period: str, domain: str, incarnation: int = 0) -> str:
    """Return the Message-ID of a member's digest: the same for every attempt, and telling nobody who the member is.

    Whoever was erased and has joined again gets another one in the same period: mail programs hide what they know.
    """
    again = f"/{incarnation}" if incarnation else ""
    token = hashlib.sha256(f"{len(member)}:{member}{period}{again}".encode()).hexdigest()[:32]
    return f"<digest.{period.lower()}.{token}@{domain}>"


def message(
    mail: Mail, to: Address, sender: Address, *, identity: str, at: datetime, unsubscribe: str | None = None
) -> bytes:
    """Return the mail as an SMTP server is to receive it, with CRLF line ends.

    `identity` becomes its Message-ID, `at` its Date. `unsubscribe` is the link that a mail program may show as a button of
    its own, and that a mail provider posts to (RFC 8058). Raises `BadHead` for a head that can not be sent.
    """
    boundary = f"=_rapport.{hashlib.sha256(identity.encode()).hexdigest()[:24]}"  # no quoted-printable line holds `=_`
    head = [
        ("From", mailbox_value(sender)),
        ("To", mailbox_value(to)),
        ("Subject", text_value(mail.subject)),
        ("Date", format_datetime(at)),
        ("Message-ID", identity),
        ("Auto-Submitted", "auto-generated"),
        ("List-Id", f"{LIST_NAME} <digest.{sender.domain}>"),
    ]
    if unsubscribe is not None:
        if not _LINK.fullmatch(unsubscribe):
            raise BadHead("List-Unsubscribe: is no link")
        head += [("List-Unsubscribe", f"<{unsubscribe}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
    head += [("MIME-Version", "1.0"), ("Content-Type", f'multipart/alternative; boundary="{boundary}"')]
    parts = [*_part(boundary, "plain", mail.text), *_part(boundary, "html", mail.html), f"--{boundary}--\r\n".encode()]
    return head_bytes(head, utf8=not to.addr_spec.isascii()) + b"".join(parts)


def _part(boundary: str, subtype: str, text: str) -> tuple[bytes, bytes]:
    head = (
        f'--{boundary}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    body = binascii.b2a_qp(plain(text).encode(), quotetabs=False, istext=True, header=False)
    if b"From " in body:
        body = re.sub(rb"^From ", b"=46rom ", body, flags=re.MULTILINE)  # mailboxes of old quote it with a `>`
    return head.encode(), body.replace(b"\n", b"\r\n") + b"\r\n"  # the last line end belongs to the boundary
