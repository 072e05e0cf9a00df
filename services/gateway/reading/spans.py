"""How long an answer reads the same while nothing is said: the present instant is in it in few places, and they are here.

An answer compares the present instant with when meetings begin and with when a word on an invite ends, and it asks which day
it is for the member. Whoever adds another place to a route's answer adds it here: a test holds each route to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from services.gateway.reading import meetings as of_meetings
from services.gateway.reading.view import ProjectionView, invites, meetings
from shared.calendar import local

Turns: TypeAlias = Callable[[ProjectionView], Iterable[datetime]]
"""Returns the instants at which an answer may begin to read otherwise."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when an answer holds, within one day of the member's own calendar."""

    since: datetime
    until: datetime | None
    """This instant is outside; None: as long as the day."""
    zone: str
    day: date

    def covers(self, now: datetime) -> bool:
        """Say whether the answer reads the same at this instant. A clock that went back is outside."""
        inside = self.since <= now and (self.until is None or now < self.until)
        return inside and local(now, self.zone).date() == self.day


def span(view: ProjectionView, now: datetime, turns: Turns) -> Span:
    """Return how long an answer that was made now holds."""
    zone = view.profile.preferences.zone
    until = min((one for one in turns(view) if one >= now), default=None)
    return Span(now, until, zone, local(now, zone).date())


def by_day(_: ProjectionView) -> tuple[datetime, ...]:
    """Of an answer in which the day alone counts, or no time at all."""
    return ()


def starts(view: ProjectionView) -> Iterator[datetime]:
    """Of an answer in which it counts whether a meeting has begun."""
    for one in meetings(view).by_id.values():
        if (begins := of_meetings.starts_at(one)) is not None:
            yield begins


def wishes_end(view: ProjectionView) -> Iterator[datetime]:
    """Of an answer in which it counts whether an invite is kept still."""
    state = invites(view)
    for wish in (*(one.wish for one in state.by_id.values()), *state.proposals.values()):
        if wish is not None and wish.until is not None:
            yield wish.until


def on_agenda(view: ProjectionView) -> Iterator[datetime]:
    """Of an answer in which both count."""
    yield from starts(view)
    yield from wishes_end(view)
