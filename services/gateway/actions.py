"""What following a link says, as a product would say it for the member.

The event's id is made of the token, the verb and the showing of the page. So a click that is repeated, by an impatient
finger, is the same event; one on a page that was shown anew is another: whoever stops their mails, has them sent again and
stops them once more is heard each time. A mail provider, which tries again when it heard no answer, shows no page: what it
says is one event a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from services.gateway import letting_go
from services.gateway.choice import Choice, all_of
from shared.contracts import (
    DigestPreferences,
    Event,
    EventData,
    FollowupDone,
    FollowupSnoozed,
    MemberPreferencesSet,
    RulePreferences,
)
from shared.contracts.fields import whole_milliseconds
from shared.links import Link, ToDigest, ToFollowup, ToFollowups, ToInvites, ToRule, Verb

SOURCE: Final = "/rapport/gateway"
WEEK: Final = timedelta(days=7)
VERBS: Final[dict[Verb, type[Link]]] = {
    "unsubscribe": ToDigest,
    "subscribe": ToDigest,
    "done": ToFollowup,
    "later": ToFollowup,
    "let-go": ToInvites,
    "keep": ToInvites,
    "more": ToFollowups,
    "again": ToRule,
}
"""Each with what its links name: one is not taken for another."""


def events(
    verb: Verb, token: str, link: Link, now: datetime, choice: Choice | None = None, page: str = ""
) -> Sequence[Event]:
    """Return what the member says by pressing the button of a link at `now`, in the order in which it is to be said.

    `choice` None: all that the link names. What has another content is another event; `page` tells one showing of the page
    from the next, and the day in UTC stands for it where there was none.
    """
    now = whole_milliseconds(now)
    token = f"{token}/{page or now.date()}"
    if isinstance(link, ToFollowups):
        return [_answer(token, link, place, choice, now) for place in choice.picked] if choice else []
    if not isinstance(link, ToInvites):
        return [_event(f"{verb}/{token}", link.member, _data(verb, link, now), now)]
    choice = choice or all_of(link)
    answers = letting_go.let_go(link, choice) if verb == "let-go" else letting_go.keep(link, choice)
    return [_event(f"{verb}/{token}/{data.TYPE}/{data.model_dump_json()}", link.member, data, now) for data in answers]


def _event(click: str, member: str, data: EventData, now: datetime) -> Event:
    digest = hashlib.sha256(click.encode()).hexdigest()[:32]
    return Event(id=f"link-{digest}", member=member, time=now, logged=now, data=data, source=SOURCE)


def _answer(token: str, link: ToFollowups, index: int, choice: Choice, now: datetime) -> Event:
    """Return the answer to one of several follow-ups: done, or put off."""
    key, how = link.named[index].followup_id, "later" if choice.later else "done"
    done = FollowupDone(followup_id=key)
    data = FollowupSnoozed(followup_id=key, until=back_at(link, now)) if choice.later else done
    return _event(f"more/{token}/{how}/{key}", link.member, data, now)


def _data(verb: Verb, link: ToDigest | ToFollowup | ToRule, now: datetime) -> EventData:
    if isinstance(link, ToDigest):
        return MemberPreferencesSet(digest=DigestPreferences(every="off" if verb == "unsubscribe" else link.every))
    if isinstance(link, ToRule):
        return MemberPreferencesSet(rules={link.rule: RulePreferences(on=True)})
    if verb == "done":
        return FollowupDone(followup_id=link.followup_id)
    return FollowupSnoozed(followup_id=link.followup_id, until=back_at(link, now))


def back_at(link: ToFollowup | ToFollowups, now: datetime) -> datetime:
    """Return when a follow-up that is put off comes back: with the digest a week after its own, or after one more week.

    So it always lies within a week after the click, at about the hour of the member's digest.
    """
    again = datetime.fromtimestamp(link.again, UTC)
    missed = (now - again) // WEEK + 1
    return again + max(0, missed) * WEEK
