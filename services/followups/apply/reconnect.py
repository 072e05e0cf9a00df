"""Whom the member has not been in touch with for a year: a few people a week, without looking at everybody.

Each person's place is one of `BUCKETS` small items, by a digest of the person's id, and an item holds `CANDIDATES_MAX` people
at most: those with the smallest digests, so that neither order nor repetition of events matters, and nobody is preferred.
An item wakes when the first of its people is ready. Which of the ready ones comes next goes round: from item to item, and
within an item to whom was longest not in touch, or asked about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from services.followups.model.answers import Kind, TouchAnswer, takes_back
from services.followups.model.event_codes import CODES, IN_TOUCH
from services.followups.model.state import (
    ANSWERS_MAX,
    COMPANY_MAX,
    CONTACT,
    RECONNECT,
    RECONNECTS,
    Candidate,
    Candidates,
    Item,
    Profile,
    Reconnects,
    kind_of,
    parse_followup_id,
)
from services.followups.model.state import CANDIDATES as KIND
from services.followups.model.values import LoggedEvent
from services.followups.rules.table import RULES
from shared.contracts import (
    AboutFollowup,
    ContactConnected,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    Event,
    EventData,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDone,
    FollowupDue,
    FollowupLapsed,
    FollowupReopened,
    FollowupScheduled,
    GatheringAttended,
    InviteAccepted,
    MeetingHeld,
)
from shared.contracts.events.people.contact import AboutContact
from shared.decider import View

BUCKETS: Final = 128
CANDIDATES_MAX: Final = 8
"""People of one item. So `BUCKETS` * `CANDIDATES_MAX` of a member's people may be picked, more than six years of them."""
PICKS_MAX: Final = 3
"""People whom a member is asked about within `PICKS_DAYS`."""
PICKS_DAYS: Final = 7
TURN: Final = timedelta(minutes=1)
"""How far apart two items that both have somebody ready wake, so that each has its turn."""

KEYS_KEPT: Final = 4096
"""Places that are remembered: an event about a person asks several times."""
_DONE: Final = CODES[FollowupDone]
_OVER: Final = frozenset({FollowupCancelled.TYPE, FollowupCompleted.TYPE, FollowupLapsed.TYPE})
_TOUCHING: Final[tuple[type[EventData], ...]] = (
    *IN_TOUCH,
    FollowupReopened,
    ContactMuted,
    ContactUnmuted,
    ContactRemoved,
)


class Pick(NamedTuple):
    """Whom to reconnect with."""

    at: datetime
    contact_id: str
    touched: LoggedEvent


@lru_cache(maxsize=KEYS_KEPT)
def key_of(contact_id: str) -> str:
    """Return the key of the item in which a person has their place."""
    return f"{KIND}/{int(_digest(contact_id), 16) % BUCKETS:02d}"


def keys() -> Iterable[str]:
    """Return the keys of all such items."""
    return (f"{KIND}/{number:02d}" for number in range(BUCKETS))


@cache  # of types of events alone: most are about none of this, and would be asked of each
def _may_touch(kind: type[EventData]) -> bool:
    return issubclass(kind, _TOUCHING)


@cache
def _is_ours(kind: type[EventData]) -> bool:
    return issubclass(kind, AboutFollowup)


def may_concern(kind: type[EventData]) -> bool:
    """Say whether any event of a type may be about items here."""
    return _is_ours(kind) or _may_touch(kind)


def people_of(event: Event) -> Iterator[str]:
    """Yield the ids of the people of whom an event from outside changes what is known here."""
    data = event.data
    if not _may_touch(type(data)):
        return
    if isinstance(data, GatheringAttended):
        yield from (contact.id for contact in data.met)
    elif isinstance(data, MeetingHeld):
        yield from data.contact_ids[:COMPANY_MAX]
    elif isinstance(data, ContactConnected):
        yield data.contact.id
    elif isinstance(data, FollowupDone | FollowupReopened):
        key, name, _ = parse_followup_id(data.followup_id)
        rule = RULES.get(name)
        if kind_of(key) == CONTACT and rule is not None and rule.completion.done_counts_as in IN_TOUCH:
            yield key.removeprefix(f"{CONTACT}/")
    elif isinstance(data, _TOUCHING) and isinstance(data, InviteAccepted | AboutContact):
        yield data.contact_id


