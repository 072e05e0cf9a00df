"""What is left to say of an invite or of the proposals, and when to look again. One table of rules answers both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.invites.case import Case, Step, Still
from services.invites.proposals import PROPOSAL_RULES, gather
from services.invites.rules import RULES, heard, settled, stale_at
from services.invites.state import (
    INVITE,
    PROPOSAL,
    PROPOSALS,
    Contact,
    Invite,
    InvitesProfile,
    Item,
    Proposal,
    Proposals,
)
from shared.contracts import Fact, InviteKept, InviteRetractionApproved
from shared.decider import Said, View


def decide(view: View[InvitesProfile, Item], key: str, at: datetime | None) -> Sequence[Said]:
    """Return the first step that is due at the wake `at`. After a mere change nothing is said.

    Everything said here is about an answer that did not come, so it waits for a wake: then all is known that was
    acknowledged before.
    """
    if at is None:
        return ()
    for _, step in answers(view, key):
        if isinstance(step, Step) and step.at <= at:
            return (Said(step.say(at), because=step.because),)
    return ()


def wake_at(view: View[InvitesProfile, Item], key: str) -> datetime | None:
    """Return when the first of the steps falls due."""
    return min([answer.at for _, answer in answers(view, key) if type(answer) is Step], default=None)


def misses(view: View[InvitesProfile, Item], fact: Fact) -> bool:
    """Say whether an answer names an invite, or a proposal, of which nothing is known."""
    if not isinstance(fact.data, InviteKept | InviteRetractionApproved):
        return False
    if fact.data.proposal_id is not None:
        return view.item(PROPOSAL + fact.data.proposal_id) is None
    return any(view.item(INVITE + invite_id) is None for invite_id in fact.data.invite_ids or ())


def related(_key: str, item: Item) -> Iterable[str]:
    """Return the items whose steps depend on this one."""
    match item:
        case Invite(ignored_at=ignored_at):
            return () if ignored_at is None else (PROPOSALS,)
        case Contact(withdrawn=withdrawn, retracted=retracted):
            return [INVITE + invite_id for invite_id in sorted({*withdrawn, *retracted})]
        case Proposal(listed=listed):
            return (*(INVITE + invite_id for invite_id in listed), PROPOSALS)
        case Proposals():
            return ()


def answers(view: View[InvitesProfile, Item], key: str) -> Sequence[tuple[str, Step | Still]]:
    """Return the next step of each rule, or why there is none, in the order of the tables; of other items, nothing."""
    item = view.item(key)
    if isinstance(item, Invite):
        if item.sent_at is None:
            return ()
        wishes, invite = view.profile.preferences, heard(item, view)
        ended, stale = settled(invite), stale_at(invite, wishes)
        case = Case(key.removeprefix(INVITE), invite, item.sent_at, wishes, view, ended, stale)
        return [(rule.name, rule.answer(case)) for rule in RULES]
    if isinstance(item, Proposals):
        gathering = gather(view, item)
        return [(rule.name, rule.answer(gathering)) for rule in PROPOSAL_RULES]
    return ()
