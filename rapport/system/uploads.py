"""Puts together what takes uploads: the store that keeps them, the topic they are compared with and published to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from services.gateway.projection.model.people import Item, Profile
from services.gateway.publishing import Append
from shared.config.settings import Settings
from shared.runtime.reader import Reader, UnknownMember
from shared.runtime.redis.store import connect

if TYPE_CHECKING:
    from rapport.operating.asked import Questions
    from services.gateway.api.importing.work import Imports, Incarnation


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
    from services.gateway.api.importing.work import Imports
    from services.gateway.api.outbox import Outbox
    from shared.runtime.redis.uploads import RedisUploads

    uploads = RedisUploads(connect(redis), settings.partitions)
    outbox = Outbox(append)  # of its own: no import takes the room of what is reported
    imports = Imports(uploads, outbox, asked.existing, _incarnations(members), now)
    try:
        yield imports
    finally:
        await imports.stop()
        await uploads.close()


def _incarnations(members: Reader[Profile, Item]) -> Incarnation:
    """Return what tells which incarnation of a member it is."""

    async def incarnation(member: str) -> int:
        try:
            return (await members.standing(member, lambda _: None)).incarnation
        except UnknownMember as unknown:
            return unknown.incarnation

    return incarnation
