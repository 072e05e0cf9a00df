"""What facts make of what is known: from outside as joins, of our own (`own`) in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from services.followups import own
from services.followups.records import (
    CODES,
    Answer,
    Cadence,
    Company,
    Kind,
    Mark,
    Person,
    Plan,
    Request,
    Seen,
    Slot,
)
from services.followups.rules import RULES
from services.followups.state import (
    ABOUT_MAX,
    ANSWERS_MAX,
    COMPANY_MAX,
    CONTACT,
    HABITS,
    INVITE,
    MEETING,
    MEETINGS_MAX,
    PROPOSALS,
    REMINDER,
    WAITING_MAX,
    Habits,
    Item,
    Profile,
    Proposals,
    Subject,
    kind_of,
    latest,
    place_of,
)
from shared.contracts import (
    AboutFollowup,
    AboutMeeting,
    CallHeld,
    Contact,
    ContactCadenceSet,
    ContactConnected,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    EventData,
    Fact,
    FollowupAnswered,
    FollowupDismissed,
    FollowupDone,
    FollowupRequested,
    FollowupSnoozed,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    InviteAccepted,
    InviteDeclined,
    InviteExpired,
    InviteReceived,
    InviteReported,
    InviteRetracted,
    InviteSent,
    InviteWhyAsked,
    InviteWhyGiven,
    InviteWithdrawn,
    MeetingHeld,
    MeetingPlan,
    MeetingQuestionsPrepared,
    MeetingRescheduled,
    MessageReceived,
    MessageSent,
    NoteAdded,
    PromiseMade,
    ThanksSent,
)
from shared.preferences import DIGEST_TIMES, NUDGES, evolve_preferences, of_rules

_WITH_CONTACT: Final = (
    ContactRemoved, ContactMuted, ContactUnmuted, ContactCadenceSet, InviteAccepted, ThanksSent, MessageSent,
    MessageReceived, CallHeld, NoteAdded, HelpReceived, HelpGiven, IntroductionMade, PromiseMade,
)  # fmt: skip
_OF_INVITE: Final = (
    InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn, InviteRetracted, InviteExpired, InviteWhyAsked,
    InviteWhyGiven,
)  # fmt: skip
_WISHES: Final = NUDGES | DIGEST_TIMES | of_rules(RULES)
_KINDS: Final[dict[type[EventData], Kind]] = {
    FollowupDone: "done",
    FollowupDismissed: "dismissed",
    FollowupSnoozed: "snoozed",
}


def touches(fact: Fact) -> Iterable[str]:
    """Return the keys of the items that a fact is about."""
    data = fact.data
    if isinstance(data, AboutFollowup):
        yield from own.keys_of(data)
    elif isinstance(data, FollowupAnswered):
        yield place_of(data.followup_id).key
    elif isinstance(data, FollowupRequested):
        yield f"{REMINDER}/{data.followup_id}"
        if data.contact_id is not None:
            yield f"{CONTACT}/{data.contact_id}"
    elif isinstance(data, AboutMeeting):
        yield f"{MEETING}/{data.meeting_id}"
        yield from (f"{CONTACT}/{contact_id}" for contact_id in data.contact_ids[:COMPANY_MAX])
    elif isinstance(data, MeetingQuestionsPrepared):
        yield f"{MEETING}/{data.meeting_id}"
    else:
        yield from _touches_people(data)


def evolve_profile(profile: Profile, fact: Fact) -> Profile:
    """Return what the member wishes after the fact."""
    preferences = evolve_preferences(profile.preferences, fact, _WISHES)
    return profile if preferences is profile.preferences else Profile(preferences)


def evolve(key: str, item: Item | None, fact: Fact) -> Item | None:
    """Return what is known under `key` after the fact."""
    before: Item
    after: Item
    if key == HABITS:
        before = item if isinstance(item, Habits) else Habits()
        after = own.practise(before, fact)
    elif key == PROPOSALS:
        before = item if isinstance(item, Proposals) else Proposals()
        after = _propose(before, fact)
    else:
        before = item if isinstance(item, Subject) else Subject()
        after = _tell(key, before, fact)
    return item if item is None and after == before else after


def _touches_people(data: EventData) -> Iterator[str]:
    if (contact := _introduced(data)) is not None:
        yield f"{CONTACT}/{contact.id}"
        if isinstance(data, InviteSent | InviteReceived):
            yield f"{INVITE}/{data.invite_id}"
        elif isinstance(data, ContactConnected) and data.via_invite is not None:
            yield f"{INVITE}/{data.via_invite}"
    if isinstance(data, _WITH_CONTACT):
        yield f"{CONTACT}/{data.contact_id}"
    if isinstance(data, _OF_INVITE):
        yield f"{INVITE}/{data.invite_id}"
    if isinstance(data, ThanksSent):
        yield PROPOSALS


def _propose(proposals: Proposals, fact: Fact) -> Proposals:
    data = fact.data
    if isinstance(data, AboutFollowup):
        return own.propose(proposals, data, fact)
    if isinstance(data, ThanksSent):
        key = f"{CONTACT}/{data.contact_id}"
        return replace(proposals, thanked=latest(proposals.thanked, fact.time, key, WAITING_MAX))
    return proposals


def _tell(key: str, subject: Subject, fact: Fact) -> Subject:
    data = fact.data
    if isinstance(data, AboutFollowup):
        slot = subject.slots.get(data.rule, Slot())
        return replace(subject, slots={**subject.slots, data.rule: own.said(key, slot, fact)})
    if isinstance(data, FollowupAnswered):
        return _answered(subject, data, fact)
    if isinstance(data, FollowupRequested):
        return _requested(key, subject, data, fact)
    if isinstance(data, AboutMeeting):
        return _met(key, subject, data, fact)
    if isinstance(data, ContactCadenceSet):
        cadence = Cadence(fact.time, fact.id, data.every_days or 0)
        wins = subject.cadence is None or cadence.order > subject.cadence.order
        return replace(subject, cadence=cadence) if wins else subject
    return _happened(key, subject, fact)


def _introduced(data: EventData) -> Contact | None:
    return data.contact if isinstance(data, InviteSent | InviteReceived | ContactConnected) else None


def _happened(key: str, subject: Subject, fact: Fact) -> Subject:
    data = fact.data
    if (contact := _introduced(data)) is not None:
        person = Person(fact.time, fact.id, contact.id, contact.name)
        if subject.person is None or person.order > subject.person.order:
            subject = replace(subject, person=person)
    if isinstance(data, InviteSent | InviteReceived):
        if kind_of(key) == CONTACT:
            return _mention(subject, f"{INVITE}/{data.invite_id}")
        if data.why is not None:
            subject = _saw(subject, InviteWhyGiven, fact)
    return _saw(subject, type(data), fact)


def _met(key: str, subject: Subject, data: AboutMeeting, fact: Fact) -> Subject:
    """Return what a fact about a meeting makes of the meeting, or of somebody who was to be there."""
    if kind_of(key) == CONTACT:
        meetings = latest(subject.meetings, fact.time, f"{MEETING}/{data.meeting_id}", MEETINGS_MAX)
        subject = subject if meetings == subject.meetings else replace(subject, meetings=meetings)
        return _saw(subject, MeetingHeld, fact) if isinstance(data, MeetingHeld) else subject
    company = Company(fact.time, fact.id, data.contact_ids[:COMPANY_MAX])
    if subject.company is None or company.order > subject.company.order:
        subject = replace(subject, company=company)
    return _planned(subject, data, fact) if isinstance(data, MeetingPlan) else _saw(subject, type(data), fact)


def _planned(subject: Subject, data: MeetingPlan, fact: Fact) -> Subject:
    before = subject.plan
    after = Plan(
        fact.time, fact.id, fact.logged, data.starts, data.zone, data.minutes, data.kind, data.place or "",
        isinstance(data, MeetingRescheduled),
    )  # fmt: skip
    if before is not None and before.order == after.order:
        return subject if before.logged <= after.logged else replace(subject, plan=after)
    return subject if before is not None and before.order > after.order else replace(subject, plan=after)


def _saw(subject: Subject, kind: type[EventData], fact: Fact) -> Subject:
    """Return the subject after a fact that counts as one of type `kind`; types without a code are not remembered."""
    code = CODES.get(kind)
    if code is None:
        return subject
    counted = "" if isinstance(fact.data, kind) else CODES[type(fact.data)]
    mark = Mark(fact.time, fact.id, counted)
    return replace(subject, seen={**subject.seen, code: _see(subject.seen.get(code), fact, mark)})


def _see(before: Seen | None, fact: Fact, mark: Mark) -> Seen:
    if before is None:
        return Seen(fact.logged, mark)
    logged, first = min((fact.logged, mark), (before.logged, before.first), key=lambda one: (one[0], one[1].order))
    last = max(mark, before.latest, key=lambda one: one.order)
    return Seen(logged, first, None if last == first else last)


def _mention(subject: Subject, key: str) -> Subject:
    if key in subject.about:
        return subject
    return replace(subject, about=tuple(sorted({*subject.about, key})[:ABOUT_MAX]))


def _requested(key: str, subject: Subject, data: FollowupRequested, fact: Fact) -> Subject:
    if kind_of(key) == CONTACT:
        return _mention(subject, f"{REMINDER}/{data.followup_id}")
    before = subject.request
    after = Request(
        fact.time, fact.id, fact.logged, data.due, data.what, data.contact_id or "", data.every_days or 0
    )  # fmt: skip
    if before is not None and before.order == after.order:
        return subject if before.logged <= after.logged else replace(subject, request=after)
    return subject if before is not None and before.order > after.order else replace(subject, request=after)


def _answered(subject: Subject, data: FollowupAnswered, fact: Fact) -> Subject:
    _, name, cycle = place_of(data.followup_id)
    rule = RULES.get(name)
    if rule is None:
        return subject
    if isinstance(data, FollowupDone) and rule.counts_as is not None:
        subject = _saw(subject, rule.counts_as, fact)
    until = data.until if isinstance(data, FollowupSnoozed) else None
    answer = Answer(fact.time, fact.id, _KINDS[type(data)], cycle, until)
    known = subject.answers.get(name, ())
    if answer in known:
        return subject
    kept = tuple(sorted((*known, answer), key=lambda one: one.order)[-ANSWERS_MAX:])
    return subject if kept == known else replace(subject, answers={**subject.answers, name: kept})
