"""Tokens of members: what a product's page or app has in its hands, for one member and a short while.

Sealed as links are (`shared.links`): authenticated encryption under the secrets of links, with a key of its own. Nothing is
stored. A token is worth no more than the key that it was made with: when that is revoked, so is the token.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX: Final = "rt_"
SECONDS_MAX: Final = 24 * 60 * 60
SECONDS: Final = 15 * 60
"""Unless the product asks for less or more."""
TOKEN_CHARS_MAX: Final = 1_024
_FORM: Final = b"\x01"
_KEY_BYTES: Final = 64


class MemberToken(msgspec.Struct, frozen=True, array_like=True):
    """What a token says."""

    member: str
    scopes: tuple[str, ...]
    until: int
    """In seconds since 1970: from then on it is refused."""
    key: str
    """The id of the key that it was made with."""


class MemberTokens:
    """Seals tokens under the first of the secrets, and opens what was sealed under any of them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._ciphers = [_cipher(secret) for secret in secrets]
        self._encode = msgspec.msgpack.Encoder().encode
        self._decoder: msgspec.msgpack.Decoder[MemberToken] = msgspec.msgpack.Decoder(MemberToken)

    @property
    def able(self) -> bool:
        """Whether there is a secret to seal with."""
        return bool(self._ciphers)

    def seal(self, token: MemberToken) -> str:
        """Return a token as text that stands in any header."""
        return PREFIX + _text(_FORM + self._ciphers[0].encrypt(self._encode(token), [_FORM]))

    def open(self, text: str, now: datetime) -> MemberToken | None:
        """Return what a token says; None where it was not made here, or its time is over."""
        body = text.removeprefix(PREFIX)
        if body == text or len(text) > TOKEN_CHARS_MAX or not text.isascii():
            return None
        try:
            sealed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        if not sealed.startswith(_FORM) or _text(sealed) != body:
            return None  # the last letter has other spellings that decode alike
        for cipher in self._ciphers:
            try:
                token = self._decoder.decode(cipher.decrypt(sealed[1:], [_FORM]))
            except (InvalidTag, msgspec.DecodeError):
                continue
            return token if now.timestamp() < token.until else None
        return None


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _cipher(secret: str) -> AESSIV:
    return AESSIV(HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"rapport/tokens/1").derive(secret.encode()))
