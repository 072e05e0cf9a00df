"""Who is who in an export: a person is their profile's address; without one, a name that is never merged with another.

Names are kept as written, with line breaks and control characters made harmless; for comparison they are folded.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote

from shared.contracts.limits import ID_CHARS_MAX, NAME_CHARS_MAX, URL_CHARS_MAX, WORDS_CHARS_MAX
from shared.importing.limits import PROFILE_URL_CHARS_MAX
from shared.importing.refusals import RowRefused

NAME_PREFIX: Final = "name:"
NAME_ID_CHARS_MAX: Final = 80
"""Of a folded name in an id; what is longer is cut and told apart by a digest."""
_SITE: Final = r"(?:https?:)?(?://)?(?:[a-z0-9-]{1,63}\.){0,3}linkedin\.com/+(?:mwlite/)?"
_PROFILE: Final = re.compile(
    _SITE + r"(?:profile/)?in(?:/+([^/?#]*)(?:[/?#].*)?|[?#].*)?", re.IGNORECASE | re.ASCII | re.DOTALL
)
"""`/in/<slug>`. In late 2023 exports had addresses that end in `/in`, without one."""
_OLD_PROFILE: Final = re.compile(
    _SITE + r"pub/+([^/?#]+)(?:/+([0-9a-z]{1,3})/+([0-9a-z]{1,3})/+([0-9a-z]{1,3}))?/*(?:[?#].*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
"""`/pub/<name>/<a>/<b>/<c>`, as addresses were written until about 2015."""
_PAGE: Final = re.compile(_SITE + r"(?:company|school|showcase|groups)/.*", re.IGNORECASE | re.ASCII | re.DOTALL)
_AROUND: Final = "\u200b\u200e\u200f\u2060\ufeff"
"""Letters without width that are copied along with an address."""
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROLS_IN_WORDS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NOT_IN_SLUG: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/]")
"""No-break spaces, marks and emoji do stand in real ones."""


def slug_of(address: str, column: str) -> str | None:
    """Return the lower-cased, percent-decoded slug of a `/in/<slug>` address; None for an empty cell, or no slug."""
    address = _bare(address)
    if not address:
        return None
    written = _written_slug(address) if len(address) <= PROFILE_URL_CHARS_MAX else None
    if written is None:
        raise RowRefused(f"{column}: is no address of a LinkedIn profile (…linkedin.com/in/…)")
    try:
        slug = _bare(unquote(written, errors="strict")).lower()
    except UnicodeDecodeError:
        raise RowRefused(f"{column}: its profile name is not percent-encoded UTF-8") from None
    if len(slug) > ID_CHARS_MAX:
        raise RowRefused(f"{column}: its profile name is longer than {ID_CHARS_MAX} characters")
    if _NOT_IN_SLUG.search(slug) or slug.startswith(NAME_PREFIX):
        raise RowRefused(f"{column}: its profile name holds characters that no profile has")
    return slug or None


def _bare(text: str) -> str:
    return text.strip().strip(_AROUND).strip()


def _written_slug(address: str) -> str | None:
    """Return the slug as it is written, possibly empty; None for what is no profile.

    LinkedIn leads an old address to the name with its three parts joined in reverse: `/pub/ada-stone/a7/576/b50` to
    `/in/ada-stone-b50576a7`; all but the first part are filled up to three digits.
    """
    if (found := _PROFILE.fullmatch(address)) is not None:
        return found[1] or ""
    if (found := _OLD_PROFILE.fullmatch(address)) is not None:
        name, first, second, third = found.groups()
        return name if first is None else f"{name}-{third.zfill(3)}{second.zfill(3)}{first}"
    return None


def is_page(address: str) -> bool:
    """Tell whether an address is that of a company, a school or a group: nobody in person."""
    return _PAGE.fullmatch(_bare(address)) is not None


def profile_url(slug: str) -> str | None:
    """Return a profile's address; None when percent-encoding makes it longer than an event may carry."""
    address = "https://www.linkedin.com/in/" + quote(slug, safe="")
    return address if len(address) <= URL_CHARS_MAX else None


def name_of(text: str, column: str) -> str:
    """Return a name on one line without control characters, possibly empty."""
    name = _CONTROLS.sub("", " ".join(text.split())).strip()
    if len(name) > NAME_CHARS_MAX:
        raise RowRefused(f"{column}: is longer than {NAME_CHARS_MAX} characters")
    return name


def headline_of(position: str, company: str) -> str | None:
    """Return what somebody does and where, cut to what an event may carry: `Engineer, Acme`."""
    parts = [_CONTROLS.sub("", " ".join(part.split())).strip() for part in (position, company)]
    headline = ", ".join(part for part in parts if part)
    return _cut(headline, NAME_CHARS_MAX) or None


def words_of(text: str) -> str | None:
    """Return somebody's words with their line breaks, cut to what an event may carry; None for an empty cell."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _cut(_CONTROLS_IN_WORDS.sub("", lines).strip(), WORDS_CHARS_MAX) or None


def folded(name: str) -> str:
    """Return a name for comparison: compatibility forms, case and spaces are levelled, accents are kept."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def name_id(folded_name: str, *marks: str) -> str:
    """Return an id for somebody without an address; `marks` tell apart those who share the name."""
    name = folded_name
    if len(name) > NAME_ID_CHARS_MAX:
        name = f"{name[:60]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return NAME_PREFIX + ":".join((_CONTROLS.sub("", name), *marks))


def _cut(text: str, chars_max: int) -> str:
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"
