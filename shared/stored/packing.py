"""Helps deciders to store each event that an item speaks of once (`Decider.pack`): fields name its place among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_TIME_BYTES: Final = 6
"""Milliseconds since 1970, until the year 10,889."""

PackedEvents = Sequence[Any]
"""The events of an item as they are stored: time and id in one, or `[time, id]` where the time is no whole millisecond."""


class EventTable:
    """The events that an item speaks of, each under its place."""

    __slots__ = ("_again", "_first", "events", "times")

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.times: list[datetime] = []
        """When they happened, by their places."""
        self._first: dict[str, int] = {}
        """By id: the first event of it. Another time under the same id is rare, and has a place of its own."""
        self._again: dict[tuple[datetime, str], int] = {}

    def index(self, time: datetime, event_id: str) -> int:
        """Return the place of an event, a new one where it has none yet."""
        first = self._first.get(event_id)
        if first is not None and ((before := self.times[first]) is time or before == time):
            return first
        index = len(self.events) if first is None else self._again.setdefault((time, event_id), len(self.events))
        if index == len(self.events):
            self._first.setdefault(event_id, index)
            self.events.append(stored_event(time, event_id))
            self.times.append(time)
        return index

    def named(self, event_id: str) -> int | str:
        """Return the place of an event of that id, or the id of one that has none."""
        return self._first.get(event_id, event_id)


def stored_event(time: datetime, event_id: str) -> bytes | tuple[datetime, str]:
    """Return an event as it is stored."""
    since, rest = divmod(time - _EPOCH, _MILLISECOND)
    return (time, event_id) if rest or since < 0 else since.to_bytes(_TIME_BYTES) + event_id.encode()


def event_in(stored: Any) -> tuple[datetime, str]:
    """Return the time and the id of an event."""
    if isinstance(stored, bytes):
        since = int.from_bytes(stored[:_TIME_BYTES]) * _MILLISECOND
        return _EPOCH + since, stored[_TIME_BYTES:].decode()
    time, event_id = stored
    return time, event_id


def id_of(events: Sequence[tuple[datetime, str]], named: int | str) -> str:
    """Return the id that `Places.named` gave."""
    return named if isinstance(named, str) else events[named][1]


def without_ends(values: list[Any], least: int = 1) -> list[Any]:
    """Take away what is empty at the end, but for the first `least`: for fields whose defaults are their empty values."""
    end = len(values)
    while end > least and not values[end - 1]:
        end -= 1
    del values[end:]
    return values
