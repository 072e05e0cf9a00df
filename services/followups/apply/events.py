"""What events make of what is known: from outside as joins, of our own (`own`) in the order in which they were said."""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import Final, cast

from msgspec.structs import replace

from services.followups.apply import habits, own, reconnect
from services.followups.apply.answers import answered
from services.followups.apply.merge import accompany, entitle, introduce, mention, plan, remember, request, saw
from services.followups.apply.touched import INVITES
from services.followups.model.slot import Slot
from services.followups.model.state import (
    CANDIDATES,
    CONTACT,
    GATHERING,
    HABITS,
    INVITE,
    MEETING,
    MEETINGS_MAX,
    PROMISE,
    PROPOSALS,
    RECONNECTS,
    REMINDER,
    WAITING_MAX,
    Candidates,
    Habits,
    Item,
    Profile,
    Proposals,
    Reconnects,
    Subject,
    date_key,
    kind_of,
    latest,
    parse_followup_id,
)
from services.followups.model.values import Cadence
from services.followups.rules.table import RULES
from shared import merge
from shared.contracts import (
    AboutFollowup,
    AboutMeeting,
    AboutRule,
    Contact,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    Event,
    EventData,
    FollowupAnswered,
    FollowupDone,
    FollowupRequested,
    GatheringAttended,
    InviteReceived,
    InviteSent,
    InviteWhyGiven,
    MeetingHeld,
    MeetingPlan,
    MessageSent,
    PromiseMade,
    PursuitOpened,
    PursuitStepTaken,
    ThanksSent,
    introduced,
)
from shared.preference_names import DIGEST_TIMES, LOCALE, NUDGES, of_rules
from shared.preference_statements import SET_BY
from shared.preferences import evolve_preferences

_DISTINGUISHED: Final = (
    AboutFollowup, FollowupAnswered, FollowupRequested, AboutMeeting, PromiseMade, GatheringAttended, ContactDateSet,
    ContactCadenceSet,
)  # fmt: skip
"""Events with a form of their own in `_tell`."""
_OURS: Final = (AboutFollowup, AboutRule)
_INTRODUCING: Final[frozenset[type[EventData]]] = frozenset((*INVITES, ContactConnected))
_PURSUING: Final = frozenset[type[EventData]]((PursuitOpened, PursuitStepTaken))
_WISHES: Final = NUDGES | DIGEST_TIMES | {LOCALE} | of_rules(RULES)


@cache  # of types of events alone, as each event is asked: see `_is_plain`
def _is_about_a_rule(kind: type[EventData]) -> bool:
    return issubclass(kind, AboutRule)


@cache  # likewise
def _is_of_profiles(kind: type[EventData]) -> bool:
    return kind in SET_BY or _is_about_a_rule(kind)


@cache  # likewise
def _is_ours(kind: type[EventData]) -> bool:
    return issubclass(kind, _OURS)


def evolve_profile(profile: Profile, event: Event) -> Profile:
    """Return what the member wishes, and which rules have gone quiet, after the event."""
    kind = type(event.data)
    if not _is_of_profiles(kind):
        return profile
    if _is_about_a_rule(kind):
        return own.rest(profile, cast("AboutRule", event.data), event)
    preferences = evolve_preferences(profile.preferences, event, _WISHES)
    return profile if preferences is profile.preferences else replace(profile, preferences=preferences)


def evolve(key: str, item: Item | None, event: Event) -> Item | None:
    """Return what is known under `key` after the event."""
    before: Item
    after: Item
    if key == HABITS:
        before = item if isinstance(item, Habits) else Habits()
        after = own.practise(before, event) if _is_ours(type(event.data)) else habits.observe(before, event)
    elif key == PROPOSALS:
        before = item if isinstance(item, Proposals) else Proposals()
        after = _propose(before, event)
    elif key == RECONNECTS:
        before = item if isinstance(item, Reconnects) else Reconnects()
        after = reconnect.picked(before, event)
    elif kind_of(key) == CANDIDATES:
        before = item if isinstance(item, Candidates) else Candidates()
        after = reconnect.applied(key, before, event)
    else:
        before = item if isinstance(item, Subject) else Subject()
        after = _tell(key, before, event)
        for contact in introduced(event.data) if kind_of(key) == CONTACT else ():
            if key == f"{CONTACT}/{contact.id}":
                after = introduce(after, contact, event)
    kept = key == HABITS and _is_about_a_rule(type(event.data))  # however empty: there it is asked how the rule goes on
    return item if item is None and after == before and not kept else after


