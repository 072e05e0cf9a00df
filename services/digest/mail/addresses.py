"""Mail addresses as they are mailed to: a local part, a domain, and nothing else that RFC 5321 once allowed.

A domain in ASCII is checked by its labels alone: names with two hyphens in third place are in use, though IDNA keeps them
for itself. Only what goes beyond ASCII is turned into it, by IDNA 2008.
"""

from __future__ import annotations

import re
import unicodedata
from email.headerregistry import Address
from typing import Final

import idna

from shared.texts.plain_text import plain_line

LOCAL_BYTES_MAX: Final = 64
"""RFC 5321, section 4.5.3.1.1."""
ADDRESS_BYTES_MAX: Final = 254
"""The same, section 4.5.3.1.3 (a path of 256, without its brackets)."""
_ATOM: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+)*"
)
"""Atoms between dots (RFC 5322, section 3.2.3; beyond ASCII RFC 6531). Quoted local parts are not taken."""
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""Letters, digits and hyphens between them, 63 at most (RFC 1035, section 2.3.1; RFC 1123, section 2.1), in small letters."""
DOMAIN_BYTES_MAX: Final = 253
"""RFC 1035, section 2.3.4 (255 with the lengths of its labels), as it is written."""
_HERE: Final = "localhost"
"""The one domain without a dot that is mailed to: whoever tries Rapport has it."""


def recipient(name: str, email: str) -> Address:
    """Return who a mail goes to, the domain in its ASCII form.

    `ValueError` says what is wrong with an address: a local part that is quoted, longer than `LOCAL_BYTES_MAX` or holds
    what is not seen; a domain that is an address of a machine, has no dot, or is none by IDNA 2008.
    """
    local, at, domain = email.rpartition("@")
    if not at or not _ATOM.fullmatch(local) or plain_line(local) != local or _holds_unseen(local):
        raise ValueError("is no address that a mail can go to")
    if len(local.encode()) > LOCAL_BYTES_MAX:
        raise ValueError(f"has more than {LOCAL_BYTES_MAX} bytes before its @")
    where = _domain(domain)
    if len(f"{local}@{where}".encode()) > ADDRESS_BYTES_MAX:
        raise ValueError(f"has more than {ADDRESS_BYTES_MAX} bytes")
    return Address(display_name=plain_line(name).strip(), username=local, domain=where)


def _domain(domain: str) -> str:
    """Return a domain in its ASCII form, without the dot at its end that only says that it is complete.

    Beyond ASCII by IDNA 2008, where `ß` is a letter of its own and not another spelling of `ss`.
    """
    found = domain.lower().removesuffix(".")
    if not found.isascii():
        try:
            found = idna.encode(unicodedata.normalize("NFC", found), uts46=False).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise ValueError("has no domain that a mail can go to") from error
    labels = found.split(".")
    is_host = found == _HERE or (len(labels) > 1 and not labels[-1].isdecimal())
    if not is_host or len(found) > DOMAIN_BYTES_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("has no domain that a mail can go to")
    return found


def _holds_unseen(local: str) -> bool:
    return any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"} for char in local)
