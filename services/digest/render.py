"""A digest as a mail: subject, plain text and HTML. Pure: the same content gives the same words.

The plain text is complete in itself; the HTML says the same, reads well on a phone and in dark mode, and has no
pictures. Links stand in it only where the operator named a public URL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from services.digest.content import DigestContent, Entry, Parting
from services.digest.words import age_in_words, rule_words
from shared.calendar import local

WHO_CHARS_MAX: Final = 80
"""A longer name is cut: it would push all else out of a narrow screen."""
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CLOCK_RULES: Final = frozenset({"own_reminder", "meeting_today", "prepare_questions", "did_it_happen"})
"""Rules that have an hour: for them the digest names it."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where the links of one member's mail lead; empty ones are left out."""

    agenda_url: str = ""
    unsubscribe_url: str = ""
    """The page behind the link in the text, which asks before it acts."""
    one_click_url: str = ""
    """What mail programs POST to (RFC 8058)."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says, without its envelope."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Line:
    who: str
    when: str = ""
    what: str = ""
    why: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    lines: tuple[_Line, ...]
    lead: str = ""
    more: str = ""
    foot: str = ""


def render(digest: DigestContent, links: Links | None = None) -> Mail:
    """Return the digest in words. An empty one is not refused here: whoever sends asks `digest.empty` first."""
    sections = tuple(
        section for section in (_due(digest), _coming(digest), _proposed(digest), _noticed(digest)) if section
    )
    links = links or Links()
    known = {
        "subject": _subject(digest),
        "greeting": f"Hello {_cut(digest.name)}," if digest.name else "Hello,",
        "opening": _opening(digest),
        "sections": sections,
        "closing": "None of this is a duty. What is not for now can wait for another week.",
        "reason": "You receive this because you asked Rapport to remember your network for you.",
        "agenda_url": links.agenda_url,
        "unsubscribe_url": links.unsubscribe_url,
    }
    return Mail(
        str(known["subject"]), _template("digest.txt.j2").render(known), _template("digest.html.j2").render(known)
    )


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
    return environment.get_template(name)


def _subject(digest: DigestContent) -> str:
    """Name a person rather than a number: a subject is the first thing that is read."""
    first = next((entry.name for entry in (*digest.due, *digest.coming) if entry.name), "")
    if first:
        return (
            f"Your network this week: {_cut(first)} and more" if _people(digest) > 1 else f"Your network: {_cut(first)}"
        )
    return "Invites you might let go" if digest.proposed else "Your network this week"


def _people(digest: DigestContent) -> int:
    return len(digest.due) + len(digest.coming) + digest.due_more + digest.coming_more


def _opening(digest: DigestContent) -> str:
    if digest.due:
        return "Here is what waits for you, at your own pace."
    if digest.coming:
        return "Nothing waits for you today. Here is what comes."
    return "There is little to do. Only this, when you have a moment."


def _due(digest: DigestContent) -> _Section | None:
    if not digest.due:
        return None
    lines = tuple(_follow_up(entry, digest) for entry in digest.due)
    return _Section("Now is a good time", lines, more=_more(digest.due_more))


def _coming(digest: DigestContent) -> _Section | None:
    if not digest.coming:
        return None
    lines = tuple(_follow_up(entry, digest) for entry in digest.coming)
    title = "What comes this week" if "W" in digest.period else "What comes until tomorrow"
    return _Section(title, lines, more=_more(digest.coming_more))


def _proposed(digest: DigestContent) -> _Section | None:
    if not digest.proposed:
        return None
    lines = tuple(_Line(_cut(one.name), f"sent {_age(one, digest.at)} ago") for one in digest.proposed)
    return _Section(
        "Invites you might let go",
        lines,
        lead="These invites are still open. People are busy, and an open invite says nothing about you or them.",
        more=_more(digest.proposed_more),
        foot="You may let them go or keep them; until you decide, they stay as they are.",
    )


def _noticed(digest: DigestContent) -> _Section | None:
    if not digest.noticed:
        return None
    lines = tuple(_Line(_cut(one.name), f"on {_day(one.at, digest)}") for one in digest.noticed)
    return _Section(
        "Invites that will be let go",
        lines,
        lead="As you chose, these invites will be pulled back on the days named here.",
        more=_more(digest.noticed_more),
        foot="You can keep any of them: just say so before its day.",
    )


def _follow_up(entry: Entry, digest: DigestContent) -> _Line:
    person = _cut(entry.name) if entry.name else ""
    words = rule_words(entry.rule, person or "them")
    when = _day(entry.due_at, digest)
    if entry.rule in _CLOCK_RULES:
        when += f", {local(entry.due_at, digest.zone):%H:%M}"
    what = " ".join(entry.what.split())
    if not person and what:
        return _Line(what, when, why=words.why, action=words.action)
    return _Line(person or "A reminder", when, what, _sentence(words.why), _sentence(words.action))


def _day(at: datetime, digest: DigestContent) -> str:
    """Return a day as seen from the digest's own: today, tomorrow, a weekday within a week, else the date."""
    day, today = local(at, digest.zone).date(), local(digest.at, digest.zone).date()
    away = (day - today).days
    if -1 <= away <= 1:
        return ("yesterday", "today", "tomorrow")[away + 1]
    if 1 < away < 7:
        return _DAYS[day.weekday()]
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]}{year}"


def _age(parting: Parting, at: datetime) -> str:
    return age_in_words(max(1, (at - parting.at).days))


def _more(count: int) -> str:
    return f"and {count:,} more" if count else ""


def _cut(name: str) -> str:
    return name if len(name) <= WHO_CHARS_MAX else name[: WHO_CHARS_MAX - 1].rstrip() + "…"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