def keys_of(event: Event) -> Iterator[str]:
    """Yield the keys of the items here that an event is about, from outside or of our own."""
    data = event.data
    if not _is_ours(type(data)):
        yield from dict.fromkeys(key_of(contact_id) for contact_id in people_of(event))
    elif isinstance(data, AboutFollowup) and data.rule == RECONNECT:
        yield key_of(parse_followup_id(data.followup_id).key.removeprefix(f"{CONTACT}/"))
        if isinstance(data, FollowupScheduled):
            yield RECONNECTS


def applied(key: str, candidates: Candidates, event: Event) -> Candidates:
    """Return what is known of some people after an event."""
    data, by_id = event.data, candidates.by_id
    if isinstance(data, AboutFollowup):
        contact_id = parse_followup_id(data.followup_id).key.removeprefix(f"{CONTACT}/")
        after = {contact_id: _apply_own(by_id.get(contact_id, Candidate()), data, event)}
    else:
        here = (contact_id for contact_id in people_of(event) if key_of(contact_id) == key)
        after = {contact_id: _happened(by_id.get(contact_id, Candidate()), data, event) for contact_id in here}
    by_id = {**by_id, **after}
    if len(by_id) > CANDIDATES_MAX:
        by_id = {one: by_id[one] for one in sorted(by_id, key=_digest)[:CANDIDATES_MAX]}
    return Candidates(dict(sorted(by_id.items())))


def picked(reconnects: Reconnects, event: Event) -> Reconnects:
    """Return who was picked lately after one more event of our own."""
    data = event.data
    assert isinstance(data, FollowupScheduled)
    if data.because.type == FollowupReopened.TYPE:  # nobody new is asked about
        return reconnects
    contact_id = parse_followup_id(data.followup_id).key.removeprefix(f"{CONTACT}/")
    return replace(reconnects, picks=(*reconnects.picks, event.time)[-PICKS_MAX:], last=key_of(contact_id))


def next_pick(view: View[Profile, Item], key: str) -> Pick | None:
    """Return who of an item's people is next, and when; None while there is nobody."""
    candidates, state, wishes = view.item(key), view.item(RECONNECTS), view.profile.preferences
    reconnects = state if isinstance(state, Reconnects) else Reconnects()
    if not isinstance(candidates, Candidates):
        return None
    switch = wishes.switch(RECONNECT)
    on_since = switch.time if switch is not None and switch.value else None
    off = switch is not None and not switch.value
    if off:
        return None
    rule, offsets = RULES[RECONNECT], wishes.rule(RECONNECT).offsets
    after = timedelta(days=rule.schedule.offsets[0]) if offsets is None else min(offsets)
    ready = [
        (_ready(one, touched, after, timedelta(days=rule.repeat.rests_days)), contact_id, touched)
        for contact_id, one in candidates.by_id.items()
        if (touched := last_touch(one)) is not None and not _apart(one, touched)
    ]
    if not ready:
        return None
    at, contact_id, touched = min(ready, key=lambda one: one[:2])
    waits = [at, *(moment for moment in (on_since, wishes.paused_until) if moment is not None)]
    return Pick(max(*waits, *_turn(key, reconnects), at), contact_id, touched)


def _happened(candidate: Candidate, data: EventData, event: Event) -> Candidate:
    if isinstance(data, ContactMuted):
        return replace(candidate, muted=_latest(candidate.muted, event.time))
    if isinstance(data, ContactUnmuted):
        return replace(candidate, unmuted=_latest(candidate.unmuted, event.time))
    if isinstance(data, ContactRemoved):
        return replace(candidate, removed=_latest(candidate.removed, event.time))
    if isinstance(data, FollowupDone | FollowupReopened):
        return _answered(candidate, data, event)
    touched = LoggedEvent(event.time, event.id, event.time, CODES[type(data)])
    wins = candidate.touched is None or touched.order > candidate.touched.order
    return _after_touch(replace(candidate, touched=touched)) if wins else candidate


