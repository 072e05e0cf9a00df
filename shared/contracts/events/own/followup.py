"""What the service *followups* says: what is planned, what is due, what ended it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.events.event import EventData
from shared.contracts.fields import (
    Attempt,
    EventId,
    Id,
    Instant,
    Name,
    OwnId,
    RuleName,
    TypeName,
    WallTime,
    Words,
    Zone,
)
from shared.contracts.topic_names import FOLLOWUPS


class Because(BaseModel):
    """The event that is the reason."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: EventId
    type: TypeName


class AboutFollowup(EventData):
    """An event on `rapport.followups.v1`. `followup_id` reads item/rule/cycle."""

    TOPIC: ClassVar[str] = FOLLOWUPS
    followup_id: OwnId
    rule: RuleName


class FollowupPlan(AboutFollowup):
    """When a follow-up falls due, as an instant and as the wall time that it was computed from."""

    contact_id: Id | None = None
    about: OwnId | None = None
    """The item that it is about, such as a meeting, where that is not the contact."""
    due_at: Instant
    due_local: WallTime
    zone: Zone
    because: Because
    what: Words | None = None
    starts_at: Instant | None = None
    """When the meeting starts that it is about."""
    promised_for: Instant | None = None
    """When the promise is due that it is about."""
    on_day: WallTime | None = None
    """The day to remember that it is about, at its midnight."""


class FollowupScheduled(FollowupPlan):
    """A follow-up is planned."""

    TYPE: ClassVar[str] = "rapport.followup.scheduled"


class FollowupRescheduled(FollowupPlan):
    """A planned follow-up falls due at another time."""

    TYPE: ClassVar[str] = "rapport.followup.rescheduled"
    instead_of: Instant | None = None
    """When it was to be said, where nobody was there to say it, and quiet hours had begun: it is said at their end."""


class FollowupDue(AboutFollowup):
    """Now is the time. Whoever delivers later than the envelope's `expirytime` does not push it."""

    TYPE: ClassVar[str] = "rapport.followup.due"
    contact_id: Id | None = None
    attempt: Attempt
    due_at: Instant
    push: bool
    """False: it waits for the digest."""
    what: Words | None = None
    text: Name | None = None
    """One line for the member, in the language that they read when it is said."""
    starts_at: Instant | None = None
    """When the meeting starts that it is about."""
    promised_for: Instant | None = None
    """When the promise is due that it is about."""
    on_day: WallTime | None = None
    """The day to remember that it is about, at its midnight."""
    lapses_at: Instant | None = None
    """When it is laid to rest if nothing comes of it, as things stand. None: it comes up once more before."""


class FollowupEnded(AboutFollowup):
    """The end of a follow-up, with its reason."""

    because: Because


class FollowupCompleted(FollowupEnded):
    """What it asked for was done."""

    TYPE: ClassVar[str] = "rapport.followup.completed"


class FollowupCancelled(FollowupEnded):
    """Its reason is gone."""

    TYPE: ClassVar[str] = "rapport.followup.cancelled"


class FollowupLapsed(AboutFollowup):
    """Its last step passed without an answer."""

    TYPE: ClassVar[str] = "rapport.followup.lapsed"
    shown: bool | None = None
    """Of a rule that rests for a while with a person (`give_back`, `reconnect`): whether a digest that left showed something
    of the rule since this fell due, or the product told so, or the member put it off. False: it counts as not asked, and
    nothing rests for it. None: nobody looks at that."""


class AboutRule(EventData):
    """An event on `rapport.followups.v1` about a rule as a whole."""

    TOPIC: ClassVar[str] = FOLLOWUPS
    rule: RuleName


class RuleQuieted(AboutRule):
    """The rule was shown on several occasions in a row without an answer: it comes up no more for a while.

    It comes back when the member does what it asks for, answers one of its follow-ups, or switches it on.
    """

    TYPE: ClassVar[str] = "rapport.rule.quieted"
    asks_again_at: Instant
    """When it asks once more by itself."""
    again: bool = False
    """True: it had asked once more by itself, and is quiet again. Whoever tells the member tells it the first time."""


class RuleResumed(AboutRule):
    """A rule that was quiet may come up again."""

    TYPE: ClassVar[str] = "rapport.rule.resumed"
    why: Literal["answered", "done", "switched_on", "rested"]
    """The member answered one of its follow-ups; did what it asks for; switched it on; or it has rested long enough."""
