"""Giving and persistence: promises, help in return, old ties, pursuits, and people met at a gathering."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Final

from services.followups.model.event_codes import CODES, IN_TOUCH
from services.followups.model.state import CONTACT, GATHERING, PROMISE, PURSUIT, RECONNECT
from services.followups.model.values import LoggedEvent
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
    WithPerson,
    anytime,
)
from services.followups.rules.form.schedules import after, since_the_trigger
from services.followups.rules.form.triggers import (
    HORIZON,
    MORNING,
    answered_anew,
    digest_after,
    first_of,
    goes_on,
    last_touch,
    moved_on,
    recurring,
)
from services.followups.rules.reminders import asked_anew
from shared.contracts import (
    ContactConnected,
    FollowupDone,
    GatheringAttended,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    InviteAccepted,
    InviteSent,
    PromiseKept,
    PromiseMade,
    PromiseReleased,
    PursuitClosed,
    PursuitOpened,
    PursuitStepTaken,
)

RECONNECT_DAYS: Final = 365
OFTEN_MAX: Final = 6
"""How often a pursuit without a step is brought up at the rule's own pace; then every `SELDOM_DAYS`."""
SELDOM_DAYS: Final = 91
HELP_WITHIN: Final = timedelta(days=90)
GIVE_BACK_RESTS_DAYS: Final = 30
OWED_MIN: Final = 2
"""So much more help received than given within `HELP_WITHIN` is worth something in return."""


def promised(case: RuleContext) -> TriggerEvent | None:
    """Return the promise, as it was last told."""
    request = case.subject.request
    return None if request is None else TriggerEvent(request.logged, request.time, request.id, PromiseMade.TYPE)


def day_before(case: RuleContext, _: TriggerEvent) -> datetime:
    """Count from a day before what was promised is due."""
    request = case.subject.request
    assert request is not None
    return request.due - timedelta(days=1)


def last_help(case: RuleContext) -> TriggerEvent | None:
    """Return the last help that was received."""
    received = case.subject.help.get(CODES[HelpReceived])
    return _trigger_of(received[-1]) if received else None


