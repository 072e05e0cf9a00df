"""What `rapport doctor` says of webhooks: who is behind, and whether the end of the log comes near what waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rapport.doctor.parts.check import Check

if TYPE_CHECKING:
    from rapport.webhooks.behind import Behind
    from shared.config.settings import Settings

SECONDS_MAX = 60.0
NEAR = 2
"""What waits for longer than this part of the retention is a problem: half of it."""
WAITS = timedelta(days=3)
"""Without a retention: so long an event is tried before its endpoint is paused."""
UNREADABLE = "mend the file, or ask as the user whose it is: a process that starts posts nothing until it can be read"
RUNBOOK = "rapport webhooks status; docs/operations.md, a webhook is not taken"


async def webhooks_check(settings: Settings, now: datetime) -> list[Check]:
    """Return what there is to say of the endpoints in the file of this process; nothing where there is none."""
    from aiokafka.errors import KafkaError

    from rapport.system.endpoints import kafka_access
    from rapport.webhooks.behind import behind_of
    from rapport.webhooks.delivering.endpoints import Endpoints, EndpointsUnreadable
    from shared.runtime.ports.interfaces import Uncertain

    if not settings.webhooks_file.exists():
        return []
    try:
        async with asyncio.timeout(SECONDS_MAX):
            endpoints = Endpoints(settings.webhooks_file).now().values()
            found = [await behind_of(kafka_access(settings), endpoint) for endpoint in endpoints]
    except EndpointsUnreadable as error:
        return [Check("webhooks", ok=False, says=str(error), way_out=UNREADABLE)]
    except (Uncertain, KafkaError, OSError, TimeoutError) as error:
        return [Check("webhooks", ok=True, says=f"not looked at ({str(error) or type(error).__name__})")]
    return [verdict(found, settings.keep, now)] if found else []


def verdict(found: Sequence[Behind], keep: timedelta | None, now: datetime) -> Check:
    """Say which endpoints are behind."""
    lines = [_line(one, keep, now) for one in found]
    wrong = [says for ok, says in lines if not ok]
    if wrong:
        return Check("webhooks", ok=False, says="; ".join(wrong), way_out=RUNBOOK)
    return Check("webhooks", ok=True, says="; ".join(says for _, says in lines))


def _line(one: Behind, keep: timedelta | None, now: datetime) -> tuple[bool, str]:
    parts, ok = [], True
    if one.lost:
        ok = False
        parts.append(f"{one.lost} offsets were deleted before they were posted")
    if one.since is None:
        return ok, ", ".join([one.name, *(parts or ["all is posted"])])
    waits = now - one.since
    parts.append(f"what waits is of {one.since:%Y-%m-%d %H:%M}")
    if keep is not None and waits > keep / NEAR:
        ok = False
        parts.append(f"and may be deleted from {one.since + keep:%Y-%m-%d} on")
    return ok and waits <= WAITS, ", ".join([one.name, *parts])
