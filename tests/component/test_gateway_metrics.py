"""What is counted of the gateway: each request once, by its page and how it ended, and each link that was not taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from services.gateway import link_pages
from services.gateway.link_pages import BODY_BYTES_MAX
from shared.embedded import System
from shared.links import ANSWER_LINK_DAYS, ToDigest, ToFollowup
from shared.runtime.observability.http_metrics import HttpMetrics
from shared.runtime.observability.http_observer import PAGES, HttpObserver, LinkRefusal, Outcome, Watched
from shared.runtime.observability.metrics import Meters
from tests.component.gateway_bed import BROWSER, ONE_CLICK, Door, door_settings, open_door

DIGEST = ToDigest("m-counted", "2026-W48", "weekly")


class Counted:
    """The counters of one gateway, each at zero in the beginning."""

    def __init__(self) -> None:
        self.meters = Meters()
        self.metrics = HttpMetrics(self.meters, "gateway")

    def sample(self, name: str, **labels: str) -> float | None:
        return self.meters.registry.get_sample_value(name, {"service": "gateway", **labels})

    def requests(self) -> dict[tuple[str, str], float]:
        """How many there were of each page and outcome, where there were any."""
        every = {(page, outcome.value) for page in PAGES for outcome in Outcome}
        found = {one: self.sample("rapport_requests_total", page=one[0], outcome=one[1]) for one in every}
        return {one: count for one, count in found.items() if count}

    def refused(self) -> dict[str, float | None]:
        return {why.value: self.sample("rapport_links_refused_total", reason=why) for why in LinkRefusal}


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
async def door(embedded: System, counted: Counted) -> AsyncIterator[Door]:
    async with open_door(embedded, door_settings("/of/rapport"), observer=counted.metrics) as opened:
        yield opened


def _followup(days_ago: int) -> ToFollowup:
    at = int((datetime.now(UTC) - timedelta(days=days_ago)).timestamp())
    return ToFollowup("m-counted", "c/ben/thank/1", "A word to Ben", at, at + 7 * 86_400)


async def test_each_request_is_counted_once_by_its_page_and_how_it_ended(door: Door, counted: Counted) -> None:
    unsubscribe, done = door.links.address("unsubscribe", DIGEST), door.links.address("done", _followup(0))
    await door.client.head(unsubscribe)
    await door.client.get(unsubscribe, headers=BROWSER)
    await door.client.post(unsubscribe, data=ONE_CLICK)
    await door.client.post(done, headers=BROWSER)
    await door.client.put(done)
    await door.client.post(done, content=b"x" * (BODY_BYTES_MAX + 1))
    await door.client.get(f"{door.settings.public_url}/favicon.ico")
    await door.client.get(unsubscribe.replace("/of/rapport", ""))
    assert counted.requests() == {
        ("unsubscribe", "shown"): 2,
        ("unsubscribe", "published"): 1,
        ("done", "published"): 1,
        ("done", "refused"): 2,
        ("other", "refused"): 2,
    }
    assert counted.sample("rapport_request_seconds_count") == 8
    seconds = counted.sample("rapport_request_seconds_sum")
    assert seconds is not None
    assert 0 < seconds < 60
    for kind in ("rapport.member.preferences_set", "rapport.followup.done"):
        assert counted.sample("rapport_published_events_total", type=kind, rule="none") == 1


async def test_links_that_are_not_taken_are_counted_by_the_reason(door: Door, counted: Counted) -> None:
    assert counted.refused() == {"unknown": 0, "other-page": 0, "expired": 0}, "there before the first"
    whole = door.links.address("unsubscribe", DIGEST)
    for url in (whole[:-9], f"{door.settings.public_url}/done/hello"):
        await door.client.get(url)
    await door.client.get(door.links.address("done", DIGEST))
    await door.client.post(door.links.address("later", _followup(ANSWER_LINK_DAYS + 1)))
    assert counted.refused() == {"unknown": 2, "other-page": 1, "expired": 1}
    assert counted.sample("rapport_published_events_total", type="rapport.followup.snoozed", rule="none") is None


async def test_a_press_that_is_not_taken_counts_as_to_be_made_again_and_as_nothing_said(
    embedded: System, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_pages, "PUBLISHING_MAX", 0)
    async with open_door(embedded, observer=counted.metrics) as door:
        await door.client.post(door.links.address("unsubscribe", DIGEST))
    assert counted.requests() == {("unsubscribe", "later"): 1}
    assert counted.sample("rapport_published_events_total", type="rapport.member.preferences_set", rule="none") is None


async def test_a_fault_of_ours_counts_as_failed(embedded: System, counted: Counted) -> None:
    class Broken(HttpMetrics):
        def link_refused(self, reason: LinkRefusal) -> None:
            raise RuntimeError("made to fail")

    broken = Broken(counted.meters, "gateway")
    async with open_door(embedded, observer=broken) as door:
        answer = await door.client.get(f"{door.settings.public_url}/done/hello")
    assert answer.status_code == 500
    assert counted.requests() == {("done", "failed"): 1}


async def test_what_ends_without_an_answer_is_not_counted() -> None:
    class Told(HttpObserver):
        def answered(self, page: str, outcome: Outcome, seconds: float) -> None:
            raise AssertionError("told")

    async def silent(scope: Scope, receive: Receive, send: Send) -> None: ...

    watched = Watched(silent, "", Told())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(watched)) as client:
        with pytest.raises(AssertionError) as ended:
            await client.get("http://door/done/x")
    assert str(ended.value) != "told"
