"""What events make of what is known: from outside as joins, of our own in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from services.invites.rules.invite import RULES
from services.invites.rules.notices import counted
from services.invites.rules.proposals import PROPOSAL_RULES
from services.invites.state import (
    ACCEPTED,
    CONTACT,
    CONTACT_INVITES_MAX,
    INVITE,
    INVITE_PROPOSALS_MAX,
    PROPOSAL,
    PROPOSALS,
    REFUSED,
    WAITING_MAX,
    WITHDRAWN,
    Contact,
    Import,
    Invite,
    InvitesProfile,
    Item,
    Naming,
    Notices,
    Proposal,
    Proposals,
    Wish,
)
from services.invites.touched import proposed_in
from shared.contracts import (
    ContactConnected,
    ContactNamed,
    ContactRemoved,
    DigestFailed,
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
    MemberJoined,
    MemberPreferencesSet,
    NamedRetraction,
)
from shared.merge import first_names, latest, latest_logged_first
from shared.preference_names import DIGEST_RULE, DIGEST_TIMES, HAS_EMAIL, PAUSE, RETRACTION, of_rules
from shared.preference_statements import SET_BY
from shared.preferences import evolve_preferences

PREFERENCES_READ: Final = (
    RETRACTION
    | PAUSE
    | DIGEST_TIMES
    | HAS_EMAIL
    | of_rules({DIGEST_RULE, *(rule.name for rule in (*RULES, *PROPOSAL_RULES))})
)

APPLIED: Final[frozenset[type[EventData]]] = frozenset({
    InviteSent, InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn, InviteKept, InviteRetractionApproved,
    ContactConnected, ContactNamed, ContactRemoved, ImportCompleted, MemberJoined, MemberPreferencesSet,
    DigestSent, DigestFailed,
})  # fmt: skip
"""What is read of the activities and of digests. All the rest that happens between people is passed over unread."""
_OWN_EVENTS: Final[frozenset[type[EventData]]] = frozenset(
    {
        InviteIgnored,
        InviteRetractionNoticed,
        InviteRetracted,
        InviteExpired,
        InviteReinviteAllowed,
        InviteRetractionProposed,
    }
)
"""What the service itself says of invites."""
_ANSWERS: Final[dict[type[EventData], int]] = {
    InviteAccepted: ACCEPTED, ContactConnected: ACCEPTED, InviteDeclined: REFUSED, InviteReported: REFUSED,
}  # fmt: skip


_OF_PROFILES: Final = frozenset[type[EventData]]((DigestFailed, *SET_BY))
"""What concerns all invites of a member: hardly any event does, and each is asked."""


def evolve_profile(profile: InvitesProfile, event: Event) -> InvitesProfile:
    """Return what concerns all invites after the event; the same object when it changes nothing of that."""
    data = event.data
    if type(data) not in _OF_PROFILES:
        return profile
    if isinstance(data, DigestFailed):
        given_up_at = max(profile.given_up_at or event.time, event.time)
        return replace(profile, given_up_at=given_up_at) if data.switched_off else profile
    preferences = evolve_preferences(profile.preferences, event, PREFERENCES_READ)
    return profile if preferences is profile.preferences else replace(profile, preferences=preferences)


_UNKNOWN: Final = Invite()


def evolve(key: str, item: Item | None, event: Event) -> Item | None:
    """Return what is known under `key` after the event."""
    if key.startswith(INVITE):
        before = item if isinstance(item, Invite) else _UNKNOWN
        after = (_apply_own if type(event.data) in _OWN_EVENTS else _reported)(key, before, event)
        return after if after is before else after.shrunk()
    if key.startswith(CONTACT):
        return _evolve_contact(item if isinstance(item, Contact) else Contact(), event)
    if key == PROPOSALS:
        return _evolve_proposals(item if isinstance(item, Proposals) else Proposals(), event)
    if key.startswith(PROPOSAL):
        return _evolve_proposal(item if isinstance(item, Proposal) else Proposal(), event)
    state = item if isinstance(item, Notices) else Notices()
    data = event.data
    return counted(state, data.retract_at, event.time) if isinstance(data, InviteRetractionNoticed) else state


def _reported(key: str, invite: Invite, event: Event) -> Invite:
    """From outside."""
    data, time = event.data, event.time
    if (answer := _ANSWERS.get(type(data))) is not None:
        return _answer(invite, answer, time)
    match data:
        case InviteSent(contact=contact):
            sent = (time, contact.id, contact.name)
            if invite.sent_at is not None:
                sent = min(sent, (invite.sent_at, invite.contact_id, invite.name))
            return replace(invite, sent_at=sent[0], contact_id=sent[1], name=sent[2])
        case InviteWithdrawn(try_again=again):
            return replace(_answer(invite, WITHDRAWN, time), again=invite.again or again)
        case InviteKept() | InviteRetractionApproved():
            return replace(invite, wish=_last(invite.wish, event))
        case DigestSent(retractions=named):
            return _named(invite, key.removeprefix(INVITE), named, time)
        case _:
            return invite


def _apply_own(_key: str, invite: Invite, event: Event) -> Invite:
    """Own."""
    time = event.time
    match event.data:
        case InviteIgnored():
            return replace(invite, ignored_at=time)
        case InviteRetractionNoticed(retract_at=retract_at):
            return replace(invite, noticed_at=time, retract_at=retract_at)
        case InviteRetracted(try_again=again):
            return replace(invite, retracted_at=time, retracted_again=again)
        case InviteExpired():
            return replace(invite, expired_at=time)
        case InviteReinviteAllowed():
            return replace(invite, reinvited_at=time)
        case InviteRetractionProposed(proposal_id=proposal_id):
            before = tuple(one for one in invite.proposals if one != proposal_id)
            return replace(invite, proposals=(*before, proposal_id)[-INVITE_PROPOSALS_MAX:])
        case _:
            return invite


def _named(invite: Invite, invite_id: str, named: Iterable[NamedRetraction], time: datetime) -> Invite:
    """Return an invite after a mail that said when it will be pulled back. The highest (day, earliest mail) wins."""
    day = max(one.retract_at for one in named if one.invite_id == invite_id)
    if invite.named_for is not None and invite.named_at is not None:
        if day < invite.named_for:
            return invite
        if day == invite.named_for:
            time = min(time, invite.named_at)
    return replace(invite, named_for=day, named_at=time)


def _answer(invite: Invite, answer: int, time: datetime) -> Invite:
    return replace(invite, answers=invite.answers | answer, answered_at=min(invite.answered_at or time, time))


def _last(state: Wish | None, event: Event) -> Wish | None:
    """Return the member's last word after an answer: that with the highest (time, id)."""
    match event.data:
        case InviteKept(for_days=days):
            until = None if days is None else event.time + timedelta(days=days)
            wish = Wish(event.time, event.id, approved=False, until=until)
        case InviteRetractionApproved(try_again=again, wait_minutes=minutes):
            not_before = None if minutes is None else event.time + timedelta(minutes=minutes)
            wish = Wish(event.time, event.id, approved=True, again=again, not_before=not_before)
        case _:
            return state
    return latest(state, wish, _order)


