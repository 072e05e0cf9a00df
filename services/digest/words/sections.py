"""The parts of a digest, in the order in which they are read, each with its cards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from services.digest.content.model import DigestContent, RetractionEntry
from services.digest.words import phrases
from services.digest.words import texts as words
from services.digest.words.cards import (
    Card,
    answer_links,
    coming_card,
    cut,
    due_card,
    exchange_card,
    meeting_card,
    moment_of,
    name_of,
    page_of,
    theme_card,
    whose,
)
from services.digest.words.links import Links
from services.digest.words.rule_words import rule_words
from shared.texts.brand import Brand
from shared.texts.language import Language, language
from shared.texts.message import Counted


@dataclass(frozen=True, slots=True)
class Section:
    """One part: its title, and what stands below it."""

    title: str
    form: Literal["people", "dates", "names"]
    """Cards with a letter; cards with their day; or a plain list."""
    cards: tuple[Card, ...]
    lead: str = ""
    more: str = ""
    more_page: str = ""
    """Where those are whom it only counts."""
    links: tuple[tuple[str, str], ...] = ()
    """About all that the section names."""
    foot: str = ""


def sections_of(digest: DigestContent, links: Links | None, brand: Brand) -> tuple[Section, ...]:
    """Return the parts that have something to say, in the order in which they are read."""
    sections = (
        _due(digest, links, brand),
        _coming(digest),
        _proposed(digest, links),
        _noticed(digest, links),
        *_looking_back(digest),
        _quiet(digest, links),
    )
    return tuple(section for section in sections if section.cards)


def _due(digest: DigestContent, links: Links | None, brand: Brand) -> Section:
    lang = language(digest.locale)
    cards = tuple(
        replace(due_card(entry, digest), links=answer_links(entry, links, lang), page=page_of(entry, digest, brand))
        for entry in digest.shown_due(linked=links is not None)
    )
    more = digest.due_more + len(digest.due) - len(cards)
    page = ""
    if links is not None and digest.due_rest:
        rest = [(entry.followup_id, phrases.heading(entry, lang)) for entry in digest.due_rest]
        page = links.page or links.more(rest, digest.due_more - len(rest))
    return Section(lang(words.DUE), "people", cards, more=_more(more, lang), more_page=page)


def _coming(digest: DigestContent) -> Section:
    dated = [(one.at, one.meeting_id, meeting_card(one, digest)) for one in digest.meetings]
    dated += ((moment_of(one), one.followup_id, coming_card(one, digest)) for one in digest.coming)
    cards = tuple(card for _, _, card in sorted(dated, key=lambda one: one[:2]))
    lang = language(digest.locale)
    more = _more(digest.meetings_more + digest.coming_more, lang, words.MORE_COMING)
    return Section(lang(words.COMING[digest.every]), "dates", cards, more=more)


def _proposed(digest: DigestContent, links: Links | None) -> Section:
    shown, lang = digest.shown_proposed(linked=links is not None), language(digest.locale)
    cards = tuple(Card(name_of(one.name, lang), phrases.sent(one.at, digest), people=whose(one, lang)) for one in shown)
    others = digest.proposed_more + len(digest.proposed) - len(shown)
    count = len(shown) + others
    more, page = _more(others, lang), ""
    answers: tuple[tuple[str, str], ...] = ()
    if links is not None and cards:
        listed = [(one.invite_id, cut(one.name, lang=lang)) for one in (*shown, *digest.proposed_rest)]
        choice = links.invites(listed, digest.proposal_id, others - len(digest.proposed_rest))
        page = choice.let_go if others else ""
        answers = (lang.counted(words.LET_GO, count), choice.let_go), (lang.counted(words.KEEP, count), choice.keep)
    heading, lead, foot = (
        lang.counted(text, count) for text in (words.PROPOSED, words.PROPOSED_LEAD, words.PROPOSED_FOOT)
    )
    return Section(heading, "names", cards, lead, more, page, answers, foot)


def _noticed(digest: DigestContent, links: Links | None) -> Section:
    lang = language(digest.locale)

    def card(one: RetractionEntry) -> Card:
        keep: tuple[tuple[str, str], ...] = ()
        if links is not None:
            choice = links.invites([(one.invite_id, cut(one.name, lang=lang))], "", 0)
            keep = ((lang.counted(words.KEEP, 1), choice.keep),)
        return Card(name_of(one.name, lang), phrases.day(one.at, digest), links=keep, people=whose(one, lang))

    more = _more(digest.noticed_more, lang, words.MORE_NOTICED)
    cards = tuple(map(card, digest.noticed))
    count = len(cards) + digest.noticed_more
    heading, lead, foot = (
        lang.counted(text, count) for text in (words.NOTICED, words.NOTICED_LEAD, words.NOTICED_FOOT)
    )
    return Section(heading, "names", cards, lead, more, foot=foot)


def _quiet(digest: DigestContent, links: Links | None) -> Section:
    lang = language(digest.locale)

    def card(rule: str) -> Card:
        topic = lang.sentence(rule_words(rule, words.THEM, lang).topic)
        return Card(topic, links=() if links is None else ((lang(words.AGAIN), links.again(rule, topic)),))

    cards = tuple(card(one.rule) for one in digest.quiet)
    foot = words.QUIET_FOOT_BY_HAND if links is None else words.QUIET_FOOT_BY_LINK
    lead = lang.counted(words.QUIET_LEAD, len(cards))
    return Section(lang(words.QUIET), "names", cards, lead, foot=lang.counted(foot, len(cards)))


def _looking_back(digest: DigestContent) -> tuple[Section, ...]:
    if (month := digest.month) is None:
        return ()
    lang = language(digest.locale)
    name = phrases.month(month, lang)
    mine, theirs = (tuple(theme_card(one, lang) for one in themes) for themes in (month.mine, month.theirs))
    exchanges = tuple(exchange_card(one, lang) for one in month.exchanges)
    parts = (
        (words.MINE, "names", mine, words.MINE_LEAD, month.mine_more),
        (words.THEIRS, "names", theirs, words.THEIRS_LEAD, month.theirs_more),
        (words.EXCHANGES, "people", exchanges, words.EXCHANGES_LEAD, month.exchanges_more),
    )
    return tuple(
        Section(
            lang(title), "people" if form == "people" else "names", cards, lang(lead, month=name), _more(more, lang)
        )
        for title, form, cards, lead, more in parts
    )


def _more(count: int, lang: Language, text: Counted = words.MORE) -> str:
    return lang.counted(text, count) if count else ""
