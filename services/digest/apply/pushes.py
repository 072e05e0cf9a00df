"""Reminders for the member's channel: those that *followups* says are pushed, and what became of each."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from services.digest.model.push import PUSHES_MAX, Push
from services.digest.model.state import OpenFollowups
from shared.contracts import (
    AboutFollowup,
    AboutPush,
    Event,
    FollowupDue,
    PushFailed,
    PushSending,
    PushSent,
    PushWithdrawing,
)


def pushes_after(pushes: dict[str, Push], data: AboutFollowup, event: Event) -> dict[str, Push]:
    """Return what is to be pushed after the latest word about one follow-up: it ends what was said of it before.

    An attempt that is under way stays until its fate is known, and what the channel has as long as it may be taken back.
    """
    is_pushed = isinstance(data, FollowupDue) and data.push
    if not pushes and not is_pushed:
        return pushes
    after = {
        due_id: replace(one, ended=True) if one.followup_id == data.followup_id else one
        for due_id, one in pushes.items()
        if one.state == "sending"
        or ((one.taken or one.followup_id != data.followup_id) and not one.settled(event.time))
    }
    if isinstance(data, FollowupDue) and data.push and data.text and event.expires is not None:
        after[event.id] = Push(data.followup_id, data.rule, data.text, event.time, event.expires)
    taken = [due_id for due_id, one in after.items() if one.taken]
    waiting = [due_id for due_id, one in after.items() if one.state != "sending" and not one.taken]
    beyond = {*taken[:-PUSHES_MAX], *waiting[:-PUSHES_MAX]}
    return {due_id: one for due_id, one in after.items() if due_id not in beyond} if beyond else after


def pushed(state: OpenFollowups, data: AboutPush, time: datetime) -> OpenFollowups:
    """Return what is known after one of our own events about an attempt."""
    if (one := state.pushes.get(data.due_id)) is None:
        return state
    match data:
        case PushSending():
            one = replace(one, state="sending", attempt=data.attempt, at=time, channel=data.channel)
        case PushSent(message_id=str(message_id)):
            one = replace(one, state="sent", message_id=message_id)
        case PushWithdrawing():
            one = replace(one, state="withdrawing", at=time)
        case PushFailed(permanent=False):
            one = replace(one, state="failed", at=time)
        case _:
            one = replace(one, state="over", at=time)
    off_at = time if isinstance(data, PushFailed) and data.switched_off else state.channel_off_at
    return replace(state, pushes={**state.pushes, data.due_id: one}, channel_off_at=off_at)
