"""Preferences: what each rule does, with an example about people of the member's own, and all that can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.gateway.personal.content import days
from services.gateway.personal.content.cards import Making, line
from services.gateway.personal.content.feed_mark import mark_of
from services.gateway.personal.content.words import PAGES, of_rule
from services.gateway.reading import wishes as reading
from services.gateway.reading.forms import answers
from services.gateway.reading.meetings import contacts_of
from services.gateway.reading.view import followups, invites, meetings, people, promises, reminders
from shared.links import ToCalendar
from shared.preference_statements import WEEKDAYS
from shared.preferences import Preferences
from shared.texts.catalogue import ENGLISH, rule_text
from shared.texts.language import Language
from shared.texts.sentences import NEAR_AT, NEAR_DAYS, with_words

NAMES_MAX: Final = 12
"""People whose names stand in the examples, in turn."""
READS: Final = ("followups", "reminders", "meetings", "promises", "invites", "digests")
FRIDAY: Final = date(2024, 1, 5)
PAUSES_DAYS: Final = (7, 30)
PUSHED: Final[Mapping[str, str]] = {
    "own_reminder": "all",
    "thank": "first",
    "prepare_questions": "all",
    "meeting_today": "all",
    "did_it_happen": "all",
    "after_meeting": "first",
    "keep_promise": "all",
    "remember_date": "last",
}
"""Of which rules all steps come at once, or the first or last of them, where the member has said nothing. *followups* holds
this with its rules; a test holds the two equal, as no service reads another."""
CHANNELS: Final = {"discord": "Discord", "ntfy": "ntfy", "slack": "Slack", "telegram": "Telegram"}
"""What the services are called."""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: what it is about, an example, and whether it is on."""

    name: str
    topic: str
    example: str
    on: bool
    rests: bool
    push: str
    """Whether it comes at once, in words."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """All of the page."""

    now: answers.MemberPreferences
    paused: str
    """Until when, in words; empty: there is no pause."""
    rules: tuple[RuleLine, ...]
    weekdays: tuple[tuple[str, str], ...]
    bounds: str
    """When what comes at once does, and how much of it."""
    channel: str
    """Which app it comes to, in words; empty: to none."""
    calendar: str
    """The token of the calendar feed's address; empty while there is none."""


def wishes(making: Making) -> Wishes:
    """Return the page of preferences."""
    view = making.view
    view.all_of(READS)
    held = reading.preferences_of(view)
    until = held.paused_until
    paused = "" if until is None or until <= making.now else making.day_and_hour(until)
    preferences, quiet = view.profile.preferences, followups(view).quiet
    lang, names = making.lang, _names(making)
    return Wishes(
        held,
        paused,
        tuple(
            RuleLine(
                rule,
                lang.sentence(of_rule(lang, rule, "topic")),
                _example(making, rule, names[place % len(names)]),
                preferences.rule(rule).on is not False,
                rule in quiet,
                lang.sentence(making.t[_pushed(rule, preferences)]),
            )
            for place, rule in enumerate(ENGLISH.rules)
        ),
        tuple(zip(WEEKDAYS, days.weekdays(lang), strict=True)),
        lang(PAGES["push_bounds"], most=lang.number(held.per_day)),
        _channel(held, lang),
        "" if (mark := mark_of(preferences)) is None else making.seal(ToCalendar(view.member, mark)),
    )


def _pushed(rule: str, preferences: Preferences) -> str:
    """Return the key of what the page says of when a rule's reminders come: as the member wishes, or as the rule does."""
    wish = preferences.rule(rule).push
    if wish is None:
        return f"push_{PUSHED.get(rule, 'never')}"
    return "push_all" if wish else "push_never"


def _channel(held: answers.MemberPreferences, lang: Language) -> str:
    if held.channel is None:
        return ""
    says = PAGES["channel_now" if held.channel_given_up_at is None else "channel_given_up"]
    return lang(says, channel=lang.apart(CHANNELS[held.channel]))


def _names(making: Making) -> list[str]:
    """Return what people of the member are called; one of ours where nobody's name is known."""
    view = making.view
    ids = [one.sent.contact_id for one in invites(view).by_id.values() if one.sent is not None]
    ids += [contact for one in meetings(view).by_id.values() for contact in contacts_of(one)]
    ids += [one.made.contact_id for one in promises(view).by_id.values() if one.made is not None]
    ids += [one.contact_id for one in followups(view).open.values() if one.contact_id]
    ids += [key.split("/")[1] for key in followups(view).open if key.startswith("contact/")]
    contacts = people(view, list(dict.fromkeys(ids))[:NAMES_MAX])
    return [line(one.name, 60) for one in contacts.values() if one.name] or [making.t["example_name"]]


def _example(making: Making, rule: str, name: str) -> str:
    """Return what a rule would say, in the member's own words where there are some."""
    view, lang, t = making.view, making.lang, making.t
    asked = [one.what for one in reminders(view).requests.values() if one.what]
    if rule == "own_reminder":
        return line(asked[-1] if asked else t["example_own"])
    promised = [one.made.what for one in promises(view).by_id.values() if one.made is not None and one.made.what]
    whats = {
        "keep_promise": promised[-1] if promised else t["example_what"],
        "keep_at_it": t["example_pursuit"],
        "after_gathering": t["example_gathering"],
        "remember_date": t["example_day"],
    }
    what = line(whats.get(rule, t["example_meeting"]), 60).rstrip(".")
    soon = lang(NEAR_AT, day=lang(NEAR_DAYS[1 if rule == "prepare_questions" else 0]), clock="12:30")
    when = lang.weekday(FRIDAY) if rule in ("keep_promise", "remember_date") else soon
    template = with_words(lang.form(rule_text(rule, "line")), what)
    kind = what[:1].lower() + what[1:]
    return lang.named(lang.filled(template, name=lang.apart(name), what=what, kind=kind, when=when, place=""))