def _propose(proposals: Proposals, event: Event) -> Proposals:
    data = event.data
    if isinstance(data, AboutFollowup):
        return own.propose(proposals, data, event)
    if isinstance(data, ThanksSent):
        key = f"{CONTACT}/{data.contact_id}"
        return replace(proposals, thanked=latest(proposals.thanked, event.time, key, WAITING_MAX))
    if isinstance(data, MessageSent):
        key = f"{CONTACT}/{data.contact_id}"
        return replace(proposals, written=latest(proposals.written, event.time, key, WAITING_MAX))
    if isinstance(data, FollowupDone):
        key = parse_followup_id(data.followup_id).key  # it counts as thanks or a message: `touches`
        return replace(proposals, written=latest(proposals.written, event.time, key, WAITING_MAX))
    return proposals


@cache  # of types of events alone: most events are of none of these, and would be asked of each
def _is_plain(kind: type[EventData]) -> bool:
    """Say whether `_happened` tells what an event of a type makes of a subject."""
    return not issubclass(kind, _DISTINGUISHED)


def _tell(key: str, subject: Subject, event: Event) -> Subject:
    data = event.data
    if _is_plain(type(data)):
        return _happened(key, subject, event)
    if isinstance(data, AboutFollowup):
        slot = subject.slots.get(data.rule, Slot())
        return replace(subject, slots={**subject.slots, data.rule: own.apply_to_slot(key, slot, event)})
    if isinstance(data, FollowupAnswered):
        return answered(subject, data, event)
    if isinstance(data, FollowupRequested):
        return _requested(key, subject, data, f"{REMINDER}/{data.followup_id}", event)
    if isinstance(data, AboutMeeting):
        return _met(key, subject, data, event)
    if isinstance(data, PromiseMade):
        return _requested(key, saw(subject, PromiseMade, event), data, f"{PROMISE}/{data.promise_id}", event)
    if isinstance(data, GatheringAttended):
        return _gathered(key, subject, data, event)
    if isinstance(data, ContactDateSet):
        about = date_key(data.contact_id, data.label)
        return mention(subject, about) if key != about else remember(subject, data, event)
    if isinstance(data, ContactCadenceSet):
        cadence = Cadence(event.time, event.id, data.every_days or 0)
        won = merge.latest(subject.cadence, cadence, attrgetter("order"))
        return subject if won is subject.cadence else replace(subject, cadence=won)
    return _happened(key, subject, event)


def _introduced(data: EventData) -> Contact | None:
    return cast("Contact", data.contact) if type(data) in _INTRODUCING else None  # type: ignore[attr-defined]  # these have one


def _happened(key: str, subject: Subject, event: Event) -> Subject:
    data = event.data
    if (contact := _introduced(data)) is not None:
        subject = introduce(subject, contact, event)
    kind = type(data)
    if kind in INVITES:
        data = cast("InviteSent | InviteReceived", data)
        if kind_of(key) == CONTACT:
            subject = mention(subject, f"{INVITE}/{data.invite_id}")
            return saw(subject, InviteSent, event) if kind is InviteSent else subject
        if data.why is not None:
            subject = saw(subject, InviteWhyGiven, event)
    elif kind in _PURSUING:
        subject = entitle(subject, cast("PursuitOpened | PursuitStepTaken", data).goal, event)
    return saw(subject, kind, event)


def _gathered(key: str, subject: Subject, data: GatheringAttended, event: Event) -> Subject:
    """Return what a gathering makes of itself, or of somebody who was met there."""
    if kind_of(key) != CONTACT:
        subject = accompany(subject, tuple(contact.id for contact in data.met), event)
        return saw(entitle(subject, data.name, event), GatheringAttended, event)
    met = next(contact for contact in data.met if f"{CONTACT}/{contact.id}" == key)
    subject = mention(introduce(subject, met, event), f"{GATHERING}/{data.gathering_id}")
    return saw(subject, GatheringAttended, event)


def _met(key: str, subject: Subject, data: AboutMeeting, event: Event) -> Subject:
    """Return what an event about a meeting makes of the meeting, or of somebody who was to be there."""
    if kind_of(key) == CONTACT:
        meetings = latest(subject.meetings, event.time, f"{MEETING}/{data.meeting_id}", MEETINGS_MAX)
        subject = subject if meetings == subject.meetings else replace(subject, meetings=meetings)
        return saw(subject, MeetingHeld, event) if isinstance(data, MeetingHeld) else subject
    subject = accompany(subject, data.contact_ids, event)
    return plan(subject, data, event) if isinstance(data, MeetingPlan) else saw(subject, type(data), event)


def _requested(key: str, subject: Subject, data: FollowupRequested | PromiseMade, about: str, event: Event) -> Subject:
    """Return what a reminder or a promise makes of itself, or of the person whom it is about."""
    return mention(subject, about) if kind_of(key) == CONTACT else request(subject, data, event)
