"""People: thank them, meet them, meet them again, stay in touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import repeat
from typing import Final

from services.followups.model.event_codes import INTERACTIONS
from services.followups.model.state import CONTACT, Subject
from services.followups.rules.form.case import starts_at
from services.followups.rules.form.context import RuleContext, TriggerEvent
from services.followups.rules.form.rule import (
    NEVER,
    Completion,
    Delivery,
    End,
    Ends,
    GoesQuiet,
    Moves,
    Repeat,
    Rule,
    Trigger,
    since_trigger,
)
from services.followups.rules.form.schedules import after, since_the_trigger
from services.followups.rules.form.triggers import (
    HORIZON,
    MORNING,
    another,
    answered_anew,
    each_logged,
    first_of,
    goes_on,
    held,
    last_touch,
    logged_first,
    moved_on,
    recurring,
)
from shared.contracts import (
    CallHeld,
    ContactCadenceSet,
    ContactConnected,
    ContactJobChanged,
    FollowupDone,
    InviteAccepted,
    MeetingHeld,
    MeetingProposed,
    MeetingRescheduled,
    MeetingScheduled,
    MessageSent,
    ThanksSent,
)

THANK: Final = "thank"
PROPOSE_MEETING: Final = "propose_meeting"
SECOND_MEETING: Final = "second_meeting"
TOUCH_AGAIN_DAYS_MIN: Final = 14
"""How long at least it is until the member is asked again to be in touch with somebody."""
OPEN_PROPOSALS_MAX: Final = 3
"""To how many people at a time a member is asked to propose a meeting."""

_OF_A_MEETING: Final = (MeetingProposed, MeetingScheduled, MeetingRescheduled, MeetingHeld)

_connected: Final = first_of(ContactConnected, InviteAccepted)
_thanked: Final = first_of(ThanksSent)


def thanked(case: RuleContext) -> TriggerEvent | None:
    """Return the thanks that were told first; the first message to somebody who is newly connected counts as thanks."""
    thanks, message, connected = _thanked(case), case.subject.saw(MessageSent), _connected(case)
    if message is None or connected is None or message.first.time < connected.time:
        return thanks
    written = logged_first(MessageSent, message)
    return written if thanks is None else min(thanks, written)


def first_met(case: RuleContext) -> TriggerEvent | None:
    """Return the first meeting with the person of which it was told that it was held."""
    state = (seen for seen in (case.subject.saw(MeetingHeld), *held(case)) if seen is not None)
    return min((logged_first(MeetingHeld, seen) for seen in state), default=None)


def met_after_all(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether another cycle follows: the meeting of the last one was with others after all, and now there is one."""
    return case.slot.stage == "cancelled" and another(case, trigger)


