"""Watches the services of a process: do they live, are they ready, does what they need answer; and says so when it does not.

A task in the services' own event loop looks at them twice a second and leaves a `HealthSnapshot`; whoever wants to know (the
pages of `health_server.py`, in a thread of their own) reads the last one and how old it is. So a loop that stands is noticed
by somebody who does not stand with it. Kafka and the store are asked by tasks of their own, since they may not answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from shared.runtime.observability.health import PATIENCE, HealthSnapshot, HealthThresholds, PartitionSeen, ServiceSeen
from shared.runtime.observability.http_metrics import HttpMetrics
from shared.runtime.observability.log_observer import LogObserver
from shared.runtime.observability.metrics import Metrics
from shared.runtime.redis.store import takes_nothing
from shared.runtime.service import Service
from shared.runtime.snapshots.snapshot_round import overdue_by

LOOK_SECONDS = 0.5
"""Between two sightings."""
PROBE_SECONDS = 1.0
"""Between two questions to Kafka, and to the store."""
PROBE_SECONDS_MAX = 3.0
"""How long an answer may take."""
AWAY_SECONDS = 3.0
"""So long without an answer, and a log line says that it is away; less is a hiccup that clients bridge."""
STILL_AWAY_SECONDS = 300.0
"""Between two lines about the same absence."""
QUIET_SECONDS = 60.0
"""After somebody was said to be away, a new absence is not said again for so long: what flaps is one story."""


Ask = Callable[[], Coroutine[Any, Any, None]]
"""Asks somebody; raises when there is no answer."""


@dataclass(slots=True)
class _Presence:
    """Whether one of those we need answers, and what was said about it."""

    name: str
    answered: float = field(default_factory=time.monotonic)
    away: bool = False
    logged_at: float | None = None
    """When a line last said that it is away."""
    open: bool = False
    """Whether a line is owed when it is back."""


class Watch:
    """Watches services from `start` to `stop`. `metrics` are told what stands, by service; none: nobody counts."""

    def __init__(
        self,
        services: Sequence[Service],
        metrics: Mapping[str, Metrics] | None = None,
        patience: HealthThresholds = PATIENCE,
        servers: Collection[str] = (),
        server_metrics: Mapping[str, HttpMetrics] | None = None,
        journals: Collection[LogObserver] = (),
    ) -> None:
        """`servers` are those beside services that are to serve; each says by `opened` that it does.

        `journals` say at a look what they have counted.
        """
        self.patience = patience
        self.seen: HealthSnapshot | None = None
        self._services = services
        self._servers: dict[str, Ask | None] = dict.fromkeys(servers)
        self._metrics = metrics or {}
        self._server_metrics = server_metrics or {}
        self._journals = journals
        self._kafka, self._store = _Presence("Kafka"), _Presence("the store")
        self._full_logged_at: float | None = None
        """When a line last said that the store is full, while it is."""
        self._due: dict[tuple[str, int], tuple[object, float]] = {}
        self._lags: dict[str, dict[int, int]] = {}
        """By service and partition, as Kafka said last."""
        self._tasks: list[asyncio.Task[None]] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger()

    def start(self) -> None:
        """Begin to look."""
        self._tasks = [
            asyncio.create_task(self._look(), name="watch"),
            asyncio.create_task(self._probe(self._kafka, self._ask_kafka), name="watch/kafka"),
            asyncio.create_task(self._probe(self._store, self._ask_store), name="watch/store"),
        ]

    def opened(self, server: str, ask: Ask) -> None:
        """Note that an HTTP server serves; `ask` asks Kafka for it from now on."""
        self._servers[server] = ask

    async def stop(self) -> None:
        """Look no longer."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for journal in self._journals:
            journal.flush(all_of_it=True)

    async def _look(self) -> None:
        while True:
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - else this task would end in silence, and the loop seem to stand
                self._log.error("looking at the services failed", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> HealthSnapshot:
        """Look once, now."""
        now = time.monotonic()
        presences = {"kafka": self._kafka, "store": self._store}
        away = {name: now - one.answered for name, one in presences.items() if one.away}
        closed = [name for name, ask in self._servers.items() if ask is None]
        self.seen = HealthSnapshot(now, [self._see(service, now) for service in self._services], away, closed)
        self._note_full(now)
        for journal in self._journals:
            journal.flush()
        for one in self.seen.services:
            if (metrics := self._metrics.get(one.name)) is not None:
                metrics.observe_health(one, ready=not (away or one.not_ready()), away=away)
        for server, counted in self._server_metrics.items():
            answers = "kafka" not in away
            counted.observe_health(ready=answers and server not in closed, kafka=answers)
        return self.seen

    def _note_full(self, now: float) -> None:
        """Say that the store is full, and that it is so no more: it answers questions, so nobody takes it for away."""
        full = self.seen is not None and any(takes_nothing(one.uncertain) for one in self.seen.services)
        if full and (self._full_logged_at is None or now - self._full_logged_at >= STILL_AWAY_SECONDS):
            self._log.error("the store is full: nothing is lost, and nothing is said until there is room")
            self._full_logged_at = now
        elif not full and self._full_logged_at is not None:
            self._log.info("the store has room again")
            self._full_logged_at = None

    def _see(self, service: Service, now: float) -> ServiceSeen:
        name = service.decider.name
        clock = service.where.clock.now() - service.where.clock_margin
        stuck: dict[int, float] = {}
        partitions: dict[int, PartitionSeen] = {}
        lags = self._lags.get(name, {})
        for number, owner in service.owners.items():
            wake = owner.next_wake
            late = timedelta(0) if wake is None else max(timedelta(0), clock - wake)
            partitions[number] = PartitionSeen(owner.live, late.total_seconds(), lags.get(number))
            if wake is None or wake > clock:
                self._due.pop((name, number), None)
                continue
            first, since = self._due.get((name, number), (None, now))
            if first != wake:
                self._due[name, number] = (wake, now)
            elif now - since > self.patience.stuck:
                stuck[number] = now - since
        polled = service.polled
        return ServiceSeen(
            name=name,
            member=service.member,
            owned=len(service.owners),
            recovered=sum(owner.live for owner in service.owners.values()),
            refused=dict(service.refusals()),
            dead=service.dead_tasks(),
            stuck=stuck,
            overdue=max((one.overdue for one in partitions.values()), default=0.0),
            silent=None if polled is None else now - polled,
            uncertain=sorted(service.uncertain()),
            absent=service.absent,
            poll_failing=service.poll_failing,
            fetches_failing=service.fetches_failing,
            fetching=service.fetching,
            snapshots_overdue=max(map(overdue_by, service.owners.values()), default=0.0),
            undeleted=sum(bool(one.retention and one.retention.failed) for one in service.owners.values()),
            held=sum(bool(one.snapshots and one.snapshots.mark.held) for one in service.owners.values()),
            deleted=service.counts()["deleted"],
            poll_failures=service.poll_failures,
            partitions=partitions,
            effects=0 if service.effects is None else service.effects.under_way,
        )

    def _started(self) -> list[Service]:
        return [service for service in self._services if service.polled is not None]

    async def _ask_kafka(self) -> None:
        """Ask for the lag of every service: it is wanted anyway, and shows that Kafka answers."""
        for service in self._started():
            lags, name = await service.lags(), service.decider.name
            self._lags[name] = {number: lag.total() for number, lag in lags.items()}
            if (metrics := self._metrics.get(name)) is not None:
                metrics.lag(service.total(lags))
        for ask in self._servers.values():
            if ask is not None:
                await ask()

    async def _ask_store(self) -> None:
        for service in self._started():
            await service.store_answers()

    async def _probe(self, one: _Presence, ask: Ask) -> None:
        """Ask again and again, one question at a time. It is not cut off: clients have limits, and lose what is cut off."""
        while True:
            asking = asyncio.create_task(ask())
            self._asking.add(asking)
            asking.add_done_callback(self._answered)
            while not (await asyncio.wait([asking], timeout=PROBE_SECONDS_MAX))[0]:
                self._note(one, answers=False)
            self._note(one, answers=not asking.cancelled() and asking.exception() is None)
            await asyncio.sleep(PROBE_SECONDS)

    def _answered(self, asking: asyncio.Task[None]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # nobody may be waiting for it any more

    def _note(self, one: _Presence, *, answers: bool) -> None:
        """Note an answer, or its absence, and say it where it is news: one line when it is away, one when it is back."""
        now = time.monotonic()
        seconds = now - one.answered
        one.away = not answers
        if answers:
            one.answered = now
            if one.open:
                self._log.info(f"{one.name} is back", seconds=round(seconds))
                one.open = False
        elif seconds >= AWAY_SECONDS:
            since = None if one.logged_at is None else now - one.logged_at
            if since is None or since >= (STILL_AWAY_SECONDS if one.open else QUIET_SECONDS):
                self._log.error(f"{one.name} is away: nothing is lost, wakes are late", seconds=round(seconds))
                one.logged_at, one.open = now, True
