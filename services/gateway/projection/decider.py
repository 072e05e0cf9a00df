"""The gateway's projection as the shell sees it: what a product shows of a member, from all topics. It says nothing.

Each item is written by one topic alone, in the order of its records, so it does not matter which topic is read first. What
belongs together is joined when it is read (`services/gateway/reading`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.gateway.projection.apply.activity import answered_promise, invite, meet, promise, remind
from services.gateway.projection.apply.people import know, people_of
from services.gateway.projection.apply.services import find, follow, mail
from services.gateway.projection.migrations import MIGRATIONS
from services.gateway.projection.model.followups import DIGESTS, FINDINGS, FOLLOWUPS, Digests, Findings, Followups
from services.gateway.projection.model.people import (
    INVITES,
    MEETINGS,
    PROMISES,
    REMINDERS,
    Invites,
    Item,
    Meetings,
    Person,
    Profile,
    Promises,
    Reminders,
)
from shared import contracts
from shared.contracts import (
    AboutDigest,
    AboutFollowup,
    AboutMeeting,
    AboutPromise,
    AboutPush,
    AboutRule,
    ContactConnected,
    DigestSkipped,
    Event,
    FollowupAnswered,
    FollowupRequested,
    InviteAnswered,
    InviteFinding,
    InviteKept,
    InviteReceived,
    InviteRetractionApproved,
    InviteRetractionProposed,
    InviteSent,
    InviteWhyGiven,
    MeetingQuestionsPrepared,
)
from shared.preferences import evolve_preferences
from shared.projection import Projection

STATE_VERSION: Final = 11
_INVITES: Final = (InviteSent, InviteReceived, InviteAnswered, InviteKept, InviteRetractionApproved, InviteWhyGiven)


def touches(event: Event) -> Iterable[str]:
    """Return the keys of the items that an event is about."""
    data = event.data
    if isinstance(data, AboutFollowup | AboutRule):
        return (FOLLOWUPS,)
    if isinstance(data, InviteFinding | InviteRetractionProposed):
        return (FINDINGS,)
    if isinstance(data, AboutDigest | AboutPush | DigestSkipped):
        return (DIGESTS,)
    people = people_of(event)
    if isinstance(data, _INVITES) or (isinstance(data, ContactConnected) and data.via_invite):
        return (INVITES, *people)
    if isinstance(data, AboutMeeting | MeetingQuestionsPrepared):
        return (MEETINGS, *people)
    if isinstance(data, AboutPromise):
        return (PROMISES, *people)
    if isinstance(data, FollowupRequested | FollowupAnswered):
        return (REMINDERS, PROMISES) if answered_promise(data) else (REMINDERS,)
    return people


def evolve_profile(profile: Profile, event: Event) -> Profile:
    """Return what is known of the member after the event."""
    preferences = evolve_preferences(profile.preferences, event)
    return profile if preferences is profile.preferences else Profile(preferences)


def evolve(key: str, item: Item | None, event: Event) -> Item | None:
    """Return what is known under `key` after the event."""
    match key:
        case "followups":
            return follow(item if isinstance(item, Followups) else Followups(), event)
        case "findings":
            return find(item if isinstance(item, Findings) else Findings(), event)
        case "digests":
            return mail(item if isinstance(item, Digests) else Digests(), event)
        case "invites":
            return invite(item if isinstance(item, Invites) else Invites(), event)
        case "meetings":
            return meet(item if isinstance(item, Meetings) else Meetings(), event)
        case "promises":
            return promise(item if isinstance(item, Promises) else Promises(), event)
        case "reminders":
            return remind(item if isinstance(item, Reminders) else Reminders(), event)
        case _:
            return know(key, item if isinstance(item, Person) else Person(), event)


PROJECTION: Final[Projection[Profile, Item]] = Projection(
    name="projection",
    reads=(contracts.ACTIVITY, contracts.INVITES, contracts.FOLLOWUPS, contracts.DIGESTS),
    version=STATE_VERSION,
    profile=Profile(),
    item=Item,
    migrations=MIGRATIONS,
    touches=touches,
    evolve_profile=evolve_profile,
    evolve=evolve,
)
"""It reads no replays: what a record says once it can be read is found by `rapport rebuild projection`, as far back as it
reads: with snapshots to where the last whole round began."""
