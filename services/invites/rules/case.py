"""One invite as the rules look at it, and how a rule answers: its next action, or why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from services.invites.state import Invite, InvitesProfile, Item
from shared.contracts import EventData
from shared.contracts.limits import AGE_DAYS_MAX
from shared.decider import Blocked, Done, NewEvent, NextAction, Outcome, View
from shared.preferences import Preferences

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


StillCode = Literal[
    "not_approved", "answered", "let_go", "kept_for_good", "approved", "policy_ask", "policy_never", "not_found_yet",
    "found_already", "told_already", "not_told_yet", "not_wished", "invited_again", "met_since", "switched_off",
    "off_unless_wished",
    "untold_no_digest", "untold_no_address", "untold_given_up",
    "told_one_by_one", "nothing_waits", "asked_already", "too_few", "asked_twice", "one_is_open",
]  # fmt: skip
"""Why a rule has nothing to say."""
IDLE: Final[frozenset[StillCode]] = frozenset(
    {"not_approved", "not_found_yet", "not_told_yet", "not_wished", "off_unless_wished", "nothing_waits", "too_few"}
)
"""Of them, those where nothing has happened that the rule is about."""


DONE: Final[frozenset[StillCode]] = frozenset({"found_already", "told_already", "asked_already", "invited_again"})
"""Of them, those of a rule that has spoken."""


def step(at: datetime, says: Callable[[datetime], EventData], because: str = "") -> NextAction:
    """Return what a rule says next, from which instant on, and the id of the event that is its reason, if one is known."""
    return NextAction(at, lambda when: NewEvent(says(when), because=because or None), because=because)


def still(code: StillCode, because: str = "", since: datetime | None = None) -> Blocked | Done:
    """Return why a rule has nothing to say next, and by which event, where that is known."""
    return Done(code, because, since) if code in DONE else Blocked(code, because, since)


class Case(msgspec.Struct, frozen=True):
    """One invite that was sent, with what the rules may look at beside it."""

    id: str
    invite: Invite
    sent_at: datetime
    preferences: Preferences
    view: View[InvitesProfile, Item]
    ended: Blocked | Done | None
    """Why nothing can happen to it any more (`settled`)."""
    stale_at: datetime | None
    """When it counts as ignored (`stale_at`)."""

    @property
    def resumed_at(self) -> datetime:
        """When the member's pause is over, or long ago."""
        return self.preferences.paused_until or LONG_AGO

    def age_days(self, at: datetime) -> int:
        """Return for how many whole days the invite has been out."""
        return min(max((at - self.sent_at).days, 0), AGE_DAYS_MAX)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule under the name by which a member switches it."""

    name: str
    step: Callable[[Case], Outcome]
    on: bool = True
    """Unless the member says otherwise."""
    switched: bool = True
    """False: it carries out the member's own word, and stays."""
    begins: Callable[[Invite, Preferences], bool] = lambda invite, preferences: True
    """Whether it can have a next action with an invite at all, told at one look: where not, only who asks why asks it."""

    def evaluate(self, case: Case) -> Outcome:
        """Return what the rule does next with an invite, or why it does nothing."""
        switch = case.preferences.switch(self.name)
        if not self.switched or (self.on if switch is None else switch.value):
            return self.step(case)
        return still("off_unless_wished") if switch is None else still("switched_off", switch.id, switch.time)
