"""What *digest* knows of reminders that go to a member's channel."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from shared.decider import State

PUSHES_MAX: Final = 20
"""Reminders that are kept for a channel: those that were said last, and the attempt that is under way beside them."""

PushState = Literal["", "sending", "failed", "over"]
"""Of one: nobody was asked; somebody may have been; it may be tried again; it is settled."""


class Push(State, frozen=True, array_like=True):
    """A reminder that is to be pushed, from when it was said until it is too late, or its fate is known."""

    followup_id: str
    rule: str
    text: str
    reminded_at: datetime
    expires: datetime
    ended: bool = False
    """Whether it was answered, or came up anew: no attempt begins any more. All of this from *followups*."""
    state: PushState = ""
    attempt: int = 0
    at: datetime | None = None
    """When the last attempt began, or failed. These three by own events."""
    channel: str = ""
    """Where the last attempt went."""
