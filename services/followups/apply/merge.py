"""What events from outside make of one subject: joins, so neither their order nor their number matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from msgspec.structs import replace

from services.followups.model.event_codes import CODES, HELP, STEPS
from services.followups.model.state import ABOUT_MAX, COMPANY_MAX, HELP_MAX, Subject
from services.followups.model.values import Company, Day, LoggedEvent, Mark, Person, Plan, Request, Seen, Title
from services.followups.rules.table import STARTING_EACH
from shared.calendar import wall_of
from shared.contracts import (
    Contact,
    ContactDateSet,
    Event,
    EventData,
    FollowupRequested,
    MeetingPlan,
    MeetingRescheduled,
    PromiseMade,
)
from shared.merge import first_names, latest, latest_logged_first

_order: Final[Callable[[Any], Any]] = attrgetter("order")


def saw(subject: Subject, kind: type[EventData], event: Event) -> Subject:
    """Return the subject after an event that counts as one of type `kind`; types without a code are not remembered."""
    code = CODES.get(kind)
    if code is None:
        return subject
    own = CODES[type(event.data)]
    mark = Mark(event.time, event.id, "" if isinstance(event.data, kind) else own)
    seen = _see(subject.seen.get(code), event, mark, each=kind in STARTING_EACH)
    subject = replace(subject, seen={**subject.seen, code: seen})
    if kind in HELP:
        side = CODES[HELP[kind]]
        return replace(subject, help={**subject.help, side: _helped(subject.help.get(side, ()), event, own)})
    if kind in STEPS:
        logged = LoggedEvent(event.time, event.id, event.logged, own)
        return replace(subject, step=latest_logged_first(subject.step, logged, _order))
    return subject


def introduce(subject: Subject, contact: Contact, event: Event) -> Subject:
    """Return the subject after an event that says who it is about."""
    person = Person(event.time, event.id, contact.id, contact.name)
    won = latest(subject.person, person, _order)
    return subject if won is subject.person else replace(subject, person=won)


def accompany(subject: Subject, contact_ids: tuple[str, ...], event: Event) -> Subject:
    """Return the subject after an event that says with whom it is, if it does."""
    if not contact_ids:
        return subject
    company = Company(event.time, event.id, contact_ids[:COMPANY_MAX])
    won = latest(subject.company, company, _order)
    return subject if won is subject.company else replace(subject, company=won)


def entitle(subject: Subject, text: str | None, event: Event) -> Subject:
    """Return the subject after an event that says what it is called, if it does."""
    if text is None:
        return subject
    title = Title(event.time, event.id, text)
    won = latest(subject.title, title, _order)
    return subject if won is subject.title else replace(subject, title=won)


def mention(subject: Subject, key: str) -> Subject:
    """Return a contact after an event that names another subject with this person."""
    about = first_names(subject.about, key, ABOUT_MAX)
    return subject if about == subject.about else replace(subject, about=about)


def plan(subject: Subject, data: MeetingPlan, event: Event) -> Subject:
    """Return a meeting after an event that agrees its hour."""
    before = subject.plan
    after = Plan(
        event.time, event.id, event.logged, wall_of(data.starts, data.zone), data.zone, data.minutes, data.kind,
        data.place or "", isinstance(data, MeetingRescheduled),
    )  # fmt: skip
    won = latest_logged_first(before, after, _order)
    return subject if won is before else replace(subject, plan=won)


def request(subject: Subject, data: FollowupRequested | PromiseMade, event: Event) -> Subject:
    """Return a reminder, or a promise, after an event that says what is due when."""
    before, every = subject.request, data.every_days if isinstance(data, FollowupRequested) else None
    after = Request(event.time, event.id, event.logged, data.due, data.what or "", data.contact_id or "", every or 0)
    won = latest_logged_first(before, after, _order)
    return subject if won is before else replace(subject, request=won)


def remember(subject: Subject, data: ContactDateSet, event: Event) -> Subject:
    """Return a day of the year after an event that sets it."""
    before = subject.day
    after = Day(event.time, event.id, event.logged, data.month, data.day, data.contact_id, data.label)
    won = latest_logged_first(before, after, _order)
    return subject if won is before else replace(subject, day=won)


def _see(before: Seen | None, event: Event, mark: Mark, *, each: bool) -> Seen:
    if before is None:
        return Seen(event.logged, mark)
    logged, first = min((event.logged, mark), (before.logged, before.first), key=lambda one: (one[0], one[1].order))
    last = max(mark, before.latest, key=lambda one: one.order)
    if last == first:
        return Seen(logged, first)
    return Seen(logged, first, last, _last_logged(before, event, mark) if each else None)


def _last_logged(before: Seen, event: Event, mark: Mark) -> datetime:
    """Return when the event that happened last was logged first."""
    if mark.order == before.latest.order:
        return min(event.logged, before.latest_logged)
    return event.logged if mark.order > before.latest.order else before.latest_logged


def _helped(before: tuple[LoggedEvent, ...], event: Event, code: str) -> tuple[LoggedEvent, ...]:
    logged = LoggedEvent(event.time, event.id, event.logged, code)
    state = {one.order: one for one in before}
    state[logged.order] = latest_logged_first(state.get(logged.order), logged, _order)
    return tuple(state[order] for order in sorted(state)[-HELP_MAX:])
