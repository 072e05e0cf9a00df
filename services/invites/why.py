"""How each rule stands with an invite or with the proposals, for whoever asks why: the very answers that `decide` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, get_args

from services.invites.decide import answers
from services.invites.rules import IDLE, Step, Still, StillCode, over
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
from shared.decision import Reason, Standing, View

ENDS: Final[tuple[type[EventData], ...]] = (
    InviteAccepted, InviteKept, InviteRetractionApproved, InviteDeclined, InviteWithdrawn, ContactConnected,
    InviteReported, MemberPreferencesSet,
)  # fmt: skip
"""What keeps a rule from going on with an invite."""
RULE: Final = "retract_stale"
CODES: Final = frozenset(get_args(StillCode)) | {"step"}
"""All codes of this service's reasons."""


def explain(view: View[InvitesProfile, Item], key: str) -> Sequence[Reason]:
    """Return how each rule stands with the item under `key`; of an invite that was found, with its proposal, too."""
    reasons, invite = list(_reasons(answers(view, key))), view.item(key)
    if isinstance(invite, Invite):
        if invite.over and not reasons:
            # Nothing is left to say of it, so no rule reads it any more.
            reasons += _reasons([(RULE, over(invite))])
        proposals = view.item(PROPOSALS)
        invite_id = key.removeprefix(INVITE)
        if isinstance(proposals, Proposals) and invite_id in (*proposals.waiting, *proposals.listed):
            reasons += _reasons(answers(view, PROPOSALS), PROPOSALS)
    return reasons


def _reasons(told: Iterable[tuple[str, Step | Still]], key: str = "") -> Iterator[Reason]:
    for rule, answer in told:
        if isinstance(answer, Step):
            yield Reason(
                rule=rule,
                standing="planned",
                code="step",
                at=answer.at,
                says=answer.say(answer.at),
                because=answer.because or "",
                ends=tuple(kind.TYPE for kind in ENDS),
                key=key,
            )
        else:
            yield Reason(
                rule=rule, standing=_standing(answer.code), code=answer.code, because=answer.because,
                since=answer.since, key=key,
            )  # fmt: skip


def _standing(code: StillCode) -> Standing:
    if code in IDLE:
        return "idle"
    return "over" if code in OVER else "silent"


OVER: Final[frozenset[StillCode]] = frozenset({"found_already", "told_already", "asked_already", "invited_again"})
"""Of the codes, those of a rule that has spoken."""
