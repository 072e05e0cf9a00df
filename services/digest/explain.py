"""How the member's digest stands, for whoever asks why: by the same outcome that `evaluate` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, get_args

from services.digest import rules
from services.digest.content.build import Digests
from services.digest.evaluate import outcome, running_of
from services.digest.model.state import RULE, Running
from shared.contracts import DigestFailed, DigestSkipped, EventData, MemberPreferencesSet, SkipReason
from shared.decider import NextAction, Reason

UNDER_WAY: Final = ("waiting", "sending", "failed")
"""Outcomes of a mail that is prepared and not settled."""
_SKIPS: Final = {why: f"skipped_{why}" for why in get_args(SkipReason)}
CODES: Final = frozenset(get_args(rules.SilenceCode)) | {
    *_SKIPS.values(),
    "comes",
    "under_way",
    "tried_again",
    "given_up",
}
"""All codes of this service's reasons."""


def explain(view: Digests, key: str) -> Sequence[Reason]:
    """Return how the digest stands: when it comes, what becomes of the mail, or why there is none."""
    if (running := running_of(view, key)) is None:
        return ()
    stands = outcome(view, running)
    if not isinstance(stands, NextAction):
        return (Reason(rule=RULE, standing="idle" if stands.code == "nothing_yet" else "silent", code=stands.code),)
    says = stands.emit(stands.at).data
    return (
        Reason(
            rule=RULE,
            standing="waiting" if running.outcome in UNDER_WAY else "planned",
            code=_code(running, says),
            at=stands.at,
            says=says,
            notes=(_SKIPS[says.why],) if isinstance(says, DigestSkipped) else (),
            ends=(MemberPreferencesSet.TYPE,),
        ),
    )


def _code(running: Running, says: EventData) -> str:
    if running.outcome == "sending":
        return "under_way"
    if running.outcome in UNDER_WAY:
        return "given_up" if isinstance(says, DigestFailed) else "tried_again"
    return "comes"
