"""What is counted of the API: each request by its route and status, and each key that is refused."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.gateway.api.access import guard as guard_module
from services.gateway.api.access.guard import Guard
from services.gateway.api.limits import Rates
from services.gateway.api.stream.streams import Streams
from shared.runtime.observability.http_metrics import HttpMetrics
from shared.runtime.observability.http_observer import HttpObserver
from shared.runtime.observability.metrics import Meters
from tests.unit.services.gateway.api.api_bed import open_api


async def test_each_request_is_counted_once_by_its_route_and_status(tmp_path: Path) -> None:
    meters = Meters()
    async with open_api(tmp_path, HttpMetrics(meters, "gateway")) as door:
        key = door.key("act")
        for member in ("ada", "bo", "c%2Fd"):
            await door.client.delete(f"/v1/members/{member}/pause", headers=key)
        await door.client.get("/v1/members/ada/pause", headers=key)
        await door.client.get("/v1/nowhere/of/mine", headers=key)
        await door.client.post("/v1/events", headers=key)
        for _ in range(2):
            await door.client.delete("/v1/members/ada/pause", headers={"authorization": "Bearer rk_no"})
        await door.client.get("/")

    def count(route: str, status: int) -> float | None:
        labels = {"service": "gateway", "route": route, "status": str(status)}
        return meters.registry.get_sample_value("rapport_api_requests_total", labels)

    pause = "/members/{member}/pause"
    seen = {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for family in meters.registry.collect()
        for sample in family.samples
        if sample.name == "rapport_api_requests_total"
    }
    assert count(pause, 202) == 3
    assert seen == {(pause, "202"): 3, (pause, "405"): 1, ("", "404"): 1, ("/events", "403"): 1, ("", "401"): 2}, (
        "no label comes from outside"
    )
    sample = meters.registry.get_sample_value
    assert sample("rapport_keys_refused_total", {"service": "gateway"}) == 2
    assert sample("rapport_api_request_seconds_count", {"service": "gateway"}) == 8


async def test_a_stream_was_answered_when_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[float] = []
    now = 0.0
    monkeypatch.setattr(guard_module, "time", SimpleNamespace(perf_counter=lambda: now))

    class Noting(HttpObserver):
        def api_answered(self, route: str, status: int, seconds_taken: float) -> None:
            seconds.append(seconds_taken)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kind = b"text/event-stream; charset=utf-8" if scope["path"] == "/stream" else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        nonlocal now
        now += 3600
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        pass

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    paths = ("/stream", "/agenda")
    guard = Guard(app, lambda key: pytest.fail("asks nobody"), Rates(time.monotonic), Noting(), frozenset(paths))
    for path in paths:
        scope = {"type": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}
        await guard(scope, receive, send)
    assert seconds == [0, 3600]


async def test_streams_are_counted_as_they_open_and_end() -> None:
    """Tell the observer before the room is given back, and the gauge never comes down to nothing."""
    meters = Meters()

    async def listen(streams: Streams) -> None:
        await asyncio.Event().wait()

    def there() -> float | None:
        return meters.registry.get_sample_value("rapport_open_streams", {"service": "gateway"})

    streams = Streams(listen, 10, observer=HttpMetrics(meters, "gateway"))
    assert there() == 0
    opened = [streams.enter("key", member) for member in ("ada", "ada", "bo")]
    assert there() == 3
    for one in opened:
        one.leave()
        one.leave()  # which gives no room back twice
    assert there() == 0
    await streams.stop()
