"""What is left to say of a follow-up, and when to look again.

That it is planned, moved or ended may be said at any time. That it is due, or was let lapse, is said only at a wake:
then every answer that stood in the log by that instant is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec.structs import replace

from services.followups.apply import reconnect
from services.followups.engine import quiet
from services.followups.engine.lines import line
from services.followups.engine.preconditions import hindrance
from services.followups.engine.schedule import (
    deferred,
    expires_at,
    in_time,
    is_quiet,
    lapses_at,
    next_due,
    over_at,
    snooze_of,
    steps,
    told_due,
)
from services.followups.model.state import (
    CONTACT,
    HABITS,
    RECONNECT,
    REMINDER,
    TIES,
    Item,
    Proposals,
    Reconnects,
    Subject,
    followup_id,
    kind_of,
)
from services.followups.rules.completion import end_of, late_answer, quiet_end
from services.followups.rules.people import OPEN_PROPOSALS_MAX
from services.followups.rules.rule import Anchor, Case, Due, End, Followups
from services.followups.rules.table import HOUR_KEPT_FOR, RULES, rules_for, rules_of
from services.followups.rules.triggers import digest_after
from shared.calendar import instant, local
from shared.contracts import (
    Because,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    FollowupRescheduled,
    FollowupScheduled,
    FollowupSnoozed,
)
from shared.decider import Said

Turn = Literal["due", "lapses", "passed"]
"""What becomes of an open cycle without an answer: it is said to be due; it is let lapse; there is no time left in which it
could be said."""
PushCode = Literal["pushed", "for_digest", "too_late_to_push", "at_rest", "day_is_full"]


def decide(view: Followups, key: str, at: datetime | None) -> Sequence[Said]:
    """Return the next thing that is true of the subject's follow-ups and was not said."""
    if kind_of(key) == TIES:
        return _pick(view, key, at)
    if key == HABITS:
        return quiet.decide(view, at)
    subject = view.item(key)
    if not isinstance(subject, Subject):
        return ()
    for rule in rules_for(key, subject):
        case = Case(view, key, rule, subject)
        if (said := say(case, at)) is not None:
            return (said,)
    return ()


def wake_at(view: Followups, key: str) -> datetime | None:
    """Return when the first of the subject's open follow-ups is due or lapses."""
    if kind_of(key) == TIES:
        return None if (pick := reconnect.next_pick(view, key)) is None else pick.at
    if key == HABITS:
        return quiet.wake_at(view)
    subject, moments = view.item(key), list[datetime]()
    if not isinstance(subject, Subject):
        return None
    for rule in rules_for(key, subject):
        case = Case(view, key, rule, subject)
        if (anchor := open_anchor(case)) is not None:
            moments.append(moment_of(case, anchor))
    return min(moments, default=None)


def related(key: str, item: Item) -> Iterable[str]:
    """Return the subjects that read this one.

    Those with a person read what happened with the person; a person's rules read what became of the meetings. Whoever
    waits for a proposal to meet is looked at when there is room, and whoever may be picked to reconnect with after each
    pick.
    """
    if isinstance(item, Proposals):
        waiting = (*item.thanked, *item.begun) if len(item.open) < OPEN_PROPOSALS_MAX else ()
        return dict.fromkeys(one.key for one in sorted(waiting, key=lambda one: one.time))
    if isinstance(item, Reconnects):
        return reconnect.keys()
    if not isinstance(item, Subject):
        return ()
    if kind_of(key) == CONTACT:
        return (*item.about, *(meeting.key for meeting in item.meetings))
    return () if item.company is None else (f"{CONTACT}/{contact_id}" for contact_id in item.company.contact_ids)


