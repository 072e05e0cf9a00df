"""When a reminder goes to the member's channel, and what is said of each attempt: at most once, as of a mail.

*followups* says what is pushed, with its `per_day`; it does so whether there is a channel or not. Here only quiet hours and
pauses are looked at again, as some time may have passed. What is not delivered stays open, and so the digest shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, cast

from services.digest import rules
from services.digest.content.build import Digests
from services.digest.model.push import APART, WITHDRAWN_WITHIN, Push
from services.digest.model.state import OPEN, OpenFollowups, Profile
from shared.calendar import end_of_quiet, in_quiet
from shared.contracts import ChannelName, Event, PushFailed, PushSending, PushUnknown, PushWithdrawing
from shared.decider import NOTHING, Evaluation, NewEvent, NextAction, evaluation
from shared.delivery.attempts import pause_after
from shared.delivery.channels import reasons
from shared.delivery.outcome import ATTEMPT_SECONDS_MAX

PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""Between attempts: a reminder at an hour is worth nothing hours later."""
ATTEMPTS_MAX: Final = 4
BEGIN_AFTER: Final = rules.OUTCOME_AFTER - timedelta(seconds=2 * ATTEMPT_SECONDS_MAX)
"""How long after `push.sending` it may begin: later, it might still be at work when it is called unknown."""
WITHDRAW_AFTER: Final = APART - timedelta(seconds=2 * ATTEMPT_SECONDS_MAX)
"""How long after `push.withdrawing` it may begin: later, it might still be at work when the next attempt begins."""


def evaluate(view: Digests, at: datetime | None) -> Evaluation:
    """Return what is true of the member's reminders for the channel at the timer `at`, or when to look again."""
    waiting = _waiting(view)
    return evaluation(_actions(view.profile, waiting), at) if waiting and waiting.pushes else NOTHING


def report(view: Digests, event: Event, outcome: NewEvent) -> Sequence[NewEvent]:
    """Return what to say of an attempt's outcome: itself, or nothing when its fate was settled meanwhile.

    A refusal gives up the address that was asked, not one that was named since. The last attempt fails for good, and one that
    is worth nothing any more when it might be made again.
    """
    if isinstance(event.data, PushWithdrawing):
        return (outcome,) if withdrawal_under_way(view, event) else ()
    one = push_under_way(view, event)
    if one is None:
        return ()
    if not isinstance(failed := outcome.data, PushFailed):
        return (outcome,)
    named_at = view.profile.preferences.channel_set_at
    off = failed.reason.startswith(reasons.REFUSED) and (named_at is None or one.at is None or named_at <= one.at)
    last = failed.permanent or one.attempt >= ATTEMPTS_MAX
    return (replace(outcome, data=failed.model_copy(update={"switched_off": off, "permanent": last})),)


def withdrawal_under_way(view: Digests, event: Event) -> bool:
    """Say whether the taking back that `event` announced is without an outcome, and the address is the one that was asked."""
    waiting, data, wishes = _waiting(view), event.data, view.profile.preferences
    if waiting is None or not isinstance(data, PushWithdrawing):
        return False
    one, since = waiting.pushes.get(data.due_id), wishes.channel_set_at
    is_there = wishes.channel == data.channel and since is not None and since <= event.time
    return is_there and one is not None and one.state == "withdrawing"


def push_under_way(view: Digests, event: Event) -> Push | None:
    """Return the reminder whose attempt `event` announced, while that is without an outcome."""
    waiting, sending = _waiting(view), event.data
    if waiting is None or not isinstance(sending, PushSending):
        return None
    one = waiting.pushes.get(sending.due_id)
    return one if one is not None and (one.state, one.attempt) == ("sending", sending.attempt) else None


def hindrance(profile: Profile, one: Push, at: datetime) -> str | None:
    """Return why nothing is sent now, or None."""
    wishes = profile.preferences
    if one.ended:
        return reasons.ENDED
    if at >= one.expires:
        return reasons.EXPIRED
    if wishes.paused_until is not None and at < wishes.paused_until:
        return reasons.PAUSED
    if in_quiet(at, wishes.zone, *wishes.quiet):
        return reasons.QUIET
    return None


