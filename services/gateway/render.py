"""The pages, as HTML. Pure: the same question gives the same page. No script, no picture, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from services.gateway import words
from services.gateway.choice import FORM, GONE, LATER, ONE, PAGE, REST, Choice, all_of
from services.gateway.words import Asked
from shared.links import ANSWER_LINK_DAYS, Link, ToDigest, ToFollowup, ToFollowups, ToInvites, ToRule, Verb
from shared.texts.brand import OURS, Brand
from shared.texts.language import ENGLISH, Language, language
from shared.texts.message import Counted
from shared.texts.person_links import Part, Whose, in_parts

_STYLE: Final = files("services.gateway.pages").joinpath("page.css").read_text("utf-8")
_PERSONAL: Final = files("services.gateway.personal").joinpath("personal.css").read_text("utf-8")


def content_security_policy(brand: Brand = OURS) -> str:
    """Return what browsers may load for all pages: their style sheets, by their digests, and nothing else."""
    sheets = " ".join(f"'sha256-{_digest(one(brand))}'" for one in (_style, personal_style))
    return f"default-src 'none'; style-src {sheets}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def personal_style(brand: Brand) -> str:
    """Return the style sheet of a member's own pages: that of all pages, and more."""
    return _style(brand) + _PERSONAL


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Look(NamedTuple):
    """What all pages bear."""

    brand: Brand = OURS
    made: str = ""
    """Tells one showing of a page from the next: a form sends it back, so a click that is repeated is known as the same."""
    lang: Language = ENGLISH
    """What a page speaks that no link leads to: the browser's language."""


PLAIN: Final = Look()


class _Form(NamedTuple):
    """A button, and where it leads: `post` acts, `get` opens a page that asks."""

    method: Literal["post", "get"]
    action: str
    button: str
    hidden: tuple[tuple[str, str], ...] = ()
    """Fields that repeat what was chosen."""
    also: tuple[str, str] | None = None
    """Another button of the same form: the field by which it is known, and what it says."""


class _Listed(NamedTuple):
    """What a page lists, one a line; with `ticks` each has one, and its field of the form."""

    lines: tuple[tuple[str, str, list[Part]], ...] = ()
    """Field, value, words."""
    ticks: bool = False
    ticked: bool = True
    """Whether the ticks are there from the beginning."""
    foot: str = ""


_NOTHING: Final = _Listed()


def ask(verb: Verb, token: str, link: Link, look: Look = PLAIN) -> str:
    """Return the page that a link opens, in the language of its mail: it asks, and its button acts."""
    look = _of(link, look)
    if isinstance(link, ToFollowups):
        return _listing(words.ASK[verb], token, link, (), look)
    several = isinstance(link, ToInvites) and len(link.named) + link.more > 1
    texts = words.ASK_ONE[verb] if isinstance(link, ToInvites) and not several else words.ASK[verb]
    forms = [_Form("post", _action(verb, token), _button(texts, look))]
    if not isinstance(link, ToInvites):
        return _page(texts, link, forms, look=look)
    if verb == "keep" and several:
        forms.append(_Form("get", _action("let-go", token), look.lang(words.CHOOSE)))
    return _page(texts, link, forms, _Listed(_lines(link, all_of(link), look), ticks=verb == "let-go"), look)


def did(verb: Verb, token: str, link: Link, choice: Choice | None = None, look: Look = PLAIN) -> str:
    """Return the page that says what was done, with the way back where there is one; `choice` None: with all of it."""
    look = _of(link, look)
    if isinstance(link, ToInvites):
        return _answered(verb, token, link, choice or all_of(link), look)
    if isinstance(link, ToFollowups):
        choice = choice or all_of(link)
        texts = words.DID[verb] if choice.picked else words.ASK[verb]
        return _listing(texts, token, link, tuple(sorted({*choice.gone, *choice.picked})), look)
    undo = words.UNDO.get(verb)
    forms = [_Form("post", _action(undo, token), _button(words.ASK[undo], look))] if undo else []
    return _page(words.DID[verb], link, forms, look=look)


def trouble(status: int, look: Look = PLAIN) -> str:
    """Return the page for what went wrong. It tells nothing of the link that led there."""
    return _page(words.TROUBLE.get(status, words.TROUBLE[500]), look=look)


