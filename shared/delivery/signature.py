"""Signatures of webhooks by the symmetric scheme `v1` of Standard Webhooks (standardwebhooks.com, specification 1.0).

What is signed is the id, the whole seconds of UTC at which this attempt is made, and the body, joined by full stops. A
receiver refuses a time that is minutes away, so a body that somebody has recorded cannot be sent to it again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets as chance
from collections.abc import Iterable
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
BYTES_MIN: Final = 24
BYTES_MAX: Final = 64
"""Of a secret, as the specification asks."""
NEW_BYTES: Final = 32


def new_secret() -> str:
    """Return a secret that nobody can guess, in the form in which receivers' libraries take it."""
    return PREFIX + base64.b64encode(chance.token_bytes(NEW_BYTES)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return the bytes of a secret; `ValueError` says what it lacks."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"must begin with {PREFIX}")
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"must be base64 after {PREFIX}") from None
    if not BYTES_MIN <= len(found) <= BYTES_MAX:
        raise ValueError(f"must hold {BYTES_MIN} to {BYTES_MAX} bytes")
    return found


def signed_headers(secrets: Iterable[str], identity: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.

    `secrets`: one, or two while a receiver changes from one to the next; each gives a signature. `at` carries its zone.
    """
    seconds = int(at.timestamp())
    signed = f"{identity}.{seconds}.".encode() + body
    signatures = (
        base64.b64encode(hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()) for secret in secrets
    )
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{one.decode()}" for one in signatures),
    }
