"""What the service *invites* finds: ignored invites, proposals to let them go, retractions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.contracts import limits
from shared.contracts.events.event import EventData
from shared.contracts.events.people.contact import Contact
from shared.contracts.fields import AgeDays, Attempt, Id, Instant, OwnId, Unique, ids_are_unique
from shared.contracts.topic_names import INVITES


class InviteFinding(EventData):
    """An event on `rapport.invites.v1` about one invite."""

    TOPIC: ClassVar[str] = INVITES
    invite_id: Id
    contact_id: Id


class InviteIgnored(InviteFinding):
    """Nobody answered the invite for so long that it counts as ignored."""

    TYPE: ClassVar[str] = "rapport.invite.ignored"
    age_days: AgeDays


class ProposedInvite(BaseModel):
    """One invite in a proposal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    invite_id: Id
    contact: Contact
    sent_at: Instant


class InviteRetractionProposed(EventData):
    """The member is asked whether to let these invites go. Nothing happens without an answer."""

    TYPE: ClassVar[str] = "rapport.invite.retraction_proposed"
    TOPIC: ClassVar[str] = INVITES
    proposal_id: OwnId
    invites: Annotated[tuple[ProposedInvite, ...], Field(min_length=1, max_length=limits.PROPOSAL_INVITES_MAX)]
    oldest_days: AgeDays
    attempt: Attempt
    """1, and 2 when the proposal is repeated."""
    more: (
        Annotated[
            tuple[Id, ...],
            Field(min_length=1, max_length=limits.PROPOSAL_MORE_MAX, json_schema_extra={"uniqueItems": True}),
            Unique,
        ]
        | None
    ) = None
    """Ids of further invites of this proposal, which are not shown."""

    @field_validator("invites")
    @classmethod
    def _each_once(cls, invites: tuple[ProposedInvite, ...]) -> tuple[ProposedInvite, ...]:
        if not ids_are_unique(invite.invite_id for invite in invites):
            raise ValueError("must not name the same twice")
        return invites


class InviteRetractionNoticed(InviteFinding):
    """With the policy `auto`: the member is told when the invite will be pulled back, and can say keep."""

    TYPE: ClassVar[str] = "rapport.invite.retraction_noticed"
    retract_at: Instant


class InviteRetracted(InviteFinding):
    """The invite is to be pulled back: the product's backend acts on this. An answer that crosses it still counts."""

    TYPE: ClassVar[str] = "rapport.invite.retracted"
    CODE: ClassVar[str] = "it"
    age_days: AgeDays
    by: Literal["rule", "member"]
    """`rule` with the policy `auto`, `member` when a proposal was approved."""
    try_again: bool = False


class InviteExpired(InviteFinding):
    """The product no longer holds an invite of this age open."""

    TYPE: ClassVar[str] = "rapport.invite.expired"
    CODE: ClassVar[str] = "ie"
    age_days: AgeDays


class InviteReinviteAllowed(InviteFinding):
    """Enough time has passed to invite the contact again."""

    TYPE: ClassVar[str] = "rapport.invite.reinvite_allowed"
