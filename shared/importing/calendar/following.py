"""A calendar on the web that is looked at again and again: what each look brings, and what was taken out since.

A file may be one calendar of several, so what it does not hold says nothing. What stood at the same address and is missing in
all looks of `GONE_AFTER` was taken out: Google's calendars leave out an event that was deleted. One look decides nothing, nor
do two within minutes, for a server in trouble may give an empty calendar.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.contracts import Event
from shared.importing.calendar.limits import GONE_AFTER
from shared.importing.calendar.reading import CalendarImport
from shared.importing.existing.activity import Existing
from shared.importing.web.get import Seen, Version

Tells = Callable[[Existing], Iterator[Event]]
"""Gives what is to be told of a member of whom that is known."""


class Looks(Protocol):
    """Looks at an address: `Web`."""

    async def look(self, address: str, before: Version = ...) -> Seen:
        """Return what is there, or that it is what was there before."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one look has come to."""

    fresh: bool
    """Whether the server gave the calendar; False: it said that it is the same as before."""
    found: CalendarImport
    events: tuple[Event, ...]
    """What was told, in order."""


class Followed:
    """A calendar at an address, and what of it is known between two looks."""

    def __init__(
        self,
        web: Looks,
        address: str,
        read: Callable[[bytes, datetime], CalendarImport],
        publish: Callable[[Tells, bool], Awaitable[tuple[Event, ...]]],
    ) -> None:
        """Read by `read` what stands at `address`. `publish` is given what to tell, and whether the calendar is fresh."""
        self._web, self._address, self._read, self._publish = web, address, read, publish
        self._version, self._content = Version(), b""
        self._holds = frozenset[str]()
        self._missing: dict[str, datetime] = {}
        """What stood there before the last look, and not in it; since which look."""

    async def seen(self) -> Seen:
        """Look; what is there is taken in by `take`."""
        return await self._web.look(self._address, self._version)

    async def take(self, seen: Seen, now: datetime, stopping: Callable[[], bool]) -> Round | None:
        """Read what was seen and publish what it tells, unless that is no longer wished.

        A calendar that is the same has meetings that are over by now, and others that have come within the year ahead. Until
        all is published, the version of before counts: the next look brings the calendar again.
        """
        content = self._content if seen.content is None else seen.content
        found = await asyncio.to_thread(self._read, content, now)
        if stopping():
            return None
        missing = {one: self._missing.get(one, now) for one in (self._holds | self._missing.keys()) - found.holds}
        gone = frozenset(one for one, since in missing.items() if now - since >= GONE_AFTER)
        events = await self._publish(
            lambda existing: found.events(existing, gone), seen.content is not None or bool(gone)
        )
        self._version, self._content = seen.version, content
        self._holds, self._missing = found.holds, {one: at for one, at in missing.items() if one not in gone}
        return Round(seen.content is not None, found, events)
