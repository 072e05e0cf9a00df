"""Answers what the API asks about one member, by playing the member's records again through the services' rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rapport.operating.off_loop import Deadline, OffLoop
from rapport.system.endpoints import present
from services.gateway.port import WrongQuestion
from shared.config.settings import Settings
from shared.contracts import ACTIVITY, Event
from shared.contracts.cloudevents.structured import to_json
from shared.contracts.fields import instant_text
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.interfaces import Record

if TYPE_CHECKING:
    from shared.importing.existing.activity import Existing

RECORDS_MAX: Final = 20_000
"""About one member, that are played for an answer over HTTP: some 30 MB. The command line takes ten times as many."""
STEPS_MAX: Final = 500
EVENTS_MAX: Final = 2_000
"""That one look ahead tells: the first ones."""


class Questions:
    """The `Asked` of a system that can be reached by these settings."""

    def __init__(
        self, settings: Settings, access: KafkaAccess, off_loop: OffLoop, now: Callable[[], datetime] = present
    ) -> None:
        self._settings = settings
        self._access = access
        self._off_loop = off_loop
        self._now = now

    def close(self) -> None:
        """Answer nothing more."""
        self._off_loop.close()

    async def why(self, member: str, item: str) -> Mapping[str, Any]:
        """Return what happened to an item, and what comes next."""
        return await self._off_loop.run(lambda deadline: self._why(member, item, deadline))

    async def preview(self, member: str, days: int, wishes: Sequence[str]) -> Mapping[str, Any]:
        """Return what would come."""
        from rapport.preview.wishes import WrongWish, wishes_of

        try:
            wished = wishes_of(wishes)
        except WrongWish as error:
            raise WrongQuestion(str(error)) from None
        return await self._off_loop.run(lambda deadline: self._preview(member, days, wished, deadline))

    async def existing(self, member: str) -> Existing:
        """Return what was known of a member before, as far as an import asks."""

        async def found(_: Deadline) -> Existing:
            from rapport.system.activity import whole_activity_of
            from shared.importing.existing.activity import existing_of

            return existing_of(await whole_activity_of(self._access, member))

        return await self._off_loop.run(found)

    async def _why(self, member: str, item: str, deadline: Deadline) -> Mapping[str, Any]:
        from rapport.inspect.item_steps import as_object, steps_of
        from rapport.inspect.memory.item_lookup import candidates, resolve
        from rapport.inspect.memory.member_replay import remember

        watched = {target.key for target in candidates(item)}
        memory = await remember(self._access, member, watched, self._now(), deadline, RECORDS_MAX)
        target = resolve(item, memory)
        steps = steps_of(memory, target)
        return {
            **as_object(memory, target, steps[-STEPS_MAX:], memory.locale),
            "earlier": max(len(steps) - STEPS_MAX, 0),
        }

    async def _preview(self, member: str, days: int, wishes: dict[str, Any], deadline: Deadline) -> Mapping[str, Any]:
        from rapport.inspect.memory.member_replay import remember
        from rapport.operating.whole import begins_later
        from rapport.preview.look import look_ahead
        from rapport.preview.wishes import wish_event

        now, linked = self._now(), self._settings.public_url is not None
        until = now + timedelta(days=days)
        if await begins_later(self._access, member):
            memory = await remember(self._access, member, (), now, deadline, RECORDS_MAX)
            states = {name: service.state for name, service in memory.services.items()}
            behind = max(service.cursors[ACTIVITY] for service in memory.services.values())
            wished = [msgspec.structs.replace(wish_event(wishes, member, now), offset=behind)] if wishes else []
            events: Sequence[Event] = look_ahead(member, states, wished, now, until, deadline, linked=linked)
        else:
            events = await self._from_all(member, wishes, now, until, deadline)
        coming = [event for event in events if event.time >= now]
        by_type: dict[str, list[dict[str, Any]]] = {}
        for event in coming[:EVENTS_MAX]:
            by_type.setdefault(event.type, []).append(to_json(event))
        return {
            "member": member,
            "from": instant_text(now),
            "until": instant_text(until),
            "events": dict(sorted(by_type.items())),
            "more": max(len(coming) - EVENTS_MAX, 0),
        }

    async def _from_all(
        self, member: str, wishes: dict[str, Any], now: datetime, until: datetime, deadline: Deadline
    ) -> Sequence[Event]:
        """Return all that services would have said of a member, and would say, from all activities."""
        from rapport.inspect.memory.member_replay import NOT_KNOWN, records_about
        from rapport.preview.look import look_at
        from rapport.preview.story import Story
        from rapport.preview.wishes import wish_event
        from rapport.terminal.failure import NothingFound

        records = await records_about(self._access, member, deadline, [ACTIVITY], RECORDS_MAX)
        heard = sorted(events_of(records.get(ACTIVITY, ()), now), key=lambda event: event.logged)
        if not heard:
            raise NothingFound(NOT_KNOWN)
        if wishes:
            wish = wish_event(wishes, member, now)
            heard.append(msgspec.structs.replace(wish, offset=(heard[-1].offset or 0) + 1))  # behind any erasure
        story = Story(member, heard[0].logged, until, heard)
        return look_at(story, deadline, linked=self._settings.public_url is not None).events


def events_of(records: Sequence[Record], now: datetime) -> list[Event]:
    """Return the events of records that can be read and stand there already."""
    from shared.runtime.processing.reading import read_event

    found = (read_event(record) for record in records)
    return [event for event in found if isinstance(event, Event) and event.logged <= now]