def _listing(texts: Asked, token: str, link: ToFollowups, gone: tuple[int, ...], look: Look) -> str:
    """Return the page of the follow-ups that a mail only counts, without those that were answered on it."""
    lines = tuple(
        (ONE, str(place), _linked(one.about, one.name, one.profile))
        for place, one in enumerate(link.named)
        if place not in gone
    )
    waiting = look.lang.counted(words.WAITING, link.more) if link.more else ""
    if not lines:
        return _page(words.ALL_NOTED, link, listed=_Listed(foot=waiting), look=look)
    hidden = tuple((GONE, str(place)) for place in gone)
    later = (LATER, look.lang(words.LATER))
    form = _Form("post", _action("more", token), _button(words.ASK["more"], look), hidden, later)
    return _page(texts, link, [form], _Listed(lines, ticks=True, ticked=False, foot=waiting), look)


def _answered(verb: Verb, token: str, link: ToInvites, choice: Choice, look: Look) -> str:
    again = _Form("get", _action("let-go", token), look.lang(words.AGAIN))
    if choice.empty:
        stays = words.STAYS[len(link.named) > 1]
        stay = _lines(link, Choice(all_of(link).picked, rest=False), look)
        return _page(stays, link, [again], _Listed(stay), look)
    count = len(choice.picked) + (link.more if choice.rest else 0)
    listed, texts = _Listed(_lines(link, choice, look)), (words.DID if count > 1 else words.DID_ONE)[verb]
    if verb == "keep":
        return _page(texts, link, [again], listed, look)
    chosen = (*((ONE, str(place)) for place in choice.picked), *([(REST, "1")] if choice.rest else []))
    keep = look.lang.counted(words.KEEP_BACK, count)
    back = _Form("post", _action("keep", token), keep, ((FORM, "1"), *chosen))
    return _page(texts, link, [back], listed, look)


def _lines(link: ToInvites, choice: Choice, look: Look) -> tuple[tuple[str, str, list[Part]], ...]:
    picked = [(place, link.named[place]) for place in choice.picked]
    lines = [(ONE, str(place), _linked(one.name, one.name, one.profile)) for place, one in picked]
    if choice.rest:
        lines.append((REST, "1", [Part(look.lang.counted(words.MORE, link.more))]))
    return tuple(lines)


def _linked(text: str, name: str, profile: str) -> list[Part]:
    """Return words in pieces, with the name in them linked to the person's page."""
    return in_parts(text, [Whose(name, profile)])[0]


def _action(verb: Verb, token: str) -> str:
    """Return where a form goes: seen from the page itself, so that it holds behind any proxy."""
    return f"../{verb}/{token}"


def _page(
    texts: Asked,
    link: Link | None = None,
    forms: Sequence[_Form] = (),
    listed: _Listed = _NOTHING,
    look: Look = PLAIN,
) -> str:
    lang = look.lang
    daily = isinstance(link, ToDigest) and link.every == "daily"
    lead = words.DAILY.get(texts.lead, texts.lead) if daily else texts.lead
    return _template().render(
        lang=lang,
        title=lang(texts.title),
        about=_about(link),
        lead=lang.counted(lead, ANSWER_LINK_DAYS) if isinstance(lead, Counted) else lang(lead),
        listed=listed,
        forms=forms,
        mark=FORM,
        close="" if forms or link is None else lang(words.CLOSE),
        brand=look.brand,
        made=look.made,
        page=PAGE,
        preferences_link=lang(words.PREFERENCES),
        style=_style(look.brand),
    )


def _of(link: Link, look: Look) -> Look:
    """Return the look of a page that a link leads to: it speaks as the link's mail did."""
    return Look(look.brand, look.made, language(link.locale))


def _button(texts: Asked, look: Look) -> str:
    return "" if texts.button is None else look.lang(texts.button)


def _about(link: Link | None) -> list[Part]:
    if isinstance(link, ToFollowup):
        return _linked(link.about, link.name, link.profile)
    return [Part(link.about)] if isinstance(link, ToRule) else []


def _style(brand: Brand) -> str:
    return brand.painted(_STYLE)


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = PackageLoader("services.gateway", "pages")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2")
