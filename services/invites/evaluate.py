"""How the rules stand with an invite or with the proposals: what to publish, and when to look again, follow from that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from services.invites.rules.case import Case
from services.invites.rules.invite import RULES, settled, stale_at, with_last_wish
from services.invites.rules.proposals import PROPOSAL_RULES, gather
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
from shared.contracts import Event, EventData, InviteKept, InviteRetractionApproved
from shared.decider import NOTHING, Evaluation, Outcome, View, evaluation

ANSWERS: Final = frozenset[type[EventData]]((InviteKept, InviteRetractionApproved))


def evaluate(view: View[InvitesProfile, Item], key: str, at: datetime | None) -> Evaluation:
    """Return the first event that is due at the timer `at`, or when the first one falls due.

    Everything said here is about an answer that did not come, so no action is `AT_ONCE`: it waits for a timer, when all is
    known that was acknowledged before.
    """
    rules, about = _asked(view, key, whole=False)
    return evaluation((rule.evaluate(about) for rule in rules), at) if rules else NOTHING


def misses(view: View[InvitesProfile, Item], event: Event) -> bool:
    """Say whether an answer names an invite, or a proposal, of which nothing is known."""
    data = event.data
    assert isinstance(data, InviteKept | InviteRetractionApproved)
    if data.proposal_id is not None:
        return view.item(PROPOSAL + data.proposal_id) is None
    return any(view.item(INVITE + invite_id) is None for invite_id in data.invite_ids or ())


def related(_key: str, item: Item) -> Iterable[str]:
    """Return the items whose steps depend on this one."""
    if type(item) is Invite:  # most are
        return () if item.ignored_at is None else (PROPOSALS,)
    match item:
        case Contact(withdrawn=withdrawn, retracted=retracted):
            return [INVITE + invite_id for invite_id in sorted({*withdrawn, *retracted})]
        case Proposal(listed=listed):
            return (*(INVITE + invite_id for invite_id in listed), PROPOSALS)
        case _:
            return ()


def outcomes(view: View[InvitesProfile, Item], key: str, *, whole: bool = True) -> Iterator[tuple[str, Outcome]]:
    """Yield how each rule stands, by name, in the order of the tables, as far as it is asked for; of other items, nothing.

    Not `whole`: without rules that can have no next action (`Rule.begins`).
    """
    rules, about = _asked(view, key, whole=whole)
    return ((rule.name, rule.evaluate(about)) for rule in rules)


def _asked(view: View[InvitesProfile, Item], key: str, *, whole: bool) -> tuple[Sequence[Any], Any]:
    """Return the rules about an item, and what they look at; of one that no rule is about, no rules."""
    item = view.item(key)
    if isinstance(item, Proposals):
        return PROPOSAL_RULES, gather(view, item)
    if not isinstance(item, Invite) or item.sent_at is None:
        return (), None
    wishes, invite = view.profile.preferences, with_last_wish(item, view)
    rules = RULES if whole else [rule for rule in RULES if rule.begins(invite, wishes)]
    ended, stale = settled(invite), stale_at(invite, wishes)
    return rules, Case(key.removeprefix(INVITE), invite, item.sent_at, wishes, view, ended, stale)
