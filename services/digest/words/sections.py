"""The parts of a digest, each with its cards: what a mail says of every person and thing, before it has a form."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from services.digest.content.build import PREPARES
from services.digest.content.model import Appointment, DigestContent, Entry, Exchange, Note, Parting, Theme
from services.digest.words import phrases
from services.digest.words import texts as words
from services.digest.words.links import Links
from services.digest.words.rule_words import OF_SEVERAL, rule_words
from shared.calendar import local
from shared.texts.brand import Brand
from shared.texts.person_links import Whose
from shared.texts.plain_text import isolated, plain_line
from shared.texts.sentences import named, sentence

WHO_CHARS_MAX: Final = 80
"""A longer name is cut: it would push all else out of a narrow screen."""
NOTE_CHARS_MAX: Final = 200
"""How much of a note one person's card shows."""
_CLOCK_RULES: Final = frozenset({"own_reminder"})
"""Rules whose reminder comes at the hour that it is about: for them the digest names it. One about a meeting comes at another
hour than the meeting, and would be read as the meeting's."""


@dataclass(frozen=True, slots=True)
class Card:
    """A person, or a thing, with all that there is to say of it."""

    who: str
    about: str = ""
    when: str = ""
    why: str = ""
    note_label: str = ""
    note: str = ""
    action: str = ""
    person: str = ""
    people: tuple[Whose, ...] = ()
    """Whose pages the names on it lead to, by all forms in which it may name them."""
    page: str = ""
    """Where the product lets the member do what is suggested."""
    links: tuple[tuple[str, str], ...] = ()
    """Each with its words, and its address."""

    @property
    def initial(self) -> str:
        """The letter in the place of a picture."""
        return next((char for char in self.person if char.isalnum()), "·").upper()


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


def cut(text: str, chars_max: int = WHO_CHARS_MAX) -> str:
    """Return the text in one line, cut at a word where it is too long."""
    text = " ".join(text.split())
    if len(text) <= chars_max:
        return text
    text = plain_line(text)  # what was isolated is cut, and isolated anew
    short = (
        textwrap.shorten(text, chars_max, placeholder="…") if " " in text[:chars_max] else text[: chars_max - 1] + "…"
    )
    return isolated(short)


def _due(digest: DigestContent, links: Links | None, brand: Brand) -> Section:
    cards = tuple(
        replace(_card(entry, digest), links=_links(entry, links), page=_page(entry, digest, brand))
        for entry in digest.shown_due(linked=links is not None)
    )
    more = digest.due_more + len(digest.due) - len(cards)
    page = ""
    if links is not None and digest.due_rest:
        rest = [(entry.followup_id, phrases.heading(entry)) for entry in digest.due_rest]
        page = links.page or links.more(rest, digest.due_more - len(rest))
    return Section(words.DUE, "people", cards, more=_more(more), more_page=page)


def _coming(digest: DigestContent) -> Section:
    dated = [(one.at, one.meeting_id, _meeting(one, digest)) for one in digest.meetings]
    dated += ((_when(one), one.followup_id, _later(one, digest)) for one in digest.coming)
    cards = tuple(card for _, _, card in sorted(dated, key=lambda one: one[:2]))
    return Section(
        words.COMING[digest.every],
        "dates",
        cards,
        more=_more(digest.meetings_more + digest.coming_more, words.MORE_COMING),
    )


def _proposed(digest: DigestContent, links: Links | None) -> Section:
    shown = digest.shown_proposed(linked=links is not None)
    cards = tuple(Card(named(cut(one.name)), phrases.sent(one.at, digest), people=_whose(one)) for one in shown)
    others = digest.proposed_more + len(digest.proposed) - len(shown)
    more, page = _more(others), ""
    answers: tuple[tuple[str, str], ...] = ()
    if links is not None and cards:
        listed = [(one.invite_id, cut(one.name)) for one in (*shown, *digest.proposed_rest)]
        choice = links.invites(listed, digest.proposal_id, others - len(digest.proposed_rest))
        several, page = len(shown) + others > 1, choice.let_go if others else ""
        answers = (words.LET_GO[several], choice.let_go), (words.KEEP[several], choice.keep)
    return Section(words.PROPOSED, "names", cards, words.PROPOSED_LEAD, more, page, answers, words.PROPOSED_FOOT)


def _noticed(digest: DigestContent, links: Links | None) -> Section:
    def card(one: Parting) -> Card:
        keep = () if links is None else ((words.KEEP[0], links.invites([(one.invite_id, cut(one.name))], "", 0).keep),)
        return Card(named(cut(one.name)), phrases.day(one.at, digest), links=keep, people=_whose(one))

    more = _more(digest.noticed_more, words.MORE_NOTICED)
    cards = tuple(map(card, digest.noticed))
    return Section(words.NOTICED, "names", cards, words.NOTICED_LEAD, more, foot=words.NOTICED_FOOT)


def _quiet(digest: DigestContent, links: Links | None) -> Section:
    def card(rule: str) -> Card:
        topic = sentence(rule_words(rule, words.THEM).topic)
        return Card(topic, links=() if links is None else ((words.AGAIN, links.again(rule, topic)),))

    cards = tuple(card(one.rule) for one in digest.quiet)
    how, several = words.QUIET_BY_HAND if links is None else words.QUIET_BY_LINK, len(cards) > 1
    foot = words.QUIET_FOOT[several].format(how=how)
    return Section(words.QUIET, "names", cards, words.QUIET_LEAD[several], foot=foot)


