"""When an invite is pulled back by itself: not before a mail has named it, and the member had the whole notice from then on.

A notice names the day that follows from the first digest that should name it. Whether one did is known when its mail was
taken (`digest.sent`): what no mail has named by its day is told anew, for another day. Who can have no mail is told
nothing: they are asked, as with the policy `ask`.

A digest names so many that will be pulled back, those first whose day is next. So they come in groups: each has the days of
its notice after the first digest that names it, and the next group follows when that one is gone. A notice is given when
its turn is near, and not years ahead: no more than two groups wait for their day at a time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from services.invites.rules.case import LONG_AGO, StillCode
from services.invites.state import NOTICES, Invite, InvitesProfile, Item, Notices
from shared.calendar import last_slot, next_slot
from shared.contracts import RetractionPolicy
from shared.decider import View
from shared.preference_names import DIGEST_RULE, DIGEST_TIMES, HAS_EMAIL, ZONE, of_rules
from shared.preferences import Preferences, Unmailed

NAMED_MAX: Final = 12
"""How many invites that will be pulled back one digest names."""
KNOWN_WITHIN: Final = timedelta(minutes=10)
"""A digest that comes so soon after a notice may be made without it."""
_WHY_UNMAILED: Final[dict[Unmailed, StillCode]] = {
    "no_digest": "untold_no_digest", "no_address": "untold_no_address", "given_up": "untold_given_up",
}  # fmt: skip
_OF_MAILS: Final = (DIGEST_TIMES | HAS_EMAIL | of_rules({DIGEST_RULE})) - {ZONE}
SETTLES: Final = timedelta(days=8)
"""For so long after a change of how the digest comes, one may be left out: that of a week that has had its own."""


def policy_of(profile: InvitesProfile) -> RetractionPolicy:
    """Return what happens to an invite that nobody answered: nothing by itself where no mail can name it first."""
    return profile.preferences.policy_now(profile.given_up_at)


def alike(before: InvitesProfile, after: InvitesProfile) -> bool:
    """Say whether what follows from every invite is the same under both profiles (`Decider.profiles_alike`)."""
    return _read(before) == _read(after)


def _read(profile: InvitesProfile) -> object:
    """Return what the rules read of a profile: how mails come is read only while invites are pulled back by themselves.

    The zone is read, too, while a pause is meant in wall time. Most profiles change by a joining, and most policies ask.
    """
    preferences = profile.preferences
    if preferences.policy == "auto":
        return profile
    passed_over = _OF_MAILS if preferences.pause_depends_on_zone else _OF_MAILS | {ZONE}
    return {name: register for name, register in preferences.registers.items() if name not in passed_over}


def no_mail(profile: InvitesProfile) -> StillCode | None:
    """Return why no digest can name an invite, as far as it is known before one fails; else None."""
    why = profile.preferences.unmailed(profile.given_up_at)
    return None if why is None else _WHY_UNMAILED[why]


def named_at(invite: Invite, counts_from: datetime) -> datetime | None:
    """Return when a mail first said that an invite will be pulled back on the day of its notice or later; None: never."""
    if invite.named_for is None or invite.named_at is None or invite.retract_at is None:
        return None
    return invite.named_at if invite.named_for >= invite.retract_at and invite.named_at >= counts_from else None


def announced_again_at(profile: InvitesProfile) -> datetime:
    """Return from when on a notice counts."""
    return profile.preferences.notices_count_from(profile.given_up_at) or LONG_AGO


def turn_at(view: View[InvitesProfile, Item]) -> datetime:
    """Return from when on the next notice may be given: where the last group is full, when the one before it is gone."""
    group = _group(view)
    if group is None or group.count < NAMED_MAX:
        return LONG_AGO
    return group.before or LONG_AGO


def retract_at(view: View[InvitesProfile, Item], preferences: Preferences, at: datetime) -> datetime:
    """Return when an invite is pulled back of which the notice is given at `at`; reads how many were given before."""
    first, group = _first_digest(preferences, at), _group(view)
    if group is None or group.retract_at is None or group.retract_at <= first:
        return first + preferences.notice
    if group.count < NAMED_MAX:
        return max(group.retract_at, first + preferences.notice)
    return _digest_from(preferences, group.retract_at) + preferences.notice


def counted(notices: Notices, retract_at: datetime, at: datetime) -> Notices:
    """Return the last group after one more notice, given at `at`.

    All that a digest may have to name together are of one group, though their days may differ.
    """
    last = notices.retract_at
    if last is None:
        return Notices(retract_at, 1, at)
    if notices.count < NAMED_MAX and (retract_at == last or retract_at > last > at):
        return Notices(retract_at, notices.count + 1, at, notices.before)
    return Notices(retract_at, 1, at, last if last < retract_at else None)


def _group(view: View[InvitesProfile, Item]) -> Notices | None:
    """Return the last group; None where all notices must be given anew."""
    state = view.item(NOTICES)
    if (
        not isinstance(state, Notices)
        or state.noticed_at is None
        or state.noticed_at < announced_again_at(view.profile)
    ):
        return None
    return state


def _first_digest(preferences: Preferences, at: datetime) -> datetime:
    """Return the first digest that surely names what is told at `at`."""
    first, changed = _next_digest(preferences, at + KNOWN_WITHIN), preferences.digest_set_at
    return first if changed is None or at - changed > SETTLES else _next_digest(preferences, first)


def _next_digest(preferences: Preferences, after: datetime) -> datetime:
    weekday = None if preferences.digest_every == "daily" else preferences.digest_weekday
    return next_slot(after, preferences.zone, preferences.digest_time, weekday).instant


def _digest_from(preferences: Preferences, begin: datetime) -> datetime:
    """Return the first digest at `begin` or after it: it no longer names those that are pulled back by then."""
    weekday = None if preferences.digest_every == "daily" else preferences.digest_weekday
    now = last_slot(begin, preferences.zone, preferences.digest_time, weekday).instant
    return begin if now == begin else _next_digest(preferences, begin)
