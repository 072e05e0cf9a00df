"""What `rapport doctor` knows from the processes themselves: each says in the store what its `/ready` and `/live` say.

From outside a partition that nobody has recovered, a poll that fails or an event loop that stands looks like one that rests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rapport.doctor.parts.check import Check

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.runtime.observability.reported.process_report import Report
    from shared.runtime.redis.store import Client

NAME = "processes"
HEARD_SECONDS = 15
"""A process that has not reported for so long, and did not stop, was killed or stands: it reports every five seconds."""
LASTS_SECONDS = 3.0
"""What is over by then is a start, a rebalance or a hiccup, and no problem."""
REASONS_SHOWN_MAX = 5
WAY_OUT = "docs/operations.md, by symptom; `/ready` and `/live` of that process say the same"


async def processes_check(settings: Settings) -> Check:
    """Say which processes are not as they should be, and why. The store is there; whatever fails now is said."""
    from redis.exceptions import RedisError

    from rapport.system.endpoints import store_client

    try:
        async with store_client(settings) as client:
            found = await _reports(client)
            if any(_reasons(one) for one in found):
                await asyncio.sleep(LASTS_SECONDS)
                at_fault = {one.process for one in found if _reasons(one)}
                return verdict(await _reports(client), at_fault)
    except (RedisError, OSError, TimeoutError) as error:
        return Check(NAME, ok=True, says=f"not looked at ({type(error).__name__})")
    return verdict(found, set())


def verdict(found: Sequence[Report], at_fault: set[str]) -> Check:
    """Return the check, of these reports; what a process says counts when it is among `at_fault`, for the time before."""
    processes = {one.process for one in found}
    wrong: dict[str, list[str]] = {}
    for one in found:
        if one.process in at_fault:
            reasons = wrong.setdefault(one.process, [])
            reasons += [reason for reason in _reasons(one) if reason not in reasons]
    wrong = {process: reasons for process, reasons in wrong.items() if reasons}
    if not wrong:
        return Check(NAME, ok=True, says=f"{len(processes)} report, all ready" if processes else "none reports")
    shown = [f"{process}: {reason}" for process, reasons in wrong.items() for reason in reasons]
    more = f"; and {len(shown) - REASONS_SHOWN_MAX} more" if len(shown) > REASONS_SHOWN_MAX else ""
    says = f"{len(wrong)} of {len(processes)} not ready: {'; '.join(shown[:REASONS_SHOWN_MAX])}{more}"
    return Check(NAME, ok=False, says=says, way_out=WAY_OUT)


async def _reports(client: Client) -> list[Report]:
    from rapport.composition import SERVICES
    from shared.runtime.observability.reported.process_report import reports

    return [one for name in SERVICES for one in await reports(client, name)]


def _reasons(one: Report) -> Sequence[str]:
    if one.seconds_ago > HEARD_SECONDS:
        return (f"has not been heard of for {one.seconds_ago} s: it was killed, or it stands",)
    return one.reasons
