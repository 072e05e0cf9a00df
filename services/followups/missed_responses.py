"""Which answers are about nothing that is known: they are counted for whoever runs the product that sends them."""

from __future__ import annotations

from typing import Final

from services.followups.model.slot import Slot
from services.followups.model.state import Subject, kind_of, parse_followup_id
from services.followups.rules.form.case import Followups
from services.followups.rules.table import RULES
from shared.contracts import (
    Event,
    EventData,
    FollowupAnswered,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupSnoozed,
)

ANSWERS: Final[frozenset[type[EventData]]] = frozenset(
    {FollowupDone, FollowupSnoozed, FollowupDismissed, FollowupReopened}
)


def misses(view: Followups, event: Event) -> bool:
    """Say whether an answer names a follow-up that never was: of who is not known, of no rule there is, or never planned."""
    data = event.data
    assert isinstance(data, FollowupAnswered)
    ref = parse_followup_id(data.followup_id)
    rule, state = RULES.get(ref.rule), view.item(ref.key)
    if rule is None or rule.about != kind_of(ref.key) or state is None:
        return True
    return bool(ref.cycle) and isinstance(state, Subject) and _never_planned(ref.cycle, state.slots.get(ref.rule))


def _never_planned(cycle: str, slot: Slot | None) -> bool:
    """Say whether there was no such cycle: of those before the last one their number alone is known."""
    number = int(cycle.partition(".")[2] or 1)
    return slot is None or number > slot.number or (number == slot.number and cycle != slot.cycle)
