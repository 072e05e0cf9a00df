"""Meetings: from the proposal over the day itself to what came of it.

Three rules follow the hour that is agreed: each other start moves what is open, or ends it and begins another cycle when
it was said already. Where the hour changes back, or a meeting is called off and agreed anew, the same holds: what counts
is whether it was said after the reason for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final

from services.followups.model.state import MEETING
from services.followups.model.values import Plan
from services.followups.rules.form.context import RuleContext, TriggerEvent
from services.followups.rules.form.rule import (
    NEVER,
    Completion,
    Delivery,
    End,
    Ends,
    Moves,
    Repeat,
    Rule,
    Trigger,
    WithPerson,
    anytime,
)
from services.followups.rules.form.schedules import after, before
from services.followups.rules.form.triggers import HORIZON, MORNING, first_logged, logged_first
from shared.calendar import local
from shared.contracts import (
    CallHeld,
    EventData,
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingProposed,
    MeetingQuestionsPrepared,
    MeetingRescheduled,
    MeetingScheduled,
    MessageReceived,
    MessageSent,
    NoteAdded,
    PromiseMade,
    ThanksSent,
)

EVENING: Final = time(17)
_PLANS: Final = (MeetingScheduled, MeetingRescheduled)
_OVER: Final = (MeetingHeld, MeetingMissed, MeetingCancelled)


def planned(case: RuleContext) -> TriggerEvent | None:
    """Return the event by which the meeting's hour is agreed: the latest one."""
    plan = case.subject.plan
    return None if plan is None else TriggerEvent(plan.logged, plan.time, plan.id, plan.type)


def start(case: RuleContext, _: TriggerEvent) -> datetime:
    """Count from the instant at which the meeting starts."""
    starts_at = case.starts_at
    assert starts_at is not None
    return starts_at


def begins(case: RuleContext) -> datetime | None:
    """Return when the meeting starts, at which what comes before it is over."""
    return case.starts_at


