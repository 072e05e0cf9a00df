"""People: thank them, meet them, meet them again, stay in touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from services.followups.anchors import HORIZON, MORNING, anchored, first_of, told_first
from services.followups.case import Anchor, Case, End, Rule, starts_at
from services.followups.records import Mark, Seen
from services.followups.state import CONTACT, STAY_IN_TOUCH, Subject
from shared.calendar import local
from shared.contracts import (
    CallHeld,
    ContactCadenceSet,
    ContactConnected,
    EventData,
    FollowupDone,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    InviteAccepted,
    MeetingHeld,
    MeetingProposed,
    MeetingRescheduled,
    MeetingScheduled,
    MessageReceived,
    MessageSent,
    ThanksSent,
)

THANK: Final = "thank"
PROPOSE_MEETING: Final = "propose_meeting"
OPEN_PROPOSALS_MAX: Final = 3
"""To how many people at a time a member is asked to propose a meeting."""

_INTERACTIONS: Final[tuple[type[EventData], ...]] = (
    ThanksSent, MessageSent, MessageReceived, CallHeld, MeetingHeld, HelpReceived, HelpGiven, IntroductionMade,
    FollowupDone,
)  # fmt: skip

_OF_A_MEETING: Final = (MeetingProposed, MeetingScheduled, MeetingRescheduled, MeetingHeld)

_connected: Final = first_of(ContactConnected, InviteAccepted)
_thanked: Final = first_of(ThanksSent)


def thanked(case: Case) -> Anchor | None:
    """Return the thanks that were told first; the first message to somebody who is newly connected counts as thanks."""
    thanks, message, connected = _thanked(case), case.subject.saw(MessageSent), _connected(case)
    if message is None or connected is None or message.first.time < connected.time:
        return thanks
    written = told_first(MessageSent, message)
    return written if thanks is None else min(thanks, written)


def first_met(case: Case) -> Anchor | None:
    """Return the first meeting with the person of which it was told that it was held."""
    held = (seen for seen in (case.subject.saw(MeetingHeld), *_held(case)) if seen is not None)
    return min((told_first(MeetingHeld, seen) for seen in held), default=None)


def any_meeting(case: Case, anchor: Anchor) -> Iterator[End]:
    """Yield what shows that the two meet: a meeting that was held, proposed or agreed."""
    if (held := case.subject.saw(MeetingHeld)) is not None:
        yield End(held.first.id, held.first.named(MeetingHeld), done=True)
    yield from _met(case.meetings, anchor)


def another_meeting(case: Case, anchor: Anchor) -> Iterator[End]:
    """Yield what shows that there is another meeting than the one that the anchor tells of."""
    return _met((meeting for meeting in case.meetings if not _tells_of(anchor, meeting)), anchor)


def in_touch(case: Case) -> Anchor | None:
    """Return the last interaction with somebody for whom the member has set a cadence; the wish itself, if none."""
    cadence = case.subject.cadence
    if cadence is None:
        return None
    last = max(_interactions(case), key=lambda one: one[0].order, default=None)
    if last is None:
        return Anchor(cadence.time, cadence.time, cadence.id, ContactCadenceSet.TYPE)
    mark, fact = last
    return Anchor(mark.time, mark.time, mark.id, mark.named(fact))


def one_cadence_later(case: Case, anchor: Anchor) -> datetime:
    """Count from the day that the member's cadence gives."""
    cadence = case.subject.cadence
    assert cadence is not None
    return local(anchor.time, case.zone).replace(microsecond=0) + timedelta(days=cadence.every_days)


def starts_anew(case: Case, anchor: Anchor) -> bool:
    """Say whether the last interaction, or another cadence, asks for a later day than what was told last."""
    told = case.slot.base
    return told is not None and _first_day(case, anchor) > told.date()


def wished_anew(case: Case, anchor: Anchor) -> bool:
    """Say whether another cycle follows: by an interaction, or as the member has set the cadence again since."""
    cadence, closed_at = case.subject.cadence, case.slot.closed_at
    wished = cadence is not None and closed_at is not None and cadence.time > closed_at
    return wished or starts_anew(case, anchor)


def touched(case: Case, anchor: Anchor) -> Iterator[End]:
    """Yield the interaction that answers what was said, or the wish that took its reason away."""
    cadence, slot = case.subject.cadence, case.slot
    assert cadence is not None
    if not cadence.every_days:
        yield End(cadence.id, ContactCadenceSet.TYPE)
    elif (slot.stage == "lapsed" or (slot.stage == "open" and slot.attempts)) and starts_anew(case, anchor):
        if cadence.time > anchor.time:
            yield End(cadence.id, ContactCadenceSet.TYPE)
        else:
            yield End(anchor.id, anchor.type, done=True)


def _met(meetings: Iterable[Subject], anchor: Anchor) -> Iterator[End]:
    for meeting in meetings:
        if (held := meeting.saw(MeetingHeld)) is not None:
            yield End(held.first.id, held.first.named(MeetingHeld), done=True)
        plan, begins, proposed = meeting.plan, starts_at(meeting), meeting.saw(MeetingProposed)
        if plan is not None and begins is not None and max(plan.time, begins) > anchor.time:
            yield End(plan.id, plan.type, done=True)
        if proposed is not None and proposed.latest.time >= anchor.time:
            yield End(proposed.latest.id, MeetingProposed.TYPE, done=True)


def _tells_of(anchor: Anchor, meeting: Subject) -> bool:
    held = meeting.saw(MeetingHeld)
    return held is not None and held.first.id == anchor.id


def _held(case: Case) -> list[Seen | None]:
    return [meeting.saw(MeetingHeld) for meeting in case.meetings]


def _interactions(case: Case) -> Iterator[tuple[Mark, type[EventData]]]:
    for fact in _INTERACTIONS:
        if (seen := case.subject.saw(fact)) is not None:
            yield seen.latest, fact
    yield from ((seen.latest, MeetingHeld) for seen in _held(case) if seen is not None)


def _first_day(case: Case, anchor: Anchor) -> date:
    return one_cadence_later(case, anchor).date() + timedelta(days=case.offsets[0])


RULES: Final = (
    Rule(
        name=THANK,
        kind=CONTACT,
        anchor=_connected,
        base=anchored,
        offsets=(1, 4),
        at=MORNING,
        asks=(ThanksSent, MessageSent),
        after_anchor=True,
        horizon=HORIZON,
        counts_as=ThanksSent,
    ),
    Rule(
        name=PROPOSE_MEETING,
        kind=CONTACT,
        anchor=thanked,
        base=anchored,
        offsets=(3, 10),
        asks=(CallHeld,),
        after_anchor=True,
        ends=any_meeting,
        ends_with=_OF_A_MEETING,
        horizon=HORIZON,
        open_max=OPEN_PROPOSALS_MAX,
    ),
    Rule(
        name="second_meeting",
        kind=CONTACT,
        anchor=first_met,
        base=anchored,
        offsets=(21, 35),
        ends=another_meeting,
        ends_with=_OF_A_MEETING,
        horizon=HORIZON,
    ),
    Rule(
        name=STAY_IN_TOUCH,
        kind=CONTACT,
        anchor=in_touch,
        base=one_cadence_later,
        offsets=(0,),
        at=MORNING,
        ends=touched,
        ends_with=(*_INTERACTIONS, ContactCadenceSet),
        again=wished_anew,
        each_anew=True,
        counts_as=FollowupDone,
    ),
)
