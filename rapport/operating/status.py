"""How services stand: what their processes say of themselves in the store, and which timers are due there.

`rapport doctor --json` shows it, and the operators' page.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from rapport.composition import SERVICES
from rapport.system.endpoints import present, store_client
from rapport.terminal.failure import Failure
from services.gateway.port import PartitionStatus, ServiceStatus, Worker
from shared.config.settings import Settings, SettingsError, load
from shared.runtime.observability.reported.process_report import Report, reports
from shared.runtime.observability.reported.tally import Took
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.redis.store import Client, RedisStore

DUE_COUNTED_MAX: Final = 100
"""Due timers of one partition that are counted; more are not, as so many are late anyway."""


async def service_statuses(settings: Settings, now: datetime) -> list[ServiceStatus]:
    """Return how each service stands that may be seen.

    Errors are a `RedisError`, an `Uncertain`, or a `Failure` where no store is known.
    """
    from redis.exceptions import NoPermissionError

    stands: list[ServiceStatus] = []
    async with store_client(settings) as client:
        for name in SERVICES:
            with suppress(NoPermissionError):  # whoever has no API need not let this user see its projection
                stands.append(await _of(client, name, settings.partitions, now))
    return stands


async def _of(client: Client, name: str, partitions: int, now: datetime) -> ServiceStatus:
    found, store = await reports(client, name), RedisStore(client, name)
    stands = [await _partition(store, found, number, to_ms(now)) for number in range(partitions)]
    return ServiceStatus(name, tuple(_worker(one) for one in found), tuple(stands))


async def _partition(store: RedisStore, found: Sequence[Report], number: int, now_ms: int) -> PartitionStatus:
    owners = [one for one in found if number in one.partitions]
    reports = [one.partitions[number] for one in owners]
    lags = [one.lag for one in reports if one.lag is not None]
    earliest = await store.earliest(number)
    late_ms = 0 if earliest is None else max(0, now_ms - earliest)
    due = len(await store.due(number, now_ms, DUE_COUNTED_MAX, DUE_COUNTED_MAX)) if late_ms else 0
    return PartitionStatus(
        number,
        tuple(one.process for one in owners),
        any(one.recovered for one in reports),
        min(lags) if lags else None,
        due,
        late_ms / 1000 if due else 0.0,
    )


def _worker(one: Report) -> Worker:
    return Worker(
        one.process, one.seconds_ago, len(one.partitions), one.reasons, one.effects, one.counts, _ms(one.publish),
        _ms(one.commit),
    )  # fmt: skip


def _ms(took: Took | None) -> tuple[float, float] | None:
    return None if took is None else (took.half, took.most)


async def statuses_if_readable() -> dict[str, Any]:
    """Return how each service stands, for programs; nothing where the store does not tell: a check says why."""
    from redis.exceptions import RedisError

    try:
        return as_objects(await service_statuses(load(), present()))
    except (Uncertain, Failure, RedisError, SettingsError, OSError, TimeoutError):
        return {}


def as_objects(stands: Sequence[ServiceStatus]) -> dict[str, Any]:
    """Return it for programs, by service."""
    return {
        one.name: {
            "owned": one.owned,
            "lag": one.lag,
            "timers_due": one.due,
            "latest_seconds": round(one.late_seconds, 1),
            **{key: value for key, value in asdict(one).items() if key != "name"},
        }
        for one in stands
    }
