"""What a member may wish of each rule.

An event tolerates every wish of every rule, as others may know it; what a command is given by hand had better mean something.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.digest.model.state import RULE as DIGEST_RULE
from services.followups.rules.table import RULES as FOLLOWUP_RULES
from services.invites.rules.invite import RULES as INVITE_RULES
from services.invites.rules.proposals import PROPOSAL_RULES

_COUNTED_FROM_INVITES: Final = ("expire", "reinvite")
"""Rules of the service *invites* whose day a member may choose; what it proposes counts by `retraction`."""

WISHES: Final[Mapping[str, tuple[str, ...]]] = {
    DIGEST_RULE: ("on",),
    **{rule.name: ("on",) for rule in PROPOSAL_RULES},
    **{
        rule.name: ("on", "offsets_days") if rule.name in _COUNTED_FROM_INVITES else ("on",)
        for rule in INVITE_RULES
        if rule.switched
    },
    **{name: ("on", f"offsets_{rule.schedule.unit}", "push") for name, rule in FOLLOWUP_RULES.items()},
}
"""By rule: the fields of its preferences that it reads. The rules are those that a member can switch."""
