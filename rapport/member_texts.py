"""All texts that members read, gathered from where they are declared, and what a language lacks of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from types import ModuleType
from typing import Any, Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from babel.plural import to_gettext

from rapport.inspect import words as why
from rapport.preview import words as preview
from services.digest.words import rule_words
from services.digest.words import texts as digest_texts
from services.followups.engine import lines
from services.gateway import words as link_pages
from services.gateway.personal.content import words as own_pages
from shared.texts import sentences
from shared.texts.language import fault
from shared.texts.message import Counted, Text
from shared.texts.translations import LOCALES, Translation

MODULES: Final[tuple[ModuleType, ...]] = (
    sentences,
    digest_texts,
    rule_words,
    lines,
    link_pages,
    own_pages,
    why,
    preview,
)
"""Where texts are declared that members read in their own language."""

Declared = Mapping[str, Text | Counted]


def declared(modules: Iterable[ModuleType] = MODULES) -> Declared:
    """Return the texts by their keys, in the order of their declaration; `ValueError` where a key has two texts."""
    found: dict[str, Text | Counted] = {}
    for module in modules:
        for name, value in vars(module).items():
            for text in _texts(value) if name.isupper() else ():
                if english(found.setdefault(text.key, text)) != english(text):
                    raise ValueError(f"{text.key}: is the key of two texts")
    return found


def english(text: Text | Counted) -> tuple[str, ...]:
    """Return the forms that a text has in English."""
    return (text.one, text.other) if isinstance(text, Counted) else (str(text),)


def faults(tag: str, translated: Mapping[str, Translation], texts: Declared) -> list[str]:
    """Return a line for each text that a language lacks, or says so that English is taken in its place."""
    return [
        f"{key}: {wrong}"
        for key, text in texts.items()
        if (wrong := fault(tag, translated[key].forms if key in translated else (), english(text)))
    ]


def aged(translated: Mapping[str, Translation], texts: Declared) -> list[str]:
    """Return a line for each translation whose English has changed since, or is gone: it is used as it is."""
    lines = [f"{key}: English has no such text any more" for key in translated if key not in texts]
    lines += [
        f"{key}: English says otherwise since: {english(text)[-1]}"
        for key, text in texts.items()
        if key in translated and translated[key].english != english(text)[-1]
    ]
    return lines


def template(tag: str, translated: Mapping[str, Translation], texts: Declared, comment: str) -> bytes:
    """Return the file of a language: every text with its note and what `said` has for it, under a comment at its head.

    What English says no more is left out; a translation keeps the English that it was made from.
    """
    locale = Locale.parse(LOCALES[tag])
    catalog = Catalog(locale, project="Rapport", header_comment=comment, charset="utf-8", fuzzy=False)
    catalog.mime_headers = [("Plural-Forms", _rule(locale))]
    for key, text in texts.items():
        was = translated.get(key)
        forms = was.forms if was else ()
        if isinstance(text, Counted):
            catalog.add((text.one, text.other), forms or None, context=key, auto_comments=_note(text))
        else:
            catalog.add(str(text), forms[0] if forms else "", context=key, auto_comments=_note(text))
    written = BytesIO()
    write_po(written, catalog, width=0, omit_header=True)
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    return f'{head}msgid ""\nmsgstr ""\n{_head(tag, _rule(locale))}\n'.encode() + written.getvalue()


def _head(tag: str, rule: str) -> str:
    lines = (f"Language: {tag}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {rule}")
    return "".join(f'"{line}\\n"\n' for line in lines)


def _rule(locale: Locale) -> str:
    """Return CLDR's rule for the plural as gettext files have it. Babel's own table has less: Polish lacks `other` there."""
    tags = len(locale.plural_form.tags | {"other"})
    # Some of CLDR's rules ask for an exponent, as of 1.2 million written short: whole numbers have none.
    rule = to_gettext(locale.plural_form).partition("plural=")[2]
    rule = rule.replace("e == 0", "0 == 0").replace("(e >= 0 && e <= 5)", "1")
    return f"nplurals={tags}; plural={rule}"


def _note(text: Text | Counted) -> list[str]:
    return [text.note] if text.note else []


def _texts(value: Any) -> Iterator[Text | Counted]:
    if isinstance(value, Text | Counted):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _texts(one)
