"""Somebody as a file from outside names them: by address and name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from shared.contracts.limits import EMAIL_CHARS_MAX, NAME_CHARS_MAX

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b\u2060\ufeff]+")
_ADDRESS: Final = re.compile(r"[^\s\x00-\x20\x7f-\xa0@<>\"(),;:]+@[^\s\x00-\x20\x7f-\xa0@<>\"(),;:]+")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an address or several, a name, or both."""

    addresses: tuple[str, ...]
    """Lower-cased, the first one first; empty where none stands."""
    name: str
    """As written; empty where none stands."""


def address_of(text: str) -> str:
    """Return an address in lower case, without its scheme; empty for what is none."""
    bare = text.strip().lower().removeprefix("mailto:").strip()
    return bare if len(bare) <= EMAIL_CHARS_MAX and _ADDRESS.fullmatch(bare) else ""


def clean(text: str) -> str:
    """Return a text fit for one line of a mail, cut to the length of a name; empty where nothing is left."""
    return " ".join(_CONTROLS.sub(" ", text).split())[:NAME_CHARS_MAX].strip()
