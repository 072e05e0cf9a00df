"""Looks at a calendar on the web at intervals and publishes what has changed, until the process is asked to stop."""

from __future__ import annotations

import asyncio
import math
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rapport.terminal.failure import Failure
from shared.importing.refusals import ArchiveError

if TYPE_CHECKING:
    from shared.contracts import Event
    from shared.importing.calendar.following import Followed, Round, Tells
    from shared.runtime.kafka.connection import KafkaAccess

OUTAGE_SECONDS_FIRST: Final = 60.0
"""Before the look after a failed one; twice as long after each further one."""
OUTAGE_SECONDS_MAX: Final = 4 * 3_600.0
UNASKED_SECONDS_MAX: Final = 24 * 3_600.0
"""So long what Kafka says of the member may go unread where nothing is to be told: their erasure is noticed by then."""
SHOWN_MAX: Final = 50
"""Changes of one round that are told one by one."""
ERASED: Final = "the member was erased meanwhile: their calendar is not followed any more"
T = TypeVar("T")


class Ended(Failure):
    """Nothing is to be followed any more: who starts the command again would import for somebody who was erased."""

    exit_code = 3


class Stopped(Exception):
    """Somebody has asked the process to stop."""


class Activity:
    """The member's activity: what was told of them, as far as the last round knows, and where the next one tells more."""

    def __init__(self, access: KafkaAccess, member: str) -> None:
        self._access, self._member = access, member
        self._events: list[Event] | None = None
        self._erasures: set[str] = set()
        self._asked = -math.inf

    async def publish(self, tells: Tells, fresh: bool) -> tuple[Event, ...]:
        """Publish what is to be told after what was told.

        Kafka is not asked where neither calendar nor time tell anything, but for once in `UNASKED_SECONDS_MAX`.

        `Failure` where it is not taken, `Ended` where the member was erased since the first round.
        """
        from aiokafka.errors import KafkaError

        from rapport.system.error_hints import reason_for
        from shared.config.settings import load
        from shared.runtime.ports.interfaces import Uncertain

        try:
            return await self._published(tells, fresh)
        except (KafkaError, Uncertain, TimeoutError) as error:
            raise Failure(await reason_for(error, load())) from error

    async def _published(self, tells: Tells, fresh: bool) -> tuple[Event, ...]:
        from rapport.system.activity import whole_activity_of
        from rapport.system.publishing import publisher
        from shared.contracts import MemberErased
        from shared.importing.existing.activity import existing_of

        asked_lately = time.monotonic() - self._asked < UNASKED_SECONDS_MAX
        if not fresh and asked_lately and next(tells(existing_of(self._events or ())), None) is None:
            return ()
        events = await whole_activity_of(self._access, self._member)
        erasures = {one.id for one in events if isinstance(one.data, MemberErased)}
        if self._events is not None and erasures - self._erasures:
            raise Ended(ERASED)
        made = tuple(tells(existing_of(events)))
        if made:
            async with publisher(self._access) as out:
                for event in made:
                    await out.put(event)
        self._events, self._erasures, self._asked = [*events, *made], erasures, time.monotonic()
        return made


async def follow(
    calendar: Followed,
    *,
    every_seconds: float,
    stop: asyncio.Event,
    tell: Callable[[Round | str], None],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Look, and look again every so often, until `stop`; `tell` is given each round, or why there was none.

    What fails is tried again after a minute, and after twice as long each further time, to `OUTAGE_SECONDS_MAX`.
    `ArchiveError` or `Failure` where the first round fails, so a wrong address is told at once; `Ended` where nothing will
    be there any more.
    """
    failures, begun = 0, False
    try:
        while True:
            pause = every_seconds
            try:
                seen = await _unless(stop, calendar.seen())
                found = await calendar.take(seen, now(), stop.is_set)
                if found is None:
                    return
                failures, begun = 0, True
                tell(found)
            except (ArchiveError, Failure) as error:
                if getattr(error, "gone", False):
                    raise Ended(str(error)) from None
                if not begun or isinstance(error, Ended):
                    raise
                failures += 1
                pause = max(outage_seconds(failures), getattr(error, "wait_seconds", 0.0))
                tell(f"{error}; the next look is in {pause / 60:.0f} min")
            await _unless(stop, wait(pause))
    except Stopped:
        return


def outage_seconds(failures: int) -> float:
    """Return how long to wait after so many failed looks in a row."""
    return min(OUTAGE_SECONDS_FIRST * 2.0 ** min(failures - 1, 20), OUTAGE_SECONDS_MAX)


def asked_to_stop() -> asyncio.Event:
    """Return what Ctrl-C and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _unless(stop: asyncio.Event, work: Awaitable[T]) -> T:
    """Return what work comes to; `Stopped` as soon as that is wished, and the work is cancelled."""
    doing, asked = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((doing, asked), return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            raise Stopped
        return await doing
    finally:
        for one in (doing, asked):
            one.cancel()
        await asyncio.gather(doing, asked, return_exceptions=True)


def as_json(found: Round | str, at: datetime) -> dict[str, Any]:
    """Return a round as `--json` prints it, one a line."""
    when = {"at": at.isoformat(timespec="seconds")}
    if isinstance(found, str):
        return {**when, "failed": found}
    return {**when, "fresh": found.fresh, "changes": [_what(one) for one in found.events], **found.found.report()}


def lines(found: Round | str, at: datetime) -> list[str]:
    """Return a round as people read it: what has changed, one a line."""
    when = f"{at:%Y-%m-%d %H:%M}"
    if isinstance(found, str):
        return [f"{when}  {found}"]
    if not found.events:
        return [f"{when}  nothing has changed"]
    more = len(found.events) - SHOWN_MAX
    shown = [f"{when}  {_line(one)}" for one in found.events[:SHOWN_MAX]]
    return [*shown, f"{when}  and {more} more"] if more > 0 else shown


def _what(event: Event) -> dict[str, Any]:
    data = event.data.model_dump(mode="json", include={"meeting_id", "contact_id", "contact_ids", "starts", "zone"})
    return {"type": event.type.removeprefix("rapport."), **data}


def _line(event: Event) -> str:
    what = _what(event)
    people = ", ".join(what.get("contact_ids", ()))
    parts = (what.get(name) for name in ("type", "meeting_id", "contact_id", "starts", "zone"))
    return "  ".join(part for part in (*parts, people) if part)
