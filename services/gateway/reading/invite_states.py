"""How each invite stands: what product and member say of it, joined with what *invites* has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from services.gateway.projection.model.followups import DIGESTS, FINDINGS, Findings
from services.gateway.projection.model.people import INVITES, Invite, Invites, Wish
from services.gateway.reading import answers
from services.gateway.reading.pages import LIMIT, Place, page
from services.gateway.reading.view import ProjectionView, digests, findings, invites, people
from shared.contracts import InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn

OUTCOMES: Final[dict[str, answers.InviteState]] = {
    InviteAccepted.CODE: "accepted", InviteDeclined.CODE: "declined", InviteReported.CODE: "reported",
    InviteWithdrawn.CODE: "withdrawn",
}  # fmt: skip
PARTED: Final[tuple[answers.InviteState, ...]] = ("letting_go", "kept", "noticed")
"""Decided about, and not over yet."""


def state_of(view: ProjectionView, key: str, now: datetime) -> answers.InviteState:
    """Return how an invite stands.

    Told that it will be pulled back is one whose notice counts still, and asked about is one while questions are wished
    for: a policy that was set since ends both, though nobody takes them back.
    """
    told, found, wishes, off_at = invites(view), findings(view), view.profile.preferences, digests(view).off_at
    one, said = told.by_id.get(key, Invite()), found.by_id.get(key)
    if one.outcome is not None:
        return OUTCOMES[str(one.outcome.value)]
    if said is not None and said.retracted_at is not None:
        return "retracted"
    if said is not None and said.expired_at is not None:
        return "expired"
    proposal = found.proposal
    listed = proposal is not None and key in proposal.invite_ids
    wish = wish_of(key, told, found)
    if wish is not None and not wish.kept:
        return "letting_go"
    if wish is not None and (wish.until is None or wish.until > now):
        return "kept"
    counts_from = wishes.notices_count_from(off_at)
    if said is not None and said.noticed_at is not None and (counts_from is None or said.noticed_at >= counts_from):
        return "noticed"
    asked = wishes.policy_now(off_at) == "ask"
    if asked and listed and proposal is not None and (wish is None or wish.time < proposal.at):
        return "proposed"
    return "ignored" if said is not None and said.ignored_at is not None else "open"


def wish_of(key: str, told: Invites, found: Findings) -> Wish | None:
    """Return the member's last word on an invite: of its own, or on the whole proposal that shows it."""
    own = told.by_id.get(key, Invite()).wish
    proposal = found.proposal
    whole = told.proposals.get(proposal.id) if proposal is not None and key in proposal.invite_ids else None
    if own is None or whole is None:
        return own or whole
    if own.kept and not whole.kept:
        return own  # to approve a whole proposal spares those that are kept by their own ids
    return max(own, whole, key=lambda one: one.stamp)


def waiting(view: ProjectionView, now: datetime) -> list[str]:
    """Return the ids of the invites that the last proposal asks about and that wait for an answer."""
    proposal = findings(view).proposal
    return [] if proposal is None else [key for key in proposal.invite_ids if state_of(view, key, now) == "proposed"]


def answer(
    view: ProjectionView,
    now: datetime,
    only: answers.InviteState | None = None,
    limit: int = LIMIT,
    after: str | None = None,
) -> answers.MemberInvites:
    """Return a page of the invites, of all or of those that stand like this, the latest sent first."""
    view.all_of((INVITES, FINDINGS, DIGESTS))
    states, place = _states(view, now), partial(_place, invites(view))
    keys, following = page([key for key, state in states.items() if only in (None, state)], place, limit, after)
    return answers.MemberInvites(
        invites=_listed(view, keys, states),
        counts=dict(sorted(Counter(states.values()).items())),
        proposal=_proposal(view, now),
        next=following,
    )


def parted(view: ProjectionView, now: datetime, most: int) -> list[answers.InviteStanding]:
    """Return the invites that are decided about and may be decided about otherwise.

    Those on their way out, those of the last proposal that are kept, those whose end was announced: of each kind `most`, the
    ones that were decided last.
    """
    view.all_of((INVITES, FINDINGS, DIGESTS))
    told, found, states = invites(view), findings(view), _states(view, now)
    of_proposal = () if found.proposal is None else found.proposal.invite_ids

    def decided(key: str) -> float:
        wish, said = wish_of(key, told, found), found.by_id.get(key)
        if states[key] == "noticed":
            return said.noticed_at.timestamp() if said is not None and said.noticed_at is not None else 0.0
        return wish.time.timestamp() if wish is not None else 0.0

    shown: list[str] = []
    for kind in PARTED:
        keys = [key for key, state in states.items() if state == kind and (kind != "kept" or key in of_proposal)]
        shown += sorted(sorted(keys, key=partial(_place, told)), key=decided, reverse=True)[:most]
    return _listed(view, shown, states)


def contact_of(key: str, told: Invites, found: Findings) -> str:
    """Return the id of the person on the other side; empty where nobody told it yet."""
    sent, said = told.by_id.get(key, Invite()).sent, found.by_id.get(key)
    return sent.contact_id if sent is not None else said.contact_id if said is not None else ""


def _states(view: ProjectionView, now: datetime) -> dict[str, answers.InviteState]:
    return {key: state_of(view, key, now) for key in {**invites(view).by_id, **findings(view).by_id}}


def _place(told: Invites, key: str) -> Place:
    """Return where an invite stands among others: the latest sent first."""
    sent = told.by_id.get(key, Invite()).sent
    return (0, -sent.time.timestamp(), key) if sent is not None else (1, 0.0, key)


def _listed(
    view: ProjectionView, keys: Sequence[str], states: Mapping[str, answers.InviteState]
) -> list[answers.InviteStanding]:
    told, found = invites(view), findings(view)
    who = people(view, [contact_of(key, told, found) for key in keys])
    return [_answer(key, states[key], told, found, who) for key in keys]


def _answer(
    key: str, state: answers.InviteState, told: Invites, found: Findings, who: dict[str, answers.Who]
) -> answers.InviteStanding:
    one, said = told.by_id.get(key, Invite()), found.by_id.get(key)
    wish = wish_of(key, told, found)
    return answers.InviteStanding(
        id=key,
        state=state,
        side=None if one.sent is None else "sent" if one.sent.mine else "received",
        sent_at=None if one.sent is None else one.sent.time,
        who=who.get(contact_of(key, told, found)),
        why=None if one.why is None else str(one.why.value),
        kept_until=wish.until if wish is not None and state == "kept" else None,
        retract_at=said.retract_at if said is not None and state == "noticed" else None,
        may_invite_again_since=said.again_at if said is not None else None,
    )


def _proposal(view: ProjectionView, now: datetime) -> answers.OpenProposal | None:
    proposal, left = findings(view).proposal, waiting(view, now)
    if proposal is None or not left:
        return None
    return answers.OpenProposal(
        id=proposal.id, at=proposal.at, attempt=proposal.attempt, invite_ids=left, more=proposal.more
    )
