"""What a process shows of itself: log lines and reports in the store, and more where it is switched on.

Metrics and pages are by `RAPPORT_MONITORING`, traces by `RAPPORT_TRACES`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from shared.config.settings import Settings
from shared.process.errors import NotServed
from shared.runtime.observability.health_monitor import Watch
from shared.runtime.observability.http_metrics import HttpMetrics
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver
from shared.runtime.observability.log_observer import LogObserver
from shared.runtime.observability.metrics import Meters, Metrics
from shared.runtime.observability.reported.process_report import Reporter
from shared.runtime.observability.reported.tally import Tally
from shared.runtime.processing.observer import Observer, Several
from shared.runtime.service import Service

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from shared.runtime.observability.health_server import Monitoring
    from shared.runtime.observability.tracing import Tracing


class Seeing:
    """The observers of the services and HTTP servers of one process, and what is served of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._meters = Meters() if settings.monitoring else None
        self._metrics: dict[str, Metrics] = {}
        self._http: dict[str, HttpMetrics] = {}
        self._traces: list[Tracing] = []
        self._journals: list[LogObserver] = []
        self._tallies: dict[str, Tally] = {}

    def observer(self, service: str) -> Observer:
        """Make what observes a service, by its name."""
        self._journals.append(LogObserver(service))
        self._tallies[service] = Tally()
        observers: list[Observer] = [self._journals[-1], self._tallies[service]]
        if self._meters is not None:
            self._metrics[service] = Metrics(self._meters, service)
            observers.append(self._metrics[service])
        if self._settings.traces is not None:
            from shared.runtime.observability.tracing import Tracing, provider_to

            self._traces.append(Tracing(provider_to(self._settings.traces, service), service))
            observers.append(self._traces[-1])
        return Several(*observers)

    @property
    def registry(self) -> CollectorRegistry | None:
        """What serves metrics, for parts that count by themselves; None where nothing is served."""
        return None if self._meters is None else self._meters.registry

    def http(self, name: str) -> HttpObserver:
        """Make what observes an HTTP server, by its name."""
        if self._meters is None:
            return SILENT_HTTP
        self._http[name] = HttpMetrics(self._meters, name)
        return self._http[name]

    @asynccontextmanager
    async def of(self, services: Sequence[Service], servers: Collection[str] = ()) -> AsyncIterator[Watch]:
        """Watch these services and HTTP servers from before they start until after they stop; report and serve meanwhile."""
        watch = Watch(services, self._metrics, servers=servers, server_metrics=self._http, journals=self._journals)
        pages = self._pages(watch)
        reporter = (
            Reporter(watch, [one.decider.name for one in services], services[0].where.redis, self._tallies)
            if services
            else None
        )
        watch.start()
        if reporter is not None:
            reporter.start()
        if pages is not None:
            pages.start()
        try:
            yield watch
        finally:
            if pages is not None:
                await pages.stop()
            if reporter is not None:
                await reporter.stop()
            await watch.stop()
            for one in self._traces:
                await asyncio.to_thread(one.shutdown)

    def _pages(self, watch: Watch) -> Monitoring | None:
        if self._settings.monitoring_at is None or self._meters is None:
            return None
        from shared.runtime.observability.health_server import Monitoring

        try:
            return Monitoring(*self._settings.monitoring_at, watch, self._meters)
        except OSError as error:
            where = self._settings.monitoring
            raise NotServed(f"RAPPORT_MONITORING: {where} cannot be served: {error.strerror}") from error