def _pick(view: Followups, key: str, at: datetime | None) -> Sequence[Said]:
    """Plan for the next digest whom to reconnect with, if somebody is ready at this wake."""
    pick = reconnect.next_pick(view, key)
    if at is None or pick is None or pick.at > at:
        return ()
    about = f"{CONTACT}/{pick.contact_id}"
    known, touched = view.item(about), pick.touched
    case = Case(view, about, RULES[RECONNECT], known if isinstance(known, Subject) else Subject())
    wall = digest_after(case, at)
    cycle = _cycle(case, Anchor(touched.logged, touched.time, touched.id, touched.type))
    because = Because(id=touched.id, type=touched.type)
    due = Due(instant(wall, case.zone), wall)
    return (Said(FollowupScheduled(**_plan(case, cycle, due, because)), because=touched.id),)


def cases(view: Followups, key: str) -> Sequence[Case]:
    """Return each rule about the kind of subject that the key names, with what is known of the subject."""
    subject = view.item(key)
    return [Case(view, key, rule, subject) for rule in rules_of(key)] if isinstance(subject, Subject) else ()


def say(case: Case, at: datetime | None) -> Said | None:
    """Return the next thing that is true by one rule and was not said."""
    if (answer := late_answer(case)) is not None:
        return _end(case, case.slot.lapsed, answer)
    if (anchor := open_anchor(case)) is not None:
        return _continue(case, anchor, at)
    return _start(case) if case.slot.stage != "open" else None


def open_anchor(case: Case) -> Anchor | None:
    """Return what the open cycle stands for; None when none is open."""
    return case.anchor if case.slot.stage == "open" else None


def _start(case: Case) -> Said | None:
    anchor = case.anchor
    if anchor is None or hindrance(case, anchor) is not None:
        return None
    first, because = steps(case, anchor)[0], Because(id=anchor.id, type=anchor.type)
    return Said(FollowupScheduled(**_plan(case, _cycle(case, anchor), first, because)), because=anchor.id)


def _cycle(case: Case, anchor: Anchor) -> str:
    """Return the name of the next cycle, and which one it is from the second on."""
    number, name = case.slot.number, case.rule.named(case, anchor)
    return name if number == 0 else f"{name}.{number + 1}"


def _continue(case: Case, anchor: Anchor, at: datetime | None) -> Said | None:
    slot = case.slot
    if (end := end_of(case, anchor) or quiet_end(case)) is not None:
        return _end(case, slot.cycle, end)
    moved = case.rule.moved(case, anchor)
    if moved and slot.attempts:
        return _end(case, slot.cycle, End(anchor.id, anchor.type))
    due = told_due(case, anchor)
    if due is not None and (due.instant != slot.due_at or moved):
        return _reschedule(case, anchor, due, moved=moved)
    if at is None or moment_of(case, anchor) > at:
        return None
    turn, end = turn_of(case, anchor)
    if end is not None:
        return _end(case, slot.cycle, end)
    due = next_due(case, anchor)
    return _lapse(case) if turn == "lapses" or due is None else _fall_due(case, anchor, due, at)


def turn_of(case: Case, anchor: Anchor) -> tuple[Turn, End | None]:
    """Return what becomes of the open cycle at its moment, and by what it ends then, where it does."""
    due = next_due(case, anchor)
    if due is not None and in_time(case, due):
        return "due", None
    # What was never said is not let lapse.
    return ("lapses", None) if case.slot.attempts else ("passed", End(anchor.id, anchor.type))


def moment_of(case: Case, anchor: Anchor) -> datetime:
    """Return when the open cycle is to be said due, or lapsed."""
    due = next_due(case, anchor)
    return deferred(case, due.instant) if due is not None and in_time(case, due) else lapses_at(case)


def _plan(case: Case, cycle: str, due: Due, because: Because) -> dict[str, Any]:
    """Return the fields of a `FollowupPlan`."""
    return {
        "followup_id": followup_id(case.key, case.rule.name, cycle),
        "rule": case.rule.name,
        "contact_id": next(iter(case.contact_ids), None),
        "about": None if case.rule.kind in (CONTACT, REMINDER) else case.key,
        "due_at": due.instant,
        "due_local": due.local.replace(microsecond=0),
        "zone": case.zone,
        "because": because,
        "what": case.what or None,
        "starts_at": case.starts_at,
        "promised_for": case.promised_for,
    }