def may_begin(profile: Profile, one: Push, planned: datetime) -> datetime | None:
    """Return when an attempt may begin that is planned for an instant: behind the pause and the quiet hours around it.

    None: it has ended by then, or is worth nothing any more.
    """
    wishes = profile.preferences
    at = planned if wishes.paused_until is None else max(planned, wishes.paused_until)
    at = end_of_quiet(at, wishes.zone, *wishes.quiet)
    return None if one.ended or at >= one.expires else at


def _waiting(view: Digests) -> OpenFollowups | None:
    item = view.item(OPEN)
    return item if isinstance(item, OpenFollowups) else None


def _actions(profile: Profile, waiting: OpenFollowups) -> Iterator[NextAction]:
    """Yield what is done next: one effect of a member at a time, as a wake has one place for an item."""
    under_way = [(due_id, one) for due_id, one in waiting.pushes.items() if one.state == "sending"]
    for due_id, one in under_way:
        assert one.at is not None
        yield NextAction(one.at + rules.OUTCOME_AFTER, _unknown(due_id, one))
    channel_since = _channel_since(profile, waiting)
    if under_way or channel_since is None:
        return
    free = max(
        (one.at + APART for one in waiting.pushes.values() if one.state == "withdrawing" and one.at), default=None
    )
    for due_id, one in waiting.pushes.items():
        if one.state in ("", "failed") and one.reminded_at >= channel_since and not one.ended:
            yield _attempt(profile, due_id, one, free)
    for due_id, one in waiting.pushes.items():
        if one.state == "sent" and one.ended and one.channel == profile.preferences.channel:
            assert one.at is not None
            if one.at >= channel_since:
                yield NextAction(one.at if free is None else free, _withdrawing(due_id, one))


def _channel_since(profile: Profile, waiting: OpenFollowups) -> datetime | None:
    """Return since when the channel stands that takes something; None: there is none."""
    since, off_at = profile.preferences.channel_set_at, waiting.channel_off_at
    if profile.preferences.channel is None or (since is not None and off_at is not None and since <= off_at):
        return None
    return since


def _attempt(profile: Profile, due_id: str, one: Push, free: datetime | None) -> NextAction:
    """Return the next attempt at what is still open, or, where none would be worth it, that it is left to the digest."""
    planned = one.reminded_at if one.at is None else one.at + pause_after(PAUSES, max(1, one.attempt))
    earliest = planned if free is None else max(planned, free)
    channel = profile.preferences.channel
    assert channel is not None
    data = PushSending(
        followup_id=one.followup_id, rule=one.rule, due_id=due_id, channel=channel, attempt=one.attempt + 1
    )

    def emit(at: datetime) -> NewEvent:
        """Begin it, or say why not: a timer that is late, after an outage perhaps, may be in quiet hours. Then it waits."""
        if (begins := may_begin(profile, one, at)) != at:
            failed = PushFailed(
                **data.model_dump(), reason=hindrance(profile, one, at) or reasons.EXPIRED, permanent=begins is None
            )
            return NewEvent(failed, because=due_id)
        return NewEvent(data, expires=min(at + BEGIN_AFTER, one.expires), because=due_id)

    return NextAction(may_begin(profile, one, earliest) or earliest, emit)


def _withdrawing(due_id: str, one: Push) -> Callable[[datetime], NewEvent]:
    """Return what begins to take back a reminder that has ended. Where its timer is too late, nobody is asked."""
    assert one.at is not None
    until = one.at + WITHDRAWN_WITHIN

    def emit(at: datetime) -> NewEvent:
        data = PushWithdrawing(
            followup_id=one.followup_id, rule=one.rule, due_id=due_id, channel=cast("ChannelName", one.channel),
            attempt=one.attempt, message_id=one.message_id,
        )  # fmt: skip
        return NewEvent(data, expires=min(at + WITHDRAW_AFTER, until), because=due_id)

    return emit


def _unknown(due_id: str, one: Push) -> Callable[[datetime], NewEvent]:
    channel = cast("ChannelName", one.channel)

    def emit(_: datetime) -> NewEvent:
        data = PushUnknown(
            followup_id=one.followup_id, rule=one.rule, due_id=due_id, channel=channel, attempt=one.attempt
        )
        return NewEvent(data, because=due_id)

    return emit
