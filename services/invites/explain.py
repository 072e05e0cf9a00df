"""How each rule stands with an invite or with the proposals, for whoever asks why: the outcomes that `evaluate` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, get_args

from services.invites.evaluate import outcomes
from services.invites.rules.case import IDLE, StillCode
from services.invites.rules.invite import over
from services.invites.rules.notices import no_mail
from services.invites.state import INVITE, PROPOSALS, Invite, InvitesProfile, Item, Proposals
from shared.contracts import (
    ContactConnected,
    EventData,
    InviteAccepted,
    InviteDeclined,
    InviteIgnored,
    InviteKept,
    InviteReported,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    InviteWithdrawn,
    MemberPreferencesSet,
)
from shared.decider import Done, NextAction, Outcome, Reason, RuleStatus, View

ENDS: Final[tuple[type[EventData], ...]] = (
    InviteAccepted, InviteKept, InviteRetractionApproved, InviteDeclined, InviteWithdrawn, ContactConnected,
    InviteReported, MemberPreferencesSet,
)  # fmt: skip
"""What keeps a rule from going on with an invite."""
RULE: Final = "retract_stale"
UNNAMED: Final = "unnamed"
"""Why a notice will be given anew: no mail has named the invite yet. Once one has, it is pulled back instead."""
ASKED: Final[frozenset[StillCode]] = frozenset({"asked_twice", "one_is_open"})
"""Why nobody is asked anew, as a question was asked."""
CODES: Final = frozenset(get_args(StillCode)) | {"step", UNNAMED}
"""All codes of this service's reasons."""


def explain(view: View[InvitesProfile, Item], key: str) -> Sequence[Reason]:
    """Return how each rule stands with the item under `key`."""
    invite = view.item(key)
    note = _asked_as(view.profile)
    reasons = [_noted(_reason(rule, outcome, invite), note) for rule, outcome in outcomes(view, key)]
    if isinstance(invite, Invite) and invite.over and not reasons:
        # Nothing is left to say of it, so no rule reads it any more.
        return (_reason(RULE, over(invite)),)
    return reasons


def _asked_as(profile: InvitesProfile) -> StillCode | None:
    """Return why a member is asked who wishes for old invites to be pulled back by themselves; None: there is no such why."""
    return no_mail(profile) if profile.preferences.policy == "auto" else None


def _noted(reason: Reason, note: StillCode | None) -> Reason:
    """Return a reason that says beside why the member is asked, where it is about a question."""
    asks = isinstance(reason.says, InviteIgnored | InviteRetractionProposed) or reason.code in ASKED
    return reason if note is None or not asks else replace(reason, notes=(note,))


def gathered(view: View[InvitesProfile, Item], key: str) -> bool:
    """Say whether an invite waits for a proposal, or stands in the last one: then its rules are those of proposals, too."""
    proposals, invite_id = view.item(PROPOSALS), key.removeprefix(INVITE)
    return isinstance(proposals, Proposals) and invite_id in (*proposals.waiting, *proposals.listed)


def _reason(rule: str, outcome: Outcome, invite: Item | None = None) -> Reason:
    if not isinstance(outcome, NextAction):
        standing: RuleStatus = "idle" if outcome.code in IDLE else "silent"
        return Reason(
            rule=rule,
            standing="over" if isinstance(outcome, Done) else standing,
            code=outcome.code,
            because=outcome.because,
            since=outcome.since,
        )
    says = outcome.emit(outcome.at).data
    announced_again = (
        isinstance(says, InviteRetractionNoticed) and isinstance(invite, Invite) and outcome.at == invite.retract_at
    )
    return Reason(
        rule=rule,
        standing="planned",
        code=UNNAMED if announced_again else "step",
        at=outcome.at,
        says=says,
        because=outcome.because,
        ends=tuple(kind.TYPE for kind in ENDS),
    )
