"""Translations as they are kept: one gettext file for each language, read once, as the code beside it is.

`msgctxt` is the key of a text, `msgid` the English of the day on which it was translated, so that a text whose English has
changed since is found (`rapport texts check`). Plural forms stand in the order of CLDR's categories, as far as the language
has them: zero, one, two, few, many, other.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final, NamedTuple

from babel import Locale
from babel.messages.pofile import read_po

LOCALES: Final = {
    "de": "de", "fr": "fr", "es": "es", "it": "it", "pt-BR": "pt_BR", "nl": "nl", "pl": "pl", "sv": "sv", "tr": "tr",
    "ar": "ar", "ja": "ja",
}  # fmt: skip
"""The languages beside English, by their BCP 47 tags, with Babel's names for them."""
CATEGORIES: Final = ("zero", "one", "two", "few", "many", "other")


class Translation(NamedTuple):
    """What a language says for a text: one form, or one for each category of its plural; empty where it says nothing yet."""

    english: str
    forms: tuple[str, ...]


def file_name(tag: str) -> str:
    """Return the name of a language's file in the folder `locales`."""
    return f"{LOCALES[tag]}.po"


def categories(tag: str) -> tuple[str, ...]:
    """Return the plural categories that a language has, in the order in which a file has their forms."""
    tags = Locale.parse(LOCALES[tag]).plural_form.tags | {"other"}
    return tuple(category for category in CATEGORIES if category in tags)


def parsed(tag: str, content: bytes) -> dict[str, Translation]:
    """Return what a file says, by the keys of the texts; `babel.messages.pofile.PoFileError` where it is no such file."""
    found = {}
    for message in read_po(BytesIO(content), locale=LOCALES[tag], abort_invalid=True):
        if message.id and message.context:
            several = isinstance(message.id, tuple | list)
            english = message.id[-1] if several else message.id
            forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            found[message.context] = Translation(str(english), () if message.fuzzy else tuple(map(str, forms)))
    return found


@lru_cache(maxsize=len(LOCALES))
def translations(tag: str) -> dict[str, Translation]:
    """Return what a language says, by the keys of the texts; nothing where there is no file of it."""
    file = files("shared.texts.locales").joinpath(file_name(tag))
    return parsed(tag, file.read_bytes()) if file.is_file() else {}
