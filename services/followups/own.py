"""What the service's own facts make of what is known: in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from services.followups.contact_rules import PROPOSE_MEETING, THANK
from services.followups.records import Mark, Slot, Stage
from services.followups.rules import RULES
from services.followups.state import (
    HABITS,
    LAPSES_MAX,
    PROPOSALS,
    PUSHED_MAX,
    REMINDER,
    WAITING_MAX,
    Habits,
    Profile,
    Proposals,
    kind_of,
    latest,
    place_of,
)
from shared.contracts import (
    AboutFollowup,
    Fact,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDue,
    FollowupEnded,
    FollowupLapsed,
    FollowupRescheduled,
    FollowupScheduled,
    FollowupSnoozed,
    MeetingCancelled,
    MemberPreferencesSet,
)

_CANCELLED: Final[dict[str, Stage]] = {MemberPreferencesSet.TYPE: "off", MeetingCancelled.TYPE: "called_off"}
_PUSHES_KEPT_FOR: Final = timedelta(days=2)
"""A member's day ends within it, wherever the member travels."""


def keys_of(data: AboutFollowup) -> Iterator[str]:
    """Yield the keys of the items that a fact of our own is about."""
    yield place_of(data.followup_id).key
    over = isinstance(data, FollowupLapsed | FollowupEnded)
    if over or (isinstance(data, FollowupDue) and data.push):
        yield HABITS
    if data.rule == PROPOSE_MEETING and (over or isinstance(data, FollowupScheduled)):
        yield PROPOSALS
    if data.rule == THANK and isinstance(data, FollowupCompleted):
        yield PROPOSALS


def said(key: str, slot: Slot, fact: Fact) -> Slot:
    """Return what was said of a rule after one more fact of our own."""
    match fact.data:
        case FollowupScheduled() as plan:
            keeps_wall = kind_of(key) == REMINDER or _keeps_wall(plan.rule)
            return Slot(
                "open", place_of(plan.followup_id).cycle, slot.number + 1, plan.because.id,
                plan.due_local if keeps_wall else None, plan.due_at, lapsed=slot.lapsed, starts_at=plan.starts_at,
                told=slot.told,
            )  # fmt: skip
        case FollowupRescheduled() as plan:
            return _moved(key, replace(slot, due_at=plan.due_at), plan)
        case FollowupDue() as due:
            rule = RULES.get(due.rule)
            told = fact.time if rule is not None and rule.rests_days else slot.told
            return replace(slot, attempts=due.attempt, said_at=fact.time, told=told)
        case FollowupLapsed():
            return _close(replace(slot, lapsed=slot.cycle), "lapsed", fact, "")
        case FollowupCompleted() as end:
            cycle = place_of(end.followup_id).cycle
            if cycle == slot.lapsed:
                slot = replace(slot, lapsed="")
            return _close(slot, "completed", fact, end.because.id) if cycle == slot.cycle else slot
        case FollowupCancelled() as end:
            return _close(slot, _CANCELLED.get(end.because.type, "cancelled"), fact, end.because.id)
        case _:
            return slot


def practise(habits: Habits, fact: Fact) -> Habits:
    """Return the member's habits after one more fact of our own."""
    match fact.data:
        case FollowupLapsed(rule=rule):
            count = habits.lapses.get(rule, 0) + 1
            return (
                replace(habits, lapses={**habits.lapses, rule: count}) if count < LAPSES_MAX else _reset(habits, rule)
            )
        case FollowupCompleted(rule=rule):
            return _reset(habits, rule)
        case FollowupCancelled(rule=rule, because=because) if because.type == FollowupDismissed.TYPE:
            return _reset(habits, rule)
        case FollowupDue(push=True):
            kept = tuple(at for at in habits.pushed if at > fact.time - _PUSHES_KEPT_FOR)
            return replace(habits, pushed=(*kept, fact.time)[-PUSHED_MAX:])
        case _:
            return habits


def hush(profile: Profile, lapse: FollowupLapsed, fact: Fact) -> Profile:
    """Return the profile after a lapse.

    It is the profile that changes when a rule goes quiet, so that the shell looks at all that the rule has open (a sweep).
    """
    if not lapse.quiet:
        return profile
    return replace(profile, quiet={**profile.quiet, lapse.rule: Mark(fact.time, fact.id)})


def propose(proposals: Proposals, data: AboutFollowup, fact: Fact) -> Proposals:
    """Return to whom a meeting is, or may be, proposed after one more fact of our own."""
    key = place_of(data.followup_id).key
    if data.rule == THANK:
        return replace(proposals, begun=latest(proposals.begun, fact.time, key, WAITING_MAX))
    others = tuple(other for other in proposals.open if other != key)
    return replace(proposals, open=(*others, key) if isinstance(data, FollowupScheduled) else others)


def _moved(key: str, slot: Slot, plan: FollowupRescheduled) -> Slot:
    """Return the slot of a cycle that falls due at another time, and perhaps stands for another reason."""
    if _keeps_wall(plan.rule):
        slot = replace(slot, base=plan.due_local)
    if plan.because.type == FollowupSnoozed.TYPE:
        return slot
    if kind_of(key) == REMINDER and plan.because.id != slot.because:
        slot = replace(slot, base=plan.due_local)
    return replace(slot, because=plan.because.id, starts_at=plan.starts_at)


def _keeps_wall(name: str) -> bool:
    rule = RULES.get(name)
    return rule is not None and rule.keeps_wall


def _close(slot: Slot, stage: Stage, fact: Fact, ended_by: str) -> Slot:
    """Return the slot of a cycle that is over: what the next one needs to know stays."""
    closed_at = fact.time if slot.closed_at is None else slot.closed_at
    return replace(
        slot, stage=stage, due_at=None, attempts=0, said_at=None, closed_at=closed_at, ended_by=ended_by
    )  # fmt: skip


def _reset(habits: Habits, rule: str) -> Habits:
    if rule not in habits.lapses:
        return habits
    return replace(habits, lapses={name: count for name, count in habits.lapses.items() if name != rule})