def any_meeting(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what shows that the two meet: a meeting that was held, proposed or agreed."""
    if (seen := case.subject.saw(MeetingHeld)) is not None:
        yield End(seen.first.id, seen.first.named(MeetingHeld), done=True)
    yield from _met(case.meetings, trigger)


def another_meeting(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what shows that there is another meeting than the one that the trigger tells of."""
    return _met((meeting for meeting in case.meetings if not _tells_of(trigger, meeting)), trigger)


def in_touch(case: RuleContext) -> TriggerEvent | None:
    """Return the last interaction with somebody for whom the member has set a cadence; the wish itself, if none."""
    cadence = case.subject.cadence
    if cadence is None:
        return None
    last = last_touch(case, INTERACTIONS)
    return last or TriggerEvent(cadence.time, cadence.time, cadence.id, ContactCadenceSet.TYPE)


def one_cadence_later(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from the day that the member's cadence gives."""
    cadence = case.subject.cadence
    assert cadence is not None
    return since_the_trigger(case, trigger) + timedelta(days=cadence.every_days)


def by_cadence(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from the day that the member's cadence gives, and again after half of it until the two are in touch."""
    cadence = case.subject.cadence
    assert cadence is not None
    half = max(-(-cadence.every_days // 2), TOUCH_AGAIN_DAYS_MIN)
    return recurring(case, one_cadence_later(case, trigger), repeat(half))


def wished_anew(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether another cycle follows: by an interaction, or as the member has set the cadence again since."""
    cadence, closed_at = case.subject.cadence, case.slot.closed_at
    wished = cadence is not None and closed_at is not None and cadence.time > closed_at
    going_on = goes_on(case) and cadence is not None and bool(cadence.every_days)
    return wished or going_on or moved_on(case, one_cadence_later(case, trigger))


def touched(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield the interaction that answers what was said, or the wish that took its reason away."""
    cadence = case.subject.cadence
    assert cadence is not None
    if not cadence.every_days:
        yield End(cadence.id, ContactCadenceSet.TYPE)
    elif answered_anew(case, one_cadence_later(case, trigger)):
        if cadence.time > trigger.time:
            yield End(cadence.id, ContactCadenceSet.TYPE)
        else:
            yield End(trigger.id, trigger.type, done=True)


def _met(meetings: Iterable[Subject], trigger: TriggerEvent) -> Iterator[End]:
    for meeting in meetings:
        if (seen := meeting.saw(MeetingHeld)) is not None:
            yield End(seen.first.id, seen.first.named(MeetingHeld), done=True)
        plan, begins, proposed = meeting.plan, starts_at(meeting), meeting.saw(MeetingProposed)
        if plan is not None and begins is not None and max(plan.time, begins) > trigger.time:
            yield End(plan.id, plan.type, done=True)
        if proposed is not None and proposed.latest.time >= trigger.time:
            yield End(proposed.latest.id, proposed.latest.named(MeetingProposed), done=True)


def _tells_of(trigger: TriggerEvent, meeting: Subject) -> bool:
    seen = meeting.saw(MeetingHeld)
    return seen is not None and seen.first.id == trigger.id


RULES: Final = (
    Rule(
        THANK,
        about=CONTACT,
        trigger=Trigger(_connected, needs=(ContactConnected, InviteAccepted), logged_within=HORIZON),
        schedule=after(days=(1, 4), at=MORNING),
        completion=Completion(done_by=since_trigger(ThanksSent, MessageSent), done_counts_as=ThanksSent),
        delivery=Delivery(pushed="first", quiet=GoesQuiet(woken_by=(ThanksSent,))),
    ),
    Rule(
        PROPOSE_MEETING,
        about=CONTACT,
        trigger=Trigger(thanked, needs=(ThanksSent, MessageSent), logged_within=HORIZON),
        schedule=after(days=(3, 10)),
        completion=Completion(done_by=since_trigger(CallHeld), ends=Ends(any_meeting, by=_OF_A_MEETING)),
        repeat=Repeat(open_max=OPEN_PROPOSALS_MAX),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(MeetingProposed, MeetingScheduled, CallHeld))),
    ),
    Rule(
        SECOND_MEETING,
        about=CONTACT,
        trigger=Trigger(
            first_met,
            there=lambda subject: bool(subject.meetings) or subject.saw(MeetingHeld) is not None,
            logged_within=HORIZON,
        ),
        schedule=after(days=(21, 35)),
        completion=Completion(ends=Ends(another_meeting, by=_OF_A_MEETING)),
        repeat=Repeat(again=met_after_all),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(MeetingProposed, MeetingScheduled))),
    ),
    Rule(
        "stay_in_touch",
        about=CONTACT,
        trigger=Trigger(in_touch, there=lambda subject: subject.cadence is not None),
        schedule=after(days=(0,), since=by_cadence, at=MORNING, keeps_wall=True),
        completion=Completion(ends=Ends(touched, by=(*INTERACTIONS, ContactCadenceSet)), done_counts_as=FollowupDone),
        repeat=Repeat(again=wished_anew, answered_one_by_one=True),
        delivery=Delivery(quiet=NEVER),
    ),
    Rule(
        "congratulate",
        about=CONTACT,
        trigger=each_logged(ContactJobChanged, logged_within=HORIZON),
        schedule=after(days=(1,), at=MORNING),
        completion=Completion(done_by=since_trigger(MessageSent, ThanksSent, CallHeld), done_counts_as=MessageSent),
        repeat=Repeat(again=another, moves=Moves(another, by=(ContactJobChanged,)), answered_one_by_one=True),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(ContactJobChanged,), then=(MessageSent, ThanksSent, CallHeld))),
    ),
)
