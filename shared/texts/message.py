"""A text of ours as it is declared, in English, with a key for its translations and a note for whoever translates it.

A text is one whole sentence, or one whole heading: what goes into it stands in braces, and nothing is glued to it. Each *is*
its English, so code that speaks English alone uses it as it is; `language.Language` says it in another language.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import Self


class Text(str):
    """A text, in English."""

    __slots__ = ("key", "note")

    key: str
    note: str

    def __new__(cls, key: str, english: str, note: str = "") -> Self:
        text = super().__new__(cls, english)
        text.key, text.note = key, note
        return text


@dataclass(frozen=True, slots=True)
class Counted:
    """A text about a number of things, `{count}`, in the two forms that English has."""

    key: str
    one: str
    other: str
    note: str = ""


def places(text: str) -> frozenset[str]:
    """Return the names in braces that a text has."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
