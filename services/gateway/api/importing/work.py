"""Reads what was uploaded, keeps what it holds, and publishes it: at once, or when somebody has looked at it and says so.

One file after the other is read, in a process of its own (`reading`); any process tells how far an import is, and publishes
it. Whatever is published again after a death has the same ids, and counts once.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import structlog

from services.gateway.api.events.outbox import Outbox
from services.gateway.api.importing.apart import content
from services.gateway.api.importing.apart.frames import Content, Order
from services.gateway.api.importing.apart.reading import Reads, ZoneOf, no_zone, read_apart
from services.gateway.api.importing.kept import Keeper
from services.gateway.api.importing.places import Places
from services.gateway.api.importing.refusals import JustConfirmed, gone, unread
from services.gateway.api.importing.spool import Spool, sweep
from services.gateway.api.importing.status import ImportStatus, Kept, stored
from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.problems import Problem, later
from services.gateway.port import Busy, NoAnswer
from services.gateway.publishing import NotTaken
from shared.contracts import Event
from shared.importing.existing.activity import Existing
from shared.importing.refusals import ArchiveError
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.redis.uploads import SECONDS, Changed, NoRoom

NOTE_SECONDS: Final = 1.0
"""Between two notes of how far a file is read."""
SWEEP_SECONDS: Final = 60.0
"""Between two looks for what killed processes have left."""
SILENT_SECONDS: Final = 30
"""An import that is under way and has noted nothing for so long has lost its process."""
TRIES: Final = 5
"""For one block of events, before the import stands as interrupted."""
REPLACED: Final = "another upload has taken its place"
NO_ROOM: Final = "too many imports of others are kept already: upload it again later"
DIED: Final = "its process ended before it was done"
ERASED: Final = "the member was erased meanwhile"
NOT_ACKNOWLEDGED: Final = (
    "Kafka did not acknowledge all of it: what was acknowledged counts, and the rest follows if it is confirmed"
)
ExistingOf = Callable[[str], Awaitable[Existing]]
"""Returns what was told of a member; `Busy` or `NoAnswer` where that cannot be said."""
Incarnation = Callable[[str], Awaitable[int]]
"""Returns which incarnation of a member it is, known or not: each erasure begins another. `Uncertain` where it cannot say."""
T = TypeVar("T")


class Imports:
    """The imports of one process, until `stop`."""

    def __init__(
        self,
        keeper: Keeper,
        outbox: Outbox,
        existing_of: ExistingOf,
        incarnation: Incarnation,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        reads: Reads = read_apart,
        zone_of: ZoneOf = no_zone,
    ) -> None:
        self._keeper, self._outbox, self._existing_of, self._incarnation = keeper, outbox, existing_of, incarnation
        self._now, self._sleep, self._reads, self._zone_of = now, sleep, reads, zone_of
        self._turn = asyncio.Lock()
        """Of the one file that is read."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._whose: dict[str, str] = {}
        """By import: the member."""
        self._places = Places()
        self._sweep()

    async def stop(self) -> None:
        """Read and publish nothing more. What is kept stays, and any process goes on with it."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def enter(self, member: str) -> None:
        """Take a place for an upload; `Problem` 503 or 429 where there is none. `begin` or `leave` gives it back."""
        self._places.take(member)
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._sweep()

    def _sweep(self) -> None:
        self._swept = time.monotonic()
        sweep()

    def leave(self, member: str) -> None:
        """Give back a place that nothing came of."""
        self._places.leave(member)

    async def begin(self, member: str, spool: Spool, me: str | None, *, look: bool) -> ImportStatus:
        """Begin with a file that has come, which is closed when it was read. `look`: it counts once it is confirmed."""
        kept = Kept(
            id=secrets.token_hex(16), state="reading", file=spool.name, bytes=spool.size, at=self._now(),
            expires=self._now() + timedelta(seconds=SECONDS),
        )  # fmt: skip
        held = ExitStack()
        held.callback(self.leave, member)
        held.callback(spool.close)
        try:
            await self._keep(member, kept)
        except BaseException:
            held.close()
            raise
        self._start(member, kept.id, self._read(member, kept, spool, me, held, look=look), held)
        _note("an import was uploaded", member, kept)
        return kept.status()

    async def _keep(self, member: str, kept: Kept) -> None:
        kept.incarnation = await self._sure(self._incarnation(member))
        if not await self._sure(self._keeper.begin(member, kept.id, stored(kept))):
            raise later(RETRY_AFTER_SECONDS, NO_ROOM)

    async def settled(self, identity: str, seconds: float) -> None:
        """Wait until an import of this process is read or published, for so long at most."""
        if (task := self._tasks.get(identity)) is not None:
            await asyncio.wait({task}, timeout=seconds)

    async def latest(self, member: str) -> ImportStatus | None:
        """Return how far the member's import is; None where there is none."""
        status = await self._sure(self._keeper.status(member))
        return None if status is None else self._understood(status).status()

    async def status(self, member: str, identity: str) -> ImportStatus:
        """Return how far an import is; `Problem` 404 where it is not kept, or not any more."""
        return (await self._one(member, identity))[0].status()

    async def confirm(self, member: str, identity: str) -> ImportStatus:
        """Publish an import that waits, or go on with one that was interrupted; one that is done is left alone.

        Of two at once one publishes, and the other is told so: `JustConfirmed`.
        """
        kept, noted = await self._one(member, identity)
        if kept.state not in ("waiting", "interrupted") or identity in self._tasks:
            return kept.status()
        if await self._sure(self._keeper.events(member, identity)) is None:
            raise unread()
        kept.state, kept.reason = "publishing", None
        kept.at = self._now()
        try:
            if not await self._sure(self._keeper.note(member, identity, stored(kept), instead_of=noted)):
                raise gone()
        except Changed:
            raise JustConfirmed from None
        self._start(member, identity, self._publish(member, kept), ExitStack())
        _note("an import was confirmed", member, kept)
        return kept.status()

    async def drop(self, member: str, identity: str) -> None:
        """Forget an import. What was published of it stays."""
        kept, _ = await self._one(member, identity)
        if identity in self._tasks:
            self._tasks[identity].cancel()
        await self._sure(self._keeper.drop(member, identity))
        _note("an import was dropped", member, kept)

    async def forget(self, member: str) -> None:
        """Keep and publish nothing of a member who is erased. Where the store does not answer, it ends by itself."""
        if working := [self._tasks[one] for one, whose in self._whose.items() if whose == member]:
            for task in working:
                task.cancel()
            await asyncio.wait(working)
        with suppress(Uncertain):
            await self._keeper.drop(member)

    def _start(self, member: str, identity: str, work: Coroutine[Any, Any, None], held: ExitStack) -> None:
        task = self._tasks[identity] = asyncio.ensure_future(work)
        self._whose[identity] = member
        task.add_done_callback(lambda done: self._ended(identity, done, held))

    def _ended(self, identity: str, done: asyncio.Task[None], held: ExitStack) -> None:
        held.close()  # what is cancelled before its first step has given nothing back
        self._tasks.pop(identity, None)
        self._whose.pop(identity, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            # it stands as it was noted last, and counts as interrupted in a while
            structlog.get_logger(service="gateway").warning("an import has ended", error=type(error).__name__)

    async def _read(self, member: str, kept: Kept, file: Spool, me: str | None, held: ExitStack, *, look: bool) -> None:
        try:
            made = await self._noting(member, kept, self._in_turn(member, kept, file, me))
        except (ArchiveError, NoAnswer, Busy) as error:
            kept.state, kept.reason = "refused", str(error) or "others are importing already: upload it again"
            await self._noted(member, kept, content.NOTHING)
            return
        finally:
            held.close()
        kept.note(made.found)
        kept.kind, kept.events, kept.people, kept.names = made.kind, made.events, made.people, made.names
        kept.bytes_read, kept.state = kept.bytes, "waiting" if look else "publishing"
        try:
            if await self._noted(member, kept, made.packed) and not look:
                await self._publish(member, kept)
        except NoRoom:
            kept.state, kept.reason = "refused", NO_ROOM
            await self._noted(member, kept, content.NOTHING)

    async def _in_turn(self, member: str, kept: Kept, spool: Spool, me: str | None) -> Content:
        """Read a file once those before it are read."""

        def progress(done: int, total: int) -> None:
            kept.bytes_read = int(done / max(total, 1) * kept.bytes)

        async with self._turn:
            order = Order(str(spool.path), member, self._now(), me, await self._zone_of(member))
            return await self._reads(order, lambda: self._existing_of(member), progress)

    async def _noting(self, member: str, kept: Kept, work: Coroutine[Any, Any, T]) -> T:
        """Return what comes of it, and note meanwhile how far it is. What nobody waits for any more is ended."""
        working = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({working}, timeout=NOTE_SECONDS))[0]:
                if not await self._noted(member, kept):
                    raise ArchiveError(REPLACED)
            return working.result()
        finally:
            working.cancel()
            await asyncio.wait({working})
            if not working.cancelled():
                working.exception()  # it was looked at, or nobody asks

    async def _publish(self, member: str, kept: Kept) -> None:
        if (packed := await self._keeper.events(member, kept.id)) is None:
            return  # it was dropped, or another one has taken its place
        for place, block in enumerate(content.blocks_of(packed)):
            if (place + 1) * content.BLOCK_EVENTS <= kept.acknowledged:
                continue  # published before the process died that had begun
            if await self._incarnation(member) != kept.incarnation:
                kept.state, kept.reason = "refused", ERASED
                await self._noted(member, kept, content.NOTHING)
                return
            events = await content.events_of(block)
            with suppress(
                ArchiveError
            ):  # it was dropped, or another one has taken its place: so says the next note, too
                if not await self._noting(member, kept, self._published(events)):
                    kept.state, kept.reason = "interrupted", NOT_ACKNOWLEDGED
                    await self._noted(member, kept)
                    return
            kept.acknowledged = place * content.BLOCK_EVENTS + len(events)
            if not await self._noted(member, kept):
                return
        kept.state = "done"
        await self._noted(member, kept, content.NOTHING)
        _note("an import was published", member, kept)

    async def _published(self, events: Sequence[Event]) -> bool:
        for _ in range(TRIES):
            try:
                if not any(isinstance(one, NotTaken) for one in await self._outbox.say(events)):
                    return True
            except Problem:
                pass  # others have much under way
            await self._sleep(RETRY_AFTER_SECONDS)
        return False

    async def _one(self, member: str, identity: str) -> tuple[Kept, bytes]:
        """Return an import, and what was noted of it last."""
        status = await self._sure(self._keeper.status(member))
        if status is None or (kept := self._understood(status)).id != identity:
            raise gone()
        return kept, status

    def _understood(self, status: bytes) -> Kept:
        kept = Kept.model_validate_json(status)
        silent = (self._now() - kept.at).total_seconds() > SILENT_SECONDS
        if kept.state in ("reading", "publishing") and silent and kept.id not in self._tasks:
            kept.state, kept.reason = "interrupted", DIED
        return kept

    async def _noted(self, member: str, kept: Kept, packed: bytes | None = None) -> bool:
        kept.at = self._now()
        return await self._keeper.note(member, kept.id, stored(kept), packed)

    async def _sure(self, asked: Awaitable[T]) -> T:
        """Return what the store says; `Problem` 503 where it does not answer."""
        try:
            return await asked
        except Uncertain:
            raise later(RETRY_AFTER_SECONDS, "the store does not answer") from None


def _note(what: str, member: str, kept: Kept) -> None:
    """Leave a line about an import; no word of a person is in it."""
    structlog.get_logger(service="gateway").info(
        what, member=member, id=kept.id, kind=kept.kind, bytes=kept.bytes, events=kept.total
    )
