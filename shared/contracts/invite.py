"""Invites, as the product and the member report them. `contact` is the other side, whoever sent it."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.activity import Activity
from shared.contracts.contact import Contact
from shared.contracts.fields import Days, Id, Ids, Words


class AboutInvite(Activity):
    """An event about one invite."""

    invite_id: Id


class InviteAnswered(AboutInvite):
    """An event that settles an invite, with the contact whom it concerns."""

    contact_id: Id


class InviteSent(AboutInvite):
    """The member invites a contact."""

    TYPE: ClassVar[str] = "rapport.invite.sent"
    contact: Contact
    why: Words | None = None
    note: Words | None = None


class InviteReceived(AboutInvite):
    """A contact invites the member."""

    TYPE: ClassVar[str] = "rapport.invite.received"
    contact: Contact
    why: Words | None = None
    note: Words | None = None


class InviteWhyAsked(AboutInvite):
    """The member asks why the invite was sent."""

    TYPE: ClassVar[str] = "rapport.invite.why_asked"
    why: Words | None = None


class InviteWhyGiven(AboutInvite):
    """Whoever sent the invite says why."""

    TYPE: ClassVar[str] = "rapport.invite.why_given"
    why: Words | None = None


class InviteAccepted(InviteAnswered):
    """The invite is accepted."""

    TYPE: ClassVar[str] = "rapport.invite.accepted"


class InviteDeclined(InviteAnswered):
    """The invite is declined."""

    TYPE: ClassVar[str] = "rapport.invite.declined"


class InviteReported(InviteAnswered):
    """Whoever received the invite says that they do not know the sender."""

    TYPE: ClassVar[str] = "rapport.invite.reported"


class InviteWithdrawn(InviteAnswered):
    """Whoever sent the invite takes it back."""

    TYPE: ClassVar[str] = "rapport.invite.withdrawn"
    try_again: bool = False
    """The member wants to hear when a new invite is allowed."""


class InviteKept(Activity):
    """The member's answer to a proposal: leave these open."""

    TYPE: ClassVar[str] = "rapport.invite.kept"
    invite_ids: Ids
    for_days: Days | None = None
    """Absent: for good."""


class InviteRetractionApproved(Activity):
    """The member's answer to a proposal: pull these back."""

    TYPE: ClassVar[str] = "rapport.invite.retraction_approved"
    invite_ids: Ids
    try_again: bool = False