def _evolve_proposal(proposal: Proposal, event: Event) -> Proposal:
    if isinstance(event.data, InviteRetractionProposed):
        return replace(proposal, listed=tuple(sorted({*proposal.listed, *proposed_in(event.data)})))
    return replace(proposal, wish=_last(proposal.wish, event))


def _evolve_contact(contact: Contact, event: Event) -> Contact:
    match event.data:
        case ContactConnected() | ContactRemoved():
            return replace(contact, ended_at=max(contact.ended_at or event.time, event.time))
        case ContactNamed(name=name):
            naming = Naming(event.time, event.id, name)
            return replace(contact, named=latest(contact.named, naming, lambda one: (one.time, one.id, one.name)))
        case InviteWithdrawn(invite_id=invite_id):
            return replace(contact, withdrawn=first_names(contact.withdrawn, invite_id, CONTACT_INVITES_MAX))
        case InviteRetracted(invite_id=invite_id):
            return replace(contact, retracted=first_names(contact.retracted, invite_id, CONTACT_INVITES_MAX))
        case _:
            return contact


def _evolve_proposals(proposals: Proposals, event: Event) -> Proposals:
    match event.data:
        case ImportCompleted():
            found = Import(event.time, event.id, event.logged)
            return replace(proposals, imported=latest_logged_first(proposals.imported, found, _order))
        case InviteIgnored(invite_id=invite_id):
            state = _without(proposals, {invite_id})
            return replace(state, waiting=(*state.waiting, invite_id)[-WAITING_MAX:], ignored_at=event.time)
        case InviteRetracted(invite_id=invite_id) | InviteExpired(invite_id=invite_id):
            return _without(proposals, {invite_id})
        case InviteRetractionProposed(attempt=attempt) as proposal:
            listed = proposed_in(proposal)
            return replace(
                _without(proposals, set(listed)),
                listed=listed,
                count=proposals.count + (attempt == 1),
                attempt=attempt,
                proposed_at=event.time,
            )
        case _:
            return proposals


def _order(one: Wish | Import) -> tuple[datetime, str]:
    return one.time, one.id


def _without(proposals: Proposals, ids: set[str]) -> Proposals:
    return replace(
        proposals,
        waiting=tuple(one for one in proposals.waiting if one not in ids),
        listed=tuple(one for one in proposals.listed if one not in ids),
    )
