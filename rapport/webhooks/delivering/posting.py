"""An event as one signed attempt at an endpoint, and what is counted of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

import prometheus_client as prometheus

from rapport.webhooks.delivering.delivery import Post
from rapport.webhooks.delivering.endpoints import Endpoint
from rapport.webhooks.delivering.message import Message
from shared.contracts.cloudevents.envelope import STRUCTURED_TYPE
from shared.delivery.http_post import HttpPost, Posting
from shared.delivery.outcome import Delivered, Outcome
from shared.delivery.signature import signed_headers


class Meters:
    """What is counted, in a registry of its own or that of the process. Endpoints are bounded by their file."""

    def __init__(self, registry: prometheus.CollectorRegistry | None = None) -> None:
        # Else there were a second series for each, saying when it was first counted.
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types there
        self.registry = registry or prometheus.CollectorRegistry()
        self._shown: set[str] = set()
        self._posts = prometheus.Counter(
            "rapport_webhook_posts",
            "Attempts to post an event, by outcome: taken or failed.",
            ("endpoint", "outcome"),
            registry=self.registry,
        )
        self._paused = prometheus.Gauge(
            "rapport_webhook_paused_partitions",
            "Partitions of which nothing is posted until somebody resumes the endpoint.",
            ("endpoint",),
            registry=self.registry,
        )

        self._waiting = prometheus.Gauge(
            "rapport_webhook_waiting_seconds",
            "For how long the oldest record that the endpoint has not taken stands on its topic.",
            ("endpoint",),
            registry=self.registry,
        )

    def posted(self, endpoint: str, outcome: Outcome) -> None:
        """Count an attempt."""
        self._posts.labels(endpoint, "taken" if isinstance(outcome, Delivered) else "failed").inc()

    def waits(self, paused: Mapping[str, int], seconds: Mapping[str, float]) -> None:
        """Set how many partitions of each endpoint wait for somebody, and for how long; others have no series."""
        for name in self._shown - paused.keys():
            self._paused.remove(name)
            self._waiting.remove(name)
        self._shown = set(paused)
        for name, partitions in paused.items():
            self._paused.labels(name).set(partitions)
            self._waiting.labels(name).set(seconds.get(name, 0.0))


@asynccontextmanager
async def posting(now: Callable[[], datetime], meters: Meters | None = None) -> AsyncIterator[Post]:
    """Give what makes one attempt: signed at that instant, over connections that are kept.

    Each endpoint has connections of its own, so one that is slow takes none from another.
    """
    agent = f"rapport/{_version()}"
    networks: dict[tuple[str, bool], HttpPost] = {}
    async with AsyncExitStack() as stack:

        async def post(endpoint: Endpoint, message: Message, /) -> Outcome:
            at = now()
            headers = {"content-type": STRUCTURED_TYPE, "user-agent": agent}
            headers |= signed_headers(endpoint.secrets(at), message.id, at, message.body)
            key = endpoint.name, endpoint.private
            if key not in networks:
                networks[key] = HttpPost(private=endpoint.private)
                stack.push_async_exit(networks[key])
            outcome = await networks[key].send(Posting(endpoint.url, headers, message.body))
            if meters is not None:
                meters.posted(endpoint.name, outcome)
            return outcome

        yield post


def _version() -> str:
    try:
        return version("rapport")
    except PackageNotFoundError:  # run from a source tree
        return "0"
