"""Which items an event is about. What to look for is found once for each type of event, as each event is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

from services.followups.apply import habits, own, reconnect
from services.followups.model.state import (
    COMPANY_MAX,
    CONTACT,
    GATHERING,
    HABITS,
    INVITE,
    MEETING,
    PROMISE,
    PROPOSALS,
    PURSUIT,
    REMINDER,
    date_key,
    parse_followup_id,
)
from services.followups.rules.table import RULES
from shared.contracts import (
    AboutContact,
    AboutFollowup,
    AboutMeeting,
    AboutPromise,
    AboutPursuit,
    AboutRule,
    ContactConnected,
    ContactDateSet,
    Event,
    EventData,
    FollowupAnswered,
    FollowupDone,
    FollowupRequested,
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
    MeetingQuestionsPrepared,
    MessageSent,
    PromiseMade,
    ThanksSent,
    introduced,
)

INVITES: Final = (InviteSent, InviteReceived)
"""Events that tell of an invite with the person."""
_THANKS: Final = frozenset(
    name
    for name, rule in RULES.items()
    if rule.about == CONTACT and rule.completion.done_counts_as in (ThanksSent, MessageSent)
)
"""Rules about a person of which "done" counts as thanks, or as words to them: after either a meeting may be proposed."""
Find = Callable[[Any, Event], Iterable[str]]
"""Returns keys, given an event's data and the event."""
Families = tuple[tuple[type[EventData] | tuple[type[EventData], ...], Find], ...]


def touches(event: Event) -> Iterable[str]:
    """Return the keys of the items that an event is about, each once."""
    data = event.data
    return dict.fromkeys([key for find in _finders(type(data)) for key in find(data, event)])


@cache  # of types of events alone
def _finders(kind: type[EventData]) -> tuple[Find, ...]:
    """Return what finds the keys of events of a type, in their order: one of the families, or what is there of people."""
    family = next((find for those, find in _FAMILIES if issubclass(kind, those)), None)
    found = tuple(find for those, find in _OF_PEOPLE if issubclass(kind, those)) if family is None else (family,)
    candidates = (_candidates,) if reconnect.may_concern(kind) else ()
    return (*found, *candidates, *((_habits,) if habits.may_concern(kind) else ()), _introduced)


def _meeting(data: AboutMeeting, _: Event) -> Iterator[str]:
    yield f"{MEETING}/{data.meeting_id}"
    yield from (f"{CONTACT}/{contact_id}" for contact_id in data.contact_ids[:COMPANY_MAX])


def _answered(data: FollowupAnswered, _: Event) -> Iterator[str]:
    named = parse_followup_id(data.followup_id)
    yield named.key
    if isinstance(data, FollowupDone) and named.rule in _THANKS:
        yield PROPOSALS


def _requested(data: FollowupRequested, _: Event) -> Iterator[str]:
    yield f"{REMINDER}/{data.followup_id}"
    if data.contact_id is not None:
        yield f"{CONTACT}/{data.contact_id}"


def _gathering(data: GatheringAttended, _: Event) -> Iterator[str]:
    yield f"{GATHERING}/{data.gathering_id}"
    yield from (f"{CONTACT}/{contact.id}" for contact in data.met)


def _invited(data: InviteSent | InviteReceived, _: Event) -> Iterable[str]:
    return f"{CONTACT}/{data.contact.id}", f"{INVITE}/{data.invite_id}"


def _connected(data: ContactConnected, _: Event) -> Iterator[str]:
    yield f"{CONTACT}/{data.contact.id}"
    if data.via_invite is not None:
        yield f"{INVITE}/{data.via_invite}"


def _candidates(_: EventData, event: Event) -> Iterable[str]:
    return reconnect.keys_of(event)


def _habits(data: EventData, _: Event) -> Iterable[str]:
    return (HABITS,) if habits.is_about_habits(data) else ()


def _introduced(data: EventData, _: Event) -> Iterable[str]:
    return [f"{CONTACT}/{contact.id}" for contact in introduced(data)]


_FAMILIES: Final[Families] = (
    (AboutFollowup, lambda data, _: own.keys_of(data)),
    (AboutRule, lambda data, _: (HABITS,)),
    (FollowupAnswered, _answered),
    (FollowupRequested, _requested),
    (AboutMeeting, _meeting),
    (MeetingQuestionsPrepared, lambda data, _: (f"{MEETING}/{data.meeting_id}",)),
    (AboutPursuit, lambda data, _: (f"{PURSUIT}/{data.pursuit_id}",)),
    (GatheringAttended, _gathering),
)
"""The first that an event is of tells which items it is about."""
_OF_PEOPLE: Final[Families] = (
    (INVITES, _invited),
    (ContactConnected, _connected),
    ((AboutContact, InviteAccepted, PromiseMade), lambda data, _: (f"{CONTACT}/{data.contact_id}",)),
    (
        (
            InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn, InviteRetracted, InviteExpired,
            InviteWhyAsked, InviteWhyGiven,
        ),
        lambda data, _: (f"{INVITE}/{data.invite_id}",),
    ),
    ((ThanksSent, MessageSent), lambda data, _: (PROPOSALS,)),
    (AboutPromise, lambda data, _: (f"{PROMISE}/{data.promise_id}",)),
    (ContactDateSet, lambda data, _: (date_key(data.contact_id, data.label),)),
)  # fmt: skip
"""All that an event is of do, of what is of none of the families above."""
