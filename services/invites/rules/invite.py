"""The rules of one invite: each is a small function and one line in `RULES`.

A rule looks at what is known and returns its next action: what it would say, and when. It never looks at what happened
last. A step that was said after the reason for it is done, whatever the rules are by then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.invites.rules.case import LONG_AGO, Case, Rule, step, still
from services.invites.rules.notices import announced_again_at, named_at, no_mail, retract_at, turn_at
from services.invites.state import CONTACT, PROPOSAL, WITHDRAWN, Contact, Invite, InvitesProfile, Item, Proposal, Wish
from shared.contracts import (
    InviteExpired,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
)
from shared.decider import Blocked, Done, Outcome, View
from shared.preferences import Preferences

EXPIRE_AFTER: Final = timedelta(days=180)
"""LinkedIn lets an invite expire after about half a year. Off unless a member, or their product, switches it on."""
REINVITE_AFTER: Final = timedelta(days=21)
"""LinkedIn refuses another invite to the same person for three weeks."""


def with_last_wish(invite: Invite, view: View[InvitesProfile, Item]) -> Invite:
    """Return an invite with the member's last word on it, by its own id or by that of a proposal that listed it.

    A yes to a whole proposal is no word on an invite that is kept by its own id.
    """
    if not invite.proposals:
        return invite
    state = view.need(PROPOSAL + proposal_id for proposal_id in invite.proposals)
    whole = [item.wish for _, item in state if isinstance(item, Proposal) and item.wish is not None]
    own = invite.wish
    wishes = [wish for wish in whole if own is None or not _spares(wish, own)]
    if not wishes:
        return invite
    last = max([*wishes, *([own] if own else [])], key=lambda wish: (wish.time, wish.id))
    return msgspec.structs.replace(invite, wish=last)


def _spares(whole: Wish, own: Wish) -> bool:
    """Say whether a yes to a whole proposal spares an invite: it was kept by its own id, and is still when the yes is said.

    To pull back is for ever, and whoever was kept by name is let go by name alone.
    """
    return whole.approved and not own.approved and (own.until is None or whole.time < own.until)


def stale_at(invite: Invite, preferences: Preferences) -> datetime | None:
    """Return when an open invite counts as ignored: late enough after its sending, and not kept any longer.

    None: never, because it is not known yet, or settled, or kept for good, or because the member wants it pulled back.
    """
    if invite.sent_at is None or invite.settled:
        return None
    stale = invite.sent_at + preferences.stale_after
    if invite.wish is None:
        return stale
    until = invite.wish.until
    return None if until is None else max(stale, until)


def settled(invite: Invite) -> Blocked | Done | None:
    """Return why nothing can happen to an invite any more, but that the contact may be invited again; else None."""
    if invite.answers:
        return still("answered", since=invite.answered_at)
    gone_at = invite.retracted_at or invite.expired_at
    return None if gone_at is None else still("let_go", since=gone_at)


def over(invite: Invite) -> Blocked | Done:
    """Return why nothing at all is left to say of an invite (`Invite.over`)."""
    again_at = invite.reinvited_at
    return still("answered", since=invite.answered_at) if again_at is None else still("invited_again", since=again_at)


def not_stale(invite: Invite) -> Blocked | Done:
    """Return why an open invite never counts as ignored (`stale_at` gives None)."""
    ended, wish = settled(invite), invite.wish
    if ended is not None or wish is None:
        return ended or still("not_found_yet")
    return still("approved" if wish.approved else "kept_for_good", wish.id, wish.time)


def found_ignored(invite: Invite) -> bool:
    """Say whether it was found to be ignored since it was last kept."""
    kept_until = (invite.wish and invite.wish.until) or LONG_AGO
    return invite.ignored_at is not None and invite.ignored_at >= kept_until


def retract_approved(case: Case) -> Outcome:
    """The member said to pull it back: at once or after the wait that goes with it, under any policy, stale or not."""
    wish = case.invite.wish
    if case.ended is not None or wish is None or not wish.approved:
        return case.ended or still("not_approved")
    return step(
        wish.not_before or wish.time,
        lambda at: InviteRetracted(
            invite_id=case.id,
            contact_id=case.invite.contact_id,
            age_days=case.age_days(at),
            by="member",
            try_again=wish.again,
        ),
        wish.id,
    )


def expire(case: Case) -> Outcome:
    """The product no longer holds an invite of this age open. One that the member lets go is pulled back instead."""
    if case.ended is not None:
        return case.ended
    wish = case.invite.wish
    if wish is not None and wish.approved:
        return still("approved", wish.id, wish.time)
    offsets = case.preferences.rule("expire").offsets
    return step(
        case.sent_at + (offsets[0] if offsets else EXPIRE_AFTER),
        lambda at: InviteExpired(invite_id=case.id, contact_id=case.invite.contact_id, age_days=case.age_days(at)),
    )


def ignore(case: Case) -> Outcome:
    """Nobody answered for so long: Rapport's own finding, under any policy, and once more after it was kept a while."""
    if case.stale_at is None:
        return not_stale(case.invite)
    if found_ignored(case.invite):
        return still("found_already", since=case.invite.ignored_at)
    return step(
        case.stale_at,
        lambda at: InviteIgnored(invite_id=case.id, contact_id=case.invite.contact_id, age_days=case.age_days(at)),
    )


