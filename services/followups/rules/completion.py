"""What ends a follow-up: that it was done, that the member does not want it, or that its reason is gone.

An end counts whenever it arrives. One that arrives before the start leaves nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from services.followups.model.state import OWN_REMINDER, Subject
from services.followups.model.values import Answer, Seen
from services.followups.rules.case import Case
from services.followups.rules.rule import End
from services.followups.rules.schedules import Anchor
from shared.calendar import instant
from shared.contracts import (
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    EventData,
    FollowupDismissed,
    FollowupDone,
    MemberPreferencesSet,
    RuleQuieted,
)


def end_of(case: Case, anchor: Anchor) -> End | None:
    """Return what ends the cycle that is open, or would be the next; what was asked for goes before all else."""
    return next(_ends(case, anchor), None)


def late_answer(case: Case) -> End | None:
    """Return what answers the cycle that was let lapse, after all."""
    slot = case.slot
    if not slot.lapsed:
        return None
    for answer in case.subject.answers.get(case.rule.name, ()):
        if answer.kind == "done" and (
            answer.cycle == slot.lapsed or (not answer.cycle and _is_last_word(case, answer))
        ):
            return End(answer.id, FollowupDone.TYPE, done=True)
    anchor = case.anchor
    return next(_asked_for(case, anchor), None) if anchor is not None and slot.stage == "lapsed" else None


def counting(case: Case) -> Iterator[Answer]:
    """Yield the member's answers, oldest first, that are about the cycle that is open, or would be the next."""
    slot, answers = case.slot, case.subject.answers.get(case.rule.name, ())
    if case.rule.name == OWN_REMINDER:
        return (answer for answer in answers if _counts(case, answer))
    if case.rule.repeat.answered_one_by_one:
        return (answer for answer in answers if slot.stage == "open" and answer.cycle == slot.cycle)
    return iter(answers)


def quiet_end(case: Case) -> End | None:
    """Return the event with which the rule went quiet, unless it has come back since."""
    rest = case.view.profile.quiet.get(case.rule.name)
    return None if rest is None or rest.resumed is not None else End(rest.id, RuleQuieted.TYPE)


def open_since(case: Case) -> datetime | None:
    """Return since when nothing of the member's forbids the rule to start; None when nothing ever did."""
    unmuted = [None if contact is None else contact.saw(ContactUnmuted) for contact in case.contacts]
    since = [] if case.on_since is None else [case.on_since]
    if unmuted and not case.rule.completion.asked_for and all(unmuted):
        since.append(min(seen.latest.time for seen in unmuted if seen is not None))
    rest = case.view.profile.quiet.get(case.rule.name)
    if rest is not None and rest.resumed is not None:
        since.append(rest.resumed)
    return max(since, default=None)


def _ends(case: Case, anchor: Anchor) -> Iterator[End]:
    yield from _asked_for(case, anchor)
    if answers := list(counting(case)):
        for kind, event, done in (("done", FollowupDone, True), ("dismissed", FollowupDismissed, False)):
            yield from (End(answer.id, event.TYPE, done) for answer in reversed(answers) if answer.kind == kind)
    yield from (
        End(seen.first.id, seen.first.named(event))
        for event, seen in _saw(case.subject, case.rule.completion.stopped_by)
    )
    if (ends := case.rule.completion.ends) is not None:
        yield from ends.find(case, anchor)
    yield from _parted(case, anchor)
    switch = case.switch
    if switch is not None and not switch.value:
        yield End(switch.id, MemberPreferencesSet.TYPE)


def _asked_for(case: Case, anchor: Anchor) -> Iterator[End]:
    completion = case.rule.completion
    for event, seen in _saw(case.subject, completion.done_by.types):
        if not completion.done_by.after_trigger:
            yield End(seen.first.id, seen.first.named(event), done=True)
        elif seen.latest.time >= anchor.time:
            yield End(seen.latest.id, seen.latest.named(event), done=True)
    if (with_person := completion.with_person) is not None:
        since = with_person.since(case, anchor)
        told = (one for contact in case.contacts if contact is not None for one in _saw(contact, with_person.types))
        yield from (
            End(seen.latest.id, seen.latest.named(event), done=True)
            for event, seen in told
            if seen.latest.time >= since
        )
    if completion.ends is not None:
        yield from (end for end in completion.ends.find(case, anchor) if end.done)


def _saw(subject: Subject, events: Iterable[type[EventData]]) -> Sequence[tuple[type[EventData], Seen]]:
    return [(event, seen) for event in events if (seen := subject.saw(event)) is not None]


def _parted(case: Case, anchor: Anchor) -> Iterator[End]:
    """Yield why there are no follow-ups with these people any more, once that holds for each of them."""
    ends = [None if contact is None else next(_parted_from(contact, case, anchor), None) for contact in case.contacts]
    if ends and all(ends):
        yield from (end for end in ends if end is not None)


def _parted_from(contact: Subject, case: Case, anchor: Anchor) -> Iterator[End]:
    """Yield why there are no follow-ups with this person any more: removed, or muted and not unmuted since."""
    removed, muted, unmuted = (contact.saw(event) for event in (ContactRemoved, ContactMuted, ContactUnmuted))
    if removed is not None and removed.latest.time >= anchor.time:
        yield End(removed.latest.id, ContactRemoved.TYPE)
    if muted is None or (unmuted is not None and unmuted.latest.order > muted.latest.order):
        return
    if not case.rule.completion.asked_for or muted.latest.time >= anchor.time:
        yield End(muted.latest.id, ContactMuted.TYPE)


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
        return answer.cycle == slot.cycle
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
