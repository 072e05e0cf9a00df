"""What facts make of what is known: from outside as joins, of our own in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from services.digest.joins import follow, let_go
from services.digest.state import (
    CONTACT,
    DIGEST,
    LETTING_GO,
    OPEN,
    RULE,
    ContactName,
    Item,
    LettingGo,
    OpenFollowups,
    Profile,
    Running,
)
from services.digest.words import BOUNCED, FULL
from shared.contracts import (
    AboutDigest,
    Contact,
    ContactConnected,
    DigestFailed,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Fact,
    FollowupEnded,
    FollowupLapsed,
    FollowupPlan,
    FollowupScheduled,
    GatheringAttended,
    InviteAnswered,
    InviteExpired,
    InviteKept,
    InviteReceived,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    InviteSent,
    MemberJoined,
    MemberPreferencesSet,
)
from shared.preferences import MAIL, evolve_preferences, of_rules

_WISHES = MAIL | of_rules((RULE,))
_BEGINS = (MemberJoined, MemberPreferencesSet, FollowupScheduled, InviteRetractionProposed, InviteRetractionNoticed)
"""Facts that make a digest thinkable: somebody to write to, or something to tell."""
_ABOUT_INVITES = (
    InviteAnswered, InviteKept, InviteRetractionApproved,
    InviteRetracted, InviteExpired, InviteRetractionProposed, InviteRetractionNoticed,
)  # fmt: skip


def touches(fact: Fact) -> Iterable[str]:
    """Return the keys of the items that a fact is about."""
    data = fact.data
    if isinstance(data, (AboutDigest, DigestSkipped, *_BEGINS)):
        yield DIGEST
    if isinstance(data, FollowupPlan | FollowupEnded | FollowupLapsed):
        yield OPEN
    elif isinstance(data, _ABOUT_INVITES):
        yield LETTING_GO
    else:
        yield from dict.fromkeys(CONTACT + contact.id for contact in _introduced(fact))


def evolve_profile(profile: Profile, fact: Fact) -> Profile:
    """Return what is known of the member after the fact."""
    data = fact.data
    if not isinstance(data, MemberJoined | MemberPreferencesSet):
        return profile
    set_at = profile.digest_set_at
    if isinstance(data, MemberJoined) or data.digest or data.zone or RULE in (data.rules or {}):
        set_at = _latest(set_at, fact.time)
    return Profile(evolve_preferences(profile.preferences, fact, _WISHES), set_at)


def evolve(key: str, item: Item | None, fact: Fact) -> Item | None:
    """Return what is known under `key` after the fact."""
    if key == DIGEST:
        return _run(item if isinstance(item, Running) else Running(), fact)
    if key == OPEN:
        return follow(item if isinstance(item, OpenFollowups) else OpenFollowups(), fact)
    if key == LETTING_GO:
        known = item if isinstance(item, LettingGo) else LettingGo()
        after = let_go(known, fact)
        return item if after is known else after
    name = item.name if isinstance(item, ContactName) else ContactName().name
    for contact in _introduced(fact):
        if CONTACT + contact.id == key:
            name = name.joined(fact.time, fact.id, contact.name)
    return ContactName(name)


def _introduced(fact: Fact) -> tuple[Contact, ...]:
    match fact.data:
        case InviteSent(contact=contact) | InviteReceived(contact=contact) | ContactConnected(contact=contact):
            return (contact,)
        case GatheringAttended(met=met):
            return tuple(met)
        case _:
            return ()


def _run(running: Running, fact: Fact) -> Running:
    data = fact.data
    if not isinstance(data, AboutDigest | DigestSkipped):
        since = fact.logged if running.since is None else min(running.since, fact.logged)
        return replace(running, since=since)
    if isinstance(data, DigestPrepared | DigestSkipped):
        weekly = "W" in data.period
        running = replace(
            running,
            weekly=max(running.weekly, data.period) if weekly else running.weekly,
            daily=running.daily if weekly else max(running.daily, data.period),
            said_at=fact.time,
        )
    match data:
        case DigestPrepared():
            listed = max((item.at for item in data.items if item.kind == "proposal" and item.at), default=None)
            return replace(
                running, period=data.period, prepared_at=fact.time, outcome="waiting",
                attempt=0, attempt_at=None, listed=listed,
            )  # fmt: skip
        case DigestSending():
            return replace(running, outcome="sending", attempt=data.attempt, attempt_at=fact.time)
        case DigestSent():
            return replace(running, outcome="sent", refusals=0, told=_latest(running.told, running.listed))
        case DigestUnknown():
            return replace(running, outcome="unknown", told=_latest(running.told, running.listed))
        case DigestFailed():
            return _fail(running, data, fact.time)
        case _:
            return running


def _fail(running: Running, data: DigestFailed, time: datetime) -> Running:
    if not data.permanent:
        refusals = running.refusals + (1 if data.reason.startswith(FULL) else 0)
        return replace(running, outcome="failed", attempt_at=time, refusals=refusals)
    if data.reason.startswith(BOUNCED):
        return replace(running, outcome="over", off_at=time, refusals=0)
    return replace(running, outcome="over")


def _latest(before: datetime | None, after: datetime | None) -> datetime | None:
    if before is None or after is None:
        return after if before is None else before
    return max(before, after)
