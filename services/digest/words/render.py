"""A digest as a mail: subject, plain text and HTML. Pure: the same content gives the same words.

The plain text is complete in itself; the HTML says the same, reads well on a phone and in dark mode, and has no
pictures. Links are there where whoever renders gives some. Its style sheets: `digest.css` is written into the tags, since
many mail programs drop everything else, and `screens.css` stays a style sheet, for those that know phones and dark mode.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from services.digest.content.model import DigestContent
from services.digest.words import phrases, texts
from services.digest.words.cards import Card, cut
from services.digest.words.links import Links
from services.digest.words.readable import readable
from services.digest.words.sections import sections_of
from services.digest.words.styled import style_sheet, styled
from shared.texts.brand import OURS, Brand
from shared.texts.language import language
from shared.texts.person_links import Part, in_parts

TEXT_COLUMNS: Final = 72
FILLED_KEPT_MAX: Final = 256
"""Texts whose lines are broken already: the longest ones are the same in all mails of a language."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says, without its envelope."""

    subject: str
    text: str
    html: str


def render(digest: DigestContent, links: Links | None = None, brand: Brand = OURS) -> Mail:
    """Return the digest in words; `links` None: without any that answer. `brand`: whose mail it is.

    An empty one is not refused here: whoever sends asks `digest.empty` first.
    """
    lang = language(digest.locale)
    digest = readable(digest, lang)
    subject = phrases.subject(digest)
    name = cut(digest.name, lang=lang)
    context = {
        "lang": lang,
        "subject": subject,
        "preheader": phrases.preheader(digest),
        "date": phrases.date_line(digest),
        "greeting": lang(texts.GREETING, name=name) if digest.name else lang(texts.GREETING_NAMELESS),
        "opening": phrases.opening(digest),
        "sections": sections_of(digest, links, brand),
        "closing": lang(texts.CLOSING[digest.every]),
        "reason": lang(texts.REASON[digest.every], brand=brand.name),
        "brand": brand,
        "screens": _screens(brand.colour),
        "preferences_link": lang(texts.PREFERENCES_LINK),
        "preferences": lang(texts.PREFERENCES),
        "stop": lang(texts.STOP),
        "unsubscribe": links.unsubscribe if links else "",
        "open_page": lang(texts.OPEN_PAGE),
        "page": links.page if links else "",
        "preferences_page": brand.preferences_url or (links.preferences if links else ""),
    }
    return Mail(
        subject,
        _text_template().render(context),
        _html_template(brand.colour, lang.right_to_left).render(context),
    )


@lru_cache(maxsize=1)
def _text_template() -> Template:
    """Load the template of the plain text once. It leaves what people wrote as it is."""
    return _environment(escapes=False).get_template("digest.txt.j2")


@lru_cache(maxsize=8)
def _html_template(colour: str, right_to_left: bool) -> Template:
    """Load the template of the HTML once for a look. It escapes whatever people wrote."""
    environment = _environment(escapes=True)
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, "digest.html.j2")
    return environment.from_string(styled(source, style_sheet(colour, right_to_left)))


def _environment(*, escapes: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("services.digest.words", "templates"),
        autoescape=escapes,  # noqa: S701 - plain text is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["fill"] = _fill
    environment.globals["linked"] = _linked
    return environment


def _linked(card: Card) -> dict[str, list[Part]]:
    """Return what a card says in pieces, with each name linked to that person's page at its first place on the card."""
    says, people = dict[str, list[Part]](), list(card.people)
    for field in ("who", "about", "why"):
        says[field], people = in_parts(getattr(card, field), people)
    return says


@lru_cache(maxsize=8)
def _screens(colour: str) -> Markup:
    """Return the style sheet for phones and dark mode in a brand's colour."""
    style = files("services.digest.words.templates").joinpath("screens.css").read_text("utf-8").removesuffix("\n")
    return Markup(Brand(colour=colour).painted(style))  # noqa: S704 - a file of ours


@lru_cache(maxsize=FILLED_KEPT_MAX)
def _fill(text: str, first: str = "", rest: str | None = None) -> str:
    """Break a text into lines; `first` goes before the first one, `rest` before the others."""
    if text and text.isprintable() and text == text.strip() and len(first) + len(text) <= TEXT_COLUMNS:
        return first + text  # it fits, as most do
    indent = " " * len(first) if rest is None else rest
    return textwrap.fill(text, TEXT_COLUMNS, initial_indent=first, subsequent_indent=indent)
