"""Addresses on the web, as settings name them; each function returns the address or raises `ValueError` with the reason."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

PUBLIC_URL_CHARS_MAX: Final = 200
"""A link must fit into one line of a mail's header, which may have 998 characters (RFC 5322, 2.1.1)."""


def port_of(url: str) -> int | None:
    """Return the port that a URL names."""
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("the port must be a number from 1 to 65535")
    return port


def web_address(value: str) -> str:
    """Read an address that paths are added to."""
    port_of(value)
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or a fragment")
    return value.rstrip("/")


def public_address(value: str) -> str:
    """Read the address that links in mails begin with.

    It stands in their headers, so it is short and plain; and nobody on the way may read along, except on this machine.
    """
    address = web_address(value)
    if len(address) > PUBLIC_URL_CHARS_MAX or not re.fullmatch(r"[A-Za-z0-9.~:/\[\]_-]+", address):
        raise ValueError(f"must be at most {PUBLIC_URL_CHARS_MAX} letters, digits and . ~ : / _ - without a user")
    parts = urlsplit(address)
    if {".", ".."}.intersection(parts.path.split("/")) or "//" in parts.path:
        raise ValueError("must have a plain path, without . and .. and empty parts: mail programs would shorten it")
    if parts.scheme != "https" and not on_this_machine(parts.hostname or ""):
        raise ValueError("must begin with https:// unless it is on this machine")
    return address


def on_this_machine(host: str) -> bool:
    """Return whether a host is this machine's own loopback, which nobody else reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
