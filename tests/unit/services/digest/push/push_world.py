"""A member with a channel: *followups* and *digest* side by side in memory, and posts that really go out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from services.digest.decider import DECIDER as DIGEST
from services.digest.mail.presend_check import taken
from services.digest.push.pusher import Pusher
from services.followups.decider import DECIDER as FOLLOWUPS
from services.gateway.api.actions.channels import ChannelSeal
from shared.contracts import (
    AboutPush,
    Event,
    EventData,
    FollowupRequested,
    MemberChannelSet,
    MemberJoined,
)
from shared.decider import NewEvent
from shared.links import LinkKeys
from shared.runtime.offline.dry_run import DryRun
from tests.unit.services.digest.push.ntfy_server import Ntfy, ntfy_server

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS = LinkKeys(["correct-horse-battery-staple-0123"])
MEMBER = "ada"


@dataclass
class World:
    """The member's story so far."""

    ntfy: Ntfy
    now: datetime = MONDAY
    keys: LinkKeys | None = KEYS
    private: bool = True
    services: DryRun = field(init=False)
    ids: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.services = DryRun([FOLLOWUPS, DIGEST], MEMBER, {"digest": self._perform})

    def tell(self, *data: EventData, at: datetime | None = None) -> None:
        """Say something at an instant, and live until it."""
        self.now = at or self.now
        self._live([Event(f"e-{next(self.ids)}", MEMBER, self.now, self.now, one) for one in data])

    def live(self, span: timedelta) -> list[EventData]:
        """Let time pass; return what was said of pushes meanwhile."""
        first = len(self.services.published)
        self.now += span
        self._live([])
        return [one.data for one in self.services.published[first:] if isinstance(one.data, AboutPush)]

    @property
    def digest(self) -> Any:
        """What *digest* knows of the member."""
        [view] = [part.state.view for part in self.services.parts if part.decider.name == "digest"]
        return view

    def _live(self, events: list[Event]) -> None:
        for _ in self.services.run(events, self.now):
            pass
        assert not any(part.stumbled for part in self.services.parts)

    def _perform(self, view: Any, event: Event, now: datetime) -> NewEvent | None:
        if not isinstance(event.data, AboutPush):
            return taken(view, event, now, "example.org")

        async def once() -> NewEvent | None:
            pusher = Pusher(self.keys, lambda: now, private=self.private)
            try:
                return await pusher.perform(view, event)
            finally:
                await pusher.close()

        return asyncio.run(once())

    def channel(self, address: str, member: str = MEMBER) -> MemberChannelSet:
        """Return the event that an address makes, sealed for a member."""
        sealed = ChannelSeal(KEYS, private=True).sealed(member, {"address": address})
        return MemberChannelSet(**sealed)


@contextmanager
def world(topic: str = "adas-topic", **more: Any) -> Iterator[World]:
    """Give a member who has named a topic of a server of ours, and asked to be reminded an hour later."""
    with ntfy_server() as ntfy:
        made = World(ntfy, **more)
        joined = MemberJoined(name="Ada", email="ada@example.org", zone="UTC")
        made.tell(joined, made.channel(f"{ntfy.url}/{topic}"))
        made.tell(reminder(timedelta(hours=1)))
        yield made


def reminder(after: timedelta, name: str = "r/1", what: str = "Send Ben the slides") -> FollowupRequested:
    """Return a wish to be reminded so long after the beginning."""
    return FollowupRequested(followup_id=name, what=what, due=MONDAY + after)
