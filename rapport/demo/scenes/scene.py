"""What a scene is: a script of events as a product would report them, and whose story it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.calendar import instant
from shared.contracts import Event, EventData

SOURCE = "/demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A story that the real services live through on a virtual clock."""

    name: str
    about: str
    """What it shows, in a sentence or two."""
    start: datetime
    days: int
    script: Callable[[], Iterable[Event]]
    """Makes all events from outside, in any order; each reaches the log at its `logged`."""
    member: str
    """Whose transcript is told."""
    mail_text: bool = False
    """The transcript holds the words of each mail, and not only its subject."""

    @property
    def end(self) -> datetime:
        """When the scene is over."""
        return self.start + timedelta(days=self.days)

    def events(self) -> list[Event]:
        """Return the script in the order in which it reaches the log."""
        return sorted(self.script(), key=lambda event: event.logged)


def event_at(member: str, zone: str, wall: str, data: EventData) -> Event:
    """Return what happened to a member when clocks in their zone showed `wall` (`2026-01-13 20:40`)."""
    at = instant(datetime.fromisoformat(wall), zone)
    name = f"demo/{member}/{data.TYPE}/{wall}"
    return Event(id=name, member=member, time=at, logged=at, data=data, source=SOURCE)
