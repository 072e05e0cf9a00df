"""What events from outside make of one subject: joins, so neither their order nor their number matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from msgspec.structs import replace

from services.followups.model.event_codes import CODES, HELP, STEPS
from services.followups.model.state import ABOUT_MAX, COMPANY_MAX, HELP_MAX, Subject, WithoutAnswers
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
_NOTHING: Final = Subject().without_answers
"""Of no types: the very default, which is not stored."""
_STEP_CODES: Final = frozenset(CODES[kind] for kind in STEPS)


def saw(subject: Subject, kind: type[EventData], event: Event) -> Subject:
    """Return the subject after an event that counts as one of type `kind`; types without a code are not remembered."""
    if kind not in CODES:
        return subject
    one = LoggedEvent(event.time, event.id, event.logged, CODES[type(event.data)])
    after, less = see(subject, kind, one), subject.without_answers
    return after if not less.codes else replace(after, without_answers=part(see(whole(less), kind, one), less.codes))


def see(subject: Subject, kind: type[EventData], one: LoggedEvent) -> Subject:
    """Return the subject after an event that counts as one of type `kind`, whether or not it may be taken back."""
    code = CODES[kind]
    mark = Mark(one.time, one.id, "" if one.code == code else one.code)
    seen = _see(subject.seen.get(code), one.logged, mark, each=kind in STARTING_EACH)
    subject = replace(subject, seen={**subject.seen, code: seen})
    if kind in HELP:
        side = CODES[HELP[kind]]
        return replace(subject, help={**subject.help, side: _helped(subject.help.get(side, ()), one)})
    if kind in STEPS:
        return replace(subject, step=latest_logged_first(subject.step, one, _order))
    return subject


def part(subject: Subject, codes: tuple[str, ...]) -> WithoutAnswers:
    """Return what a subject knows of some types of events."""
    if not codes:
        return _NOTHING
    return WithoutAnswers(
        codes,
        {code: subject.seen[code] for code in codes if code in subject.seen},
        {side: subject.help[side] for side in codes if side in subject.help},
        None if _STEP_CODES.isdisjoint(codes) else subject.step,
    )


def whole(less: WithoutAnswers) -> Subject:
    """Return a subject of which nothing else is known."""
    return Subject(seen=less.seen, help=less.help, step=less.step)


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


def _see(before: Seen | None, at: datetime, mark: Mark, *, each: bool) -> Seen:
    if before is None:
        return Seen(at, mark)
    logged, first = min((at, mark), (before.logged, before.first), key=lambda one: (one[0], one[1].order))
    last = max(mark, before.latest, key=lambda one: one.order)
    if last == first:
        return Seen(logged, first)
    return Seen(logged, first, last, _last_logged(before, at, mark) if each else None)


def _last_logged(before: Seen, at: datetime, mark: Mark) -> datetime:
    """Return when the event that happened last was logged first."""
    if mark.order == before.latest.order:
        return min(at, before.latest_logged)
    return at if mark.order > before.latest.order else before.latest_logged


def _helped(before: tuple[LoggedEvent, ...], one: LoggedEvent) -> tuple[LoggedEvent, ...]:
    state = {other.order: other for other in before}
    state[one.order] = latest_logged_first(state.get(one.order), one, _order)
    return tuple(state[order] for order in sorted(state)[-HELP_MAX:])
