"""Invites, as the product and the member report them. `contact` is the other side, whoever sent it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from shared.contracts.events.activity import Activity
from shared.contracts.events.people.contact import Contact
from shared.contracts.fields import Days, Id, Ids, OwnId, WaitMinutes, Words


class AboutInvite(Activity):
    """An event about one invite."""

    invite_id: Id


class InviteAnswered(AboutInvite):
    """An event that settles an invite, with the contact whom it concerns."""

    contact_id: Id
    contact: Contact | None = None
    """Who that is, where the product says so again; told once is enough."""


class InviteSent(AboutInvite):
    """The member invites a contact."""

    TYPE: ClassVar[str] = "rapport.invite.sent"
    CODE: ClassVar[str] = "is"
    contact: Contact
    why: Words | None = None
    note: Words | None = None


class InviteReceived(AboutInvite):
    """A contact invites the member."""

    TYPE: ClassVar[str] = "rapport.invite.received"
    CODE: ClassVar[str] = "iv"
    contact: Contact
    why: Words | None = None
    note: Words | None = None


class InviteWhyAsked(AboutInvite):
    """The member asks why the invite was sent."""

    TYPE: ClassVar[str] = "rapport.invite.why_asked"
    CODE: ClassVar[str] = "ya"
    why: Words | None = None


class InviteWhyGiven(AboutInvite):
    """Whoever sent the invite says why."""

    TYPE: ClassVar[str] = "rapport.invite.why_given"
    CODE: ClassVar[str] = "yg"
    why: Words | None = None


class InviteAccepted(InviteAnswered):
    """The invite is accepted."""

    TYPE: ClassVar[str] = "rapport.invite.accepted"
    CODE: ClassVar[str] = "ia"


class InviteDeclined(InviteAnswered):
    """The invite is declined."""

    TYPE: ClassVar[str] = "rapport.invite.declined"
    CODE: ClassVar[str] = "id"


class InviteReported(InviteAnswered):
    """Whoever received the invite says that they do not know the sender."""

    TYPE: ClassVar[str] = "rapport.invite.reported"
    CODE: ClassVar[str] = "ir"


class InviteWithdrawn(InviteAnswered):
    """Whoever sent the invite takes it back."""

    TYPE: ClassVar[str] = "rapport.invite.withdrawn"
    CODE: ClassVar[str] = "iw"
    try_again: bool = False
    """The member wants to hear when a new invite is allowed."""


class ProposalAnswered(Activity):
    """The member's answer to a proposal: to some of its invites by their ids, or to all that it listed by its own id."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["invite_ids"]}, {"required": ["proposal_id"]}]}
    )
    invite_ids: Ids | None = None
    proposal_id: OwnId | None = Field(default=None, validate_default=True)
    """All that the proposal listed, shown or not, each time it was made; nothing that was proposed later. To approve it
    spares those that are kept by their own ids."""

    @field_validator("proposal_id")
    @classmethod
    def _either_or(cls, proposal_id: str | None, info: ValidationInfo) -> str | None:
        if "invite_ids" in info.data and (info.data["invite_ids"] is None) == (proposal_id is None):
            raise ValueError("must stand where invite_ids do not: an answer has the one or the other")
        return proposal_id


class InviteKept(ProposalAnswered):
    """The member's answer to a proposal: leave these open."""

    TYPE: ClassVar[str] = "rapport.invite.kept"
    for_days: Days | None = None
    """Absent: for good."""


class InviteRetractionApproved(ProposalAnswered):
    """The member's answer to a proposal: pull these back."""

    TYPE: ClassVar[str] = "rapport.invite.retraction_approved"
    try_again: bool = False
    wait_minutes: WaitMinutes | None = None
    """They are pulled back so long after this was said, unless it is answered otherwise by then. Absent: at once."""
