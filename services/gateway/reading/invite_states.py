"""How each invite stands: what product and member say of it, joined with what *invites* has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from services.gateway.projection.model.followups import DIGESTS, FINDINGS, Findings, Proposal
from services.gateway.projection.model.people import INVITES, Invite, Invites, Wish
from services.gateway.reading.forms import answers, rows
from services.gateway.reading.forms.pages import LIMIT, SortKey, page
from services.gateway.reading.forms.rows import I
from services.gateway.reading.view import ProjectionView, digests, findings, invites, remembered, rows_of
from shared.contracts import InviteAccepted, InviteDeclined, InviteReported, InviteWithdrawn
from shared.contracts.fields import instant_text

OUTCOMES: Final[dict[str, answers.InviteState]] = {
    InviteAccepted.CODE: "accepted", InviteDeclined.CODE: "declined", InviteReported.CODE: "reported",
    InviteWithdrawn.CODE: "withdrawn",
}  # fmt: skip
_NO_INVITE: Final = Invite()
READS: Final = (INVITES, FINDINGS, DIGESTS)
PARTED: Final[tuple[answers.InviteState, ...]] = ("letting_go", "kept", "noticed")
"""Decided about, and not over yet."""


def stating(view: ProjectionView, now: datetime) -> Callable[[str], answers.InviteState]:
    """Return what says of an invite, by its id, how it stands.

    Told that it will be pulled back is one whose notice counts still, and asked about is one while questions are wished
    for: a policy that was set since ends both, though nobody takes them back.
    """
    by_member, by_service, wishes, off_at = (
        invites(view),
        findings(view),
        view.profile.preferences,
        digests(view).off_at,
    )
    proposal, counts_from = by_service.proposal, wishes.notices_count_from(off_at)
    listed = frozenset(() if proposal is None else proposal.invite_ids)
    asked = wishes.policy_now(off_at) == "ask"

    def state_of(key: str) -> answers.InviteState:
        one, finding = by_member.by_id.get(key, _NO_INVITE), by_service.by_id.get(key)
        if one.outcome is not None:
            return OUTCOMES[str(one.outcome.value)]
        if finding is not None and finding.retracted_at is not None:
            return "retracted"
        if finding is not None and finding.expired_at is not None:
            return "expired"
        wish = _wish(one, proposal if key in listed else None, by_member)
        if wish is not None and not wish.kept:
            return "letting_go"
        if wish is not None and (wish.until is None or wish.until > now):
            return "kept"
        if (
            finding is not None
            and finding.noticed_at is not None
            and (counts_from is None or finding.noticed_at >= counts_from)
        ):
            return "noticed"
        if asked and key in listed and proposal is not None and (wish is None or wish.time < proposal.at):
            return "proposed"
        return "ignored" if finding is not None and finding.ignored_at is not None else "open"

    return state_of


def wish_of(key: str, by_member: Invites, by_service: Findings) -> Wish | None:
    """Return the member's last word on an invite: of its own, or on the whole proposal that shows it."""
    proposal = by_service.proposal
    shown = proposal is not None and key in proposal.invite_ids
    return _wish(by_member.by_id.get(key, _NO_INVITE), proposal if shown else None, by_member)


def _wish(one: Invite, proposal: Proposal | None, by_member: Invites) -> Wish | None:
    """Return the last word on an invite and on the proposal, where one shows it."""
    own, whole = one.wish, None if proposal is None else by_member.proposals.get(proposal.id)
    if own is None or whole is None:
        return own or whole
    if own.kept and not whole.kept and (own.until is None or whole.time < own.until):
        return own  # to approve a whole proposal spares those that are kept by their own ids then
    return max(own, whole, key=lambda one: one.stamp)


def waiting(view: ProjectionView, now: datetime) -> list[str]:
    """Return the ids of the invites that the last proposal asks about and that wait for an answer."""
    proposal = findings(view).proposal
    if proposal is None:
        return []
    state_of = stating(view, now)
    return [key for key in proposal.invite_ids if state_of(key) == "proposed"]


def answer(
    view: ProjectionView,
    now: datetime,
    only: answers.InviteState | None = None,
    limit: int = LIMIT,
    after: str | None = None,
) -> rows.MemberInvites[datetime]:
    """Return a page of the invites, of all or of those that stand like this, the latest sent first."""
    return _page(view, now, only, limit, after, rows.itself)


def as_text(
    view: ProjectionView,
    now: datetime,
    only: answers.InviteState | None = None,
    limit: int = LIMIT,
    after: str | None = None,
) -> rows.MemberInvites[str]:
    """Return what `answer` does, to be sent."""
    return _page(view, now, only, limit, after, instant_text)


