"""What facts make of what is known: from outside as joins, of our own in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from services.followups.rules import RULES
from services.followups.state import (
    ABOUT_MAX,
    ANSWERS_MAX,
    CODES,
    CONTACT,
    HABITS,
    INVITE,
    LAPSES_MAX,
    PUSHED_MAX,
    REMINDER,
    Answer,
    Habits,
    Item,
    Kind,
    Mark,
    Person,
    Profile,
    Request,
    Seen,
    Slot,
    Stage,
    Subject,
    kind_of,
    place_of,
)
from shared.contracts import (
    AboutFollowup,
    Contact,
    ContactConnected,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    EventData,
    Fact,
    FollowupAnswered,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupEnded,
    FollowupLapsed,
    FollowupRequested,
    FollowupRescheduled,
    FollowupScheduled,
    FollowupSnoozed,
    InviteAccepted,
    InviteDeclined,
    InviteExpired,
    InviteReceived,
    InviteReported,
    InviteRetracted,
    InviteSent,
    InviteWithdrawn,
    MemberPreferencesSet,
    MessageSent,
    ThanksSent,
)
from shared.preferences import NUDGES, evolve_preferences, of_rules

_WITH_CONTACT: Final = (ContactRemoved, ContactMuted, ContactUnmuted, ThanksSent, MessageSent, InviteAccepted)
_INVITE_ENDS: Final = (
    InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn, InviteRetracted, InviteExpired,
)  # fmt: skip
_WISHES: Final = NUDGES | of_rules(RULES)
_KINDS: Final[dict[type[EventData], Kind]] = {
    FollowupDone: "done",
    FollowupDismissed: "dismissed",
    FollowupSnoozed: "snoozed",
}
_PUSHES_KEPT_FOR: Final = timedelta(days=2)
"""A member's day ends within it, wherever the member travels."""


def touches(fact: Fact) -> Iterable[str]:
    """Return the keys of the items that a fact is about."""
    data = fact.data
    if isinstance(data, AboutFollowup):
        yield place_of(data.followup_id).key
        if isinstance(data, FollowupLapsed | FollowupEnded) or (isinstance(data, FollowupDue) and data.push):
            yield HABITS
    elif isinstance(data, FollowupAnswered):
        yield place_of(data.followup_id).key
    elif isinstance(data, FollowupRequested):
        yield f"{REMINDER}/{data.followup_id}"
        if data.contact_id is not None:
            yield f"{CONTACT}/{data.contact_id}"
    elif (contact := _introduced(data)) is not None:
        yield f"{CONTACT}/{contact.id}"
        if isinstance(data, InviteSent):
            yield f"{INVITE}/{data.invite_id}"
        elif isinstance(data, ContactConnected) and data.via_invite is not None:
            yield f"{INVITE}/{data.via_invite}"
    else:
        if isinstance(data, _WITH_CONTACT):
            yield f"{CONTACT}/{data.contact_id}"
        if isinstance(data, _INVITE_ENDS):
            yield f"{INVITE}/{data.invite_id}"


def evolve_profile(profile: Profile, fact: Fact) -> Profile:
    """Return what the member wishes after the fact."""
    preferences = evolve_preferences(profile.preferences, fact, _WISHES)
    return profile if preferences is profile.preferences else Profile(preferences)


def evolve(key: str, item: Item | None, fact: Fact) -> Item | None:
    """Return what is known under `key` after the fact."""
    if key == HABITS:
        habits = _practise(item if isinstance(item, Habits) else Habits(), fact)
        return item if habits == Habits() and item is None else habits
    subject = _tell(key, item if isinstance(item, Subject) else Subject(), fact)
    return item if subject == Subject() and item is None else subject


def _tell(key: str, subject: Subject, fact: Fact) -> Subject:
    data = fact.data
    if isinstance(data, AboutFollowup):
        slot = subject.slots.get(data.rule, Slot())
        return replace(subject, slots={**subject.slots, data.rule: _said(key, slot, fact)})
    if isinstance(data, FollowupAnswered):
        return _answered(subject, data, fact)
    if isinstance(data, FollowupRequested):
        return _requested(key, subject, data, fact)
    return _happened(key, subject, fact)


