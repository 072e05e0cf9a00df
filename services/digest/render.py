"""A digest as a mail: subject, plain text and HTML. Pure: the same content gives the same words.

The plain text is complete in itself; the HTML says the same, reads well on a phone and in dark mode, and has no
pictures. Links are there where whoever renders gives some. Its style sheets: `digest.css` is written into the tags, since
many mail programs drop everything else, and `screens.css` stays a style sheet, for those that know phones and dark mode.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from services.digest import phrases, words
from services.digest.brand import COLOUR, OURS, Brand
from services.digest.content import PREPARES
from services.digest.links import Links
from services.digest.readable import readable
from services.digest.told import Appointment, DigestContent, Entry, Exchange, Note, Parting, Theme
from shared.calendar import local
from shared.plain_text import isolated, plain_line
from shared.sentences import named, sentence

TEXT_COLUMNS: Final = 72
WHO_CHARS_MAX: Final = 80
"""A longer name is cut: it would push all else out of a narrow screen."""
NOTE_CHARS_MAX: Final = 200
"""How much of a note one person's card shows."""
_CLOCK_RULES: Final = frozenset({"own_reminder", "meeting_today", "prepare_questions", "did_it_happen"})
"""Rules that have an hour: for them the digest names it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says, without its envelope."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Card:
    """A person, or a thing, with all that there is to say of it."""

    who: str
    about: str = ""
    when: str = ""
    why: str = ""
    note_label: str = ""
    note: str = ""
    action: str = ""
    person: str = ""
    profile: str = ""
    """Where the name leads."""
    page: str = ""
    """Where the product lets the member do what is suggested."""
    links: tuple[tuple[str, str], ...] = ()
    """Each with its words, and its address."""

    @property
    def initial(self) -> str:
        """The letter in the place of a picture."""
        return next((char for char in self.person if char.isalnum()), "·").upper()


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    form: Literal["people", "dates", "names"]
    """Cards with a letter; cards with their day; or a plain list."""
    cards: tuple[_Card, ...]
    lead: str = ""
    more: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """About all that the section names."""
    foot: str = ""


def render(digest: DigestContent, links: Links | None = None, brand: Brand = OURS) -> Mail:
    """Return the digest in words; `links` None: without any that answer. `brand`: whose mail it is.

    An empty one is not refused here: whoever sends asks `digest.empty` first.
    """
    digest = readable(digest)
    sections = (
        _due(digest, links, brand),
        _coming(digest),
        _proposed(digest, links),
        _noticed(digest, links),
        *_looking_back(digest),
        _quiet(digest),
    )
    subject = phrases.subject(digest)
    known = {
        "subject": subject,
        "preheader": phrases.preheader(digest),
        "date": phrases.date_line(digest),
        "greeting": words.GREETING.format(name=cut(digest.name)) if digest.name else words.GREETING_NAMELESS,
        "opening": phrases.opening(digest),
        "sections": [section for section in sections if section.cards],
        "closing": words.CLOSING[digest.every],
        "reason": words.REASON.format(how=words.HOW_OFTEN[digest.every], brand=brand.name),
        "brand": brand,
        "preferences_link": words.PREFERENCES_LINK,
        "preferences": words.PREFERENCES,
        "stop": words.STOP,
        "unsubscribe": links.unsubscribe if links else "",
    }
    html = _template("digest.html.j2").render(known)
    return Mail(subject, _template("digest.txt.j2").render(known), _inliner(brand.colour).inline(html))


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


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    """Load a template once. HTML escapes whatever people wrote; plain text leaves it as it is."""
    environment = Environment(
        loader=PackageLoader("services.digest", "emails"),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["fill"] = _fill
    return environment.get_template(name)


@lru_cache(maxsize=4)
def _inliner(colour: str) -> CSSInliner:
    style = files("services.digest.emails").joinpath("digest.css").read_text("utf-8").replace(COLOUR, colour)
    return CSSInliner(inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=style)


def _fill(text: str, first: str = "", rest: str | None = None) -> str:
    """Break a text into lines; `first` goes before the first one, `rest` before the others."""
    indent = " " * len(first) if rest is None else rest
    return textwrap.fill(text, TEXT_COLUMNS, initial_indent=first, subsequent_indent=indent)


def _due(digest: DigestContent, links: Links | None, brand: Brand) -> _Section:
    cards = tuple(
        replace(_card(entry, digest), links=_links(entry, links), page=_page(entry, digest, brand))
        for entry in digest.due
    )
    return _Section(words.DUE, "people", cards, more=_more(digest.due_more))


def _coming(digest: DigestContent) -> _Section:
    dated = [(one.at, one.meeting_id, _meeting(one, digest)) for one in digest.meetings]
    dated += ((_when(one), one.followup_id, _later(one, digest)) for one in digest.coming)
    cards = tuple(card for _, _, card in sorted(dated, key=lambda one: one[:2]))
    return _Section(words.COMING[digest.every], "dates", cards, more=_more(digest.meetings_more + digest.coming_more))


def _proposed(digest: DigestContent, links: Links | None) -> _Section:
    cards = tuple(_Card(named(cut(one.name)), phrases.sent(one.at, digest)) for one in digest.proposed)
    more = _more(digest.proposed_more)
    answers: tuple[tuple[str, str], ...] = ()
    if links is not None and cards:
        shown = [(one.invite_id, cut(one.name)) for one in digest.proposed]
        choice = links.invites(shown, digest.proposal_id, digest.proposed_more)
        several = len(shown) + digest.proposed_more > 1
        answers = (words.LET_GO[several], choice.let_go), (words.KEEP[several], choice.keep)
    return _Section(words.PROPOSED, "names", cards, words.PROPOSED_LEAD, more, answers, words.PROPOSED_FOOT)


def _noticed(digest: DigestContent, links: Links | None) -> _Section:
    def card(one: Parting) -> _Card:
        keep = () if links is None else ((words.KEEP[0], links.invites([(one.invite_id, cut(one.name))], "", 0).keep),)
        return _Card(named(cut(one.name)), phrases.day(one.at, digest), links=keep)

    more = _more(digest.noticed_more)
    cards = tuple(map(card, digest.noticed))
    return _Section(words.NOTICED, "names", cards, words.NOTICED_LEAD, more, foot=words.NOTICED_FOOT)


def _quiet(digest: DigestContent) -> _Section:
    topics = (words.rule_words(one.rule, words.THEM).topic for one in digest.quiet)
    cards = tuple(_Card(sentence(topic)) for topic in topics)
    return _Section(words.QUIET, "names", cards, words.QUIET_LEAD, foot=words.QUIET_FOOT)


def _looking_back(digest: DigestContent) -> tuple[_Section, ...]:
    if (month := digest.month) is None:
        return ()
    name = phrases.month(month)
    mine, theirs = (tuple(map(_theme, themes)) for themes in (month.mine, month.theirs))
    exchanges = tuple(map(_exchange, month.exchanges))
    return (
        _Section(words.MINE, "names", mine, words.MINE_LEAD.format(month=name), _more(month.mine_more)),
        _Section(words.THEIRS, "names", theirs, words.THEIRS_LEAD.format(month=name), _more(month.theirs_more)),
        _Section(
            words.EXCHANGES, "people", exchanges, words.EXCHANGES_LEAD.format(month=name), _more(month.exchanges_more)
        ),
    )


def _theme(theme: Theme) -> _Card:
    names = words.people_in_words(tuple(cut(name) for name in theme.names), theme.count)
    return _Card(words.SAID.format(text=cut(theme.text, NOTE_CHARS_MAX)), names)


def _exchange(one: Exchange) -> _Card:
    received, given = (
        ", ".join(words.SAID.format(text=cut(text)) for text in texts) for texts in (one.received, one.given)
    )
    why = words.FOR_YOU.format(what=received) if received else ""
    label = words.FOR_THEM.format(name=cut(one.name)) if given else ""
    return _Card(named(cut(one.name)), why=why, note_label=label, note=given, person=one.name)


def _card(entry: Entry, digest: DigestContent) -> _Card:
    """Say who, why now, the last note, and one action."""
    name = cut(entry.name)
    said = words.rule_words(entry.rule, name or words.THEM)
    when = phrases.moment(entry.due_at, digest) if entry.rule in _CLOCK_RULES else ""
    label, note = _words_of(entry.note, digest)
    who, about, why = name or words.REMINDER, cut(entry.headline), entry.text or said.why
    if entry.rule == phrases.PROMISES and entry.promised_for is not None:
        why = phrases.promise(replace(entry, what=cut(entry.what, NOTE_CHARS_MAX)), digest)
    elif entry.what:
        who, about = cut(entry.what, NOTE_CHARS_MAX), name
    about = ", ".join(part for part in (about, when) if part)
    about = named(about) if name and about.startswith(name) else sentence(about)
    why, action = sentence(why), sentence(said.action)
    return _Card(
        named(who),
        about,
        why=why,
        note_label=label,
        note=note,
        action=action,
        person=name,
        profile=entry.profile if who == name else "",
    )


def _links(entry: Entry, links: Links | None) -> tuple[tuple[str, str], ...]:
    if links is None:
        return ()
    answers = links.answers(entry.followup_id, phrases.heading(entry))
    return (words.DONE, answers.done), (words.LATER, answers.later)


def _page(entry: Entry, digest: DigestContent, brand: Brand) -> str:
    return brand.page(member=digest.member, contact=entry.contact_id, rule=entry.rule, item=entry.followup_id)


def _later(entry: Entry, digest: DigestContent) -> _Card:
    """Say what comes, and when: the rest is told when it is due."""
    clock = entry.rule in _CLOCK_RULES or entry.promised_for is not None
    when = (phrases.moment if clock else phrases.day)(_when(entry), digest)
    heading = phrases.heading(entry)
    about = cut(entry.name) if entry.name not in heading else ""
    return _Card(named(heading), named(about), when=sentence(when))


def _when(entry: Entry) -> datetime:
    """Return what a look ahead names: when a promise is due, and not when the member is reminded of it."""
    return entry.promised_for or entry.due_at


def _meeting(meeting: Appointment, digest: DigestContent) -> _Card:
    where = [cut(meeting.place)] if meeting.place else []
    if (there := local(meeting.at, meeting.zone)) != local(meeting.at, digest.zone):
        where.append(words.MEETING_THERE.format(clock=f"{there:%H:%M}", city=phrases.city(meeting.zone)))
    label, note = _words_of(meeting.note, digest)
    action = words.rule_words(PREPARES, phrases.met(meeting)).action if meeting.prepare else ""
    when = sentence(phrases.moment(meeting.at, digest))
    return _Card(phrases.meeting(meeting), ", ".join(where), when, note_label=label, note=note, action=action)


def _words_of(note: Note | None, digest: DigestContent) -> tuple[str, str]:
    """Return how a note is announced, and the note."""
    if note is None:
        return "", ""
    return words.NOTE.format(day=phrases.date(note.at, digest)), f"“{cut(note.text, NOTE_CHARS_MAX)}”"


def _more(count: int) -> str:
    return words.MORE.format(count=f"{count:,}") if count else ""
