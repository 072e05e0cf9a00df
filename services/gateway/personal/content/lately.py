"""What was done lately, and what the member let be: of each thing and rule one row, however it was named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from services.gateway.personal.content.cards import Making, Person, line, person
from services.gateway.personal.content.words import of_rule
from services.gateway.projection.model.followups import REMINDER
from services.gateway.projection.model.people import PROMISE_ITEM, Answer, Made, Request
from services.gateway.reading import agenda
from services.gateway.reading.open_followups import CONTACT_ITEM, OWN_REMINDER, can_be_taken_back, item_of
from services.gateway.reading.view import people, promises, reminders

SHOWN_MAX: Final = 5
WORDS_CHARS_MAX: Final = 140


@dataclass(frozen=True, slots=True)
class Settled:
    """What was done, or let be."""

    what: str
    who: Person | None
    when: str
    id: str = ""
    """By which it can be taken back; empty where it cannot."""
    let_be: bool = False


class _About(NamedTuple):
    """The item and the rule that an id names. A product names its own reminders by its own ids."""

    item: str
    rule: str


class _Row(NamedTuple):
    about: _About
    at: datetime
    taken_back_by: str
    let_be: bool


def settled(making: Making) -> tuple[Settled, ...]:
    """Return what was done lately, and what the member let be as long as they can take that back, the latest first.

    An end tells no more than the id of what ended: its rule, and whom it was about. An id that names nothing is left out.
    """
    lately = sorted(_rows(making), key=lambda row: (row.at, row.about), reverse=True)[:SHOWN_MAX]
    who = people(making.view, [_contact_of(making, row.about) for row in lately])
    return tuple(
        Settled(
            _words_of(making, row.about) or making.lang.sentence(of_rule(making.lang, row.about.rule, "topic")),
            person(making, who.get(_contact_of(making, row.about))),
            making.day(row.at),
            row.taken_back_by,
            row.let_be,
        )
        for row in lately
    )


def _rows(making: Making) -> list[_Row]:
    """Return a row of each item and rule: the last word on it decides, be it the service's or the member's."""
    own, undo = reminders(making.view), can_be_taken_back(making.view, making.now)
    done: dict[_About, datetime] = {}
    for one in agenda.followups_of(making.view, making.now, limit=1).ended:
        if one.how == "completed":
            about = _about(making, one.id)
            done[about] = max(one.at, done.get(about, one.at))
    last: dict[_About, str] = {}
    for key, answer in own.answers.items():
        about = _about(making, key)
        if about not in last or own.answers[last[about]].stamp < answer.stamp:
            last[about] = key
    items = {REMINDER + key for key in own.requests} | {about.item for about in done}
    found = [about for about in {**done, **last} if not about.item.startswith(REMINDER) or about.item in items]
    rows = [_row(about, done.get(about), last.get(about, ""), own.answers, undo) for about in found]
    return [row for row in rows if row is not None]


def _row(
    about: _About, done: datetime | None, key: str, answers: Mapping[str, Answer], undo: Mapping[str, datetime]
) -> _Row | None:
    answer = answers.get(key)
    is_last = answer is not None and (done is None or done <= answer.time)
    if answer is not None and key in undo:
        at = answer.time if done is None else max(answer.time, done)
        return _Row(about, at, key, let_be=is_last and answer.how == "dismissed")
    taken_back = is_last and answer is not None and answer.how == "reopened"
    return None if done is None or taken_back else _Row(about, done, "", let_be=False)


def _about(making: Making, followup_id: str) -> _About:
    rule = followup_id.rsplit("/", 2)[1] if followup_id.count("/") > 1 else ""
    if of_rule(making.lang, rule, "topic"):
        return _About(item_of(followup_id), rule)
    return _About(REMINDER + followup_id, OWN_REMINDER)


def _contact_of(making: Making, about: _About) -> str:
    if about.item.startswith(CONTACT_ITEM):
        return about.item.removeprefix(CONTACT_ITEM)
    of = _own(making, about)
    return "" if of is None else of.contact_id


def _words_of(making: Making, about: _About) -> str:
    """Return the member's own words about it, which tell one reminder or promise from the next; empty: none are known."""
    of = _own(making, about)
    return "" if of is None else line(of.what, WORDS_CHARS_MAX)


def _own(making: Making, about: _About) -> Request | Made | None:
    """Return what the member asked for or promised, as far as it is known still."""
    if about.item.startswith(REMINDER):
        return reminders(making.view).requests.get(about.item.removeprefix(REMINDER))
    promise = promises(making.view).by_id.get(about.item.removeprefix(PROMISE_ITEM))
    return None if promise is None or not about.item.startswith(PROMISE_ITEM) else promise.made
