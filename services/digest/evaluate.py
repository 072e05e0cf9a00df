"""What is left to say of a digest, and when to look again.

Everything here is said at a wake, never after a mere change: a digest is irreversible, so it waits until all that stood
in the log is known. A mail is a state like any other: prepared, then `sending` before SMTP begins, then its outcome. An
outcome that nobody learns is said to be unknown, and that mail is not sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.digest import delivery_errors, rules
from services.digest.content.build import Digests, content, tells_nothing
from services.digest.content.model import DigestContent
from services.digest.model.state import DIGEST, OPEN, Running
from services.digest.push import evaluate as push
from shared.contracts import (
    AboutPush,
    DigestFailed,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Event,
    NamedRetraction,
    SkipReason,
)
from shared.decider import NOTHING, Blocked, Evaluation, NewEvent, NextAction, Outcome, evaluation

SMTP_SECONDS_MAX: Final = 120
"""How long the conversation with a mail server may take. An outcome must come before `OUTCOME_MINUTES_MAX`."""
BEGIN_AFTER: Final = rules.OUTCOME_AFTER - timedelta(seconds=2 * SMTP_SECONDS_MAX)
"""How long after `digest.sending` SMTP may begin: later, it might still be at work when the mail is called unknown."""


def evaluate(view: Digests, key: str, at: datetime | None) -> Evaluation:
    """Return what is true of the member's digest at the timer `at` and was not said, or when to look again.

    Everything here is said at a timer, so no action is `AT_ONCE`. What waits for the member may go to a channel, too.
    """
    if key == OPEN:
        return push.evaluate(view, at)
    running = running_of(view, key)
    return NOTHING if running is None else evaluation((outcome(view, running),), at)


def outcome(view: Digests, running: Running) -> Outcome:
    """Return how the rule stands with the member's digest."""
    if running.outcome == "sending":
        assert running.attempt_at is not None
        return NextAction(running.attempt_at + rules.OUTCOME_AFTER, lambda _: NewEvent(_unknown(running)))
    if running.outcome in ("waiting", "failed"):
        overdue = rules.overdue_at(view.profile, running)
        carries_on = min(rules.next_attempt_at(running), overdue)
        return NextAction(carries_on, lambda at: _carry_on(view, running, at, overdue))
    due = rules.next_due(view.profile, running)
    if due is None:
        return Blocked(rules.silence(view.profile, running) or "nothing_yet")
    return NextAction(due.instant, lambda at: _begin(view, running, at, due.instant))


def report(view: Digests, event: Event, outcome: NewEvent) -> Sequence[NewEvent]:
    """Return what to say of a mail's outcome: itself, or nothing when its fate was settled meanwhile.

    A failure that gives up the address says so.
    """
    if isinstance(event.data, AboutPush):
        return push.report(view, event, outcome)
    running = running_of(view)
    if running is None or not is_under_way(view, event):
        return ()
    if isinstance(outcome.data, DigestFailed) and rules.gives_up(running, outcome.data.reason):
        off = outcome.data.model_copy(update={"permanent": True, "switched_off": True})
        outcome = replace(outcome, data=off)
    return (outcome,)


def is_under_way(view: Digests, event: Event) -> bool:
    """Say whether the sending that `event` announced is still without an outcome."""
    running, sending = running_of(view, DIGEST), event.data
    return (
        running is not None
        and isinstance(sending, DigestSending)
        and (running.outcome, running.period, running.attempt) == ("sending", sending.period, sending.attempt)
    )


def running_of(view: Digests, key: str = DIGEST) -> Running | None:
    """Return the member's digest, or None when the key is another one or nothing is known of it."""
    item = view.item(key) if key == DIGEST else None
    return item if isinstance(item, Running) else None


def _begin(view: Digests, running: Running, at: datetime, first: datetime) -> NewEvent:
    """Prepare or skip the latest period that is due; `first`: when the first one was."""
    due = rules.latest_due(view.profile, at, first)
    assert due is not None, "one is due at the timer of the first"
    digest = content(view, running, due.period, at)
    if why := _why_not(view, digest, at):
        return NewEvent(DigestSkipped(digest_id=_digest_id(due.period), period=due.period, why=why))
    prepared = DigestPrepared(
        digest_id=_digest_id(due.period), period=due.period, items=digest.items(), due_at=due.instant
    )
    return NewEvent(prepared, expires=at + rules.EXPIRES_AFTER)


def _why_not(view: Digests, digest: DigestContent, at: datetime) -> SkipReason | None:
    if paused(view, at):
        return "paused"
    if not view.profile.preferences.email:
        return "no_address"
    return "empty" if digest.empty else None


def _carry_on(view: Digests, running: Running, at: datetime, overdue: datetime) -> NewEvent:
    """Begin the next attempt to send what is prepared, or say why there will be none."""
    if reason := _hindrance(view, running, at, overdue):
        return NewEvent(failed(running.period, max(1, running.attempt), reason, permanent=True))
    assert running.prepared_at is not None
    sending = DigestSending(digest_id=_digest_id(running.period), period=running.period, attempt=running.attempt + 1)
    return NewEvent(sending, expires=min(at + BEGIN_AFTER, running.prepared_at + rules.EXPIRES_AFTER))


def _hindrance(view: Digests, running: Running, at: datetime, overdue: datetime) -> str | None:
    """Return why no further attempt is made, or None. The member's last word holds, also for what is pending."""
    assert running.prepared_at is not None
    if running.attempt >= rules.ATTEMPTS_MAX:
        return delivery_errors.GAVE_UP
    if at >= running.prepared_at + rules.EXPIRES_AFTER:
        return delivery_errors.EXPIRED
    if at >= overdue:
        return delivery_errors.OVERTAKEN
    if reason := unwanted(view, at):
        return reason
    return delivery_errors.NOTHING_LEFT if tells_nothing(view, running, running.period, running.prepared_at) else None


def unwanted(view: Digests, at: datetime) -> str | None:
    """Return why the prepared digest has nobody to go to any more, or None."""
    if view.profile.every == "off":
        return delivery_errors.SWITCHED_OFF
    if paused(view, at):
        return delivery_errors.PAUSED
    return None if view.profile.preferences.email else delivery_errors.NO_ADDRESS


def paused(view: Digests, at: datetime) -> bool:
    """Say whether the member wants no mail before a later instant."""
    until = view.profile.preferences.paused_until
    return until is not None and at < until


def _digest_id(period: str) -> str:
    return f"digest/{period}"


def _unknown(running: Running) -> DigestUnknown:
    return DigestUnknown(digest_id=_digest_id(running.period), period=running.period, attempt=running.attempt)


def failed(period: str, attempt: int, reason: str, *, permanent: bool) -> DigestFailed:
    """Return the event that an attempt failed; `permanent` when no other is made for this period."""
    return DigestFailed(
        digest_id=_digest_id(period), period=period, attempt=attempt, reason=reason, permanent=permanent
    )


def sent(digest: DigestContent, attempt: int, message_id: str, *, linked: bool) -> DigestSent:
    """Return the event that the mail server took the mail, with the rules and the retractions that it showed.

    `linked`: whether it has links, and leads to what it does not show.
    """
    shown = tuple(dict.fromkeys(one.rule for one in digest.shown_due(linked=linked)))
    named = tuple(NamedRetraction(invite_id=one.invite_id, retract_at=one.at) for one in digest.noticed)
    return DigestSent(
        digest_id=_digest_id(digest.period), period=digest.period, attempt=attempt, message_id=message_id, shown=shown,
        retractions=named,
    )  # fmt: skip
