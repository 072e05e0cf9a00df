"""The cards of a digest: what a mail says of one person or thing, before it has a form."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.digest.content.build import PREPARES
from services.digest.content.model import Appointment, DigestContent, Entry, Exchange, Note, RetractionEntry, Theme
from services.digest.words import phrases
from services.digest.words import texts as words
from services.digest.words.links import Links
from services.digest.words.rule_words import OF_SEVERAL, RuleWords, rule_words
from shared.calendar import local
from shared.texts.brand import Brand
from shared.texts.language import ENGLISH, Language, language
from shared.texts.person_links import Whose
from shared.texts.plain_text import cut_short, one_line, plain_line
from shared.texts.sentences import REMINDER

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


def cut(text: str, chars_max: int = WHO_CHARS_MAX, lang: Language = ENGLISH) -> str:
    """Return the text in one line, cut at a word where it is too long."""
    text = one_line(text)
    if len(text) <= chars_max:
        return text
    text = plain_line(text)  # what was isolated is cut, and isolated anew
    words = " " in text[:chars_max]
    return lang.apart(textwrap.shorten(text, chars_max, placeholder="…") if words else cut_short(text, chars_max))


def theme_card(theme: Theme, lang: Language) -> Card:
    """Quote a reason, and name those who had it."""
    names = words.people_in_words(tuple(cut(name, lang=lang) for name in theme.names), theme.count, lang)
    quoted = lang(words.QUOTED, text=cut(theme.text, NOTE_CHARS_MAX, lang))
    return Card(quoted, names, people=_pages(zip(theme.names, theme.profiles, strict=False), lang))


def exchange_card(one: Exchange, lang: Language) -> Card:
    """Say what two people have done for each other."""
    received, given = (
        lang.comma.join(lang(words.QUOTED, text=cut(text, lang=lang)) for text in texts)
        for texts in (one.received, one.given)
    )
    why = lang(words.FOR_YOU, what=received) if received else ""
    label = lang(words.FOR_THEM, name=cut(one.name, lang=lang)) if given else ""
    who = name_of(one.name, lang)
    return Card(who, why=why, note_label=label, note=given, person=one.name, people=whose(one, lang))


def name_of(name: str, lang: Language) -> str:
    """Return whom a card is about, as its first line has them."""
    return lang.named(cut(name, lang=lang))


def due_card(entry: Entry, digest: DigestContent) -> Card:
    """Say who, why now, the last note, and one action."""
    lang = language(digest.locale)
    name = cut(entry.name, lang=lang)
    texts = rule_words(entry.rule, name or words.THEM, lang)
    when = phrases.moment(entry.due_at, digest) if entry.rule in _CLOCK_RULES else ""
    if entry.on_day is not None:
        when = phrases.on_day(entry.on_day, digest)
    label, note = _words_of(entry.note, digest)
    who, about, why = name or lang(REMINDER), cut(entry.headline, lang=lang), entry.text or texts.why
    if entry.rule == phrases.PROMISES and entry.promised_for is not None:
        why = phrases.promise(replace(entry, what=cut(entry.what, NOTE_CHARS_MAX, lang)), digest)
    elif entry.what:
        who, about = cut(phrases.words_of(entry, lang), NOTE_CHARS_MAX, lang), name
    if entry.rule in OF_SEVERAL and entry.text:
        about, why = _several(entry, texts, about, lang)
    about = lang.comma.join(part for part in (about, when) if part)
    about = lang.named(about) if name and about.startswith(name) else lang.sentence(about)
    why, action = lang.sentence(why), lang.sentence(texts.action)
    return Card(
        lang.named(who),
        about,
        why=why,
        note_label=label,
        note=note,
        action=action,
        person=name,
        people=whose(entry, lang),
    )


def whose(one: Entry | RetractionEntry | Exchange, lang: Language) -> tuple[Whose, ...]:
    """Return whose page the name of one person leads to."""
    return _pages([(one.name, one.profile)], lang)


def _pages(people: Iterable[tuple[str, str]], lang: Language) -> tuple[Whose, ...]:
    """Return whose pages names lead to: long names stand cut, in headings shorter than elsewhere."""
    return tuple(
        Whose(form, profile)
        for name, profile in people
        if profile
        for form in dict.fromkeys((cut(name, lang=lang), phrases.short(name, lang=lang)))
    )


def _several(entry: Entry, texts: RuleWords, about: str, lang: Language) -> tuple[str, str]:
    """Return whom it is about, and what a line of its own says of several people, without what the card says beside it.

    A line in another language than the mail's, from before the member changed theirs, is passed over.
    """
    line, what = plain_line(entry.text), lang.sentence(plain_line(entry.what))
    if not (lang.english or line.endswith(texts.action)):
        return about, texts.why
    text = line.removesuffix(texts.action).strip().removeprefix(what).lstrip(" \u00a0\u202f:：")
    return "", lang.apart(lang.sentence(text))


def answer_links(entry: Entry, links: Links | None, lang: Language) -> tuple[tuple[str, str], ...]:
    """Return the links by which a reminder is answered."""
    if links is None:
        return ()
    answers = links.answers(entry.followup_id, phrases.heading(entry, lang))
    return (lang(words.DONE), answers.done), (lang(words.LATER), answers.later)


def page_of(entry: Entry, digest: DigestContent, brand: Brand) -> str:
    """Return where the product lets the member do what is suggested; empty where it has no page."""
    return brand.page(member=digest.member, contact=entry.contact_id, rule=entry.rule, item=entry.followup_id)


def coming_card(entry: Entry, digest: DigestContent) -> Card:
    """Say what comes, and when: the rest is told when it is due."""
    lang = language(digest.locale)
    clock = entry.rule in _CLOCK_RULES or entry.promised_for is not None
    when = (phrases.moment if clock else phrases.day)(moment_of(entry), digest)
    heading = phrases.heading(entry, lang)
    about = cut(entry.name, lang=lang) if entry.name not in heading else ""
    return Card(lang.named(heading), lang.named(about), when=lang.sentence(when), people=whose(entry, lang))


def moment_of(entry: Entry) -> datetime:
    """Return what a look ahead names: when a promise is due, and not when the member is reminded of it."""
    return entry.promised_for or entry.due_at


def meeting_card(meeting: Appointment, digest: DigestContent) -> Card:
    """Say who is met, where and when, the last note, and what to prepare."""
    lang = language(digest.locale)
    where = [cut(meeting.place, lang=lang)] if meeting.place else []
    if (there := local(meeting.at, meeting.zone)) != local(meeting.at, digest.zone):
        where.append(lang(words.MEETING_THERE, clock=f"{there:%H:%M}", city=lang.city(meeting.zone)))
    label, note = _words_of(meeting.note, digest)
    action = rule_words(PREPARES, phrases.met(meeting, lang), lang).action if meeting.prepare else ""
    when = lang.sentence(phrases.moment(meeting.at, digest))
    people = _pages(zip(meeting.names, meeting.profiles, strict=False), lang)
    what = lang.named(phrases.meeting(meeting, lang))
    return Card(what, lang.comma.join(where), when, note_label=label, note=note, action=action, people=people)


def _words_of(note: Note | None, digest: DigestContent) -> tuple[str, str]:
    """Return how a note is announced, and the note."""
    if note is None:
        return "", ""
    lang = language(digest.locale)
    quoted = lang(words.QUOTED, text=cut(note.text, NOTE_CHARS_MAX, lang))
    return lang(words.NOTE, day=phrases.date(note.at, digest)), quoted
