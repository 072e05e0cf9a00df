"""What a page shows of one follow-up or meeting: whom or what it is about, why, and what the member may say to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.gateway.reading import answers, rows
from services.gateway.reading.view import ProjectionView
from shared.links import Sealed, ToPerson
from shared.texts.brand import Brand
from shared.texts.catalogue import ENGLISH, RuleTexts
from shared.texts.plain_text import plain_line
from shared.texts.sentences import SOMEBODY, named, sentence

T: Final = ENGLISH.pages
NAME_CHARS_MAX: Final = 80
OF_SEVERAL: Final = frozenset({"after_gathering"})
"""Rules about several people at once: their own line says whom."""
ANY: Final = RuleTexts("", "", "", "", "", "", "")
"""Of a rule that this version does not know."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, and the token of the page about them."""

    name: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One thing."""

    id: str
    title: str
    """What stands for it where nobody is named."""
    who: Person | None = None
    own: str = ""
    """In the member's own words."""
    why: str = ""
    action: str = ""
    product_page: str = ""
    """Where the product lets the member do what is suggested."""
    when: str = ""
    rests: bool = False
    """Whether the member has put it off: then it can be brought back."""


@dataclass(frozen=True, slots=True)
class Making:
    """What cards are made with: of whom, when, and what makes tokens and addresses."""

    view: ProjectionView
    now: datetime
    seal: Callable[[Sealed], str]
    brand: Brand

    @property
    def zone(self) -> str:
        """The member's zone."""
        return self.view.profile.preferences.zone


def line(text: str, chars_max: int = NAME_CHARS_MAX) -> str:
    """Return what somebody wrote as one line that obeys nothing, cut where it is too long."""
    text = " ".join(plain_line(text).split())
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"


def person(making: Making, who: answers.Who | rows.Who | None) -> Person | None:
    """Return somebody as pages name them."""
    if who is None:
        return None
    return Person(line(who.name or "") or named(SOMEBODY), making.seal(ToPerson(making.view.member, who.id)))


def rule_texts(rule: str | None) -> RuleTexts:
    """Return what is said about a rule."""
    return ENGLISH.rules.get(rule or "", ANY)


def followup(
    making: Making, one: rows.AgendaEntry[datetime] | answers.OpenFollowup, when: str = "", *, rests: bool = False
) -> Card:
    """Return the card of a follow-up."""
    texts, rule = rule_texts(one.rule), one.rule or ""
    own, several = line(one.what or "", 300), rule in OF_SEVERAL
    who = None if several else person(making, one.who)
    called = who.name if who is not None else SOMEBODY
    title = (line(one.text or "", 300) if several else "") or own or sentence(texts.subject.replace("{name}", called))
    page = making.brand.page(
        member=making.view.member, contact=one.who.id if one.who is not None else "", rule=rule, item=one.id
    )
    return Card(one.id, title, who, own, texts.why, texts.action, page, when, rests)
