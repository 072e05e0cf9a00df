"""What a page shows of one follow-up or meeting: whom or what it is about, why, and what the member may say to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.gateway.personal.content import days
from services.gateway.personal.content.words import of_rule, words_in
from services.gateway.projection.model.followups import REMINDER
from services.gateway.reading.forms import answers, rows
from services.gateway.reading.open_followups import OWN_REMINDER, item_of
from services.gateway.reading.view import ProjectionView
from shared.links import Sealed, ToPerson
from shared.texts.brand import Brand
from shared.texts.language import Language, language
from shared.texts.plain_text import plain_line
from shared.texts.sentences import SOMEBODY

NAME_CHARS_MAX: Final = 80
OF_SEVERAL: Final = frozenset({"after_gathering"})
"""Rules about several people at once: their own line says whom."""


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
    asked_for: str = ""
    """The member's own id of a reminder that they asked for: by it they can let it be before it comes."""
    about_day: str = ""
    """The day that it is about, where it comes before: for when something was promised, a day to remember."""


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

    @property
    def lang(self) -> Language:
        """The member's language."""
        return language(self.view.profile.preferences.locale)

    @property
    def t(self) -> Mapping[str, str]:
        """The words of the pages, in that language."""
        return words_in(self.lang)

    def day(self, at: datetime) -> str:
        """Return a day as the member would say it now."""
        return days.day(at, self.zone, self.now, self.lang)

    def day_and_hour(self, at: datetime) -> str:
        """Return the same with the hour."""
        return days.day_and_hour(at, self.zone, self.now, self.lang)

    def somebody(self) -> str:
        """Return what stands for a person without a name, by itself."""
        return self.lang.sentence(self.lang(SOMEBODY))


def line(text: str, chars_max: int = NAME_CHARS_MAX) -> str:
    """Return what somebody wrote as one line that obeys nothing, cut where it is too long."""
    text = " ".join(plain_line(text).split())
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"


def person(making: Making, who: answers.Who | rows.Who | None) -> Person | None:
    """Return somebody as pages name them."""
    if who is None:
        return None
    return Person(line(who.name or "") or making.somebody(), making.seal(ToPerson(making.view.member, who.id)))


def followup(
    making: Making, one: rows.AgendaEntry[datetime] | answers.OpenFollowup, when: str = "", *, rests: bool = False
) -> Card:
    """Return the card of a follow-up."""
    lang, rule = making.lang, one.rule or ""
    own = line((lang.day_label(one.what or "") if one.on_day is not None else one.what) or "", 300)
    several = rule in OF_SEVERAL
    who = None if several else person(making, one.who)
    called = lang.apart(who.name) if who is not None else lang(SOMEBODY)
    title = (line(one.text or "", 300) if several else "") or own
    title = title or lang.named(lang.filled(of_rule(lang, rule, "subject"), name=called))
    page = making.brand.page(
        member=making.view.member, contact=one.who.id if one.who is not None else "", rule=rule, item=one.id
    )
    asked_for = item_of(one.id).removeprefix(REMINDER) if rule == OWN_REMINDER else ""
    return Card(
        one.id, title, who, own, of_rule(lang, rule, "why"), of_rule(lang, rule, "action"), page, when, rests, asked_for,
        _about_day(making, one),
    )  # fmt: skip


def _about_day(making: Making, one: rows.AgendaEntry[datetime] | answers.OpenFollowup) -> str:
    if one.promised_for is not None:
        return making.t["person_promised_for"].format(day=making.day(one.promised_for))
    return "" if one.on_day is None else making.lang.day_and_month(one.on_day)
