"""Meetings: from the proposal to what came of it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from shared.contracts.events.activity import Activity
from shared.contracts.events.moment import EvaluationTime
from shared.contracts.events.people.contact import Contact
from shared.contracts.fields import Count, Id, Ids, Minutes, Name, Zone

MeetingKind = Literal["lunch", "in_person", "phone", "online"]


class AboutMeeting(Activity):
    """An event about one meeting with one contact or several."""

    meeting_id: Id
    contact_ids: Ids
    contact: Contact | None = None
    """Who one of them is, where the product says so again; told once is enough."""


class MeetingEnded(AboutMeeting):
    """An event that ends a meeting, or the proposal of one. With whom it was to be is known by the meeting's id."""

    contact_ids: Ids = ()
    """May be left out."""


class MeetingSketch(AboutMeeting):
    """A meeting whose hour may be open. `starts` is what clocks show in `zone`: neither stands without the other."""

    kind: MeetingKind | None = None
    starts: EvaluationTime | None = None
    zone: Zone | None = Field(default=None, validate_default=True)
    minutes: Minutes | None = None
    place: Name | None = None

    @field_validator("zone")
    @classmethod
    def _goes_with_starts(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if "starts" in info.data and (info.data["starts"] is None) != (zone is None):
            raise ValueError("must stand together with starts")
        return zone


class MeetingPlan(AboutMeeting):
    """A meeting with its hour: `starts` is what clocks show in `zone`, or an instant, which is shown as they do."""

    kind: MeetingKind
    starts: EvaluationTime
    zone: Zone
    minutes: Minutes
    place: Name | None = None


class MeetingProposed(MeetingSketch):
    """The member proposes a meeting."""

    TYPE: ClassVar[str] = "rapport.meeting.proposed"
    CODE: ClassVar[str] = "mp"


class MeetingScheduled(MeetingPlan):
    """The hour is agreed."""

    TYPE: ClassVar[str] = "rapport.meeting.scheduled"


class MeetingRescheduled(MeetingPlan):
    """Another hour is agreed; all of the plan, so that it counts even when it comes first."""

    TYPE: ClassVar[str] = "rapport.meeting.rescheduled"
    contact_ids: Ids = ()
    """May be left out where the meeting is known."""


class MeetingDeclined(MeetingEnded):
    """The proposal is declined."""

    TYPE: ClassVar[str] = "rapport.meeting.declined"
    CODE: ClassVar[str] = "md"


class MeetingCancelled(MeetingEnded):
    """The meeting will not take place."""

    TYPE: ClassVar[str] = "rapport.meeting.cancelled"
    CODE: ClassVar[str] = "mx"


class MeetingMissed(MeetingEnded):
    """The meeting did not take place."""

    TYPE: ClassVar[str] = "rapport.meeting.missed"
    CODE: ClassVar[str] = "mm"


class MeetingHeld(MeetingSketch):
    """The meeting took place."""

    TYPE: ClassVar[str] = "rapport.meeting.held"
    CODE: ClassVar[str] = "mh"
    contact_ids: Ids = ()
    """May be left out where the meeting is known. Named, they also count as met for those who rest long (`reconnect`)."""


class MeetingQuestionsPrepared(Activity):
    """The member knows what to ask and what to offer."""

    TYPE: ClassVar[str] = "rapport.meeting.questions_prepared"
    CODE: ClassVar[str] = "mq"
    meeting_id: Id
    count: Count
