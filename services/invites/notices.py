"""When an invite is pulled back by itself: not before a mail has named it, and the member had the whole notice from then on.

A digest names so many that will be pulled back, those first whose day is next. So they come in groups: each has the days of
its notice after the first digest that names it, and the next group follows when that one is gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.invites.case import LONG_AGO
from services.invites.state import NOTICES, InvitesProfile, Item, Notices
from shared.calendar import last_slot, next_slot
from shared.decider import View
from shared.preferences import Preferences

NAMED_MAX: Final = 12
"""How many invites that will be pulled back one digest names."""


def retract_at(view: View[InvitesProfile, Item], preferences: Preferences, at: datetime) -> datetime:
    """Return when an invite is pulled back of which the notice is given at `at`; reads how many were given before.

    Who has no digest has the notice of the event alone.
    """
    if preferences.digest_every == "off":
        return at + preferences.notice
    first = _next_digest(preferences, at) + preferences.notice
    last, count = _group(view, preferences)
    if last is None or last < first:
        return first
    return last if count < NAMED_MAX else _digest_from(preferences, last) + preferences.notice


def counted(notices: Notices, retract_at: datetime, at: datetime) -> Notices:
    """Return the last group after one more notice, given at `at`."""
    count = notices.count + 1 if notices.retract_at == retract_at else 1
    return Notices(retract_at, count, at)


def _group(view: View[InvitesProfile, Item], preferences: Preferences) -> tuple[datetime | None, int]:
    """Return the day of the last group, and how many it has; none where all notices must be given anew."""
    known = view.item(NOTICES)
    anew = max(preferences.policy_set_at or LONG_AGO, preferences.paused_until or LONG_AGO)
    if not isinstance(known, Notices) or known.noticed_at is None or known.noticed_at < anew:
        return None, 0
    return known.retract_at, known.count


def _next_digest(preferences: Preferences, after: datetime) -> datetime:
    weekday = None if preferences.digest_every == "daily" else preferences.digest_weekday
    return next_slot(after, preferences.zone, preferences.digest_time, weekday).instant


def _digest_from(preferences: Preferences, begin: datetime) -> datetime:
    """Return the first digest at `begin` or after it: it no longer names those that are pulled back by then."""
    weekday = None if preferences.digest_every == "daily" else preferences.digest_weekday
    now = last_slot(begin, preferences.zone, preferences.digest_time, weekday).instant
    return begin if now == begin else _next_digest(preferences, begin)
