"""A person's page: why the two met, what was promised and done for each other, what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from services.gateway.personal.content import days
from services.gateway.personal.content.cards import Card, Making, followup, line
from services.gateway.personal.content.words import HAPPENED
from services.gateway.reading import contact
from services.gateway.reading.forms import answers
from services.gateway.reading.open_followups import deferred_to
from services.gateway.reading.view import reminders
from shared.texts.sentences import SOMEBODY

WORDS_CHARS_MAX: Final = 300
CADENCES: Final = (14, 30, 60, 90, 180, 365)
"""Days that the page offers; what the member set elsewhere stands among them."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise: in the member's words, for when, and what became of it."""

    what: str
    state: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """All of the page."""

    id: str
    name: str
    why: str
    since: str
    muted: bool
    every_days: int | None
    cadences: tuple[int, ...]
    dates: tuple[tuple[str, str], ...]
    promises: tuple[Promised, ...]
    lately: tuple[tuple[str, str, str], ...]
    """What happened, when, and the words to it."""
    due: tuple[Card, ...]
    coming: tuple[Card, ...]
    tomorrow: str
    """The first day on which the member can be reminded, `2026-11-24`."""


def page(making: Making, contact_id: str) -> PersonPage | None:
    """Return the page about a person; None where nothing is known of them."""
    found = contact.answer(making.view, contact_id, making.now)
    if found is None:
        return None
    name = line(found.name or "")
    due = [one for one in found.followups if one.state in ("due", "overdue")]
    every = found.cadence_days
    return PersonPage(
        id=contact_id,
        name=name or making.somebody(),
        why=line(found.why or "", WORDS_CHARS_MAX),
        since="" if found.connected_since is None else making.day(found.connected_since),
        muted=found.muted,
        every_days=every,
        cadences=tuple(sorted({*CADENCES, *([every] if every else [])})),
        dates=tuple(
            (line(making.lang.day_label(label)), days.month_and_day(day, making.lang))
            for label, day in found.dates.items()
        ),
        promises=tuple(_promise(making, one) for one in found.promises),
        lately=tuple(_happened(making, one, name) for one in found.lately),
        due=tuple(followup(making, one) for one in due),
        coming=_coming(making, found),
        tomorrow=days.date_after(making.now, making.zone, 1),
    )


def _promise(making: Making, one: answers.PromiseStanding) -> Promised:
    t = making.t
    state = {"kept": t["person_promise_kept"], "released": t["person_promise_released"]}.get(one.state, "")
    if not state and one.due_at is not None:
        state = t["person_promised_for"].format(day=making.day(one.due_at))
    return Promised(line(one.what or "", WORDS_CHARS_MAX) or t["person_something"], state)


def _happened(making: Making, one: answers.Happened, name: str) -> tuple[str, str, str]:
    lang = making.lang
    sentence = lang.named(lang(HAPPENED[one.type], name=lang.apart(name) if name else lang(SOMEBODY)))
    return sentence, making.day(one.at), line(one.what or "", WORDS_CHARS_MAX)


def _coming(making: Making, found: answers.PersonPage) -> tuple[Card, ...]:
    """Return planned follow-ups and meetings, the soonest first."""
    answered = reminders(making.view).answers
    dated: list[tuple[Any, Card]] = []
    for one in found.followups:
        if one.state == "coming":
            answer = answered.get(one.id)
            rests, at = answer is not None and answer.how == "snoozed", deferred_to(making.view, one.due_at)
            card = followup(making, one, making.day_and_hour(at), rests=rests and at > making.now)
            dated.append((at, card))
    for meeting in found.meetings:
        if meeting.status == "scheduled" and meeting.starts_at is not None and meeting.starts_at >= making.now:
            kind = making.t.get(f"meeting_{meeting.kind}", making.t["meeting_in_person"])
            when = making.day_and_hour(meeting.starts_at)
            dated.append((meeting.starts_at, Card("", kind, own=line(meeting.place or "", WORDS_CHARS_MAX), when=when)))
    return tuple(card for _, card in sorted(dated, key=lambda pair: pair[0]))
