"""Links in mails: each names one member and one thing, and nobody else can read or make one.

What a link names is sealed into its token by authenticated encryption under a secret that *digest* and *gateway* share, so
nothing has to be stored, and a token tells nothing to whoever sees it. Sealing is deterministic (AES-SIV, RFC 5297): the
same link has the same token, so a mail that is tried again is the same mail.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.contracts.limits import YEAR_MAX

Verb = Literal["unsubscribe", "subscribe", "done", "later", "let-go", "keep", "more", "again"]
"""What a link does: the first part of its path."""
ANSWER_LINK_DAYS: Final = 60
"""How long the links of a follow-up or of invites work, from the digest's instant. To unsubscribe works for ever."""
ABOUT_CHARS_MAX: Final = 60
"""How much a link says of what it is about, for the page that asks."""
NAMED_BYTES_MAX: Final = 900
"""What one link holds of invites or follow-ups by id and name: fifteen of usual length, or one invite of the longest."""
NAMED_MAX: Final = 50
"""Invites or follow-ups that one link holds, however short they are."""
PROFILES_BYTES_MAX: Final = 600
"""What one link holds of people's pages beside: those of the invites or follow-ups that stand first."""
TOKEN_CHARS_MAX: Final = 5_632
"""Longer than the token of the longest ids."""
_SECONDS_MAX: Final = int(datetime(YEAR_MAX, 1, 1, tzinfo=UTC).timestamp())
_FORM: Final = b"\x01"
"""The first byte of a token: how the rest was made."""
_KEY_BYTES: Final = 64


