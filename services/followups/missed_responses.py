"""Which answers are about nothing that is known: they are counted for whoever runs the product that sends them."""

from __future__ import annotations

from services.followups.model.state import kind_of, place_of
from services.followups.rules.case import Followups
from services.followups.rules.table import RULES
from shared.contracts import Event, FollowupDismissed, FollowupDone, FollowupSnoozed


def misses(view: Followups, event: Event) -> bool:
    """Say whether an answer names a follow-up of somebody, or something, of whom nothing is known, or of no rule there is."""
    if not isinstance(event.data, FollowupDone | FollowupSnoozed | FollowupDismissed):
        return False
    place = place_of(event.data.followup_id)
    rule = RULES.get(place.rule)
    return rule is None or rule.about != kind_of(place.key) or view.item(place.key) is None
