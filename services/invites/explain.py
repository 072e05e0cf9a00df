"""How each rule stands with an invite or with the proposals, for whoever asks why: the very answers that `decide` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, get_args

from services.invites.case import IDLE, Step, Still, StillCode
from services.invites.decide import answers
from services.invites.rules import over
from services.invites.state import INVITE, PROPOSALS, Invite, InvitesProfile, Item, Proposals
from shared.contracts import (
    ContactConnected,
    EventData,
    InviteAccepted,
    InviteDeclined,
    InviteKept,
    InviteReported,
    InviteRetractionApproved,
    InviteWithdrawn,
    MemberPreferencesSet,
)
from shared.decider import Reason, Standing, View

ENDS: Final[tuple[type[EventData], ...]] = (
    InviteAccepted, InviteKept, InviteRetractionApproved, InviteDeclined, InviteWithdrawn, ContactConnected,
    InviteReported, MemberPreferencesSet,
)  # fmt: skip
"""What keeps a rule from going on with an invite."""
RULE: Final = "retract_stale"
OVER: Final[frozenset[StillCode]] = frozenset({"found_already", "told_already", "asked_already", "invited_again"})
"""Of the codes, those of a rule that has spoken."""
CODES: Final = frozenset(get_args(StillCode)) | {"step"}
"""All codes of this service's reasons."""


def explain(view: View[InvitesProfile, Item], key: str) -> Sequence[Reason]:
    """Return how each rule stands with the item under `key`."""
    reasons, invite = [_reason(rule, answer) for rule, answer in answers(view, key)], view.item(key)
    if isinstance(invite, Invite) and invite.over and not reasons:
        # Nothing is left to say of it, so no rule reads it any more.
        return (_reason(RULE, over(invite)),)
    return reasons


def gathered(view: View[InvitesProfile, Item], key: str) -> bool:
    """Say whether an invite waits for a proposal, or stands in the last one: then its rules are those of proposals, too."""
    proposals, invite_id = view.item(PROPOSALS), key.removeprefix(INVITE)
    return isinstance(proposals, Proposals) and invite_id in (*proposals.waiting, *proposals.listed)


def _reason(rule: str, answer: Step | Still) -> Reason:
    if isinstance(answer, Still):
        return Reason(
            rule=rule,
            standing=_standing(answer.code),
            code=answer.code,
            because=answer.because,
            since=answer.since,
        )
    return Reason(
        rule=rule,
        standing="planned",
        code="step",
        at=answer.at,
        says=answer.say(answer.at),
        because=answer.because or "",
        ends=tuple(kind.TYPE for kind in ENDS),
    )


def _standing(code: StillCode) -> Standing:
    if code in IDLE:
        return "idle"
    return "over" if code in OVER else "silent"