def notice(case: Case) -> Outcome:
    """With `auto` the member is told first, and has the whole notice from the mail that names it, however old it is.

    What was told before is told anew at once: until then a digest would name it with the day that it no longer has. So is
    what no mail has named by its day.
    """
    counts_from = _notice_counts_from(case)
    if not isinstance(counts_from, datetime):
        return counts_from
    announced_before = case.invite.noticed_at is not None
    due = counts_from if announced_before else max(counts_from, turn_at(case.view))
    if (announced := _noticed(case, counts_from)) is not None:
        if named_at(case.invite, counts_from) is not None:
            return still("told_already", since=case.invite.noticed_at)
        due = announced
    return step(
        due,
        lambda at: InviteRetractionNoticed(
            invite_id=case.id, contact_id=case.invite.contact_id, retract_at=retract_at(case.view, case.preferences, at)
        ),
    )


def retract(case: Case) -> Outcome:
    """With `auto` it is pulled back when the notice is over that a mail has named, and nobody answered or kept it."""
    counts_from = _notice_counts_from(case)
    if not isinstance(counts_from, datetime):
        return counts_from
    announced, named = _noticed(case, counts_from), named_at(case.invite, counts_from)
    if announced is None or named is None or case.invite.named_for is None:
        return still("not_told_yet")
    return step(
        max(case.invite.named_for, named + case.preferences.notice),
        lambda at: InviteRetracted(
            invite_id=case.id, contact_id=case.invite.contact_id, age_days=case.age_days(at), by="rule"
        ),
    )


def reinvite(case: Case) -> Outcome:
    """The contact may be invited again, if the member wished so and nothing has happened between the two since."""
    invite = case.invite
    if invite.over:
        return over(invite)
    if not (invite.again or invite.retracted_again):
        return still("not_wished")
    withdrawn_at = invite.answered_at if invite.answers & WITHDRAWN else None
    anchor = max(withdrawn_at or LONG_AGO, invite.retracted_at or LONG_AGO)
    contact = case.view.item(CONTACT + invite.contact_id)
    if isinstance(contact, Contact) and contact.ended_at is not None and contact.ended_at >= case.sent_at:
        return still("met_since", since=contact.ended_at)
    offsets = case.preferences.rule("reinvite").offsets
    return step(
        max(anchor + (offsets[0] if offsets else REINVITE_AFTER), case.resumed_at),
        lambda _: InviteReinviteAllowed(invite_id=case.id, contact_id=invite.contact_id),
    )


def _notice_counts_from(case: Case) -> datetime | Blocked | Done:
    """Return the instant from which on a notice counts, or why there is nothing to give notice of.

    The invite is stale by then, the policy and the digest that hold now were set, and the member is not away: a notice
    that was given before is given anew, so that it can be read and answered with a keep.
    """
    policy = case.preferences.policy
    if case.stale_at is None:
        return not_stale(case.invite)
    if policy != "auto":
        return still("policy_ask" if policy == "ask" else "policy_never", since=case.preferences.policy_set_at)
    if (hindrance := no_mail(case.view.profile)) is not None:
        return still(hindrance)
    if not found_ignored(case.invite):
        return still("not_found_yet")
    return max(case.stale_at, announced_again_at(case.view.profile))


def _noticed(case: Case, counts_from: datetime) -> datetime | None:
    """Return the day of a notice that was given since it counts, and is as long as the member wishes it by now; else None."""
    noticed_at, announced = case.invite.noticed_at, case.invite.retract_at
    if noticed_at is None or announced is None:
        return None
    counts = noticed_at >= counts_from and noticed_at + case.preferences.notice <= announced
    return announced if counts else None


def _may_retract(invite: Invite, preferences: Preferences) -> bool:
    return invite.ignored_at is not None and preferences.policy == "auto"


RULES: Final = (
    Rule("retract_approved", retract_approved, switched=False, begins=lambda invite, _: invite.wish is not None),
    Rule("expire", expire, on=False, begins=lambda _, preferences: preferences.switch("expire") is not None),
    Rule("retract_stale", ignore),
    Rule("retract_stale", notice, begins=_may_retract),
    Rule("retract_stale", retract, begins=_may_retract),
    Rule("reinvite", reinvite, begins=lambda invite, _: invite.again or invite.retracted_again),
)
"""In the order in which they speak when several are due: the member's own word first."""
