"""What the month before looks like: why people connected, and what they did for each other, in their own words.

Told once a month. Equal words stand together with the people who said them, or to whom they were said; nothing is
counted, compared or guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final

from services.digest.content.contacts import name_of, people_of, profile_of
from services.digest.content.model import Exchange, Month, Theme
from services.digest.model.state import REASONS, WHY, Favour, Item, Person, Profile, Reason, Reasons, Running
from shared.calendar import instant, local
from shared.decider import View

THEMES_MAX: Final = 5
"""Reasons that one list shows, and people of the list of give and take."""
NAMES_MAX: Final = 3
"""People who are named beside one reason."""


def looking_back(view: View[Profile, Item], running: Running, at: datetime) -> Month | None:
    """Return what to tell of the month before `at` by the member's calendar; None when there is nothing, or it was told."""
    zone, connected = view.profile.preferences.zone, view.item(REASONS)
    this = local(at, zone).date().replace(day=1)
    first = (this - timedelta(days=1)).replace(day=1)
    named = datetime.combine(first, time(), UTC)
    if not isinstance(connected, Reasons) or (running.sent_month is not None and named <= running.sent_month):
        return None
    since, until = (instant(datetime.combine(day, time()), zone) for day in (first, this))
    found = view.need(WHY + one.id for one in connected.whys if since <= one.time < until)
    whys = [item for _, item in found if isinstance(item, Reason) and item.side.text]
    lately = [one for one in reversed(connected.people) if since <= one.time]
    people = people_of(view, {*(one.contact_id for one in whys), *(one.id for one in lately)})
    mine, theirs = (_themes((one for one in whys if one.side.text == side), people) for side in ("mine", "theirs"))
    helped = [(one, _exchange(one.id, people, since, until)) for one in lately]
    exchanges = [exchange for one, exchange in helped if one.time < until or exchange.received or exchange.given]
    shown = tuple(exchanges[:THEMES_MAX])
    month = Month(
        named,
        mine[:THEMES_MAX], max(0, len(mine) - THEMES_MAX),
        theirs[:THEMES_MAX], max(0, len(theirs) - THEMES_MAX),
        shown, len(exchanges) - len(shown),
    )  # fmt: skip
    return month if mine or theirs or shown else None


def _themes(reasons: Iterable[Reason], people: dict[str, Person]) -> tuple[Theme, ...]:
    """Return reasons, those with equal words as one, in the order in which they were said first."""
    by_text: dict[str, list[tuple[str, str]]] = {}
    for one in sorted(reasons, key=lambda one: (one.why.time or datetime.max.replace(tzinfo=UTC), one.why.id)):
        by_text.setdefault(" ".join(one.why.text.split()), []).append(
            (name_of(people, one.contact_id), profile_of(people.get(one.contact_id)))
        )
    return tuple(_theme(text, whose) for text, whose in by_text.items())


def _theme(text: str, whose: list[tuple[str, str]]) -> Theme:
    names, profiles = zip(*whose[:NAMES_MAX], strict=True)
    return Theme(text, names, len(whose), profiles)


def _exchange(contact_id: str, people: dict[str, Person], since: datetime, until: datetime) -> Exchange:
    """Return what was said of help with a person in that time: what was before or is after has a month of its own."""
    person = people.get(contact_id, Person())
    received, given = (
        _texts(favour for favour in side if since <= favour.time < until) for side in (person.received, person.given)
    )
    return Exchange(contact_id, name_of(people, contact_id), received, given, profile_of(person))


def _texts(favours: Iterable[Favour]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(one.text.split()) for one in favours))
