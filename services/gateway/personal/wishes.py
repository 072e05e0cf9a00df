"""Preferences: what each rule does, with an example about people of the member's own, and all that can be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from babel.dates import get_day_names

from services.gateway.personal import days
from services.gateway.personal.calendar import mark_of
from services.gateway.personal.cards import Making, T, line
from services.gateway.reading import answers
from services.gateway.reading import wishes as reading
from services.gateway.reading.meetings import contacts_of
from services.gateway.reading.view import ProjectionView, followups, invites, meetings, people, promises, reminders
from shared.links import ToCalendar
from shared.preferences import WEEKDAYS
from shared.texts.catalogue import ENGLISH
from shared.texts.sentences import named, sentence, with_words

NAMES_MAX: Final = 12
"""People whose names stand in the examples, in turn."""
READS: Final = ("followups", "reminders", "meetings", "promises", "invites")
PAUSES_DAYS: Final = (7, 30)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: what it is about, an example, and whether it is on."""

    name: str
    topic: str
    example: str
    on: bool
    rests: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """All of the page."""

    now: answers.MemberPreferences
    paused: str
    """Until when, in words; empty: there is no pause."""
    rules: tuple[RuleLine, ...]
    weekdays: tuple[tuple[str, str], ...]
    calendar: str
    """The token of the calendar feed's address; empty while there is none."""


def wishes(making: Making) -> Wishes:
    """Return the page of preferences."""
    view = making.view
    view.all_of(READS)
    held = reading.preferences_of(view)
    until = held.paused_until
    paused = "" if until is None or until <= making.now else days.day_and_hour(until, making.zone, making.now)
    known, quiet = view.profile.preferences, followups(view).quiet
    names, weekday = _names(view), get_day_names("wide", locale=days.LANGUAGE)
    return Wishes(
        held,
        paused,
        tuple(
            RuleLine(
                rule,
                sentence(texts.topic),
                _example(view, rule, names[place % len(names)]),
                known.rule(rule).on is not False,
                rule in quiet,
            )
            for place, (rule, texts) in enumerate(ENGLISH.rules.items())
        ),
        tuple((short, weekday[place]) for place, short in enumerate(WEEKDAYS)),
        "" if (mark := mark_of(known)) is None else making.seal(ToCalendar(view.member, mark)),
    )


def _names(view: ProjectionView) -> list[str]:
    """Return what people of the member are called; one of ours where nobody's name is known."""
    ids = [one.sent.contact_id for one in invites(view).by_id.values() if one.sent is not None]
    ids += [contact for one in meetings(view).by_id.values() for contact in contacts_of(one)]
    ids += [one.made.contact_id for one in promises(view).by_id.values() if one.made is not None]
    ids += [one.contact_id for one in followups(view).open.values() if one.contact_id]
    ids += [key.split("/")[1] for key in followups(view).open if key.startswith("contact/")]
    known = people(view, list(dict.fromkeys(ids))[:NAMES_MAX])
    return [line(one.name, 60) for one in known.values() if one.name] or [T["example_name"]]


def _example(view: ProjectionView, rule: str, name: str) -> str:
    """Return what a rule would say, in the member's own words where there are some."""
    asked = [one.what for one in reminders(view).requests.values() if one.what]
    if rule == "own_reminder":
        return line(asked[-1] if asked else T["example_own"])
    promised = [one.made.what for one in promises(view).by_id.values() if one.made is not None and one.made.what]
    whats = {
        "keep_promise": promised[-1] if promised else T["example_what"],
        "keep_at_it": T["example_pursuit"],
        "after_gathering": T["example_gathering"],
        "remember_date": T["example_day"],
    }
    what = line(whats.get(rule, T["example_meeting"]), 60).rstrip(".")
    when = T["example_date"] if rule in ("keep_promise", "remember_date") else T["example_when"]
    template = with_words(ENGLISH.rules[rule].line, what)
    return named(template.format(name=name, what=what, kind=what.lower(), when=when, place=""))