def _reschedule(case: Case, anchor: Anchor, due: Due, *, moved: bool) -> Said:
    snooze = snooze_of(case, anchor)
    because = Because(id=anchor.id, type=anchor.type)
    if snooze is not None and snooze.until == due.instant and not moved:
        because = Because(id=snooze.answer.id, type=FollowupSnoozed.TYPE)
    return Said(FollowupRescheduled(**_plan(case, case.slot.cycle, due, because)), because=because.id)


def _fall_due(case: Case, anchor: Anchor, due: Due, at: datetime) -> Said:
    slot, expires = case.slot, expires_at(case, due)
    said = FollowupDue(
        followup_id=followup_id(case.key, case.rule.name, slot.cycle),
        rule=case.rule.name,
        contact_id=next(iter(case.contact_ids), None),
        attempt=slot.attempts + 1,
        due_at=due.instant,
        push=push_of(case, due, at) == "pushed",
        what=case.what or None,
        text=line(case, at),
        starts_at=case.starts_at,
        promised_for=case.promised_for,
        lapses_at=_lapses_after(case, anchor, due, at),
    )
    return Said(said, expires=expires, because=slot.because)


def _lapses_after(case: Case, anchor: Anchor, due: Due, at: datetime) -> datetime | None:
    """Return when the open cycle lapses once it was said to be due at `at`; None when it falls due again before."""
    slot = replace(case.slot, attempts=case.slot.attempts + 1, said_at=at, due_for=due.instant)
    said = Case(
        case.view, case.key, case.rule, replace(case.subject, slots={**case.subject.slots, case.rule.name: slot})
    )
    turn, _ = turn_of(said, anchor)
    return moment_of(said, anchor) if turn == "lapses" else None


def push_of(case: Case, due: Due, at: datetime) -> PushCode:
    """Return whether what falls due is pushed when that is said at `at`, or why it waits for the digest."""
    if not _is_pushed(case, due):
        return "for_digest"
    if at >= expires_at(case, due):
        return "too_late_to_push"
    if is_quiet(case, at):
        return "at_rest"
    limited = not (case.rule.chosen and (over_at(case) is not None or at - due.instant <= HOUR_KEPT_FOR))
    return "day_is_full" if limited and _pushed_on_the_day(case, at) >= case.wishes.per_day else "pushed"


def _is_pushed(case: Case, due: Due) -> bool:
    """Say whether this step is pushed, by the member's wish or else by the rule."""
    wish, pushed, anchor = case.wishes.rule(case.rule.name).push, case.rule.pushed, case.anchor
    if wish is not None or anchor is None:
        return bool(wish)
    if pushed == "first":
        return case.slot.attempts == 0
    return pushed == "all" or (pushed == "last" and due.instant >= steps(case, anchor)[-1].instant)


def _pushed_on_the_day(case: Case, at: datetime) -> int:
    """Return how many nudges were pushed already on the member's local day."""
    today = local(at, case.zone).date()
    return sum(local(pushed, case.zone).date() == today for pushed in case.habits.pushed)


def _lapse(case: Case) -> Said:
    slot = case.slot
    lapsed = FollowupLapsed(
        followup_id=followup_id(case.key, case.rule.name, slot.cycle),
        rule=case.rule.name,
    )
    return Said(lapsed, because=slot.because)


def _end(case: Case, cycle: str, end: End) -> Said:
    """Say that a cycle has ended: completed when it was done, else cancelled."""
    said = FollowupCompleted if end.done else FollowupCancelled
    because = Because(id=end.id, type=end.type)
    named = followup_id(case.key, case.rule.name, cycle)
    return Said(said(followup_id=named, rule=case.rule.name, because=because), because=end.id)
