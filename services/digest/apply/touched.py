"""Which items an event is about. What to look for is found once for each type of event, as each event is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from services.digest.model.state import (
    CONTACT,
    DIGEST,
    INVITE,
    LETTING_GO,
    MEETINGS,
    OPEN,
    PROPOSAL,
    REASONS,
    WHY,
)
from shared.contracts import (
    AboutDigest,
    AboutPush,
    AboutRule,
    CallHeld,
    DigestSkipped,
    Event,
    EventData,
    FollowupDue,
    FollowupEnded,
    FollowupLapsed,
    FollowupPlan,
    FollowupScheduled,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    InviteAnswered,
    InviteExpired,
    InviteKept,
    InviteReceived,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    InviteSent,
    InviteWhyGiven,
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingRescheduled,
    MeetingScheduled,
    MemberJoined,
    MemberPreferencesSet,
    NoteAdded,
    introduced,
)

NOTES: Final = (NoteAdded, CallHeld, HelpReceived, HelpGiven, IntroductionMade)
"""Events whose words the member wrote down for themselves. Messages and thanks are words to the other one."""
WITH_REASONS: Final = (InviteSent, InviteReceived, InviteWhyGiven)
"""Events of invites that may say why."""
HELP: Final = (HelpReceived, HelpGiven, IntroductionMade)
Find = Callable[[Any], Iterable[str]]
"""Returns the keys that an event's data is about."""
Families = tuple[tuple[tuple[type[EventData], ...], Find], ...]


def touches(event: Event) -> Iterable[str]:
    """Return the keys of the items that an event is about, each once."""
    data = event.data
    return dict.fromkeys([key for find in _finders(type(data)) for key in find(data)])


@cache  # of types of events alone
def _finders(kind: type[EventData]) -> tuple[Find, ...]:
    """Return what finds the keys of events of a type, in their order."""
    return tuple(find for those, find in _FAMILIES if issubclass(kind, those))


def _answered(data: InviteKept | InviteRetractionApproved) -> list[str]:
    proposal = [PROPOSAL + data.proposal_id] if data.proposal_id else []
    return [*(INVITE + invite_id for invite_id in data.invite_ids or ()), *proposal]


def _people(data: EventData) -> list[str]:
    return [CONTACT + contact.id for contact in introduced(data)]


def _why(data: InviteSent | InviteReceived | InviteWhyGiven) -> tuple[str, ...]:
    return (WHY + data.invite_id, REASONS) if data.why else (WHY + data.invite_id,)


_FAMILIES: Final[Families] = (
    (
        (
            AboutDigest, DigestSkipped,
            # What makes a digest thinkable: somebody to write to, or something to tell.
            MemberJoined, MemberPreferencesSet, FollowupScheduled, InviteRetractionProposed, InviteRetractionNoticed,
        ),
        lambda _: (DIGEST,),
    ),
    ((FollowupPlan, FollowupDue, FollowupEnded, FollowupLapsed, AboutRule, AboutPush), lambda _: (OPEN,)),
    ((InviteRetractionProposed, InviteRetractionNoticed), lambda _: (LETTING_GO,)),
    ((InviteAnswered, InviteRetracted, InviteExpired), lambda data: (INVITE + data.invite_id,)),
    ((InviteKept, InviteRetractionApproved), _answered),
    (
        (MeetingScheduled, MeetingRescheduled, MeetingDeclined, MeetingCancelled, MeetingMissed, MeetingHeld),
        lambda _: (MEETINGS,),
    ),
    ((EventData,), _people),
    (NOTES, lambda data: (CONTACT + data.contact_id,)),
    (WITH_REASONS, _why),
    (HELP, lambda data: (REASONS,) if data.what else ()),
)  # fmt: skip
"""All that an event is of do."""
