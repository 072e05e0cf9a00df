"""What *digest* knows of reminders that go to a member's channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from shared.decider import State
from shared.delivery.outcome import ATTEMPT_SECONDS_MAX

PUSHES_MAX: Final = 20
"""Reminders that are kept for a channel: those that were said last, as many that it has taken last, and the attempt that is
under way beside them."""

WITHDRAWN_WITHIN: Final = timedelta(hours=47)
"""After its attempt began, a reminder that has ended is taken back from the channel: Telegram lets it for 48 hours."""

APART: Final = timedelta(seconds=4 * ATTEMPT_SECONDS_MAX)
"""After a reminder began to be taken back, of which no outcome may ever come, nothing else begins for so long."""

PushState = Literal["", "sending", "failed", "sent", "withdrawing", "over"]
"""Of one: nobody was asked; somebody may have been; it may be tried again; the channel has it, and can give it back; that was
begun; it is settled."""


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
    """When the last attempt began, or failed, or it began to be taken back. These by own events."""
    channel: str = ""
    """Where the last attempt went."""
    message_id: str = ""
    """What the channel calls it."""

    @property
    def taken(self) -> bool:
        """Say whether the channel has it, or had it."""
        return self.state in ("sent", "withdrawing")

    def settled(self, now: datetime) -> bool:
        """Say whether nothing more can become of it."""
        if self.taken:
            assert self.at is not None
            return self.at + (WITHDRAWN_WITHIN if self.state == "sent" else APART) <= now
        return self.state == "over" or self.ended or self.expires <= now
