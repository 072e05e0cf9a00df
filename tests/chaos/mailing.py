"""A Monday at eight: all digests fall due in one minute, and whoever mails them is ended in the middle, twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from shared.contracts import Event, MeetingScheduled, MemberPreferencesSet
from shared.runtime.ports.limits import EFFECTS_AT_ONCE_MAX
from tests.chaos.bed import Bed

ENDS: Final = 2
DUE_IN: Final = timedelta(hours=1)
SETTLE_SECONDS_MAX: Final = 120.0
MAILED_SECONDS_MAX: Final = 40.0
"""In which a process starts and mails so many."""
MAILS_BETWEEN: Final = 24
"""After which the process that mails is ended: more than are under way at once."""
SLOW_SMTP: Final = {"mailed": (1.0, 0.5)}
"""How long the mail server takes to say that it has a mail."""


async def deploy_on_monday(bed: Bed, guarded: bool) -> None:
    """The process that mails is ended by SIGTERM, as a deploy does."""
    await _monday(bed, bed.crew.finish)


async def kill_on_monday(bed: Bed, guarded: bool) -> None:
    """The process that mails is killed."""

    async def kill(number: int) -> None:
        bed.crew.kill(number)

    await _monday(bed, kill)


async def _monday(bed: Bed, end: Callable[[int], Awaitable[None]]) -> None:
    await bed.load.begin()
    now = bed.board.now()
    await bed.load.tell(_with_a_lunch(bed, now))
    await bed.until_calm(SETTLE_SECONDS_MAX)
    bed.board.jump(DUE_IN + timedelta(minutes=1))
    for _ in range(ENDS):
        if not await _mailed(bed, len(bed.ground.mails) + MAILS_BETWEEN):
            break  # with a guard off
        await end(0)
        await bed.crew.start(0)
    await bed.until_calm(SETTLE_SECONDS_MAX)
    bed.board.jump(DUE_IN)  # nobody waits any more for an outcome
    bed.unknown_mails_max = EFFECTS_AT_ONCE_MAX * bed.crew.kills


def _with_a_lunch(bed: Bed, now: datetime) -> list[Event]:
    """Every member has a daily digest at the same minute, and a lunch tomorrow that it tells of."""
    due = now + DUE_IN
    wish = MemberPreferencesSet.model_validate({"zone": "UTC", "digest": {"every": "daily", "time": f"{due:%H:%M}"}})
    lunch = MeetingScheduled.model_validate(
        {"meeting_id": "lunch", "contact_ids": ["zoe"], "kind": "lunch", "minutes": 60, "zone": "UTC",
         "starts": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}"}
    )  # fmt: skip
    return [event for data in (wish, lunch) for event in bed.load.story.told_by_all(data, now)]


async def _mailed(bed: Bed, count: int) -> bool:
    """Wait until so many mails have come; return whether they have."""
    with suppress(TimeoutError):
        async with asyncio.timeout(MAILED_SECONDS_MAX):
            while len(bed.ground.mails) < count:  # noqa: ASYNC110 - another process mails
                await asyncio.sleep(0.02)
    return len(bed.ground.mails) >= count
