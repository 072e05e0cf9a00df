"""The gateway's projection as the shell sees it: what a product shows of a member, from all topics. It says nothing.

Each item is written by one topic alone, in the order of its records, so it does not matter which topic is read first. What
belongs together is joined when it is read (`services/gateway/reading`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
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
    EventData,
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
_ITEMS: Final[tuple[tuple[tuple[type[EventData], ...], str], ...]] = (
    ((AboutFollowup, AboutRule), FOLLOWUPS),
    ((InviteFinding, InviteRetractionProposed), FINDINGS),
    ((AboutDigest, AboutPush, DigestSkipped), DIGESTS),
    ((InviteSent, InviteReceived, InviteAnswered, InviteKept, InviteRetractionApproved, InviteWhyGiven), INVITES),
    ((AboutMeeting, MeetingQuestionsPrepared), MEETINGS),
    ((AboutPromise,), PROMISES),
    ((FollowupRequested, FollowupAnswered), REMINDERS),
)
"""The item that events are about, beside people: the first that is theirs."""
_WITHOUT_PEOPLE: Final = frozenset({FOLLOWUPS, FINDINGS, DIGESTS, REMINDERS})


def touches(event: Event) -> Iterable[str]:
    """Return the keys of the items that an event is about."""
    data = event.data
    key = _item_of(type(data))
    if key in _WITHOUT_PEOPLE:
        return (key, PROMISES) if key == REMINDERS and answered_promise(data) else (key,)
    if isinstance(data, ContactConnected) and data.via_invite:
        key = INVITES
    people = people_of(event)
    return people if key is None else (key, *people)


@cache  # of types of events alone, as each event is asked
def _item_of(kind: type[EventData]) -> str | None:
    return next((key for kinds, key in _ITEMS if issubclass(kind, kinds)), None)


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
