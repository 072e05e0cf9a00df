"""What events from outside say of the member's habits: what was shown, what was answered, what was done. All of it joins."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from services.followups.model.event_codes import CODES
from services.followups.model.state import OCCASION_DAYS_MAX, Habits, day_number, place_of
from services.followups.model.values import Occasions, ShownOn
from services.followups.rules.table import RULES
from shared.contracts import DigestSent, Event, EventData, FollowupAnswered, FollowupShown, InviteSent, InviteWhyGiven

WAKING: Final = frozenset(
    event for rule in RULES.values() if rule.delivery.quiet is not None for event in rule.delivery.quiet.woken_by
)
"""Events that bring a rule back when they are done of the member's own accord."""


def is_about_habits(data: EventData) -> bool:
    """Say whether an event from outside may change the member's habits."""
    if isinstance(data, DigestSent):
        return bool(data.shown)
    return isinstance(data, FollowupAnswered | FollowupShown) or _deed(data) is not None


def observe(habits: Habits, event: Event) -> Habits:
    """Return the member's habits after one more event from outside."""
    data = event.data
    if isinstance(data, DigestSent):
        for rule in data.shown:
            habits = _shown(habits, rule, event)
        return habits
    if isinstance(data, FollowupShown):
        return _shown(habits, place_of(data.followup_id).rule, event)
    if isinstance(data, FollowupAnswered):
        rule, last = place_of(data.followup_id).rule, habits.acted
        if not _may_rest(rule) or last.get(rule, event.time) > event.time:
            return habits
        return replace(habits, acted={**last, rule: event.time})
    kind = _deed(data)
    if kind is None or habits.did.get(CODES[kind], event.time) > event.time:
        return habits
    return replace(habits, did={**habits.did, CODES[kind]: event.time})


def _deed(data: EventData) -> type[EventData] | None:
    """Return what an event is, if it is something that a rule asks for; an invite that says why says why."""
    if isinstance(data, InviteSent):
        return InviteWhyGiven if data.why else InviteSent
    return type(data) if type(data) in WAKING else None


def _shown(habits: Habits, rule: str, event: Event) -> Habits:
    if not _may_rest(rule):
        return habits
    before, number = habits.shown.get(rule), day_number(event.time)
    days = {} if before is None else {day_number(one.first): one for one in before.days}
    known = days.get(number, ShownOn(event.time, event.time))
    days[number] = ShownOn(min(known.first, event.time), max(known.last, event.time))
    after = Occasions(tuple(days[number] for number in sorted(days)[-OCCASION_DAYS_MAX:]))
    return replace(habits, shown=dict(sorted({**habits.shown, rule: after}.items())))


def _may_rest(name: str) -> bool:
    rule = RULES.get(name)
    return rule is not None and rule.delivery.quiet is not None
