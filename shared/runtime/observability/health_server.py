"""Pages over HTTP about one process: `/metrics`, `/live`, `/ready`. They tell what is, with the reasons.

They are served by a thread of their own, with an event loop of its own: a page that shared the services' loop could not
say that this loop stands. It only reads what `health_monitor.py` has left, so it takes nothing from the services' work.

- `/live` is 200 as long as a restart would mend nothing: the event loop beats, the poll loops poll, no owner has ended.
- `/ready` is 200 when everything is done as it should be: member of the group, all partitions recovered, none refused, none
  stuck, Kafka and the store answer. An outage makes a process not ready, and a restart would not help.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Final

import prometheus_client as prometheus
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.runtime.observability.health import HealthSnapshot, ServiceSeen, not_live, not_ready
from shared.runtime.observability.health_monitor import Watch
from shared.runtime.observability.metrics import Meters
from shared.runtime.web.descriptors import bound, raise_limit, room
from shared.runtime.web.http_server import config

HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
START_SECONDS_MAX: Final = 10.0
STOP_SECONDS_MAX: Final = 5.0
CONNECTIONS_MAX: Final = 64
"""Connections at once, where the limit of open files allows it; one more closes the one that has waited longest."""
SHARE: Final = 16
"""The part of free files that bounds them."""


class Monitoring:
    """The pages of one process, from `start` to `stop`. Port 0 takes a free one, which `port` names."""

    def __init__(self, host: str, port: int, watch: Watch, meters: Meters) -> None:
        self._watch = watch
        self._meters = meters
        place = room(CONNECTIONS_MAX, CONNECTIONS_MAX, SHARE, raise_limit())
        self._socket = bound(host, port, place.accepted)
        self.port: int = self._socket.getsockname()[1]
        routes = [
            Route("/metrics", self._metrics),
            Route("/live", self._live),
            Route("/ready", self._ready),
        ]
        self._server = uvicorn.Server(config(Starlette(routes=routes), place, 1, HEADERS))
        self._thread = threading.Thread(target=self._serve, name="monitoring", daemon=True)

    def start(self) -> None:
        """Serve, from now on; returns at once."""
        self._thread.start()

    async def stop(self) -> None:
        """Serve no longer."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS_MAX)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    async def _metrics(self, request: Request) -> Response:
        return Response(self._meters.text(), media_type=prometheus.CONTENT_TYPE_LATEST)

    async def _live(self, request: Request) -> Response:
        return _page(not_live(seen := self._watch.seen, self._watch.patience), seen)

    async def _ready(self, request: Request) -> Response:
        return _page(not_ready(seen := self._watch.seen, self._watch.patience), seen)


def _page(reasons: list[str], seen: HealthSnapshot | None) -> Response:
    body: dict[str, Any] = {"ok": not reasons, "reasons": reasons}
    if seen is not None:
        body["away"] = {name: round(seconds, 1) for name, seconds in seen.away.items()}
        body["services"] = {one.name: _shown(one) for one in seen.services}
    return JSONResponse(body, status_code=503 if reasons else 200, headers={"cache-control": "no-store"})


def _shown(one: ServiceSeen) -> dict[str, Any]:
    return {
        "member": one.member,
        "owned": one.owned,
        "recovered": one.recovered,
        "refused": sorted(one.refused),
        "stuck": {str(number): round(seconds) for number, seconds in one.stuck.items()},
        "overdue_seconds": round(one.overdue, 1),
        "polled_seconds_ago": None if one.silent is None else round(one.silent, 1),
    }
