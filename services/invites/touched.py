"""Which items an event is about: one look at a table, as each event is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from services.invites.state import CONTACT, INVITE, NOTICES, PROPOSAL, PROPOSALS
from shared.contracts import (
    ContactConnected,
    ContactNamed,
    ContactRemoved,
    DigestSent,
    Event,
    EventData,
    ImportCompleted,
    InviteAccepted,
    InviteDeclined,
    InviteExpired,
    InviteIgnored,
    InviteKept,
    InviteReinviteAllowed,
    InviteReported,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    InviteSent,
    InviteWithdrawn,
)

Find = Callable[[Any], Iterable[str]]
"""Returns the keys that data of one type is about."""


def touches(event: Event) -> Iterable[str]:
    """Return the keys of the items that an event is about."""
    data = event.data
    find = _FIND.get(type(data))
    return () if find is None else find(data)


def proposed_in(proposal: InviteRetractionProposed) -> tuple[str, ...]:
    """Return the ids of all invites of a proposal."""
    return (*(invite.invite_id for invite in proposal.invites), *(proposal.more or ()))


def _invite(data: InviteSent | InviteAccepted | InviteDeclined | InviteReported | InviteReinviteAllowed) -> tuple[str]:
    return (INVITE + data.invite_id,)


def _found(data: InviteIgnored | InviteExpired) -> tuple[str, ...]:
    return INVITE + data.invite_id, PROPOSALS


def _contact(data: ContactNamed | ContactRemoved) -> tuple[str]:
    return (CONTACT + data.contact_id,)


def _to_try_again(data: InviteWithdrawn | InviteRetracted) -> tuple[str, ...]:
    return (CONTACT + data.contact_id,) if data.try_again else ()


def _answered(data: InviteKept | InviteRetractionApproved) -> Iterable[str]:
    if data.proposal_id:
        return (PROPOSAL + data.proposal_id,)
    return [INVITE + invite_id for invite_id in data.invite_ids or ()]


def _connected(data: ContactConnected) -> tuple[str, ...]:
    invite = (INVITE + data.via_invite,) if data.via_invite else ()
    return CONTACT + data.contact.id, *invite


def _proposed(data: InviteRetractionProposed) -> Iterable[str]:
    return PROPOSALS, PROPOSAL + data.proposal_id, *(INVITE + invite_id for invite_id in proposed_in(data))


_FIND: Final[dict[type[EventData], Find]] = {
    **dict.fromkeys((InviteSent, InviteAccepted, InviteDeclined, InviteReported, InviteReinviteAllowed), _invite),
    InviteRetractionNoticed: lambda data: (INVITE + data.invite_id, NOTICES),
    InviteIgnored: _found,
    InviteExpired: _found,
    InviteWithdrawn: lambda data: (INVITE + data.invite_id, *_to_try_again(data)),
    InviteRetracted: lambda data: (*_found(data), *_to_try_again(data)),
    InviteKept: _answered,
    InviteRetractionApproved: _answered,
    ContactConnected: _connected,
    ContactNamed: _contact,
    ContactRemoved: _contact,
    ImportCompleted: lambda _: (PROPOSALS,),
    DigestSent: lambda data: [INVITE + one.invite_id for one in data.retractions],
    InviteRetractionProposed: _proposed,
}
