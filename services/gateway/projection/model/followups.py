"""Follow-ups, findings and digests: what services have said, each written by the events of one topic alone.

Services count their events. What was applied up to `number` is not applied again, so a repetition changes nothing; and as
no other topic writes here, it does not matter which topic was read first.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

from msgspec import field

from shared.decider import State

FOLLOWUPS: Final = "followups"
FINDINGS: Final = "findings"
DIGESTS: Final = "digests"
OPEN_MAX: Final = 500
"""Follow-ups that are kept: those that are due first. One that is not kept comes back when it falls due."""
ENDED_MAX: Final = 10
"""Follow-ups that have ended and are still shown: the last ones."""
FINDINGS_MAX: Final = 500
"""Invites of which *invites* has said something: those of which it said something last."""
DIGESTS_KEPT_MAX: Final = 10
TEXT_CHARS_MAX: Final = 300
"""How much of somebody's words is shown."""
RULES_QUIET_MAX: Final = 100
HEARD_MAX: Final = 100
REMINDER: Final = "reminder/"
"""Before the id of a reminder of the member's own, where a follow-up is named by it."""

Outcome = Literal["prepared", "sending", "sent", "unknown", "failed", "skipped"]


class Followup(
    State,
    frozen=True,
    rename={
        "due_at": "d", "reminded_at": "s", "attempt": "n", "rule": "r", "contact_id": "c", "pushed": "p", "what": "w",
        "text": "x", "starts_at": "b", "promised_for": "m", "lapses_at": "l",
        "on_day": "y", "instead_of": "i",
    },
):  # fmt: skip
    """A follow-up that is planned, or waits for the member."""

    due_at: datetime
    reminded_at: datetime | None = None
    """Once it is due, when that was said: an answer after that is an answer to it."""
    attempt: int = 0
    """How often it fell due; 0: it is only planned."""
    rule: str = ""
    """Where it is not the one that its id names."""
    contact_id: str = ""
    """Where it is not the one that its id names."""
    pushed: bool = False
    what: str = ""
    text: str = ""
    starts_at: datetime | None = None
    promised_for: datetime | None = None
    lapses_at: datetime | None = None
    on_day: date | None = None
    """The day to remember that it is about."""
    instead_of: datetime | None = None
    """When it was to be said, where quiet hours had begun before anybody could."""


class EndedFollowup(State, frozen=True, array_like=True):
    """A follow-up that has ended."""

    id: str
    at: datetime
    how: Literal["completed", "cancelled", "lapsed"]
    answered: bool = False
    """Whether an answer of the member ended it, which they can take back."""
    starts_at: datetime | None = None
    """When the meeting starts before which it was to be said; None: it has no such hour."""
    on_day: date | None = None
    """The day to remember that it was about."""


class Followups(
    State, frozen=True, tag="f", rename={"number": "n", "open": "o", "quiet": "q", "ended": "e", "heard": "h"}
):
    """All follow-ups."""

    number: int = 0
    open: dict[str, Followup] = field(default_factory=dict)
    quiet: dict[str, datetime] = field(default_factory=dict)
    """By rule that is quiet: when it asks again by itself."""
    ended: tuple[EndedFollowup, ...] = ()
    """Oldest first."""
    heard: dict[str, datetime] = field(default_factory=dict)
    """By the id of a reminder of the member's own: when *followups* last spoke of it. A later request is not followed yet."""


class Finding(
    State,
    frozen=True,
    rename={
        "reminded_at": "s", "contact_id": "c", "ignored_at": "i", "retract_at": "t", "retracted_at": "x", "expired_at": "e",
        "again_at": "v", "noticed_at": "n",
    },
):  # fmt: skip
    """What *invites* has said of one invite."""

    reminded_at: datetime
    contact_id: str = ""
    ignored_at: datetime | None = None
    retract_at: datetime | None = None
    """When it will be pulled back, as was announced last."""
    noticed_at: datetime | None = None
    """When that was announced."""
    retracted_at: datetime | None = None
    expired_at: datetime | None = None
    again_at: datetime | None = None
    """Since when the contact may be invited again."""


class Proposal(State, frozen=True, rename={"id": "i", "at": "a", "attempt": "n", "invite_ids": "s", "more": "m"}):
    """The last proposal to let invites go."""

    id: str
    at: datetime
    attempt: int
    invite_ids: tuple[str, ...]
    """Those that it shows."""
    more: int = 0
    """How many it lists beyond them."""


class Findings(State, frozen=True, tag="i", rename={"number": "n", "by_id": "f", "proposal": "p"}):
    """All that *invites* has said."""

    number: int = 0
    by_id: dict[str, Finding] = field(default_factory=dict)
    proposal: Proposal | None = None


class Digest(
    State,
    frozen=True,
    rename={"period": "p", "at": "a", "outcome": "o", "due_at": "d", "items": "i", "attempt": "n", "reason": "r"},
):
    """One digest, and what became of it."""

    period: str
    at: datetime
    """When its latest event was said."""
    outcome: Outcome
    due_at: datetime | None = None
    items: int = 0
    """How many things it tells."""
    attempt: int = 0
    reason: str = ""
    """Why it was skipped, or not taken."""


class Digests(
    State, frozen=True, tag="g", rename={"number": "n", "by_period": "d", "off_at": "x", "channel_off_at": "c"}
):
    """The last digests."""

    number: int = 0
    by_period: dict[str, Digest] = field(default_factory=dict)
    off_at: datetime | None = None
    """When mails to the address were given up."""
    channel_off_at: datetime | None = None
    """When the member's channel was given up."""
