"""The gateway on a free port, in front of the real Kafka, and what a test asks of both."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx

from rapport.demo.clock_driver import everything
from rapport.serving.gateway import gateway
from shared.config.settings import Settings
from shared.contracts import Event
from shared.embedded import System
from shared.links import LinkAddresses, NamedFollowup, NamedInvite, ToDigest, ToFollowup, ToFollowups, ToInvites
from shared.process.by_settings import link_addresses
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver
from shared.runtime.ports.clock import SystemClock
from tests.valkey_cluster import free_ports

SECRET = "only-for-tests-and-for-nothing-else"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
NOW = datetime.now(UTC).replace(microsecond=0)
WEEK = timedelta(days=7)


class Door:
    """An open gateway: how to reach it, and the links that lead there."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        links = link_addresses(settings)
        assert links is not None
        self.settings = settings
        self.links: LinkAddresses = links
        self.client = client


def door_settings(path: str = "") -> Settings:
    port = free_ports(1)[0]
    return Settings.model_validate(
        {
            "public_url": f"http://127.0.0.1:{port}{path}",
            "link_secret": SECRET,
            "gateway": f"127.0.0.1:{port}",
            "kafka": "127.0.0.1:1",  # where it is named, and no keys are, there is no API: it takes long to build
        }
    )


@asynccontextmanager
async def open_door(
    system: System,
    settings: Settings | None = None,
    now: Callable[[], datetime] | None = None,
    observer: HttpObserver = SILENT_HTTP,
) -> AsyncIterator[Door]:
    settings = settings or door_settings()
    async with (
        gateway(settings, KafkaAccess(system.kafka), now or SystemClock().now, observer),
        httpx.AsyncClient(timeout=30, verify=False) as client,
    ):
        yield Door(settings, client)


async def said_of(system: System, member: str) -> Sequence[Event]:
    """Return what stands on the topics about a member."""
    return [event for event in await everything(KafkaAccess(system.kafka)) if event.member == member]


def digest(member: str) -> ToDigest:
    return ToDigest(member, "2026-W48", "weekly")


def followup(member: str, days_ago: float = 0) -> ToFollowup:
    at = NOW - timedelta(days=days_ago)
    return ToFollowup(member, "c/ben/thank/1", "A word to Ben", int(at.timestamp()), int((at + WEEK).timestamp()))


def proposal(member: str, days_ago: float = 0, more: int = 2) -> ToInvites:
    named = tuple(NamedInvite(f"i{number}", name) for number, name in enumerate(("Tom", "Mei", "Jo"), 1))
    return ToInvites(member, named, "proposal/1", more, int((NOW - timedelta(days=days_ago)).timestamp()))


def rest(member: str) -> ToFollowups:
    named = tuple(NamedFollowup(f"c/ben/thank/{number}", f"Number {number}") for number in range(3))
    return ToFollowups(member, named, 4, int(NOW.timestamp()), int((NOW + WEEK).timestamp()))


async def press(door: Door, page: httpx.Response, without: Sequence[tuple[str, str]] = ()) -> httpx.Response:
    """Press the first button of a page as a browser does, without the ticks of these fields."""
    method, action = re.findall(r'<form method="(\w+)" action="([^"]+)">', page.text)[0]
    ticked = re.findall(r'<input type="(?:hidden|checkbox)" name="(\w+)" value="(\w+)"', page.text)
    fields = [field for field in ticked if field not in without]
    url, form = page.url.join(action), {"content-type": "application/x-www-form-urlencoded"}
    if method == "get":
        return await door.client.get(url, headers=BROWSER)
    answer = await door.client.post(url, headers=BROWSER | form, content=urlencode(fields))
    assert answer.status_code == 200
    return answer
