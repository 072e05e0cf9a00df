"""What whoever asks a server by HTTP needs beside the library: a whole address, a header, how long to wait."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import httpcore

_SECONDS: Final = re.compile(r"[0-9]+", re.ASCII)


def url_of(address: str) -> httpcore.URL:
    """Return an address in the parts that are asked for: of a text httpcore leaves out the `;parameters` of a path.

    Whoever the address may name a user, and where it may have a fragment, has refused it or taken them out before.
    """
    parts = urlsplit(address)
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    return httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=target)


def header_of(answer: httpcore.Response, name: bytes) -> str:
    """Return the first header of a name in small letters, "" where there is none."""
    values = [value for one, value in answer.headers if one.lower() == name]
    return values[0].decode("latin-1").strip() if values else ""


def wait_asked_for(answer: httpcore.Response, seconds_max: float) -> float:
    """Return the seconds of `Retry-After`, at most `seconds_max`.

    0 where there is none, or a date, which a wrong clock makes anything.
    """
    value = header_of(answer, b"retry-after")
    return min(float(value), seconds_max) if _SECONDS.fullmatch(value) else 0.0
