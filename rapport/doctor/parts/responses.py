"""What `rapport doctor` tells of answers that named what nobody knew when they were read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rapport.doctor.parts.check import Check
from rapport.system.metas import metas_of

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.runtime.processing.missed_responses import Missed

NAME = "answers"
SHOWN_MAX = 3
"""Examples that are told, the latest."""
ANSWERED = ("invites", "followups")
"""Services to which members answer."""


async def answers_check(settings: Settings) -> Check:
    """Say how many there were, and name the last. It is no problem of the system's: an answer may come before its item."""
    from redis.exceptions import RedisError

    from shared.runtime.processing.missed_responses import FIELD, missed_of

    try:
        found = await metas_of(settings, ANSWERED)
    except (RedisError, OSError, TimeoutError) as error:
        return Check(NAME, ok=True, says=f"not looked at ({type(error).__name__})")
    return Check(
        NAME, ok=True, says=answers_line(missed_of(meta.get(FIELD, "")) for metas in found.values() for meta in metas)
    )


def answers_line(missed: Iterable[Missed]) -> str:
    """Count answers that named what was not known, and name the latest of them by type and id of the event."""
    found = list(missed)
    count = sum(one.count for one in found)
    if not count:
        return "all named what was known"
    last = sorted((one for each in found for one in each.last), key=lambda one: one.logged)[-SHOWN_MAX:]
    named = ", ".join(f"{one.type} {one.id[:64]!r}" for one in reversed(last))
    return f"{count:,} named what was not known when they were read, the last: {named}"