class ToDigest(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """Names a member's digests, as one mail of them says it."""

    member: str
    period: str
    """That of the mail: each mail has links of its own."""
    every: Literal["weekly", "daily"]
    """How often it came, which is how often it comes when the member wants it back."""
    locale: str = ""
    """The language of the mail, as `de`: that of the page, too. Empty: English, as in links that were made before."""


class ToFollowup(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    """Names one follow-up of a member, as one mail says it."""

    member: str
    followup_id: str
    about: str
    at: int
    """The digest's instant, in seconds since 1970."""
    again: int
    """When it comes back where the member puts it off; in seconds, too."""
    name: str = ""
    """Whom it is about, as `about` names them, where the address of their page is known."""
    profile: str = ""
    """That address."""
    locale: str = ""

    def expired(self, now: datetime) -> bool:
        """Tell whether the link has had its time."""
        return _expired(self.at, now) or not 0 <= self.again <= _SECONDS_MAX


class NamedInvite(msgspec.Struct, frozen=True, array_like=True):
    """An invite that a mail showed."""

    invite_id: str
    name: str
    profile: str = ""
    """The address of the person's page; empty where it is not known, or had no room."""


class ToInvites(msgspec.Struct, frozen=True, array_like=True, tag="i"):
    """Names invites that one mail asks or tells a member about."""

    member: str
    named: tuple[NamedInvite, ...]
    """Those that the page can list: one at least."""
    proposal_id: str
    """The proposal that they stand in; empty for a notice, which stands alone."""
    more: int
    """How many others that proposal has, beyond those that are named."""
    at: int
    """The digest's instant, in seconds since 1970."""
    locale: str = ""

    def expired(self, now: datetime) -> bool:
        """Tell whether the link has had its time."""
        return _expired(self.at, now)


class NamedFollowup(msgspec.Struct, frozen=True, array_like=True):
    """A follow-up that a mail had no room for."""

    followup_id: str
    about: str
    name: str = ""
    """Whom it is about, as `about` names them, where the address of their page is known and has room."""
    profile: str = ""
    """That address."""


class ToFollowups(msgspec.Struct, frozen=True, array_like=True, tag="l"):
    """Names the follow-ups of a member that one mail only counts."""

    member: str
    named: tuple[NamedFollowup, ...]
    """Those that the page can list: one at least."""
    more: int
    """How many others wait beyond them."""
    at: int
    """The digest's instant, in seconds since 1970."""
    again: int
    """When they come back where the member puts them off; in seconds, too."""
    locale: str = ""

    def expired(self, now: datetime) -> bool:
        """Tell whether the link has had its time."""
        return _expired(self.at, now) or not 0 <= self.again <= _SECONDS_MAX


class ToRule(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """Names a rule that has gone quiet for a member, as one mail says it."""

    member: str
    rule: str
    about: str
    """What the rule is about, in words."""
    at: int
    """The digest's instant, in seconds since 1970."""
    locale: str = ""

    def expired(self, now: datetime) -> bool:
        """Tell whether the link has had its time."""
        return _expired(self.at, now)


class ToPage(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """Leads to a member's own page, and opens it for whoever has the link."""

    member: str
    until: int
    """In seconds since 1970: from then on it opens nothing."""
    key: str = ""
    """The id of the API key by which a product asked for it; empty: it stands in a mail."""
    place: Literal["", "preferences"] = ""
    """Which of the pages comes first; empty: today."""
    locale: str = ""
    """The language of the mail; empty: none stands for it, as the browser's does then."""

    def expired(self, now: datetime) -> bool:
        """Tell whether the link has had its time."""
        return now.timestamp() >= self.until


class Visit(msgspec.Struct, frozen=True, array_like=True, tag="v"):
    """Whom a browser shows the pages of, after it has followed such a link: it stands in a cookie, never in an address."""

    member: str
    until: int
    """In seconds since 1970."""
    key: str = ""
    """As the link has it."""

    def expired(self, now: datetime) -> bool:
        """Tell whether the visit is over."""
        return now.timestamp() >= self.until


class Desk(msgspec.Struct, frozen=True, array_like=True, tag="o"):
    """Lets a browser see the operators' page, after a key was given: it stands in a cookie, never in an address."""

    key: str
    """The id of the key: with it the desk is closed."""
    until: int
    """In seconds since 1970."""

    def expired(self, now: datetime) -> bool:
        """Tell whether it is over."""
        return now.timestamp() >= self.until


class ToPerson(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """Names the page of a person, which only that member may see: so no id stands in an address."""

    member: str
    contact_id: str


class ToCalendar(msgspec.Struct, frozen=True, array_like=True, tag="k"):
    """Leads to a member's calendar feed for as long as the member wants it: programs ask for it again and again."""

    member: str
    mark: str
    """Made of the member's last word on the feed: it ends with the next one."""


class Mark(msgspec.Struct, frozen=True, array_like=True, tag="m"):
    """Stands in the forms that a visit shows: who has not seen them cannot make one, and one of another visit is none."""

    visit: str
    """A digest of the cookie."""


class ToChannel(msgspec.Struct, frozen=True, array_like=True, tag="h"):
    """The address of a member's channel, as an event carries it: who has the address can write to that person."""

    member: str
    """Whose it is: sealed for one, it is none of another's."""
    address: str


Link: TypeAlias = ToDigest | ToFollowup | ToInvites | ToFollowups | ToRule
"""What a `Verb` is about."""
Sealed: TypeAlias = Link | ToPage | Visit | Desk | ToPerson | ToCalendar | Mark | ToChannel
"""All that is sealed. Each has a tag of its own, so that none is taken for another."""
OPEN: Final = "open"
"""What stands before the token of a link to a member's own page."""
PAGE_LINK_DAYS: Final = 14
"""How long a mail's link to the member's own page opens it: two weekly mails. It shows more than one answer does."""


class LinkKeys:
    """Seals links under the first of the secrets, and opens what was sealed under any of them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._ciphers = [_cipher(secret) for secret in secrets]
        self._encode = msgspec.msgpack.Encoder().encode
        self._decoder: msgspec.msgpack.Decoder[Sealed] = msgspec.msgpack.Decoder(Sealed)

    def seal(self, link: Sealed) -> str:
        """Return the token of a link, in characters that stand in any URL as they are."""
        sealed = _FORM + self._ciphers[0].encrypt(self._encode(link), [_FORM])
        return _text(sealed)

    def open(self, token: str) -> Sealed | None:
        """Return what a token names; None when it was not made here, whatever is wrong with it."""
        if len(token) > TOKEN_CHARS_MAX or not token.isascii():
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        if not sealed.startswith(_FORM) or _text(sealed) != token:
            return None  # the last letter has other spellings that decode alike: a link is the one that was made
        for cipher in self._ciphers:
            try:
                return self._decoder.decode(cipher.decrypt(sealed[1:], [_FORM]))
            except (InvalidTag, msgspec.DecodeError):
                continue
        return None


class LinkAddresses:
    """The addresses of links: where members reach the gateway, and the keys that seal their tokens.

    `own_pages`: whether it serves members' own pages there, too.
    """

    def __init__(self, public_url: str, keys: LinkKeys, *, own_pages: bool = False) -> None:
        self._public_url = public_url
        self._keys = keys
        self.own_pages = own_pages

    def address(self, verb: Verb, link: Link) -> str:
        """Return the link as a URL."""
        return f"{self._public_url}/{verb}/{self._keys.seal(link)}"

    def page(self, link: ToPage) -> str:
        """Return the link to a member's own page."""
        return f"{self._public_url}/{OPEN}/{self._keys.seal(link)}"


def _expired(at: int, now: datetime) -> bool:
    if not 0 <= at <= _SECONDS_MAX:
        return True  # no instant that we know of; only whoever has the secret can seal such a link
    return now >= datetime.fromtimestamp(at, UTC) + timedelta(days=ANSWER_LINK_DAYS)


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _cipher(secret: str) -> AESSIV:
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"rapport/links/1").derive(secret.encode())
    return AESSIV(key)
