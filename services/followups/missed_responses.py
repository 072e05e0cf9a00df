"""Which answers are about nothing that is known: they are counted for whoever runs the product that sends them."""

from __future__ import annotations

from services.followups.model.state import place_of
from services.followups.rules.case import Followups
from shared.contracts import Event, FollowupDismissed, FollowupDone, FollowupSnoozed


def misses(view: Followups, event: Event) -> bool:
    """Say whether an answer names a follow-up of somebody, or something, of whom nothing is known."""
    if not isinstance(event.data, FollowupDone | FollowupSnoozed | FollowupDismissed):
        return False
    return view.item(place_of(event.data.followup_id).key) is None
