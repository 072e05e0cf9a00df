"""What events make of what is known: from outside as joins, of our own in the order in which they were said."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from services.digest.apply import connection_reasons
from services.digest.apply.merge import agree, end, follow, let_go
from services.digest.apply.pushes import pushed
from services.digest.apply.touched import NOTES
from services.digest.delivery_errors import is_refusal
from services.digest.model.state import (
    CONTACT,
    DIGEST,
    INVITE,
    LETTING_GO,
    MEETINGS,
    OPEN,
    PROPOSAL,
    REASONS,
    RULE,
    WHY,
    WORDS_CHARS_MAX,
    Ended,
    Item,
    LettingGo,
    Meetings,
    OpenFollowups,
    Person,
    Profile,
    Reason,
    Reasons,
    Running,
)
from shared.contracts import (
    AboutDigest,
    AboutPush,
    DigestFailed,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Event,
    InviteSent,
    MemberChannelRemoved,
    MemberChannelSet,
    MemberJoined,
    MemberPreferencesSet,
    introduced,
)
from shared.preference_names import MAIL, POLICY, PUSH, of_rules
from shared.preference_statements import SET_BY
from shared.preferences import evolve_preferences

_WISHES = MAIL | PUSH | of_rules((RULE,)) | {POLICY}
_CHANNEL = (MemberChannelSet, MemberChannelRemoved)


def evolve_profile(profile: Profile, event: Event) -> Profile:
    """Return what is known of the member after the event."""
    data = event.data
    if type(data) not in SET_BY:  # a look at a table: each event is asked, and hardly any is about a profile
        return profile
    if isinstance(data, _CHANNEL):
        return replace(profile, preferences=evolve_preferences(profile.preferences, event, _WISHES))
    assert isinstance(data, MemberJoined | MemberPreferencesSet)
    set_at = profile.digest_set_at
    if isinstance(data, MemberJoined) or data.digest or data.zone or RULE in (data.rules or {}):
        set_at = _latest(set_at, event.time)
    return Profile(evolve_preferences(profile.preferences, event, _WISHES), set_at)


def evolve(key: str, item: Item | None, event: Event) -> Item | None:
    """Return what is known under `key` after the event."""
    if key == DIGEST:
        return _run(item if isinstance(item, Running) else Running(), event)
    if key == OPEN:
        waiting = item if isinstance(item, OpenFollowups) else OpenFollowups()
        return pushed(waiting, event.data, event.time) if isinstance(event.data, AboutPush) else follow(waiting, event)
    if key == LETTING_GO:
        state = item if isinstance(item, LettingGo) else LettingGo()
        after = let_go(state, event)
        return item if after is state else after
    if key.startswith((INVITE, PROPOSAL)):
        return end(item if isinstance(item, Ended) else Ended(), event)
    if key.startswith(WHY):
        return connection_reasons.reason(item if isinstance(item, Reason) else Reason(), event)
    if key == REASONS:
        return connection_reasons.remember(item if isinstance(item, Reasons) else Reasons(), event)
    if key == MEETINGS:
        return agree(item if isinstance(item, Meetings) else Meetings(), event)
    return _know(key, item if isinstance(item, Person) else Person(), event)


def _know(key: str, person: Person, event: Event) -> Person:
    """Return what is known of a person: registers, each won by the highest (time, id)."""
    data = event.data
    for contact in introduced(event.data):
        if CONTACT + contact.id == key:
            person = replace(person, name=person.name.joined(event.time, event.id, contact.name))
            if contact.headline:
                person = replace(person, headline=person.headline.joined(event.time, event.id, contact.headline))
            if contact.profile_url:
                person = replace(person, profile=person.profile.joined(event.time, event.id, contact.profile_url))
    note = data.what if isinstance(data, NOTES) else (data.why or data.note) if isinstance(data, InviteSent) else None
    person = connection_reasons.help_of(person, event)
    return replace(person, note=person.note.joined(event.time, event.id, note[:WORDS_CHARS_MAX])) if note else person


def _run(running: Running, event: Event) -> Running:
    data = event.data
    if not isinstance(data, AboutDigest | DigestSkipped):
        since = event.logged if running.since is None else min(running.since, event.logged)
        return replace(running, since=since)
    if isinstance(data, DigestPrepared | DigestSkipped):
        weekly = "W" in data.period
        running = replace(
            running,
            weekly=max(running.weekly, data.period) if weekly else running.weekly,
            daily=running.daily if weekly else max(running.daily, data.period),
            closed_at=event.time,
        )
    match data:
        case DigestPrepared():
            return replace(
                running, period=data.period, prepared_at=event.time, outcome="waiting", attempt=0, attempt_at=None,
                listed=_last_of(data, "proposal"), quiet_listed=_last_of(data, "quiet"),
                month_listed=_last_of(data, "month"),
            )  # fmt: skip
        case DigestSending():
            return replace(running, outcome="sending", attempt=data.attempt, attempt_at=event.time)
        case DigestSent():
            return replace(_tell(running), outcome="sent", refusals=0)
        case DigestUnknown():
            return replace(_tell(running), outcome="unknown")
        case DigestFailed():
            return _fail(running, data, event.time)
        case _:
            return running


def _tell(running: Running) -> Running:
    """Return the digest after the member has, or may have, read what is told once."""
    return replace(
        running,
        sent_proposal=_latest(running.sent_proposal, running.listed),
        sent_quiet=_latest(running.sent_quiet, running.quiet_listed),
        sent_month=_latest(running.sent_month, running.month_listed),
    )


def _fail(running: Running, data: DigestFailed, time: datetime) -> Running:
    if data.switched_off:
        return replace(running, outcome="over", off_at=time, refusals=0)
    refusals = running.refusals + is_refusal(data.reason)
    if data.permanent:
        return replace(running, outcome="over", refusals=refusals)
    return replace(running, outcome="failed", attempt_at=time, refusals=refusals)


def _last_of(prepared: DigestPrepared, kind: str) -> datetime | None:
    return max((item.at for item in prepared.items if item.kind == kind and item.at), default=None)


def _latest(before: datetime | None, after: datetime | None) -> datetime | None:
    if before is None or after is None:
        return after if before is None else before
    return max(before, after)
