"""How each invite stands: what product and member say of it, joined with what *invites* has found."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from services.gateway.projection.model.followups import DIGESTS, FINDINGS, Findings
from services.gateway.projection.model.people import INVITES, Invite, Invites, Wish
from services.gateway.reading import answers
from services.gateway.reading.known import Known, digests, findings, invites, people
from services.gateway.reading.pages import LIMIT, page
from shared.contracts import InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn

OUTCOMES: Final[dict[str, answers.InviteState]] = {
    InviteAccepted.CODE: "accepted", InviteDeclined.CODE: "declined", InviteReported.CODE: "reported",
    InviteWithdrawn.CODE: "withdrawn",
}  # fmt: skip


def state_of(view: Known, key: str, now: datetime) -> answers.InviteState:
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


def waiting(view: Known, now: datetime) -> list[str]:
    """Return the ids of the invites that the last proposal asks about and that wait for an answer."""
    proposal = findings(view).proposal
    return [] if proposal is None else [key for key in proposal.invite_ids if state_of(view, key, now) == "proposed"]


def answer(
    view: Known, now: datetime, only: answers.InviteState | None = None, limit: int = LIMIT, after: str | None = None
) -> answers.MemberInvites:
    """Return a page of the invites, of all or of those that stand like this, the latest sent first."""
    view.all_of((INVITES, FINDINGS, DIGESTS))
    told, found = invites(view), findings(view)
    states = {key: state_of(view, key, now) for key in {**told.by_id, **found.by_id}}

    def place(key: str) -> tuple[int, float, str]:
        sent = told.by_id.get(key, Invite()).sent
        return (0, -sent.time.timestamp(), key) if sent is not None else (1, 0.0, key)

    keys, following = page([key for key, state in states.items() if only in (None, state)], place, limit, after)
    who = people(view, [contact_of(key, told, found) for key in keys])
    listed = [_answer(key, states[key], told, found, who) for key in keys]
    return answers.MemberInvites(
        invites=listed,
        counts=dict(sorted(Counter(states.values()).items())),
        proposal=_proposal(view, now),
        next=following,
    )


def contact_of(key: str, told: Invites, found: Findings) -> str:
    """Return the id of the person on the other side; empty where nobody told it yet."""
    sent, said = told.by_id.get(key, Invite()).sent, found.by_id.get(key)
    return sent.contact_id if sent is not None else said.contact_id if said is not None else ""


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


def _proposal(view: Known, now: datetime) -> answers.OpenProposal | None:
    proposal, left = findings(view).proposal, waiting(view, now)
    if proposal is None or not left:
        return None
    return answers.OpenProposal(
        id=proposal.id, at=proposal.at, attempt=proposal.attempt, invite_ids=left, more=proposal.more
    )
