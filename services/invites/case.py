"""One invite as the rules look at it, and what a rule answers: its next step, or why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from services.invites.state import Invite, InvitesProfile, Item
from shared.contracts import EventData
from shared.contracts.limits import AGE_DAYS_MAX
from shared.decider import View
from shared.preferences import Preferences

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Step(msgspec.Struct, frozen=True):
    """What a rule has to say next, and the instant from which on it may be said.

    A struct, like `Still` and `Case`: they are made for each rule of each invite that a fact changes.
    """

    at: datetime
    say: Callable[[datetime], EventData]
    """Returns the fact, given when it is said."""
    because: str | None = None
    """The id of the fact that is its reason, where one is known."""


StillCode = Literal[
    "not_approved", "answered", "let_go", "kept_for_good", "approved", "policy_ask", "policy_never", "not_found_yet",
    "found_already", "told_already", "not_told_yet", "not_wished", "invited_again", "met_since", "switched_off",
    "off_unless_wished",
    "told_one_by_one", "nothing_waits", "asked_already", "too_few", "asked_twice", "one_is_open",
]  # fmt: skip
"""Why a rule has nothing to say."""
IDLE: Final[frozenset[StillCode]] = frozenset(
    {"not_approved", "not_found_yet", "not_told_yet", "not_wished", "off_unless_wished", "nothing_waits", "too_few"}
)
"""Of them, those where nothing has happened that the rule is about."""


class Still(msgspec.Struct, frozen=True):
    """Why a rule has nothing to say next, and by which fact, where that is known."""

    code: StillCode
    because: str = ""
    since: datetime | None = None


class Case(msgspec.Struct, frozen=True):
    """One invite that was sent, with what the rules may look at beside it."""

    id: str
    invite: Invite
    sent_at: datetime
    preferences: Preferences
    view: View[InvitesProfile, Item]
    ended: Still | None
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
    step: Callable[[Case], Step | Still]
    on: bool = True
    """Unless the member says otherwise."""
    switched: bool = True
    """False: it carries out the member's own word, and stays."""

    def answer(self, case: Case) -> Step | Still:
        """Return what the rule has to say of an invite, or why it has nothing to say."""
        switch = case.preferences.switch(self.name)
        if not self.switched or (self.on if switch is None else switch.value):
            return self.step(case)
        return Still("off_unless_wished") if switch is None else Still("switched_off", switch.id, switch.time)