def in_return(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from the next digest, once the rule has rested."""
    last, since = case.slot.last_reminded_at, max(trigger.time, trigger.logged)
    if last is not None:
        since = max(since, last + timedelta(days=GIVE_BACK_RESTS_DAYS))
    return digest_after(case, since)


def helped_since(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether there was help after the last cycle was over."""
    closed_at = case.slot.closed_at
    return closed_at is None or trigger.time > closed_at


def returned(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what was given back, or that there is nothing to give back."""
    received, given = (case.subject.help.get(CODES[side], ()) for side in (HelpReceived, HelpGiven))
    since = trigger.time - HELP_WITHIN
    owed = sum(one.time > since for one in received) - sum(one.time > since for one in given)
    if given and given[-1].time >= trigger.time:
        yield End(given[-1].id, given[-1].type, done=True)
    elif owed < OWED_MIN:
        yield End(given[-1].id, given[-1].type) if given else End(trigger.id, trigger.type)


def apart_since(case: RuleContext) -> TriggerEvent | None:
    """Return what passed last between the two, once the person was picked (`services.followups.apply.reconnect`)."""
    return last_touch(case) if case.slot.stage in ("open", "lapsed") else None


def picked_for(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count so that the first step is what was told when the person was picked."""
    return (case.slot.base or trigger.time) - timedelta(days=case.offsets[0])


def touched_since(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield what passed between the two since the person was picked."""
    if trigger.id != case.slot.because:
        yield End(trigger.id, trigger.type, done=True)


def last_step(case: RuleContext) -> TriggerEvent | None:
    """Return the last step of a pursuit."""
    step = case.subject.step
    return None if step is None else _trigger_of(step)


def step_by_step(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from the last step, and on from there until there is another one: often at first, then now and then."""
    often = chain(repeat(max(case.offsets[-1], 1), OFTEN_MAX - 1), repeat(SELDOM_DAYS))
    return recurring(case, since_the_trigger(case, trigger), often)


def quiet_since(case: RuleContext, trigger: TriggerEvent) -> bool:
    """Say whether another cycle follows: as nothing came of the last one, or by another step."""
    return goes_on(case) or moved_on(case, since_the_trigger(case, trigger))


def stepped_or_closed(case: RuleContext, trigger: TriggerEvent) -> Iterator[End]:
    """Yield the step that answers what was said, or that the pursuit is closed and was not opened again."""
    if answered_anew(case, since_the_trigger(case, trigger)):
        yield End(trigger.id, trigger.type, done=True)
    closed, opened = case.subject.saw(PursuitClosed), case.subject.saw(PursuitOpened)
    if closed is not None and (opened is None or closed.latest.time >= opened.latest.time):
        yield End(closed.latest.id, PursuitClosed.TYPE)


def met_people(case: RuleContext) -> TriggerEvent | None:
    """Return the gathering, if the member met somebody there."""
    return _attended(case) if case.contact_ids else None


def all_connected(case: RuleContext, _: TriggerEvent) -> Iterator[End]:
    """Yield why there is nobody to invite: the member is connected with all of them."""
    ends = []
    for contact in case.contacts:
        for event in (ContactConnected, InviteAccepted):
            if contact is not None and (seen := contact.saw(event)) is not None:
                ends.append((seen.latest.time, End(seen.latest.id, seen.latest.named(event))))
                break
        else:
            return
    if ends:
        yield max(ends)[1]


_attended: Final = first_of(GatheringAttended)


def _trigger_of(one: LoggedEvent) -> TriggerEvent:
    return TriggerEvent(one.logged, one.time, one.id, one.type)


RULES: Final = (
    Rule(
        "keep_promise",
        about=PROMISE,
        trigger=Trigger(promised, there=lambda subject: subject.request is not None),
        schedule=after(days=(0, 1, 4), since=day_before, skips_passed=True),
        completion=Completion(done_by=anytime(PromiseKept), stopped_by=(PromiseReleased,), done_counts_as=PromiseKept),
        repeat=Repeat(
            again=asked_anew,
            moves=Moves(
                asked_anew,
                by=(PromiseMade,),
            ),
        ),
        delivery=Delivery(pushed="all", hour_chosen=True, quiet=NEVER),
    ),
    Rule(
        "give_back",
        about=CONTACT,
        trigger=Trigger(
            last_help, there=lambda subject: CODES[HelpReceived] in subject.help, logged_within=HELP_WITHIN
        ),
        schedule=after(days=(0,), since=in_return),
        completion=Completion(
            ends=Ends(returned, by=(HelpGiven, IntroductionMade, HelpReceived)), done_counts_as=HelpGiven
        ),
        repeat=Repeat(again=helped_since, answered_one_by_one=True, rests_days=GIVE_BACK_RESTS_DAYS),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(HelpGiven, IntroductionMade))),
    ),
    Rule(
        RECONNECT,
        about=CONTACT,
        trigger=Trigger(apart_since, there=lambda subject: False),
        schedule=after(days=(RECONNECT_DAYS,), since=picked_for, keeps_wall=True),
        completion=Completion(ends=Ends(touched_since, by=IN_TOUCH), done_counts_as=FollowupDone),
        repeat=Repeat(answered_one_by_one=True, rests_days=60),
        delivery=Delivery(quiet=NEVER),
    ),
    Rule(
        "keep_at_it",
        about=PURSUIT,
        trigger=Trigger(last_step, there=lambda subject: subject.step is not None, logged_within=HORIZON),
        schedule=after(days=(21,), since=step_by_step, at=MORNING, keeps_wall=True),
        completion=Completion(
            ends=Ends(stepped_or_closed, by=(PursuitStepTaken, PursuitOpened, PursuitClosed)),
            done_counts_as=PursuitStepTaken,
        ),
        repeat=Repeat(again=quiet_since, answered_one_by_one=True),
        delivery=Delivery(quiet=NEVER),
    ),
    Rule(
        "after_gathering",
        about=GATHERING,
        trigger=Trigger(met_people, needs=(GatheringAttended,), logged_within=HORIZON),
        schedule=after(days=(1,), at=MORNING),
        completion=Completion(
            with_person=WithPerson((InviteSent,)), ends=Ends(all_connected, by=(ContactConnected, InviteAccepted))
        ),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteSent,))),
    ),
)
