"""What events from outside say of the member's habits: what was shown, what was answered, what was done. All of it joins."""

from __future__ import annotations

from functools import cache
from typing import Final

from msgspec.structs import replace

from services.followups.model.state import (
    CONTACT,
    DEEDS_MAX,
    INVITE,
    OCCASION_DAYS_MAX,
    Habits,
    day_number,
    latest,
    parse_followup_id,
)
from services.followups.model.values import Occasions, ShownOn
from services.followups.rules.form.rule import GoesQuiet
from services.followups.rules.table import RULES
from shared.contracts import DigestSent, Event, EventData, FollowupAnswered, FollowupShown
from shared.contracts.events.people.contact import AboutContact
from shared.contracts.events.people.invite import AboutInvite

_RESTING: Final = {name: quiet for name, rule in RULES.items() if (quiet := rule.delivery.quiet) is not None}
_FOLLOWED: Final = frozenset({*_RESTING, *(name for name, rule in RULES.items() if rule.repeat.rests_days)})
"""The rules of which it matters when they were shown: those that may rest, and those that rest for a while with a person."""
_WOKEN: Final = {
    event: tuple((name, quiet) for name, quiet in _RESTING.items() if event in quiet.woken_by)
    for event in {event for quiet in _RESTING.values() for event in quiet.woken_by}
}
"""By type of event: the rules that it brings back when it is done of the member's own accord."""


def may_concern(kind: type[EventData]) -> bool:
    """Say whether any event of a type may be about the member's habits."""
    return kind in _WOKEN or _tells_of_use(kind)


def is_about_habits(data: EventData) -> bool:
    """Say whether an event from outside may change the member's habits."""
    if type(data) in _WOKEN:  # none of them is of the others
        return bool(_woken(data)) or _tells_of_use(type(data))
    return _tells_of_use(type(data)) and (not isinstance(data, DigestSent) or bool(data.shown))


@cache  # of types of events alone: most are none of these
def _tells_of_use(kind: type[EventData]) -> bool:
    return issubclass(kind, (DigestSent, FollowupAnswered, FollowupShown))


def observe(habits: Habits, event: Event) -> Habits:
    """Return the member's habits after one more event from outside."""
    data = event.data
    if isinstance(data, DigestSent):
        for rule in data.shown:
            habits = _shown(habits, rule, event)
        return habits
    if isinstance(data, FollowupShown):
        return _shown(habits, parse_followup_id(data.followup_id).rule, event)
    if isinstance(data, FollowupAnswered):
        rule, last = parse_followup_id(data.followup_id).rule, habits.acted
        if not _may_rest(rule) or last.get(rule, event.time) > event.time:
            return habits
        return replace(habits, acted={**last, rule: event.time})
    did = {
        name: latest(
            habits.did.get(name, ()),
            event.time,
            _looked_at(data, quiet),
            DEEDS_MAX,
        )
        for name, quiet in _woken(data)
    }
    return replace(habits, did=dict(sorted({**habits.did, **did}.items()))) if did else habits


def _woken(data: EventData) -> list[tuple[str, GoesQuiet]]:
    """Return the rules that ask for what an event tells."""
    return [(name, quiet) for name, quiet in _WOKEN.get(type(data), ()) if quiet.counts is None or quiet.counts(data)]


def _looked_at(data: EventData, quiet: GoesQuiet) -> str:
    """Return the key of what tells whether it brings the rule back; empty where the event itself does."""
    if quiet.of is not None and isinstance(data, AboutInvite):
        return f"{INVITE}/{data.invite_id}"
    return f"{CONTACT}/{data.contact_id}" if quiet.then and isinstance(data, AboutContact) else ""


def _shown(habits: Habits, rule: str, event: Event) -> Habits:
    if rule not in _FOLLOWED:
        return habits
    before, number = habits.shown.get(rule), day_number(event.time)
    days = {} if before is None else {day_number(one.first): one for one in before.days}
    state = days.get(number, ShownOn(event.time, event.time))
    days[number] = ShownOn(min(state.first, event.time), max(state.last, event.time))
    after = Occasions(tuple(days[number] for number in sorted(days)[-OCCASION_DAYS_MAX:]))
    return replace(habits, shown=dict(sorted({**habits.shown, rule: after}.items())))


def _may_rest(name: str) -> bool:
    return name in _RESTING
