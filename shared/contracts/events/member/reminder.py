"""Reminders of the member's own, and the member's answers to any follow-up."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ValidationInfo, field_validator

from shared.contracts.events.activity import Activity
from shared.contracts.events.moment import EvaluationTime
from shared.contracts.events.people.contact import Contact
from shared.contracts.fields import Days, Id, OwnId, Words


class FollowupRequested(Activity):
    """The member wants to be reminded. The same `followup_id` again replaces it."""

    TYPE: ClassVar[str] = "rapport.followup.requested"
    followup_id: Id
    contact_id: Id | None = None
    contact: Contact | None = None
    """Who that is, where the product says so again; told once is enough."""
    what: Words
    due: EvaluationTime
    every_days: Days | None = None
    """Absent: once."""

    @field_validator("contact")
    @classmethod
    def _goes_with_its_id(cls, contact: Contact | None, info: ValidationInfo) -> Contact | None:
        if contact is not None and "contact_id" in info.data and info.data["contact_id"] is None:
            raise ValueError("goes with contact_id, which says whom the reminder is about")
        return contact


class FollowupAnswered(Activity):
    """The member's answer to a follow-up, whether requested or made by a rule."""

    followup_id: OwnId


class FollowupDone(FollowupAnswered):
    """The member did it."""

    TYPE: ClassVar[str] = "rapport.followup.done"
    CODE: ClassVar[str] = "fd"


class FollowupDismissed(FollowupAnswered):
    """The member will not do it."""

    TYPE: ClassVar[str] = "rapport.followup.dismissed"


class FollowupSnoozed(FollowupAnswered):
    """The member wants to hear of it later."""

    TYPE: ClassVar[str] = "rapport.followup.snoozed"
    until: EvaluationTime | None = None
    """Absent: the rule's own next step."""


class FollowupReopened(FollowupAnswered):
    """The member takes back that it is done, or that they will not do it.

    It is about answers of at most `limits.REOPEN_DAYS_MAX` days before it that name the same follow-up. What was answered
    comes back as a turn of its own, and what followed from the answer alone is taken back with it.
    """

    TYPE: ClassVar[str] = "rapport.followup.reopened"


class FollowupShown(Activity):
    """The product has shown the member a follow-up that was pushed.

    Only what was shown can be let rest: a product that does not say so is taken to have shown nothing but digests.
    """

    TYPE: ClassVar[str] = "rapport.followup.shown"
    followup_id: OwnId
