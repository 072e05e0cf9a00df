"""The small records that the states of *followups* are made of.

All of them join: an event that is told again, late or out of order leaves the same record behind.
"""

from __future__ import annotations

from datetime import datetime

from services.followups.model.event_codes import TYPES
from shared.contracts import EventData, MeetingRescheduled, MeetingScheduled
from shared.decider import State


class Mark(State, frozen=True, rename={"time": "t", "id": "i", "counted": "y"}):
    """An event that happened. Marks compare by (time, id)."""

    time: datetime
    id: str
    counted: str = ""
    """The code of the event's own type, where it counts as one of another type: a follow-up that was done counts as what
    it asked for."""

    @property
    def order(self) -> tuple[datetime, str]:
        return self.time, self.id

    def named(self, event: type[EventData]) -> str:
        """Return the type of the event, which counts as `event`."""
        return TYPES[self.counted] if self.counted else event.TYPE


class Seen(State, frozen=True, rename={"logged": "l", "first": "f", "last": "x", "last_logged": "m"}):
    """Events of one type: the one that was logged first, and the one that happened last."""

    logged: datetime
    """Log time of `first`. It is what makes `first` the first: an event that is told again later, by whomever and with
    whatever time, changes neither where a follow-up began nor whether it was told in time."""
    first: Mark
    last: Mark | None = None
    """None: it is `first`."""
    last_logged: datetime | None = None
    """Log time of `last`, of events of which each one starts a rule (`Trigger.each`). None: nobody asks for it."""

    @property
    def latest(self) -> Mark:
        return self.last or self.first

    @property
    def latest_logged(self) -> datetime:
        """Log time of `latest`, of events of which each one starts a rule."""
        return self.last_logged or self.logged


class Person(State, frozen=True, rename={"time": "t", "id": "i", "contact_id": "c", "name": "n"}):
    """Who it is about, as the latest event introduced them: a register won by the highest (time, id)."""

    time: datetime
    id: str
    contact_id: str
    name: str

    @property
    def order(self) -> tuple[datetime, str, str, str]:
        return self.time, self.id, self.contact_id, self.name


class LoggedEvent(State, frozen=True, array_like=True):
    """One event, and when it was logged first."""

    time: datetime
    id: str
    logged: datetime
    code: str
    """Of the event's own type."""

    @property
    def order(self) -> tuple[datetime, str, str]:
        return self.time, self.id, self.code

    @property
    def type(self) -> str:
        return TYPES[self.code]


class Title(State, frozen=True, rename={"time": "t", "id": "i", "text": "x"}):
    """What something is called, as the latest event says: a register won by the highest (time, id)."""

    time: datetime
    id: str
    text: str

    @property
    def order(self) -> tuple[datetime, str, str]:
        return self.time, self.id, self.text


class Day(
    State,
    frozen=True,
    rename={"time": "t", "id": "i", "logged": "l", "month": "m", "day": "d", "contact_id": "c", "label": "n"},
):
    """A day of the year to remember: a register won by the highest (time, id)."""

    time: datetime
    id: str
    logged: datetime
    month: int
    day: int
    contact_id: str
    label: str

    @property
    def order(self) -> tuple[datetime, str, int, int, str, str]:
        return self.time, self.id, self.month, self.day, self.contact_id, self.label


class Request(
    State,
    frozen=True,
    rename={"time": "t", "id": "i", "logged": "l", "due": "d", "what": "w", "contact_id": "c", "every_days": "e"},
):
    """A reminder of the member's own, or a promise: a register won by the highest (time, id)."""

    time: datetime
    id: str
    logged: datetime
    due: datetime
    """As it was said: an instant in UTC, or a naive wall time of the member's own zone."""
    what: str
    contact_id: str = ""
    every_days: int = 0
    """0: once."""

    @property
    def order(self) -> tuple[datetime, str, bool, datetime, str, str, int]:
        return self.time, self.id, self.due.tzinfo is not None, self.due, self.what, self.contact_id, self.every_days


class Plan(
    State,
    frozen=True,
    rename={
        "time": "t", "id": "i", "logged": "l", "starts": "s", "zone": "z", "minutes": "m", "kind": "k", "place": "p",
        "rescheduled": "r",
    },
):  # fmt: skip
    """The hour that is agreed for a meeting: a register won by the highest (time, id)."""

    time: datetime
    id: str
    logged: datetime
    starts: datetime
    """Wall time in `zone`."""
    zone: str
    minutes: int
    kind: str
    place: str = ""
    rescheduled: bool = False

    @property
    def order(self) -> tuple[datetime, str, datetime, str, int, str, str]:
        return self.time, self.id, self.starts, self.zone, self.minutes, self.kind, self.place

    @property
    def type(self) -> str:
        """The type of the event."""
        return MeetingRescheduled.TYPE if self.rescheduled else MeetingScheduled.TYPE


class Company(State, frozen=True, rename={"time": "t", "id": "i", "contact_ids": "c"}):
    """With whom a meeting is, as the latest event names them: a register won by the highest (time, id)."""

    time: datetime
    id: str
    contact_ids: tuple[str, ...]
    """The first `state.COMPANY_MAX` of them."""

    @property
    def order(self) -> tuple[datetime, str, tuple[str, ...]]:
        return self.time, self.id, self.contact_ids


class Cadence(State, frozen=True, rename={"time": "t", "id": "i", "every_days": "e"}):
    """How often the member wants to be in touch with a contact: a register won by the highest (time, id)."""

    time: datetime
    id: str
    every_days: int = 0
    """0: no cadence any more."""

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.time, self.id, self.every_days


class Named(State, frozen=True, array_like=True):
    """Another item, and when the latest event named it."""

    time: datetime
    key: str


class ShownOn(State, frozen=True, array_like=True):
    """The first and the last time on one day in UTC at which something was shown.

    Both together name every day of the member's own zone that has a part in it, whatever that zone is or will be.
    """

    first: datetime
    last: datetime


class Occasions(State, frozen=True, rename={"days": "d"}):
    """When a rule was shown to the member: joins, so neither order nor repetition matters."""

    days: tuple[ShownOn, ...]
    """The latest `state.OCCASION_DAYS_MAX` days in UTC, oldest first."""

    @property
    def last(self) -> datetime:
        """The latest of all."""
        return self.days[-1].last


class Rest(State, frozen=True, rename={"time": "t", "id": "i", "resumed": "r", "once": "o"}):
    """That a rule went quiet, and whether it may come up again. By own events."""

    time: datetime
    id: str
    resumed: datetime | None = None
    """None: it is quiet."""
    once: bool = False
    """It came back by itself: one more occasion without an answer, and it is quiet again."""
