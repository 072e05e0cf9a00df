"""What facts make of what is known: from outside as joins, of our own (`own`) in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from services.followups.apply import habits, own, reconnect
from services.followups.apply.merge import accompany, entitle, introduce, mention, plan, remember, request, saw
from services.followups.model.state import (
    ANSWERS_MAX,
    COMPANY_MAX,
    CONTACT,
    GATHERING,
    HABITS,
    INVITE,
    MEETING,
    MEETINGS_MAX,
    PROMISE,
    PROPOSALS,
    PURSUIT,
    RECONNECTS,
    REMINDER,
    TIES,
    WAITING_MAX,
    Habits,
    Item,
    Profile,
    Proposals,
    Reconnects,
    Subject,
    Ties,
    date_key,
    kind_of,
    latest,
    place_of,
)
from services.followups.model.values import Answer, Cadence, Kind, Slot
from services.followups.rules.table import RULES
from shared.contracts import (
    AboutContact,
    AboutFollowup,
    AboutMeeting,
    AboutPromise,
    AboutPursuit,
    AboutRule,
    Contact,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    EventData,
    Fact,
    FollowupAnswered,
    FollowupDismissed,
    FollowupDone,
    FollowupRequested,
    FollowupSnoozed,
    GatheringAttended,
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
    PromiseMade,
    PursuitOpened,
    PursuitStepTaken,
    ThanksSent,
    introduced,
)
from shared.preferences import DIGEST_TIMES, NUDGES, evolve_preferences, of_rules

_WITH_CONTACT: Final = (AboutContact, InviteAccepted, PromiseMade)
"""Facts that change what is known of one person: all that are about a contact, and these."""
_OF_INVITE: Final = (
    InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn, InviteRetracted, InviteExpired, InviteWhyAsked,
    InviteWhyGiven,
)  # fmt: skip
_INVITES: Final = (InviteSent, InviteReceived)
_INTRODUCING: Final = (*_INVITES, ContactConnected)
_WISHES: Final = NUDGES | DIGEST_TIMES | of_rules(RULES)
_KINDS: Final[dict[type[EventData], Kind]] = {
    FollowupDone: "done",
    FollowupDismissed: "dismissed",
    FollowupSnoozed: "snoozed",
}


def touches(fact: Fact) -> Iterable[str]:
    """Return the keys of the items that a fact is about, each once."""
    return dict.fromkeys((*_touches(fact), *(f"{CONTACT}/{contact.id}" for contact in introduced(fact.data))))


def _touches(fact: Fact) -> Iterable[str]:
    data = fact.data
    if isinstance(data, AboutFollowup):
        yield from own.keys_of(data, fact)
    elif isinstance(data, AboutRule):
        yield HABITS
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
    elif isinstance(data, AboutPursuit):
        yield f"{PURSUIT}/{data.pursuit_id}"
    elif isinstance(data, GatheringAttended):
        yield f"{GATHERING}/{data.gathering_id}"
        yield from (f"{CONTACT}/{contact.id}" for contact in data.met)
    else:
        yield from _touches_people(data)
    yield from reconnect.keys_of(fact)
    if habits.is_about_habits(data):
        yield HABITS


def evolve_profile(profile: Profile, fact: Fact) -> Profile:
    """Return what the member wishes, and which rules have gone quiet, after the fact."""
    if isinstance(fact.data, AboutRule):
        return own.rest(profile, fact.data, fact)
    preferences = evolve_preferences(profile.preferences, fact, _WISHES)
    return profile if preferences is profile.preferences else replace(profile, preferences=preferences)


def evolve(key: str, item: Item | None, fact: Fact) -> Item | None:
    """Return what is known under `key` after the fact."""
    before: Item
    after: Item
    if key == HABITS:
        before = item if isinstance(item, Habits) else Habits()
        ours = isinstance(fact.data, AboutFollowup | AboutRule)
        after = own.practise(before, fact) if ours else habits.observe(before, fact)
    elif key == PROPOSALS:
        before = item if isinstance(item, Proposals) else Proposals()
        after = _propose(before, fact)
    elif key == RECONNECTS:
        before = item if isinstance(item, Reconnects) else Reconnects()
        after = reconnect.picked(before, fact)
    elif kind_of(key) == TIES:
        before = item if isinstance(item, Ties) else Ties()
        after = reconnect.tie(key, before, fact)
    else:
        before = item if isinstance(item, Subject) else Subject()
        after = _tell(key, before, fact)
        for contact in introduced(fact.data) if kind_of(key) == CONTACT else ():
            if key == f"{CONTACT}/{contact.id}":
                after = introduce(after, contact, fact)
    return item if item is None and after == before else after


def _touches_people(data: EventData) -> Iterator[str]:
    if (contact := _introduced(data)) is not None:
        yield f"{CONTACT}/{contact.id}"
        if isinstance(data, _INVITES):
            yield f"{INVITE}/{data.invite_id}"
        elif isinstance(data, ContactConnected) and data.via_invite is not None:
            yield f"{INVITE}/{data.via_invite}"
    if isinstance(data, _WITH_CONTACT):
        yield f"{CONTACT}/{data.contact_id}"
    if isinstance(data, _OF_INVITE):
        yield f"{INVITE}/{data.invite_id}"
    if isinstance(data, ThanksSent):
        yield PROPOSALS
    if isinstance(data, AboutPromise):
        yield f"{PROMISE}/{data.promise_id}"
    if isinstance(data, ContactDateSet):
        yield date_key(data.contact_id, data.label)


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
        return _requested(key, subject, data, f"{REMINDER}/{data.followup_id}", fact)
    if isinstance(data, AboutMeeting):
        return _met(key, subject, data, fact)
    if isinstance(data, PromiseMade):
        return _requested(key, saw(subject, PromiseMade, fact), data, f"{PROMISE}/{data.promise_id}", fact)
    if isinstance(data, GatheringAttended):
        return _gathered(key, subject, data, fact)
    if isinstance(data, ContactDateSet):
        about = date_key(data.contact_id, data.label)
        return mention(subject, about) if key != about else remember(subject, data, fact)
    if isinstance(data, ContactCadenceSet):
        cadence = Cadence(fact.time, fact.id, data.every_days or 0)
        wins = subject.cadence is None or cadence.order > subject.cadence.order
        return replace(subject, cadence=cadence) if wins else subject
    return _happened(key, subject, fact)


def _introduced(data: EventData) -> Contact | None:
    return data.contact if isinstance(data, _INTRODUCING) else None


def _happened(key: str, subject: Subject, fact: Fact) -> Subject:
    data = fact.data
    if (contact := _introduced(data)) is not None:
        subject = introduce(subject, contact, fact)
    if isinstance(data, _INVITES):
        if kind_of(key) == CONTACT:
            subject = mention(subject, f"{INVITE}/{data.invite_id}")
            return saw(subject, InviteSent, fact) if isinstance(data, InviteSent) else subject
        if data.why is not None:
            subject = saw(subject, InviteWhyGiven, fact)
    if isinstance(data, PursuitOpened | PursuitStepTaken):
        subject = entitle(subject, data.goal, fact)
    return saw(subject, type(data), fact)


def _gathered(key: str, subject: Subject, data: GatheringAttended, fact: Fact) -> Subject:
    """Return what a gathering makes of itself, or of somebody who was met there."""
    if kind_of(key) != CONTACT:
        subject = accompany(subject, tuple(contact.id for contact in data.met), fact)
        return saw(entitle(subject, data.name, fact), GatheringAttended, fact)
    met = next(contact for contact in data.met if f"{CONTACT}/{contact.id}" == key)
    subject = mention(introduce(subject, met, fact), f"{GATHERING}/{data.gathering_id}")
    return saw(subject, GatheringAttended, fact)


def _met(key: str, subject: Subject, data: AboutMeeting, fact: Fact) -> Subject:
    """Return what a fact about a meeting makes of the meeting, or of somebody who was to be there."""
    if kind_of(key) == CONTACT:
        meetings = latest(subject.meetings, fact.time, f"{MEETING}/{data.meeting_id}", MEETINGS_MAX)
        subject = subject if meetings == subject.meetings else replace(subject, meetings=meetings)
        return saw(subject, MeetingHeld, fact) if isinstance(data, MeetingHeld) else subject
    subject = accompany(subject, data.contact_ids, fact)
    return plan(subject, data, fact) if isinstance(data, MeetingPlan) else saw(subject, type(data), fact)


def _requested(key: str, subject: Subject, data: FollowupRequested | PromiseMade, about: str, fact: Fact) -> Subject:
    """Return what a reminder or a promise makes of itself, or of the person whom it is about."""
    return mention(subject, about) if kind_of(key) == CONTACT else request(subject, data, fact)


def _answered(subject: Subject, data: FollowupAnswered, fact: Fact) -> Subject:
    _, name, cycle = place_of(data.followup_id)
    rule = RULES.get(name)
    if rule is None:
        return subject
    if isinstance(data, FollowupDone) and rule.counts_as is not None:
        subject = saw(subject, rule.counts_as, fact)
    until = data.until if isinstance(data, FollowupSnoozed) else None
    answer = Answer(fact.time, fact.id, _KINDS[type(data)], cycle, until)
    known = subject.answers.get(name, ())
    if answer in known:
        return subject
    kept = tuple(sorted((*known, answer), key=lambda one: one.order)[-ANSWERS_MAX:])
    return subject if kept == known else replace(subject, answers={**subject.answers, name: kept})
