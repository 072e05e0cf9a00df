"""What services have said: follow-ups, findings about invites, digests. Each counts by its number, on its own topic."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeVar

from msgspec.structs import replace

from services.gateway.projection.model.followups import (
    DIGESTS_KEPT_MAX,
    ENDED_MAX,
    FINDINGS_MAX,
    HEARD_MAX,
    OPEN_MAX,
    REMINDER,
    RULES_QUIET_MAX,
    TEXT_CHARS_MAX,
    Digest,
    Digests,
    EndedFollowup,
    Finding,
    Findings,
    Followup,
    Followups,
    Proposal,
)
from shared.contracts import (
    AboutDigest,
    AboutFollowup,
    AboutPush,
    DigestFailed,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Event,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupDue,
    FollowupEnded,
    FollowupLapsed,
    FollowupPlan,
    FollowupRescheduled,
    InviteExpired,
    InviteFinding,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    PushFailed,
    RuleQuieted,
    RuleResumed,
)

V = TypeVar("V")
Ending = Literal["completed", "cancelled", "lapsed"]
_ANSWERS: Final = frozenset({FollowupDone.TYPE, FollowupDismissed.TYPE})
"""Answers that the member can take back."""


def follow(state: Followups, event: Event) -> Followups:
    """Return the follow-ups after an event of *followups*."""
    number = event.number or 0
    if number <= state.number:
        return state
    state = _hear(replace(state, number=number), event)
    match event.data:
        case FollowupPlan() | FollowupDue() as plan:
            after = {**state.open, plan.followup_id: _followup(plan, event.time)}
            if len(after) > OPEN_MAX:
                del after[max(after, key=lambda key: (after[key].due_at, key))]
            return replace(state, open=after)
        case FollowupEnded(followup_id=key) as end:
            how: Ending = "completed" if isinstance(end, FollowupCompleted) else "cancelled"
            one, answered = state.open.get(key), end.because.type in _ANSWERS
            before = one.starts_at if one is not None and one.starts_at and one.due_at < one.starts_at else None
            on_day = None if one is None else one.on_day
            return _end(state, EndedFollowup(key, event.time, how, answered, before, on_day))
        case FollowupLapsed(followup_id=key):
            return _end(state, EndedFollowup(key, event.time, "lapsed"))
        case RuleQuieted(rule=rule, asks_again_at=at):
            return replace(state, quiet=_last({**state.quiet, rule: at}, RULES_QUIET_MAX))
        case RuleResumed(rule=rule):
            return replace(state, quiet=_without(state.quiet, rule))
        case _:
            return state


def find(state: Findings, event: Event) -> Findings:
    """Return what *invites* has said after an event of it."""
    number = event.number or 0
    if number <= state.number:
        return state
    state = replace(state, number=number)
    if isinstance(event.data, InviteRetractionProposed):
        proposed = event.data
        shown = tuple(one.invite_id for one in proposed.invites)
        return replace(
            state,
            proposal=Proposal(proposed.proposal_id, event.time, proposed.attempt, shown, len(proposed.more or ())),
        )
    assert isinstance(event.data, InviteFinding)
    before = state.by_id.get(event.data.invite_id, Finding(event.time))
    after = replace(before, reminded_at=event.time, contact_id=event.data.contact_id, **_step(event))
    by_id = {**_without(state.by_id, event.data.invite_id), event.data.invite_id: after}
    return replace(state, by_id=_last(by_id, FINDINGS_MAX))


def mail(state: Digests, event: Event) -> Digests:
    """Return the digests after an event of *digest*."""
    number = event.number or 0
    if number <= state.number:
        return state
    state, time = replace(state, number=number), event.time
    data = event.data
    if isinstance(data, AboutPush):
        off = isinstance(data, PushFailed) and data.switched_off
        return replace(state, channel_off_at=time) if off else state
    assert isinstance(data, AboutDigest | DigestSkipped)
    before = state.by_period.get(data.period, Digest(data.period, time, "prepared"))
    after = replace(before, at=time)
    match data:
        case DigestSkipped(why=why):
            after = Digest(data.period, time, "skipped", reason=why)
        case DigestPrepared(due_at=due_at, items=items):
            after = Digest(data.period, time, "prepared", due_at=due_at, items=len(items))
        case DigestSending(attempt=attempt):
            after = replace(after, outcome="sending", attempt=attempt)
        case DigestSent():
            after = replace(after, outcome="sent", reason="")
        case DigestUnknown():
            after = replace(after, outcome="unknown", reason="")
        case DigestFailed(reason=reason, switched_off=off):
            after = replace(after, outcome="failed", reason=reason[:TEXT_CHARS_MAX])
            state = replace(state, off_at=time if off else state.off_at)
        case _:
            pass
    return replace(
        state, by_period=_last({**_without(state.by_period, data.period), data.period: after}, DIGESTS_KEPT_MAX)
    )


def _followup(plan: FollowupPlan | FollowupDue, time: datetime) -> Followup:
    due = plan if isinstance(plan, FollowupDue) else None
    names = plan.followup_id.rsplit("/", 2)
    contact = plan.contact_id or ""
    return Followup(
        plan.due_at,
        reminded_at=time if due else None,
        attempt=due.attempt if due else 0,
        rule="" if len(names) == 3 and names[1] == plan.rule else plan.rule,
        contact_id="" if names[0] == f"contact/{contact}" else contact,
        pushed=bool(due and due.push),
        what=(plan.what or "")[:TEXT_CHARS_MAX],
        text=(due.text or "") if due else "",
        starts_at=plan.starts_at,
        promised_for=plan.promised_for,
        lapses_at=due.lapses_at if due else None,
        on_day=None if plan.on_day is None else plan.on_day.date(),
        instead_of=plan.instead_of if isinstance(plan, FollowupRescheduled) else None,
    )


def _hear(state: Followups, event: Event) -> Followups:
    data = event.data
    if not isinstance(data, AboutFollowup) or not data.followup_id.startswith(REMINDER):
        return state
    key = data.followup_id.removeprefix(REMINDER).rsplit("/", 2)[0]
    return replace(state, heard=_last({**_without(state.heard, key), key: event.time}, HEARD_MAX))


def _end(state: Followups, one: EndedFollowup) -> Followups:
    return replace(state, open=_without(state.open, one.id), ended=(*state.ended, one)[-ENDED_MAX:])


def _step(event: Event) -> dict[str, datetime | None]:
    match event.data:
        case InviteIgnored():
            return {"ignored_at": event.time}
        case InviteRetractionNoticed(retract_at=retract_at):
            return {"retract_at": retract_at, "noticed_at": event.time}
        case InviteRetracted():
            return {"retracted_at": event.time}
        case InviteExpired():
            return {"expired_at": event.time}
        case InviteReinviteAllowed():
            return {"again_at": event.time}
        case _:
            return {}


def _without(state: dict[str, V], key: str) -> dict[str, V]:
    return {other: value for other, value in state.items() if other != key} if key in state else state


def _last(state: dict[str, V], most: int) -> dict[str, V]:
    """Return the last `most`, in the order in which they were said."""
    return state if len(state) <= most else dict(list(state.items())[-most:])
