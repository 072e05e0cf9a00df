"""Which addresses may be asked. An address may be a secret (Google's and Outlook's are): what is shown of it is its host."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from shared.importing.refusals import ArchiveError, shown
from shared.importing.web.limits import URL_CHARS_MAX
from shared.web_address import port_of

SCHEMES: Final = ("https", "http", "webcal", "webcals")
_PLAIN: Final = re.compile(r"[!-~]+", re.ASCII)
"""What is no ASCII has to be percent-encoded, and no control or space stands in an address."""


def is_address(text: str) -> bool:
    """Tell whether a text names something on the web, and no file."""
    return text.strip().lower().startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def checked(text: str) -> str:
    """Return an http or https address without its fragment; `ArchiveError` names the reason, and no more than the host.

    `webcal` is what calendars call https.
    """
    bare = text.strip()
    if len(bare) > URL_CHARS_MAX:
        raise ArchiveError(f"the address is longer than {URL_CHARS_MAX:,} characters")
    if not _PLAIN.fullmatch(bare):
        raise ArchiveError("the address holds spaces, controls or letters that are not percent-encoded")
    try:
        parts = urlsplit(bare)
        port_of(bare)
    except ValueError as error:
        raise ArchiveError(f"the address is none: {error}") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ArchiveError("the address must begin with https://, http:// or webcal://, and name a host")
    if parts.username is not None or parts.password is not None:
        raise ArchiveError(f"{shown(parts.hostname)}: the address must not have a user or a password")
    scheme = "http" if parts.scheme == "http" else "https"
    return urlunsplit((scheme, parts.netloc, parts.path or "/", parts.query, ""))


def redirected(address: str, location: str) -> str:
    """Return where a redirect leads; `ArchiveError` where that is no address, or one without TLS from one with it."""
    try:
        target = checked(urljoin(address, location))
    except ArchiveError as refusal:
        raise ArchiveError(f"{host_of(address)}: leads to what is not asked: {refusal}") from None
    except ValueError:  # of a host in brackets that is none
        raise ArchiveError(f"{host_of(address)}: leads to what is no address") from None
    if address.startswith("https:") and not target.startswith("https:"):
        raise ArchiveError(f"{host_of(address)}: leads from https to http")
    return target


def host_of(address: str) -> str:
    """Return what is shown of an address."""
    return shown(urlsplit(address).hostname or "")
