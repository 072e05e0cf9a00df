"""What events from outside make of one subject: joins, so neither their order nor their number matters."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from services.followups.model.event_codes import CODES, HELP, STEPS
from services.followups.model.state import ABOUT_MAX, COMPANY_MAX, HELP_MAX, Subject
from services.followups.model.values import Company, Day, Mark, Person, Plan, Request, Seen, Title, Told
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
        return replace(subject, step=_told(subject.step, Told(event.time, event.id, event.logged, own)))
    return subject


def introduce(subject: Subject, contact: Contact, event: Event) -> Subject:
    """Return the subject after an event that says who it is about."""
    person = Person(event.time, event.id, contact.id, contact.name)
    wins = subject.person is None or person.order > subject.person.order
    return replace(subject, person=person) if wins else subject


def accompany(subject: Subject, contact_ids: tuple[str, ...], event: Event) -> Subject:
    """Return the subject after an event that says with whom it is, if it does."""
    if not contact_ids:
        return subject
    company = Company(event.time, event.id, contact_ids[:COMPANY_MAX])
    wins = subject.company is None or company.order > subject.company.order
    return replace(subject, company=company) if wins else subject


def entitle(subject: Subject, text: str | None, event: Event) -> Subject:
    """Return the subject after an event that says what it is called, if it does."""
    if text is None:
        return subject
    title = Title(event.time, event.id, text)
    wins = subject.title is None or title.order > subject.title.order
    return replace(subject, title=title) if wins else subject


def mention(subject: Subject, key: str) -> Subject:
    """Return a contact after an event that names another subject with this person."""
    if key in subject.about:
        return subject
    return replace(subject, about=tuple(sorted({*subject.about, key})[:ABOUT_MAX]))


def plan(subject: Subject, data: MeetingPlan, event: Event) -> Subject:
    """Return a meeting after an event that agrees its hour."""
    before = subject.plan
    after = Plan(
        event.time, event.id, event.logged, wall_of(data.starts, data.zone), data.zone, data.minutes, data.kind,
        data.place or "", isinstance(data, MeetingRescheduled),
    )  # fmt: skip
    if before is not None and before.order == after.order:
        return subject if before.logged <= after.logged else replace(subject, plan=after)
    return subject if before is not None and before.order > after.order else replace(subject, plan=after)


def request(subject: Subject, data: FollowupRequested | PromiseMade, event: Event) -> Subject:
    """Return a reminder, or a promise, after an event that says what is due when."""
    before, every = subject.request, data.every_days if isinstance(data, FollowupRequested) else None
    after = Request(event.time, event.id, event.logged, data.due, data.what or "", data.contact_id or "", every or 0)
    if before is not None and before.order == after.order:
        return subject if before.logged <= after.logged else replace(subject, request=after)
    return subject if before is not None and before.order > after.order else replace(subject, request=after)


def remember(subject: Subject, data: ContactDateSet, event: Event) -> Subject:
    """Return a day of the year after an event that sets it."""
    before = subject.day
    after = Day(event.time, event.id, event.logged, data.month, data.day, data.contact_id, data.label)
    if before is not None and before.order == after.order:
        return subject if before.logged <= after.logged else replace(subject, day=after)
    return subject if before is not None and before.order > after.order else replace(subject, day=after)


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


def _told(before: Told | None, after: Told) -> Told:
    if before is None or after.order > before.order:
        return after
    return after if after.order == before.order and after.logged < before.logged else before


def _helped(before: tuple[Told, ...], event: Event, code: str) -> tuple[Told, ...]:
    told = Told(event.time, event.id, event.logged, code)
    known = {one.order: one for one in before}
    known[told.order] = _told(known.get(told.order), told)
    return tuple(known[order] for order in sorted(known)[-HELP_MAX:])
