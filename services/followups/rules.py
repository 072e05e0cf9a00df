"""The rules: what starts a follow-up, when it is due, what ends it. One record each, in one table.

What all rules have in common (answers, snoozes, muting, quiet hours, lapses, switching off) stands in `ends`, `timing`
and `decide`, so that a rule says only what is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from services.followups.state import CONTACT, INVITE, OWN_REMINDER, REMINDER, Request, Slot, Subject, kind_of
from shared.calendar import local
from shared.contracts import (
    ContactConnected,
    EventData,
    FollowupRequested,
    InviteAccepted,
    InviteDeclined,
    InviteExpired,
    InviteReported,
    InviteRetracted,
    InviteSent,
    InviteWithdrawn,
    MessageSent,
    ThanksSent,
)

HORIZON_DAYS_MAX: Final = 14
"""A fact that was told later than so many days after it happened starts nothing: importing ten thousand connections
does not make ten thousand reminders."""
LAPSE_DAYS: Final = 7
"""How long after its last step a follow-up waits for an answer: at least one weekly digest shows it meanwhile. One of a
series waits no longer than to the next."""
SNOOZE_DAYS: Final = 1
"""How long a snooze without a time lasts when the rule has no further step."""
EXPIRES_HOURS: Final = 24
"""How long after it fell due a follow-up may be pushed."""

MORNING: Final = time(9)


class Anchor(NamedTuple):
    """The fact that a follow-up starts with."""

    logged: datetime
    time: datetime
    id: str
    type: str


class Ground(NamedTuple):
    """What the time of a follow-up is computed from."""

    subject: Subject
    slot: Slot
    anchor: Anchor
    zone: str
    on_since: datetime | None
    """When the member switched the rule on; None while that is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. What it is anchored to must not change once it has started a cycle (`state.Seen`)."""

    name: str
    kind: str
    """The kind of subject that it is about."""
    anchor: Callable[[Subject], Anchor | None]
    """What it starts with, as far as that is known."""
    offsets: tuple[int, ...]
    """Days from the anchor's local day, one for each time that it falls due; the member may set others."""
    at: time | None = None
    """The wall time at which it falls due. None: that of its base."""
    base: Callable[[Ground], datetime]
    """The wall time from which the offsets count."""
    asks: tuple[type[EventData], ...] = ()
    """Facts that are what it asked for."""
    after_anchor: bool = False
    """Only what happened after the anchor is what it asked for."""
    stops: tuple[type[EventData], ...] = ()
    """Facts that end it otherwise."""
    horizon: timedelta | None = None
    """It starts only if the anchor was told no later than this after it happened."""
    pushed: bool = False
    """It has an hour, so it is pushed; all else waits for the digest."""
    asked_for: bool = False
    """The member asked for it by hand: it never goes quiet, and only what came after the request ends it."""
    again: Callable[[Subject, Slot], bool] = lambda subject, slot: False
    """Whether another cycle follows the one that is over."""


def first_of(*types: type[EventData]) -> Callable[[Subject], Anchor | None]:
    """Return what finds the fact of these types that was told first."""

    def find(subject: Subject) -> Anchor | None:
        told = (
            Anchor(seen.logged, seen.first.time, seen.first.id, fact.TYPE)
            for fact in types
            if (seen := subject.saw(fact)) is not None
        )
        return min(told, default=None)

    return find


def requested(subject: Subject) -> Anchor | None:
    """Return the member's request, the latest one under its id."""
    request = subject.request
    return None if request is None else Anchor(request.logged, request.time, request.id, FollowupRequested.TYPE)


def anchored(ground: Ground) -> datetime:
    """Count from what clocks showed when the anchor happened."""
    return local(ground.anchor.time, ground.zone).replace(microsecond=0)


def occurrence(ground: Ground) -> datetime:
    """Count from the reminder's own time, or the next one of its series after all that is over.

    The series lies on the days that the request names: being late or early with one moves no other.
    """
    subject, slot, _, zone, on_since = ground
    request = subject.request
    assert request is not None
    if slot.stage == "" or slot.because != request.id:
        return request.due
    if slot.stage == "open":
        return slot.base or request.due
    if not request.every_days:
        return request.due
    base = slot.base or request.due
    closed = base if slot.closed_at is None else local(slot.closed_at, zone)
    if slot.stage == "lapsed":
        # It lapsed because the next one came: that one, or after an outage the latest, is due.
        return max(next_of(request, base), next_of(request, closed) - timedelta(days=request.every_days))
    if slot.stage == "off":
        return next_of(request, max(closed, closed if on_since is None else local(on_since, zone)))
    return next_of(request, max(base, closed, *(local(at, zone) for at in _answered_at(subject, slot))))


def series_goes_on(subject: Subject, slot: Slot) -> bool:
    """Say whether a reminder comes again: it was requested anew, or every so many days and was not dismissed."""
    request = subject.request
    if request is None:
        return False
    return request.id != slot.because or (bool(request.every_days) and slot.stage in ("completed", "lapsed"))


def _answered_at(subject: Subject, slot: Slot) -> list[datetime]:
    return [answer.time for answer in subject.answers.get(OWN_REMINDER, ()) if answer.id == slot.ended_by]


def next_of(request: Request, over: datetime) -> datetime:
    """Return the first wall time of a series of reminders that lies after `over`."""
    if over < request.due:
        return request.due
    every = timedelta(days=request.every_days)
    return request.due + ((over - request.due) // every + 1) * every


_TABLE: Final = (
    Rule(
        name=OWN_REMINDER,
        kind=REMINDER,
        anchor=requested,
        base=occurrence,
        offsets=(0,),
        pushed=True,
        asked_for=True,
        again=series_goes_on,
    ),
    Rule(
        name="thank",
        kind=CONTACT,
        anchor=first_of(ContactConnected, InviteAccepted),
        base=anchored,
        offsets=(1, 4),
        at=MORNING,
        asks=(ThanksSent, MessageSent),
        after_anchor=True,
        horizon=timedelta(days=HORIZON_DAYS_MAX),
    ),
    Rule(
        name="no_answer_yet",
        kind=INVITE,
        anchor=first_of(InviteSent),
        base=anchored,
        offsets=(7,),
        asks=(InviteAccepted, ContactConnected),
        stops=(InviteDeclined, InviteReported, InviteWithdrawn, InviteRetracted, InviteExpired),
        horizon=timedelta(days=HORIZON_DAYS_MAX),
    ),
)

RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in _TABLE}
"""All rules, by name."""
_BY_KIND: Final = {kind: tuple(rule for rule in _TABLE if rule.kind == kind) for kind in (CONTACT, INVITE, REMINDER)}


def rules_of(key: str) -> tuple[Rule, ...]:
    """Return the rules about the kind of subject that a key names."""
    return _BY_KIND.get(kind_of(key), ())
