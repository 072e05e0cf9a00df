"""What is counted of the API: each request by its route and status, and each key that is refused."""

from __future__ import annotations

from pathlib import Path

from shared.runtime.observability.http_metrics import HttpMetrics
from shared.runtime.observability.metrics import Meters
from tests.unit.gateway.api_bed import open_api


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
