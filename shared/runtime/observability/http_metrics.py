"""Counts for an HTTP server: what was asked, what was said, and which links were not taken."""

from __future__ import annotations

from shared.contracts import Event
from shared.runtime.observability import metric_labels
from shared.runtime.observability.http_observer import PAGES, HttpObserver, LinkRefusal, Outcome
from shared.runtime.observability.metrics import Meters


class HttpMetrics(HttpObserver):
    """A `HttpObserver` that counts for one HTTP server of the process."""

    def __init__(self, meters: Meters, service: str) -> None:
        self.service = service
        self._meters = meters
        self._seconds = meters.request.labels(service)
        self._api_seconds = meters.api_seconds.labels(service)
        self._keys_refused = meters.keys_refused.labels(service)
        self._streams = meters.streams.labels(service)
        # `increase` sees the first step only of a series that was there before.
        for page in PAGES:
            for outcome in Outcome:
                meters.requests.labels(service, page, outcome)
        for reason in LinkRefusal:
            meters.links_refused.labels(service, reason)

    def answered(self, page: str, outcome: Outcome, seconds: float) -> None:
        self._meters.requests.labels(self.service, page, outcome).inc()
        self._seconds.observe(seconds)

    def link_refused(self, reason: LinkRefusal) -> None:
        self._meters.links_refused.labels(self.service, reason).inc()

    def published(self, event: Event) -> None:
        self._meters.published.labels(self.service, event.type, metric_labels.rule_of(event)).inc()

    def api_answered(self, route: str, status: int, seconds: float) -> None:
        self._meters.api.labels(self.service, route, str(status)).inc()
        self._api_seconds.observe(seconds)

    def key_refused(self) -> None:
        self._keys_refused.inc()

    def streaming(self, count: int) -> None:
        self._streams.set(count)

    def observe_health(self, *, ready: bool, kafka: bool) -> None:
        """Set what was seen of the HTTP server."""
        self._meters.ready.labels(self.service).set(ready)
        self._meters.kafka_up.labels(self.service).set(kafka)
        self._meters.seen.labels(self.service).set_to_current_time()
