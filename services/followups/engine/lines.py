"""What a follow-up says in one line: kind and neutral, without blame, counts or comparisons."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.followups.model.state import MEETING, PROMISE
from services.followups.rules.case import Case
from shared.calendar import local
from shared.contracts import limits
from shared.texts.catalogue import ENGLISH
from shared.texts.plain_text import isolated
from shared.texts.sentences import SOMEBODY, named, sentence, with_words

NAME_CHARS_MAX: Final = 60
"""How much of a person's name one line holds."""
PLACE_CHARS_MAX: Final = 40
"""How much of the place of a meeting one line holds."""
WHAT_CHARS_MAX: Final = 60
"""How much of the member's own words one line holds, where it says something else, too."""

REMINDER: Final = "A reminder of your own"
PURSUIT: Final = "What you are after"
"""Stands for a goal that is not known."""

LINES: Final = {rule: texts.line for rule, texts in ENGLISH.rules.items() if texts.line}
"""By rule; one that is not here says the member's own words."""
PROMISED_SOMETHING: Final = "You promised {name} something. It is for {when}."
"""Of a promise that was made without a word about what."""
PROMISE_PAST: Final = ("It is for", "It was for")
"""What is said of its day, and what once that has come."""
MEETINGS: Final = {"lunch": "Lunch", "in_person": "Meeting", "phone": "Phone call", "online": "Online chat"}
"""By kind of meeting."""

# Names of days and months do not depend on the machine's locale.
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NEAR: Final = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def line(case: Case, at: datetime) -> str:
    """Return what a follow-up says at `at`; a reminder says the member's own words."""
    template = LINES.get(case.rule.name)
    if template is None:
        return _plain(case.what, limits.NAME_CHARS_MAX) or REMINDER
    if case.rule.about == PROMISE:
        return _promise(template, case, local(at, case.zone))
    plan = case.subject.plan
    place = "" if plan is None else _plain(plan.place, PLACE_CHARS_MAX)
    what = _what(case)
    said = template.format(
        name=_people(case),
        what=what,
        kind=what[:1].lower() + what[1:],
        when=_when(case, local(at, case.zone)),
        place=f": {place}" if place else "",
    )
    return named(said)


def _promise(template: str, case: Case, now: datetime) -> str:
    """Return what was promised to whom, and for when, in the member's own words."""
    request, what = case.subject.request, _plain(case.what, WHAT_CHARS_MAX).rstrip(".")
    assert request is not None
    template = with_words(template, what) if what else PROMISED_SOMETHING
    if request.due < now:
        template = template.replace(*PROMISE_PAST)
    day = _day(request.due, now)
    return template.format(name=_people(case), what=what, when=f"{day}, {request.due:%H:%M}")


def _what(case: Case) -> str:
    """Return what it is about: the kind of a meeting, else the member's own words, beginning large."""
    if (plan := case.subject.plan) is not None or case.rule.about == MEETING:
        return MEETINGS.get("" if plan is None else plan.kind, MEETINGS["in_person"])
    return sentence(_plain(case.what, WHAT_CHARS_MAX) or PURSUIT)


def _when(case: Case, now: datetime) -> str:
    """Return when a meeting starts, or a day comes, as somebody would say it at `now`."""
    if (starts_at := case.starts_at) is not None:
        said = _day_and_hour(local(starts_at, case.zone), now)
        return f"on {said}" if case.rule.schedule.before and said.startswith(_DAYS) else said
    if case.subject.day is not None and (trigger := case.trigger) is not None:
        return _day(case.rule.schedule.base(case, trigger), now)
    return ""


def _people(case: Case) -> str:
    """Return with whom it is: the name of the first one, as far as it is known, and how many others there are."""
    person = case.subject.person
    if person is None:
        first = next(iter(case.contacts), None)
        person = None if first is None else first.person
    name = isolated(_plain("" if person is None else person.name, NAME_CHARS_MAX)) or SOMEBODY
    others = len(case.contact_ids) - 1
    return name if others < 1 else f"{name} and {'one other' if others == 1 else f'{others} others'}"


def _day_and_hour(wall: datetime, now: datetime) -> str:
    """Return a wall time as somebody would say it at `now`: `today at 12:30`."""
    near = _NEAR.get((wall.date() - now.date()).days)
    return f"{near or f'{_day(wall, now)},'} at {wall:%H:%M}"


def _day(wall: datetime, now: datetime) -> str:
    """Return a day as somebody would say it at `now`: `today`."""
    near = _NEAR.get((wall.date() - now.date()).days)
    return near or f"{_DAYS[wall.weekday()]}, {wall.day} {_MONTHS[wall.month - 1]}"


def _plain(words: str, chars_max: int) -> str:
    """Return words as one line of printable characters, shortened where they are too long."""
    text = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"
