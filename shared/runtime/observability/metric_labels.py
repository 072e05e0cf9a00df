"""What reasons and events are counted as: a few classes each, so that no label of a metric grows with what is in events."""

from __future__ import annotations

from functools import cache
from typing import Final

from shared.contracts import (
    DigestFailed,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Event,
    EventData,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDismissed,
    FollowupDone,
    FollowupLapsed,
    FollowupReopened,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
    PushFailed,
    PushSent,
    PushUnknown,
    PushWithdrawing,
    PushWithdrawn,
)
from shared.delivery.channels import reasons
from shared.runtime.processing.reading import ELSEWHERE, FOREIGN, STEPPED_OVER

NO_RULE: Final = "none"
"""Stands for the rule of an event that names none."""
ENDS: Final = (FollowupCompleted, FollowupCancelled, FollowupLapsed)
"""Events that end what was planned."""
ANSWERS: Final = (
    FollowupDone,
    FollowupSnoozed,
    FollowupDismissed,
    FollowupReopened,
    InviteKept,
    InviteRetractionApproved,
)
"""What members say of something that they were shown."""
MAILS: Final = (DigestSent, DigestFailed, DigestUnknown, DigestSkipped)
MAIL_RESULTS: Final = ("sent", "failed", "refused", "unknown", "skipped")
"""`refused`: failed, and no further attempt can succeed."""
PUSHES: Final = (PushSent, PushFailed, PushUnknown, PushWithdrawing, PushWithdrawn)
PUSH_RESULTS: Final = ("sent", "failed", "refused", "unopened", "withheld", "unknown", "withdrawing", "withdrawn")
"""Of reminders for members' channels. `unopened`: the secret that sealed the address is not here; `withheld`: nobody was
asked, as it was answered, too late, or in the member's quiet hours or pause; `withdrawing`: it was sent, ended, and the
channel is asked to take it back; `withdrawn`: and it took that. Where it does not, nothing more is counted."""
_ENVELOPE: Final = frozenset({
    "specversion", "id", "source", "type", "time", "memberid", "origin", "causationid", "expirytime", "sequence",
    "inputoffsets", "incarnation", "headers", "content-type",
})  # fmt: skip
DEAD_LETTERS: Final = ("envelope", "key", "partition", "foreign", "batch", "data", "rule", "replay", "other")
_REPLAY: Final = frozenset({"topic", "partition", "offset"})
_PARKED_BY: Final = (
    ("the rule failed", "rule-failed"),
    ("woke, said nothing", "silent-wake"),
    ("asks for more", "asks-too-much"),
    ("has more than", "says-too-much"),
)
PARKED: Final = (*(name for _, name in _PARKED_BY), "too-large", "changes-nothing", "other")


def rule_of(event: Event) -> str:
    """Return the rule that an event names in its data. Services have a fixed set of rules, so the values are bounded."""
    data = event.data
    rule = data.rule if _names_rule(type(data)) else None  # type: ignore[attr-defined]  # it was looked for
    return rule if isinstance(rule, str) else NO_RULE


@cache
def _names_rule(kind: type[EventData]) -> bool:
    """Say whether events of a type have a rule. Asking each for a field that it lacks would cost a microsecond."""
    return "rule" in kind.model_fields


def of_dead_letter(reason: str, field: str | None) -> str:
    """Return the class of a dead letter's reason: one of `DEAD_LETTERS`."""
    if field is None:
        if reason.startswith("a rule failed"):
            return "rule"
        if reason in (FOREIGN, STEPPED_OVER):
            return "foreign"
        return "batch" if reason.startswith("record") else "other"
    if field in _ENVELOPE:
        return "envelope"
    if field in _REPLAY:
        return "replay"
    if field == "key":
        return "partition" if reason.startswith(ELSEWHERE) else "key"
    return "data" if field == "value" or field.partition(".")[0] == "data" else "other"


def of_parked(reason: str) -> str:
    """Return the class of the reason for which an item was parked."""
    found = next((name for begin, name in _PARKED_BY if reason.startswith(begin)), None)
    if found is None:
        found = "too-large" if reason.endswith("are allowed") else "changes-nothing" if "changes" in reason else "other"
    return found


def mail_result(data: EventData) -> str | None:
    """Return what became of a digest, of those in `MAIL_RESULTS`, or None for an event that says nothing of that."""
    match data:
        case DigestSent():
            return "sent"
        case DigestFailed(permanent=permanent):
            return "refused" if permanent else "failed"
        case DigestUnknown():
            return "unknown"
        case DigestSkipped():
            return "skipped"
        case _:
            return None


def push_result(data: EventData) -> str | None:
    """Return what became of a reminder for a channel, of those in `PUSH_RESULTS`, or None for an event of another kind."""
    match data:
        case PushSent():
            return "sent"
        case PushUnknown():
            return "unknown"
        case PushWithdrawing():
            return "withdrawing"
        case PushWithdrawn():
            return "withdrawn"
        case PushFailed(reason=reasons.NOT_OPENED):
            return "unopened"
        case PushFailed(reason=reason, permanent=permanent):
            return "withheld" if reasons.is_withheld(reason) else "refused" if permanent else "failed"
        case _:
            return None