def _page(
    view: ProjectionView, now: datetime, only: answers.InviteState | None, limit: int, after: str | None,
    as_instant: Callable[[datetime], I],
) -> rows.MemberInvites[I]:  # fmt: skip
    def find() -> tuple[dict[str, answers.InviteState], list[str], str | None]:
        states, by_member = _states(view, now), invites(view)
        keyed = [(_sort_key(by_member, key), key) for key, state in states.items() if only in (None, state)]
        shown, following = page(keyed, limit, after)
        return states, [key for _, key in shown], following

    states, keys, following = remembered(view, f"invites/{only or ''}", READS, (now, limit, after), find)
    return rows.MemberInvites(
        _listed(view, keys, states, as_instant),
        dict(sorted(Counter(states.values()).items())),
        _proposal(view, now, as_instant),
        following,
    )


def parted(view: ProjectionView, now: datetime, most: int) -> list[rows.InviteStanding[datetime]]:
    """Return the invites that are decided about and may be decided about otherwise.

    Those on their way out, those of the last proposal that are kept, those whose end was announced: of each kind `most`, the
    ones that were decided last.
    """
    view.all_of(READS)
    by_member, by_service, states = invites(view), findings(view), _states(view, now)
    of_proposal = () if by_service.proposal is None else by_service.proposal.invite_ids

    def decided(key: str) -> float:
        wish, finding = wish_of(key, by_member, by_service), by_service.by_id.get(key)
        if states[key] == "noticed":
            return finding.noticed_at.timestamp() if finding is not None and finding.noticed_at is not None else 0.0
        return wish.time.timestamp() if wish is not None else 0.0

    shown: list[str] = []
    for kind in PARTED:
        keys = [key for key, state in states.items() if state == kind and (kind != "kept" or key in of_proposal)]
        shown += sorted(sorted(keys, key=partial(_sort_key, by_member)), key=decided, reverse=True)[:most]
    return _listed(view, shown, states, rows.itself)


def contact_of(key: str, by_member: Invites, by_service: Findings) -> str:
    """Return the id of the person on the other side; empty where nobody told it yet."""
    sent, finding = by_member.by_id.get(key, _NO_INVITE).sent, by_service.by_id.get(key)
    return sent.contact_id if sent is not None else finding.contact_id if finding is not None else ""


def _states(view: ProjectionView, now: datetime) -> dict[str, answers.InviteState]:
    state_of = stating(view, now)
    return {key: state_of(key) for key in {**invites(view).by_id, **findings(view).by_id}}


def _sort_key(by_member: Invites, key: str) -> SortKey:
    """Return where an invite stands among others: the latest sent first."""
    sent = by_member.by_id.get(key, _NO_INVITE).sent
    return (0, -sent.time.timestamp(), key) if sent is not None else (1, 0.0, key)


def _listed(
    view: ProjectionView,
    keys: Sequence[str],
    states: Mapping[str, answers.InviteState],
    as_instant: Callable[[datetime], I],
) -> list[rows.InviteStanding[I]]:
    by_member, by_service = invites(view), findings(view)
    whom = [contact_of(key, by_member, by_service) for key in keys]
    who = rows_of(view, whom)
    return [
        _standing(key, states[key], by_member, by_service, who.get(contact), as_instant)
        for key, contact in zip(keys, whom, strict=True)
    ]


def _standing(
    key: str, state: answers.InviteState, by_member: Invites, by_service: Findings, who: rows.Who | None,
    as_instant: Callable[[datetime], I],
) -> rows.InviteStanding[I]:  # fmt: skip
    one, finding = by_member.by_id.get(key, _NO_INVITE), by_service.by_id.get(key)
    wish = wish_of(key, by_member, by_service)
    kept_until = wish.until if wish is not None and state == "kept" else None
    retract_at = finding.retract_at if finding is not None and state == "noticed" else None
    if state == "letting_go" and wish is not None:
        retract_at = wish.until
    again_at = None if finding is None else finding.again_at
    return rows.InviteStanding(
        id=key,
        state=state,
        side=None if one.sent is None else "sent" if one.sent.mine else "received",
        sent_at=None if one.sent is None else as_instant(one.sent.time),
        who=who,
        why=None if one.why is None else str(one.why.value),
        kept_until=None if kept_until is None else as_instant(kept_until),
        retract_at=None if retract_at is None else as_instant(retract_at),
        may_invite_again_since=None if again_at is None else as_instant(again_at),
    )


def _proposal(view: ProjectionView, now: datetime, as_instant: Callable[[datetime], I]) -> rows.OpenProposal[I] | None:
    proposal, left = findings(view).proposal, waiting(view, now)
    if proposal is None or not left:
        return None
    return rows.OpenProposal(proposal.id, as_instant(proposal.at), proposal.attempt, left, proposal.more)
