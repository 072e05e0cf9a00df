"""The gateway on a free port, in front of the real Kafka, and what a test asks of both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import httpx

from rapport.demo.clock_driver import everything
from rapport.system.gateway import gateway
from shared.config.settings import Settings
from shared.contracts import Event
from shared.embedded import System
from shared.links import LinkAddresses
from shared.process.by_settings import link_addresses
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.observability.http_observer import SILENT_DOOR, HttpObserver
from shared.runtime.ports.clock import SystemClock
from tests.valkey_cluster import free_ports

SECRET = "only-for-tests-and-for-nothing-else"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


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
        }
    )


@asynccontextmanager
async def open_door(
    system: System,
    settings: Settings | None = None,
    now: Callable[[], datetime] | None = None,
    observer: HttpObserver = SILENT_DOOR,
) -> AsyncIterator[Door]:
    settings = settings or door_settings()
    async with (
        gateway(settings, KafkaAccess(system.kafka), now or SystemClock().now, observer),
        httpx.AsyncClient(timeout=30) as client,
    ):
        yield Door(settings, client)


async def said_of(system: System, member: str) -> Sequence[Event]:
    """Return what stands on the topics about a member."""
    return [event for event in await everything(KafkaAccess(system.kafka)) if event.member == member]