def last_touch(candidate: Candidate) -> LoggedEvent | None:
    """Return what passed last between the two: of the member's answers those that were not taken back."""
    answers = candidate.answers
    for one in reversed(answers):
        if one.kind == "done" and not any(_takes_back(other, one) for other in answers):
            return LoggedEvent(one.time, one.id, one.time, _DONE)
    return candidate.touched


def _takes_back(later: TouchAnswer, one: TouchAnswer) -> bool:
    same = later.kind == "reopened" and later.turn == one.turn
    return same and later.order > one.order and takes_back(later.time, one.time)


def _answered(candidate: Candidate, data: FollowupDone | FollowupReopened, event: Event) -> Candidate:
    """Return the candidate after an answer; one that later ones have pushed out can no longer be taken back."""
    _, rule, cycle = parse_followup_id(data.followup_id)
    kind: Kind = "done" if isinstance(data, FollowupDone) else "reopened"
    answer = TouchAnswer(event.time, event.id, kind, f"{rule}/{cycle}")
    if answer in candidate.answers:
        return candidate
    every = sorted((*candidate.answers, answer), key=lambda one: (one.order, one.kind, one.turn))
    for one in every[:-ANSWERS_MAX]:
        if one.kind == "done" and (candidate.touched is None or one.order > candidate.touched.order[:2]):
            candidate = replace(candidate, touched=LoggedEvent(one.time, one.id, one.time, _DONE))
    return _after_touch(replace(candidate, answers=tuple(every[-ANSWERS_MAX:])))


def _after_touch(candidate: Candidate) -> Candidate:
    """Return the candidate without answers that came before the last thing that passed for certain."""
    if candidate.touched is None or not candidate.answers:
        return candidate
    since = candidate.touched.order[:2]
    return replace(candidate, answers=tuple(one for one in candidate.answers if one.order > since))


def _apply_own(candidate: Candidate, data: AboutFollowup, event: Event) -> Candidate:
    cycle = parse_followup_id(data.followup_id).cycle
    if isinstance(data, FollowupScheduled):
        if data.because.type == FollowupReopened.TYPE:
            return replace(candidate, open=cycle, done=candidate.done_before)
        return replace(candidate, picked=event.time, unshown=True, open=cycle)
    if isinstance(data, FollowupDue):
        return replace(candidate, unshown=False)
    if isinstance(data, FollowupCompleted):
        candidate = replace(candidate, done=event.time, done_before=candidate.done)
    if isinstance(data, FollowupLapsed) and data.shown is False:
        candidate = replace(candidate, unshown=True)
    over = data.TYPE in _OVER and candidate.open == cycle
    return replace(candidate, open="") if over else candidate


def _apart(candidate: Candidate, touched: LoggedEvent) -> bool:
    """Say whether there is nobody to reconnect with: removed or muted since, or asked about at the moment."""
    muted = candidate.muted is not None and (candidate.unmuted is None or candidate.unmuted <= candidate.muted)
    return bool(candidate.open) or muted or (candidate.removed is not None and candidate.removed >= touched.time)


def _ready(candidate: Candidate, touched: LoggedEvent, after: timedelta, rest: timedelta) -> datetime:
    """Return from when on it is somebody's turn: who was picked and not shown comes behind who was not yet picked."""
    since = touched.time if candidate.done is None else max(touched.time, candidate.done)
    if candidate.picked is None:
        return since + after
    return max(since + after, candidate.picked if candidate.unshown else candidate.picked + rest)


def _turn(key: str, reconnects: Reconnects) -> Iterator[datetime]:
    """Yield before when nobody of this item is picked, as others were picked lately."""
    picks = reconnects.picks
    if not picks:
        return
    turn = TURN * ((_number(key) - _number(reconnects.last) - 1) % BUCKETS + 1)
    yield picks[-1] + turn
    if len(picks) == PICKS_MAX:
        yield picks[0] + timedelta(days=PICKS_DAYS) + turn


def _number(key: str) -> int:
    return int(key.partition("/")[2])


def _digest(contact_id: str) -> str:
    return hashlib.sha256(contact_id.encode()).hexdigest()[:16]


def _latest(before: datetime | None, after: datetime) -> datetime:
    return after if before is None else max(before, after)