def _introduced(data: EventData) -> Contact | None:
    return data.contact if isinstance(data, InviteSent | InviteReceived | ContactConnected) else None


def _happened(key: str, subject: Subject, fact: Fact) -> Subject:
    data = fact.data
    if (contact := _introduced(data)) is not None:
        person = Person(fact.time, fact.id, contact.id, contact.name)
        if subject.person is None or person.order > subject.person.order:
            subject = replace(subject, person=person)
    if isinstance(data, InviteSent) and kind_of(key) == CONTACT:
        return _mention(subject, f"{INVITE}/{data.invite_id}")
    code = CODES.get(type(data))
    if code is None:
        return subject
    return replace(subject, seen={**subject.seen, code: _see(subject.seen.get(code), fact)})


def _see(before: Seen | None, fact: Fact) -> Seen:
    mark = Mark(fact.time, fact.id)
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
    _, rule, cycle = place_of(data.followup_id)
    if rule not in RULES:
        return subject
    until = data.until if isinstance(data, FollowupSnoozed) else None
    answer = Answer(fact.time, fact.id, _KINDS[type(data)], cycle, until)
    known = subject.answers.get(rule, ())
    if answer in known:
        return subject
    latest = tuple(sorted((*known, answer), key=lambda one: one.order)[-ANSWERS_MAX:])
    return subject if latest == known else replace(subject, answers={**subject.answers, rule: latest})


def _said(key: str, slot: Slot, fact: Fact) -> Slot:
    """Return what was said of a rule after one more fact of our own."""
    match fact.data:
        case FollowupScheduled() as plan:
            return Slot(
                "open", place_of(plan.followup_id).cycle, slot.number + 1, plan.because.id,
                plan.due_local if kind_of(key) == REMINDER else None, plan.due_at, lapsed=slot.lapsed,
            )  # fmt: skip
        case FollowupRescheduled() as plan:
            slot = replace(slot, due_at=plan.due_at)
            replaced = plan.because.type == FollowupRequested.TYPE and plan.because.id != slot.because
            return replace(slot, because=plan.because.id, base=plan.due_local) if replaced else slot
        case FollowupDue() as due:
            return replace(slot, attempts=due.attempt, said_at=fact.time)
        case FollowupLapsed():
            return _close(replace(slot, lapsed=slot.cycle), "lapsed", fact, "")
        case FollowupCompleted() as end:
            cycle = place_of(end.followup_id).cycle
            if cycle == slot.lapsed:
                slot = replace(slot, lapsed="")
            return _close(slot, "completed", fact, end.because.id) if cycle == slot.cycle else slot
        case FollowupCancelled() as end:
            stage: Stage = "off" if end.because.type == MemberPreferencesSet.TYPE else "cancelled"
            return _close(slot, stage, fact, end.because.id)
        case _:
            return slot


def _close(slot: Slot, stage: Stage, fact: Fact, ended_by: str) -> Slot:
    """Return the slot of a cycle that is over: what the next one needs to know stays."""
    closed_at = fact.time if slot.closed_at is None else slot.closed_at
    return replace(
        slot, stage=stage, due_at=None, attempts=0, said_at=None, closed_at=closed_at, ended_by=ended_by
    )  # fmt: skip


def _practise(habits: Habits, fact: Fact) -> Habits:
    match fact.data:
        case FollowupLapsed(rule=rule):
            count = habits.lapses.get(rule, 0) + 1
            if count < LAPSES_MAX:
                return replace(habits, lapses={**habits.lapses, rule: count})
            return replace(_reset(habits, rule), quiet={**habits.quiet, rule: Mark(fact.time, fact.id)})
        case FollowupCompleted(rule=rule):
            return _reset(habits, rule)
        case FollowupCancelled(rule=rule, because=because) if because.type == FollowupDismissed.TYPE:
            return _reset(habits, rule)
        case FollowupDue(push=True):
            kept = tuple(at for at in habits.pushed if at > fact.time - _PUSHES_KEPT_FOR)
            return replace(habits, pushed=(*kept, fact.time)[-PUSHED_MAX:])
        case _:
            return habits


def _reset(habits: Habits, rule: str) -> Habits:
    if rule not in habits.lapses:
        return habits
    return replace(habits, lapses={name: count for name, count in habits.lapses.items() if name != rule})