def _looking_back(digest: DigestContent) -> tuple[Section, ...]:
    if (month := digest.month) is None:
        return ()
    name = phrases.month(month)
    mine, theirs = (tuple(map(_theme, themes)) for themes in (month.mine, month.theirs))
    exchanges = tuple(map(_exchange, month.exchanges))
    return (
        Section(words.MINE, "names", mine, words.MINE_LEAD.format(month=name), _more(month.mine_more)),
        Section(words.THEIRS, "names", theirs, words.THEIRS_LEAD.format(month=name), _more(month.theirs_more)),
        Section(
            words.EXCHANGES, "people", exchanges, words.EXCHANGES_LEAD.format(month=name), _more(month.exchanges_more)
        ),
    )


def _theme(theme: Theme) -> Card:
    names = words.people_in_words(tuple(cut(name) for name in theme.names), theme.count)
    said = words.SAID.format(text=cut(theme.text, NOTE_CHARS_MAX))
    return Card(said, names, people=_pages(zip(theme.names, theme.profiles, strict=False)))


def _exchange(one: Exchange) -> Card:
    received, given = (
        ", ".join(words.SAID.format(text=cut(text)) for text in texts) for texts in (one.received, one.given)
    )
    why = words.FOR_YOU.format(what=received) if received else ""
    label = words.FOR_THEM.format(name=cut(one.name)) if given else ""
    who = named(cut(one.name))
    return Card(who, why=why, note_label=label, note=given, person=one.name, people=_whose(one))


def _card(entry: Entry, digest: DigestContent) -> Card:
    """Say who, why now, the last note, and one action."""
    name = cut(entry.name)
    said = rule_words(entry.rule, name or words.THEM)
    when = phrases.moment(entry.due_at, digest) if entry.rule in _CLOCK_RULES else ""
    if entry.on_day is not None:
        when = phrases.on_day(entry.on_day, digest)
    label, note = _words_of(entry.note, digest)
    who, about, why = name or words.REMINDER, cut(entry.headline), entry.text or said.why
    if entry.rule == phrases.PROMISES and entry.promised_for is not None:
        why = phrases.promise(replace(entry, what=cut(entry.what, NOTE_CHARS_MAX)), digest)
    elif entry.what:
        who, about = cut(entry.what, NOTE_CHARS_MAX), name
    if entry.rule in OF_SEVERAL and entry.text:
        about, why = "", _several(entry, said.action)
    about = ", ".join(part for part in (about, when) if part)
    about = named(about) if name and about.startswith(name) else sentence(about)
    why, action = sentence(why), sentence(said.action)
    return Card(
        named(who),
        about,
        why=why,
        note_label=label,
        note=note,
        action=action,
        person=name,
        people=_whose(entry),
    )


def _whose(one: Entry | Parting | Exchange) -> tuple[Whose, ...]:
    return _pages([(one.name, one.profile)])


def _pages(people: Iterable[tuple[str, str]]) -> tuple[Whose, ...]:
    """Return whose pages names lead to: long names stand cut, in headings shorter than elsewhere."""
    return tuple(
        Whose(form, profile)
        for name, profile in people
        if profile
        for form in dict.fromkeys((cut(name), phrases.short(name)))
    )


def _several(entry: Entry, action: str) -> str:
    """Return what a line of its own says of several people, without what the card says beside it."""
    return entry.text.removeprefix(f"{sentence(entry.what)}: ").removesuffix(action).strip()


def _links(entry: Entry, links: Links | None) -> tuple[tuple[str, str], ...]:
    if links is None:
        return ()
    answers = links.answers(entry.followup_id, phrases.heading(entry))
    return (words.DONE, answers.done), (words.LATER, answers.later)


def _page(entry: Entry, digest: DigestContent, brand: Brand) -> str:
    return brand.page(member=digest.member, contact=entry.contact_id, rule=entry.rule, item=entry.followup_id)


def _later(entry: Entry, digest: DigestContent) -> Card:
    """Say what comes, and when: the rest is told when it is due."""
    clock = entry.rule in _CLOCK_RULES or entry.promised_for is not None
    when = (phrases.moment if clock else phrases.day)(_when(entry), digest)
    heading = phrases.heading(entry)
    about = cut(entry.name) if entry.name not in heading else ""
    return Card(named(heading), named(about), when=sentence(when), people=_whose(entry))


def _when(entry: Entry) -> datetime:
    """Return what a look ahead names: when a promise is due, and not when the member is reminded of it."""
    return entry.promised_for or entry.due_at


def _meeting(meeting: Appointment, digest: DigestContent) -> Card:
    where = [cut(meeting.place)] if meeting.place else []
    if (there := local(meeting.at, meeting.zone)) != local(meeting.at, digest.zone):
        where.append(words.MEETING_THERE.format(clock=f"{there:%H:%M}", city=phrases.city(meeting.zone)))
    label, note = _words_of(meeting.note, digest)
    action = rule_words(PREPARES, phrases.met(meeting)).action if meeting.prepare else ""
    when = sentence(phrases.moment(meeting.at, digest))
    people = _pages(zip(meeting.names, meeting.profiles, strict=False))
    what = phrases.meeting(meeting)
    return Card(what, ", ".join(where), when, note_label=label, note=note, action=action, people=people)


def _words_of(note: Note | None, digest: DigestContent) -> tuple[str, str]:
    """Return how a note is announced, and the note."""
    if note is None:
        return "", ""
    return words.NOTE.format(day=phrases.date(note.at, digest)), f"“{cut(note.text, NOTE_CHARS_MAX)}”"


def _more(count: int, text: str = words.MORE) -> str:
    return text.format(count=f"{count:,}") if count else ""
