"""What ends a follow-up: that it was done, that the member does not want it, or that its reason is gone.

An end counts whenever it arrives. One that arrives before the start leaves nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from services.followups.model.answers import Answer, standing
from services.followups.model.state import OWN_REMINDER, Subject
from services.followups.rules.form.case import Case
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.rule import End
from shared.calendar import instant
from shared.contracts import (
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    FollowupDismissed,
    FollowupDone,
    MemberPreferencesSet,
    RuleQuieted,
)


def end_of(case: Case, trigger: TriggerEvent) -> End | None:
    """Return what ends the cycle that is open, or would be the next; what was asked for goes before all else."""
    if (end := _asked_for(case, trigger)) is not None:
        return end
    ends = case.rule.completion.ends
    found = () if ends is None else tuple(ends.find(case, trigger))
    return (
        next((end for end in found if end.done), None)
        or _answered(case)
        or _stopped(case)
        or (found[0] if found else None)
        or _parted(case, trigger)
        or _switched_off(case)
    )


def late_answer(case: Case) -> End | None:
    """Return what answers the cycle that was let lapse, after all."""
    slot = case.slot
    if not slot.lapsed:
        return None
    for answer in standing(case.subject.answers.get(case.rule.name, ())):
        if answer.kind == "done" and (
            answer.cycle in (slot.lapsed, *slot.lapsed_as) or (not answer.cycle and _is_last_word(case, answer))
        ):
            return End(answer.id, FollowupDone.TYPE, done=True)
    trigger = case.trigger
    return _done(case, trigger) if trigger is not None and slot.stage == "lapsed" else None


def counting(case: Case) -> Iterator[Answer]:
    """Yield the member's answers that stand, oldest first, and are about the cycle that is open, or would be the next."""
    slot, answers = case.slot, standing(case.subject.answers.get(case.rule.name, ()))
    if case.rule.name == OWN_REMINDER:
        return (answer for answer in answers if _counts(case, answer))
    if case.rule.repeat.answered_one_by_one:
        return (answer for answer in answers if slot.stage == "open" and slot.is_named(answer.cycle))
    return iter(answers)


def quiet_end(case: Case) -> End | None:
    """Return the event with which the rule went quiet, unless it has come back since."""
    rest = case.view.profile.quiet.get(case.rule.name)
    return None if rest is None or rest.resumed is not None else End(rest.id, RuleQuieted.TYPE)


def _done(case: Case, trigger: TriggerEvent) -> End | None:
    """Return the event that is what the rule asks for."""
    if (end := _asked_for(case, trigger)) is not None or (ends := case.rule.completion.ends) is None:
        return end
    return next((end for end in ends.find(case, trigger) if end.done), None)


def _asked_for(case: Case, trigger: TriggerEvent) -> End | None:
    completion = case.rule.completion
    done_by, with_person, state = completion.done_by, completion.with_person, case.subject.seen
    for kind, code in done_by.coded:
        if (seen := state.get(code)) is not None:
            if not done_by.after_trigger:
                return End(seen.first.id, seen.first.named(kind), done=True)
            if seen.latest.time >= trigger.time:
                return End(seen.latest.id, seen.latest.named(kind), done=True)
    if with_person is None:
        return None
    since: datetime | None = None
    for contact in case.contacts:
        for kind, code in with_person.coded if contact is not None else ():
            assert contact is not None
            if (seen := contact.seen.get(code)) is not None:
                since = with_person.since(case, trigger) if since is None else since
                if seen.latest.time >= since:
                    return End(seen.latest.id, seen.latest.named(kind), done=True)
    return None


def _answered(case: Case) -> End | None:
    """Return the member's last word that the cycle is done, or else that it is dismissed."""
    answers = list(counting(case))
    for kind, event, done in (("done", FollowupDone, True), ("dismissed", FollowupDismissed, False)) if answers else ():
        for answer in reversed(answers):
            if answer.kind == kind:
                return End(answer.id, event.TYPE, done)
    return None


def _stopped(case: Case) -> End | None:
    state = case.subject.seen
    for kind, code in case.rule.completion.coded:
        if (seen := state.get(code)) is not None:
            return End(seen.first.id, seen.first.named(kind))
    return None


def _switched_off(case: Case) -> End | None:
    switch = case.switch
    return None if switch is None or switch.value else End(switch.id, MemberPreferencesSet.TYPE)


def _parted(case: Case, trigger: TriggerEvent) -> End | None:
    """Return why there are no follow-ups with these people any more, once that holds for each of them."""
    first: End | None = None
    for contact in case.contacts:
        end = None if contact is None else _parted_from(contact, case, trigger)
        if end is None:
            return None
        first = first or end
    return first


def _parted_from(contact: Subject, case: Case, trigger: TriggerEvent) -> End | None:
    """Return why there are no follow-ups with this person any more: removed, or muted and not unmuted since."""
    removed, muted = contact.saw(ContactRemoved), contact.saw(ContactMuted)
    if removed is not None and removed.latest.time >= trigger.time:
        return End(removed.latest.id, ContactRemoved.TYPE)
    if muted is None:
        return None
    unmuted = contact.saw(ContactUnmuted)
    if unmuted is not None and unmuted.latest.order > muted.latest.order:
        return None
    if not case.rule.completion.asked_for or muted.latest.time >= trigger.time:
        return End(muted.latest.id, ContactMuted.TYPE)
    return None


def _counts(case: Case, answer: Answer) -> bool:
    """Say whether an answer to a reminder is about its open or next cycle.

    An answer may name a cycle, or the reminder alone, which then means the cycle that is due. Dismissing ends the whole
    series. What was answered before the request was made, or made anew, is over.
    """
    request, slot = case.subject.request, case.slot
    if request is None or answer.time < request.time:
        return False
    if answer.kind == "dismissed":
        return True
    first = slot.because != request.id
    if slot.stage != "open":
        return first or (slot.stage == "off" and not request.every_days)
    if answer.cycle:
        return slot.is_named(answer.cycle)
    return (
        first
        or not request.every_days
        or slot.base in (None, request.due)
        or answer.time >= instant(slot.base, case.zone)
    )


def _is_last_word(case: Case, answer: Answer) -> bool:
    """Say whether an answer that names the reminder alone is about its last cycle, which lapsed."""
    request = case.subject.request
    return (
        request is not None
        and case.slot.stage == "lapsed"
        and not request.every_days
        and case.slot.because == request.id
        and answer.time >= request.time
    )
