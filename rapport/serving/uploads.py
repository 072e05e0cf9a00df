"""Puts together what takes uploads: the store that keeps them, the topic they are compared with and published to.

Also looks at what is kept of one, for whoever asks what is known of a member.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.gateway.projection.model.people import Item, Profile
from services.gateway.publishing import Append
from shared.config.settings import Settings
from shared.preference_names import ZONE
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.reader import Reader, UnknownMember
from shared.runtime.redis.store import connect

if TYPE_CHECKING:
    from rapport.operating.asked import Questions
    from services.gateway.api.importing.apart.reading import ZoneOf
    from services.gateway.api.importing.kept import Keeper
    from services.gateway.api.importing.status import Kept
    from services.gateway.api.importing.work import Imports, Incarnation
    from shared.contracts import Event
    from shared.decider import View


@asynccontextmanager
async def imports_of(
    settings: Settings,
    redis: str,
    append: Append,
    asked: Questions | None,
    members: Reader[Profile, Item] | None,
    now: Callable[[], datetime],
) -> AsyncIterator[Imports | None]:
    """Give what takes uploads, where there is something to keep and compare them with."""
    if asked is None or members is None:
        yield None
        return
    from services.gateway.api.events.outbox import Outbox
    from services.gateway.api.importing.work import Imports
    from shared.runtime.redis.uploads import RedisUploads

    uploads = RedisUploads(connect(redis), settings.partitions)
    outbox = Outbox(append)  # of its own: no import takes the room of what is reported
    imports = Imports(uploads, outbox, asked.existing, _incarnations(members), now, zone_of=_zones(members))
    try:
        yield imports
    finally:
        await imports.stop()
        await uploads.close()


def _incarnations(members: Reader[Profile, Item]) -> Incarnation:
    """Return what tells which incarnation of a member it is."""

    async def incarnation(member: str) -> int:
        try:
            return (await members.read_with_offsets(member, lambda _: None)).incarnation
        except UnknownMember as unknown:
            return unknown.incarnation

    return incarnation


def _zones(members: Reader[Profile, Item]) -> ZoneOf:
    """Return what tells in which zone a member's clocks are, where they have said so."""

    def own(view: View[Profile, Item]) -> str | None:
        preferences = view.profile.preferences
        return preferences.zone if ZONE in preferences.registers else None

    async def zone_of(member: str) -> str | None:
        try:
            return await members.read(member, own)
        except (UnknownMember, Uncertain):
            return None

    return zone_of


@dataclass(frozen=True, slots=True)
class KeptUpload:
    """What is kept of a member's last upload."""

    kept: Kept
    events: Sequence[Event]
    """Those that it holds, until they are published."""


async def kept_upload(uploads: Keeper, member: str) -> KeptUpload | None:
    """Return what is kept of a member's last upload; None where that is nothing. Errors of the store are `Uncertain`."""
    from services.gateway.api.importing.apart.content import NOTHING, blocks_of, events_of
    from services.gateway.api.importing.status import Kept

    if (status := await uploads.status(member)) is None:
        return None
    kept = Kept.model_validate_json(status)
    packed = await uploads.events(member, kept.id)
    return KeptUpload(kept, [event for block in blocks_of(packed or NOTHING) for event in await events_of(block)])
