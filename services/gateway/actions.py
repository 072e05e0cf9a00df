"""What following a link says, as a product would say it for the member.

The event's id is made of the token and the verb. So a press that is repeated, by an impatient finger or by a mail provider
that heard no answer, is the same event.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.contracts import DigestPreferences, EventData, Fact, FollowupDone, FollowupSnoozed, MemberPreferencesSet
from shared.contracts.fields import whole_milliseconds
from shared.links import Link, ToDigest, ToFollowup, Verb

SOURCE: Final = "/rapport/gateway"
WEEK: Final = timedelta(days=7)
VERBS: Final[dict[Verb, type[Link]]] = {
    "unsubscribe": ToDigest,
    "subscribe": ToDigest,
    "done": ToFollowup,
    "later": ToFollowup,
}
"""Each with what its links name: one is not taken for another."""


def event(verb: Verb, token: str, link: Link, now: datetime) -> Fact:
    """Return what the member says by pressing the button of a link at `now`."""
    digest = hashlib.sha256(f"{verb}/{token}".encode()).hexdigest()[:32]
    now = whole_milliseconds(now)
    data = _data(verb, link, now)
    return Fact(id=f"link-{digest}", member=link.member, time=now, logged=now, data=data, source=SOURCE)


def _data(verb: Verb, link: Link, now: datetime) -> EventData:
    if isinstance(link, ToDigest):
        return MemberPreferencesSet(digest=DigestPreferences(every="off" if verb == "unsubscribe" else link.every))
    if verb == "done":
        return FollowupDone(followup_id=link.followup_id)
    return FollowupSnoozed(followup_id=link.followup_id, until=back_at(link, now))


def back_at(link: ToFollowup, now: datetime) -> datetime:
    """Return when a follow-up that is put off comes back: with the digest a week after its own, or after one more week.

    So it always lies within a week after the press, at about the hour of the member's digest.
    """
    again = datetime.fromtimestamp(link.again, UTC)
    missed = (now - again) // WEEK + 1
    return again + max(0, missed) * WEEK
