"""What becomes of follow-ups when the member takes back that something is done, or that they will not do it.

The cycle that the answer ended comes back in a turn of its own, as it stood: planned, if it had not been said; else it is
said once more as soon as quiet hours and a pause allow, and not pushed, as the member has just had it in hand. The next turn
of the rule is taken back, as long as it has not fallen due, and so is what another rule began for the answer alone: nothing
stands open whose reason is gone.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from services.followups.engine.events import plan_of
from services.followups.engine.schedule import next_due, over_at
from services.followups.model.answers import Answer, withdrawal_of
from services.followups.model.event_codes import TYPES
from services.followups.model.slot import Slot
from services.followups.model.state import CONTACT, MEETINGS_MAX, Subject
from services.followups.rules.form.case import Case
from services.followups.rules.form.completion import end_of, quiet_end
from services.followups.rules.form.context import TriggerEvent
from services.followups.rules.form.rule import End
from services.followups.rules.people import SECOND_MEETING
from shared.contracts import Because, FollowupReopened, FollowupScheduled, MeetingHeld
from shared.decider import NewEvent


class Reopening(NamedTuple):
    """A cycle that comes back."""

    case: Case
    """The rule on its subject, with that cycle open."""
    trigger: TriggerEvent
    answer: Answer
    """What took back the answer that had ended it."""


def reopening_of(case: Case) -> Reopening | None:
    """Return the cycle that comes back; None where none was answered last, that stands, or there is no use in it any more."""
    before = case.slot.before
    if before is None or (answer := _withdrawal(case, before.ended_by)) is None:
        return None
    if before.stage == "lapsed" and answer not in case.subject.answers.get(case.rule.name, ()):
        return None  # it was laid to rest already, and the answer was to something else
    number = case.slot.number + 1
    slot = before.restored(number, f"{before.cycle.partition('.')[0]}.{number}")
    again = _with_slot(case, replace(slot, due_at=answer.time))
    if (trigger := again.trigger) is None:
        return None
    moves, over = case.rule.repeat.moves, over_at(again)
    moved = moves is not None and moves.when(again, trigger)
    since, due = again.open_since, next_due(again, trigger)
    if since is not None and (due is None or since > max(due.instant, answer.time)):
        return None  # what was forbidden until after its day does not come back
    if moved or (over is not None and over <= answer.time) or end_of(again, trigger) or quiet_end(again):
        return None
    return Reopening(again, trigger, answer)


def back_again(of: Reopening) -> NewEvent:
    """Say that the cycle is planned once more."""
    due = next_due(of.case, of.trigger)
    assert due is not None
    because = Because(id=of.answer.id, type=FollowupReopened.TYPE)
    return NewEvent(FollowupScheduled(**plan_of(of.case, of.case.slot.cycle, due, because)), because=of.answer.id)


def reason_gone(case: Case) -> End | None:
    """Return what took the reason away for which alone a cycle is open; None where nothing is known to have.

    The answer was taken back, or the meeting is with others now. A meeting of long ago may be remembered no more: then
    its end names what it began with. Where the log has lost its beginning, no reason is known of anything: that ends nothing.
    """
    if case.slot.stage != "open":
        return None
    if (answer := _withdrawal(case, case.slot.because)) is not None:
        return End(answer.id, FollowupReopened.TYPE)
    if case.rule.name != SECOND_MEETING:
        return None
    for one in case.meetings_named:
        held = one.saw(MeetingHeld)
        if held is not None and held.first.id == case.slot.because and not case.is_with_them(one):
            return _reason_of_company(one) or End(held.first.id, held.first.named(MeetingHeld))
    is_forgotten = len(case.subject.meetings) == MEETINGS_MAX
    return End(case.slot.because, MeetingHeld.TYPE) if is_forgotten else None


def _reason_of_company(meeting: Subject) -> End | None:
    """Return the event that said last with whom a meeting is, as far as it is known."""
    company, plan = meeting.company, meeting.plan
    assert company is not None
    if plan is not None and plan.id == company.id:
        return End(plan.id, plan.type)
    found = (TYPES[code] for code, seen in meeting.seen.items() if seen.latest.id == company.id)
    return next((End(company.id, kind) for kind in found), None)


def _with_slot(case: Case, slot: Slot) -> Case:
    subject = replace(case.subject, slots={**case.subject.slots, case.rule.name: slot})
    again = Case(case.view, case.key, case.rule, subject)
    again.reads = case.reads
    return again


def _withdrawal(case: Case, event_id: str) -> Answer | None:
    """Return what took back the answer that is that event: one about the subject, its people, or meetings with them."""
    meetings = case.meetings_named if case.rule.about == CONTACT else ()
    for subject in (case.subject, *case.contacts, *meetings):
        if isinstance(subject, Subject):
            for answer in withdrawal_of(subject.answers, event_id):
                return answer
    return None
