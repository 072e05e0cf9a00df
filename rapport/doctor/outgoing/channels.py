"""What `rapport doctor` says of members' channels: what became of reminders since the processes at work began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from rapport.doctor.parts.check import Check

if TYPE_CHECKING:
    from shared.config.settings import Settings

NAME: Final = "channels"
SERVICE: Final = "digest"
FAILS_MIN: Final = 10
"""So many may fail beyond those that arrive: one member's channel that takes nothing is no problem of the system's. As the
alarm `RapportPushesFail` has it."""
FAILED: Final = ("failed", "refused", "unknown")
RESULTS: Final = ("sent", *FAILED, "unopened", "withheld", "withdrawing", "withdrawn")
NONE_NAMED: Final = "RAPPORT_LINK_SECRET is not set for this process: members can name none"
WAY_OUT: Final = "one RAPPORT_LINK_SECRET for digest and gateway, an old one behind the new one"
RUNBOOK: Final = "docs/operations.md, reminders do not reach channels"


async def channels_check(settings: Settings) -> Check:
    """Say what became of reminders for channels, by what the processes of *digest* report in the store."""
    from redis.exceptions import RedisError

    from rapport.system.endpoints import store_client
    from shared.runtime.observability.reported.process_report import reports

    try:
        async with store_client(settings) as client:
            found = [one.counts for one in await reports(client, SERVICE)]
    except (RedisError, OSError, TimeoutError) as error:
        return Check(NAME, ok=True, says=f"not looked at ({type(error).__name__})")
    return verdict(found, secret=bool(settings.token_secrets()))


def verdict(found: Iterable[Mapping[str, int]], *, secret: bool) -> Check:
    """Return the check, of what each process has counted. `secret`: whether one is set here."""
    counts: Counter[str] = Counter()
    for one in found:
        counts.update({result: one.get(f"pushes_{result}", 0) for result in RESULTS})
    counted = ", ".join(f"{counts[result]:,} {result}" for result in RESULTS if counts[result])
    says = f"{counted}, since its processes began" if counted else "nothing was pushed since its processes began"
    if counts["unopened"]:
        return Check(NAME, ok=False, says=says, way_out=WAY_OUT)
    if sum(counts[result] for result in FAILED) > FAILS_MIN + counts["sent"]:
        return Check(NAME, ok=False, says=says, way_out=RUNBOOK)
    return Check(NAME, ok=True, says=says if secret or counted else NONE_NAMED)
