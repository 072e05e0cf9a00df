"""What product and member have said of invites, meetings, promises and reminders: registers, in bounded sets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from msgspec.structs import replace

from services.gateway.projection.model.followups import TEXT_CHARS_MAX
from services.gateway.projection.model.people import (
    ANSWERS_MAX,
    INVITES_MAX,
    KEEP_PROMISE,
    MEETING_OPEN,
    MEETING_PEOPLE_MAX,
    MEETINGS_MAX,
    PROMISE_ITEM,
    PROMISES_MAX,
    PROPOSALS_ANSWERED_MAX,
    REQUESTS_MAX,
    Answer,
    Company,
    Invite,
    Invites,
    Made,
    Meeting,
    Meetings,
    Plan,
    Promise,
    Promises,
    Reminders,
    Request,
    Sending,
    Wish,
)
from services.gateway.projection.model.registers import Stamped, later, stamp, stamp_of, stated, time_of
from shared.calendar import instant, wall_of
from shared.contracts import (
    AboutMeeting,
    AboutPromise,
    ContactConnected,
    Event,
    EventData,
    FollowupAnswered,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupRequested,
    FollowupSnoozed,
    InviteAccepted,
    InviteAnswered,
    InviteKept,
    InviteReceived,
    InviteRetractionApproved,
    InviteSent,
    InviteWhyGiven,
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingPlan,
    MeetingProposed,
    MeetingQuestionsPrepared,
    MeetingRescheduled,
    MeetingScheduled,
    MeetingSketch,
    PromiseMade,
)
from shared.contracts.limits import DAYS_MAX

V = TypeVar("V")
HOW: dict[type[EventData], str] = {
    FollowupDone: "done", FollowupSnoozed: "snoozed", FollowupDismissed: "dismissed", FollowupReopened: "reopened",
}  # fmt: skip
STATUSES: dict[type[EventData], str] = {
    MeetingProposed: "proposed", MeetingScheduled: "scheduled", MeetingRescheduled: "scheduled",
    MeetingDeclined: "declined", MeetingCancelled: "cancelled", MeetingMissed: "missed", MeetingHeld: "held",
}  # fmt: skip


def invite(state: Invites, event: Event) -> Invites:
    """Return the invites after an event about some of them."""
    match event.data:
        case InviteKept(proposal_id=str() as key) | InviteRetractionApproved(proposal_id=str() as key):
            wishes = {**state.proposals, key: later(state.proposals.get(key), _wish(event))}
            return replace(state, proposals=_latest(wishes, PROPOSALS_ANSWERED_MAX, stamp))
        case InviteKept(invite_ids=ids) | InviteRetractionApproved(invite_ids=ids):
            wish = _wish(event)
            return _invites(state, ids or (), lambda one: replace(one, wish=later(one.wish, wish)))
        case InviteSent() | InviteReceived() as sent:
            sending = Sending(stamp_of(event), sent.contact.id, isinstance(sent, InviteSent))
            return _invites(state, (sent.invite_id,), lambda one: replace(one, sent=_first(one.sent, sending)))
        case InviteAnswered() as answer:
            outcome = stated(event, answer.CODE)
            return _invites(state, (answer.invite_id,), lambda one: replace(one, outcome=later(one.outcome, outcome)))
        case InviteWhyGiven(invite_id=key, why=str() as words):
            why = stated(event, words[:TEXT_CHARS_MAX])
            return _invites(state, (key,), lambda one: replace(one, why=later(one.why, why)))
        case ContactConnected(via_invite=str() as key):
            outcome = stated(event, InviteAccepted.CODE)
            return _invites(state, (key,), lambda one: replace(one, outcome=later(one.outcome, outcome)))
        case _:
            return state


def meet(state: Meetings, event: Event) -> Meetings:
    """Return the meetings after an event about one of them."""
    data = event.data
    assert isinstance(data, AboutMeeting | MeetingQuestionsPrepared)
    one = state.by_id.get(data.meeting_id, Meeting())
    if isinstance(data, MeetingQuestionsPrepared):
        one = replace(one, questions=later(one.questions, stated(event, data.count)))
    else:
        one = replace(one, status=later(one.status, stated(event, STATUSES[type(data)])))
        if isinstance(data, MeetingSketch | MeetingPlan) and data.starts is not None and data.zone is not None:
            starts, at = wall_of(data.starts, data.zone), stamp_of(event)
            plan = Plan(at, starts, data.zone, data.kind or "", data.minutes or 0, data.place or "")
            one = replace(one, plan=later(one.plan, plan))
        if data.contact_ids:
            ids, at = data.contact_ids[:MEETING_PEOPLE_MAX], stamp_of(event)
            one = replace(one, company=later(one.company, Company(at, ids, len(data.contact_ids))))
    return Meetings(_soonest({**state.by_id, data.meeting_id: one}))


def promise(state: Promises, event: Event) -> Promises:
    """Return the promises after an event about one of them."""
    data = event.data
    if isinstance(data, FollowupDone | FollowupReopened):
        key = answered_promise(data)
        one = state.by_id.get(key, Promise())
        one = replace(one, done=later(one.done, stated(event, isinstance(data, FollowupDone))))
        return Promises(_latest({**state.by_id, key: one}, PROMISES_MAX, _last_of_promise))
    assert isinstance(data, AboutPromise)
    one = state.by_id.get(data.promise_id, Promise())
    if isinstance(data, PromiseMade):
        made = Made(stamp_of(event), data.contact_id, data.due, (data.what or "")[:TEXT_CHARS_MAX])
        one = replace(one, made=later(one.made, made))
    else:
        one = replace(one, outcome=later(one.outcome, stated(event, data.CODE)))
    by_id = {**state.by_id, data.promise_id: one}
    return Promises(_latest(by_id, PROMISES_MAX, _last_of_promise))


def answered_promise(data: EventData) -> str:
    """Return the id of the promise that an answer says to be kept, or not to be after all; empty where it says neither."""
    if not isinstance(data, FollowupDone | FollowupReopened) or data.followup_id.count("/") < 3:
        return ""
    item, rule, _ = data.followup_id.rsplit("/", 2)
    return item.removeprefix(PROMISE_ITEM) if rule == KEEP_PROMISE and item.startswith(PROMISE_ITEM) else ""


def remind(state: Reminders, event: Event) -> Reminders:
    """Return what was asked for and answered after one more request or answer."""
    data, at = event.data, stamp_of(event)
    if isinstance(data, FollowupRequested):
        request = Request(at, data.what[:TEXT_CHARS_MAX], data.due, data.contact_id or "", data.every_days or 0)
        requests = {**state.requests, data.followup_id: later(state.requests.get(data.followup_id), request)}
        return replace(state, requests=_latest(requests, REQUESTS_MAX, stamp))
    assert isinstance(data, FollowupAnswered)
    until = data.until if isinstance(data, FollowupSnoozed) else None
    answer = Answer(at, HOW[type(data)], until)
    answers = {**state.answers, data.followup_id: later(state.answers.get(data.followup_id), answer)}
    return replace(state, answers=_latest(answers, ANSWERS_MAX, stamp))


def _invites(state: Invites, ids: tuple[str, ...], change: Callable[[Invite], Invite]) -> Invites:
    by_id = {**state.by_id, **{key: change(state.by_id.get(key, Invite())) for key in ids}}
    return replace(
        state, by_id=_latest(by_id, INVITES_MAX, lambda one: _last_of(one.sent, one.outcome, one.wish, one.why))
    )


def _wish(event: Event) -> Wish:
    data, until = event.data, None
    if isinstance(data, InviteKept) and data.for_days is not None:
        until = event.time + timedelta(days=min(data.for_days, DAYS_MAX))
    elif isinstance(data, InviteRetractionApproved) and data.wait_minutes is not None:
        until = event.time + timedelta(minutes=data.wait_minutes)
    return Wish(stamp_of(event), isinstance(data, InviteKept), until)


def _last_of_promise(one: Promise) -> bytes:
    return _last_of(one.made, one.outcome, one.done)


def _first(state: Sending | None, one: Sending) -> Sending:
    return one if state is None or one.stamp < state.stamp else state


def _last_of(*registers: Stamped | None) -> bytes:
    return max(one.stamp for one in registers if one is not None)


def _soonest(state: dict[str, Meeting]) -> dict[str, Meeting]:
    """Return the meetings to keep: open ones that come, the soonest first, then those of which something was said last.

    What was said last of any of them tells what time it is.
    """
    if len(state) <= MEETINGS_MAX:
        return state
    heard = {key: _last_of(one.status, one.plan, one.company, one.questions) for key, one in state.items()}
    present = time_of(max(heard.values()))

    def order(pair: tuple[str, Meeting]) -> tuple[bool, float, bytes, str]:
        key, one = pair
        is_open = one.status is None or one.status.value in MEETING_OPEN
        starts = instant(one.plan.starts, one.plan.zone) if is_open and one.plan is not None else present
        comes = starts > present
        return comes, -starts.timestamp() if comes else 0.0, heard[key], key

    return dict(sorted(state.items(), key=order)[-MEETINGS_MAX:])


def _latest(state: dict[str, V], most: int, order: Callable[[V], bytes]) -> dict[str, V]:
    """Return the `most` of which something was said last."""
    if len(state) <= most:
        return state
    return dict(sorted(state.items(), key=lambda pair: (order(pair[1]), pair[0]))[-most:])