def wall_start(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from what the member's clocks show when the meeting starts."""
    return local(start(case, trigger), case.zone)


def end(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from the instant at which the meeting ends."""
    return start(case, trigger) + timedelta(minutes=_plan(case).minutes)


def another_start(case: RuleContext, _: TriggerEvent) -> bool:
    """Say whether the meeting starts at another instant than the one for which the cycle stands."""
    return case.slot.starts_at != case.starts_at


def reinstated(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether another cycle follows: at another start, or because what was called off is agreed anew."""
    return case.slot.stage == "called_off" or another_start(case, trigger)


def called_off(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what shows that the meeting will not be, or is over already."""
    if (cancelled := case.subject.saw(MeetingCancelled)) is not None and cancelled.latest.time >= _plan(case).time:
        yield End(cancelled.latest.id, MeetingCancelled.TYPE)
    yield from (End(one.id, one.type) for one in reported_outcome(case, trigger))


def reported_outcome(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what tells whether the meeting took place. What is older than this meeting tells of another hour."""
    since = min(_plan(case).time, start(case, trigger))
    events: tuple[type[EventData], ...] = (MeetingHeld, MeetingMissed)
    for event in events:
        if (seen := case.subject.saw(event)) is not None and seen.latest.time >= since:
            yield End(seen.latest.id, seen.latest.named(event), done=True)


def outcome_or_cancelled(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what tells whether the meeting took place, or that there is nothing to tell."""
    yield from reported_outcome(case, trigger)
    yield from called_off(case, trigger)


def agreed(case: RuleContext, _: TriggerEvent) -> Iterator[End]:
    """Yield the hour that answers a proposal."""
    if (plan := case.subject.plan) is not None:
        yield End(plan.id, plan.type, done=True)


def missed_last(case: RuleContext) -> TriggerEvent | None:
    """Return that the meeting did not take place."""
    seen = case.subject.saw(MeetingMissed)
    return None if seen is None else logged_first(MeetingMissed, seen)


def another_day(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what shows that there is another day, or that none is wanted."""
    if (plan := case.subject.plan) is not None and plan.time > trigger.time:
        yield End(plan.id, plan.type, done=True)
    for event, done in (
        (MeetingProposed, True),
        (MeetingHeld, True),
        (MeetingCancelled, False),
        (MeetingDeclined, False),
    ):
        if (seen := case.subject.saw(event)) is not None and seen.latest.time > trigger.time:
            yield End(seen.latest.id, seen.latest.named(event), done=done)


def began(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Return since when words to the other one are about the meeting, which may be reported long after its end."""
    starts_at = case.starts_at
    return trigger.time if starts_at is None else min(trigger.time, starts_at)


def _plan(case: RuleContext) -> Plan:
    assert case.subject.plan is not None
    return case.subject.plan


RULES: Final = (
    Rule(
        "proposal_unanswered",
        about=MEETING,
        trigger=first_logged(MeetingProposed, logged_within=HORIZON),
        schedule=after(days=(5, 14)),
        completion=Completion(
            done_by=anytime(MeetingHeld),
            with_person=WithPerson((MessageReceived,)),
            ends=Ends(agreed, by=_PLANS),
            stopped_by=(MeetingDeclined, MeetingCancelled, MeetingMissed),
        ),
        delivery=Delivery(quiet=NEVER),
    ),
    Rule(
        "prepare_questions",
        about=MEETING,
        trigger=Trigger(planned, there=lambda subject: subject.plan is not None, logged_within=HORIZON),
        schedule=before(days=(1,), start=wall_start, over=begins, at=EVENING),
        completion=Completion(
            done_by=anytime(MeetingQuestionsPrepared),
            ends=Ends(called_off, by=_OVER),
            done_counts_as=MeetingQuestionsPrepared,
        ),
        repeat=Repeat(again=reinstated, moves=Moves(another_start, by=_PLANS)),
        delivery=Delivery(pushed="all", hour_chosen=True, yields_to="meeting_today", quiet=NEVER),
    ),
    Rule(
        "meeting_today",
        about=MEETING,
        trigger=Trigger(planned, there=lambda subject: subject.plan is not None),
        schedule=before(hours=(2,), start=start, over=begins),
        completion=Completion(ends=Ends(called_off, by=_OVER)),
        repeat=Repeat(again=reinstated, moves=Moves(another_start, by=_PLANS), answered_one_by_one=True),
        delivery=Delivery(pushed="all", hour_chosen=True, quiet=NEVER),
    ),
    Rule(
        "did_it_happen",
        about=MEETING,
        trigger=Trigger(planned, there=lambda subject: subject.plan is not None, logged_within=HORIZON),
        schedule=after(hours=(2,), since=end),
        completion=Completion(ends=Ends(outcome_or_cancelled, by=_OVER), done_counts_as=MeetingHeld),
        repeat=Repeat(again=reinstated, moves=Moves(another_start, by=_PLANS), answered_one_by_one=True),
        delivery=Delivery(pushed="all", hour_chosen=True, quiet=NEVER),
    ),
    Rule(
        "after_meeting",
        about=MEETING,
        trigger=first_logged(MeetingHeld, logged_within=HORIZON),
        schedule=after(days=(1,), at=MORNING),
        completion=Completion(
            with_person=WithPerson(
                (
                    MessageSent,
                    ThanksSent,
                    NoteAdded,
                    PromiseMade,
                ),
                since=began,
            )
        ),
        delivery=Delivery(pushed="first", quiet=NEVER),
    ),
    Rule(
        "another_day",
        about=MEETING,
        trigger=Trigger(missed_last, needs=(MeetingMissed,), logged_within=HORIZON),
        schedule=after(days=(1,), at=MORNING),
        completion=Completion(
            with_person=WithPerson(
                (
                    MessageSent,
                    CallHeld,
                )
            ),
            ends=Ends(another_day, by=(MeetingProposed, MeetingHeld, MeetingCancelled, MeetingDeclined, *_PLANS)),
            done_counts_as=MeetingProposed,
        ),
        delivery=Delivery(quiet=NEVER),
    ),
)
