"""Members: who joins, how they want it, and their leaving without a trace."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts import limits
from shared.contracts.events.activity import Activity
from shared.contracts.events.moment import EvaluationTime
from shared.contracts.fields import (
    Days,
    Email,
    Locale,
    OffsetDays,
    OffsetHours,
    PersonName,
    RuleName,
    SortedByKey,
    WallClock,
    Zone,
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DigestEvery = Literal["off", "daily", "weekly"]
RetractionPolicy = Literal["ask", "auto", "never"]


class Preferences(BaseModel):
    """A part of a member's preferences. None: this event does not set it."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)


class QuietHours(Preferences):
    """When nothing is pushed, by the member's wall clock; over midnight when `to` lies before `from`."""

    from_: WallClock | None = Field(default=None, alias="from")
    to: WallClock | None = None


class DigestPreferences(Preferences):
    """How often, on which day and at which wall time the digest comes."""

    every: DigestEvery | None = None
    weekday: Weekday | None = None
    time: WallClock | None = None


class RetractionPreferences(Preferences):
    """What happens to an invite that nobody answered."""

    policy: RetractionPolicy | None = None
    after_days: Days | None = None
    notice_days: Days | None = None
    """With `auto`: how long before the retraction the member is told."""


class RulePreferences(Preferences):
    """One rule: on or off, its steps, and whether it is pushed."""

    on: bool | None = None
    offsets_days: Annotated[tuple[OffsetDays, ...], Field(min_length=1, max_length=limits.OFFSETS_MAX)] | None = None
    """Days from the rule's trigger, or before a meeting, one for each time that it falls due."""
    offsets_hours: Annotated[tuple[OffsetHours, ...], Field(min_length=1, max_length=limits.OFFSETS_MAX)] | None = None
    """The same in hours, for the rules that count in hours: `meeting_today`, `did_it_happen`."""
    push: bool | None = None
    """True: it is pushed at its hour. False: it waits for the digest."""


class MemberJoined(Activity):
    """Somebody becomes a member, or comes back after an erasure."""

    TYPE: ClassVar[str] = "rapport.member.joined"
    name: PersonName
    email: Email | None = None
    """Where the digest goes; without one it is skipped."""
    zone: Zone | None = None
    locale: Locale | None = None
    """The language that the member reads: mails and reminders come in it, or in English where it is none of Rapport's."""


class MemberPreferencesSet(Activity):
    """The member sets all preferences or some. Each keeps its last value; what was never set has a default."""

    TYPE: ClassVar[str] = "rapport.member.preferences_set"
    zone: Zone | None = None
    locale: Locale | None = None
    """The language that the member reads: mails and reminders come in it, or in English where it is none of Rapport's."""
    quiet_hours: QuietHours | None = None
    digest: DigestPreferences | None = None
    retraction: RetractionPreferences | None = None
    rules: Annotated[dict[RuleName, RulePreferences], Field(max_length=limits.RULES_MAX), SortedByKey] | None = None
    """By rule name. A name that a service does not own means nothing to it."""
    per_day: Annotated[int, Field(ge=0, le=limits.PER_DAY_MAX)] | None = None
    """How many follow-ups are pushed a day at most."""
    paused_until: EvaluationTime | None = None
    """Nothing is pushed or mailed before. A time in the past ends a pause."""


class MemberErased(Activity):
    """The member leaves: everything known of them is deleted, and what follows is skipped until they join again."""

    TYPE: ClassVar[str] = "rapport.member.erased"
