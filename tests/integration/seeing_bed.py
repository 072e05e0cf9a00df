"""One service with its pages, on the real Kafka and Valkey, and what a test asks of both."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from rapport.demo.clock_driver import publish
from services.invites.decider import DECIDER
from shared.contracts import Contact, Event, InviteSent
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.observability import health_monitor as watching
from shared.runtime.observability.health import PATIENCE, HealthThresholds
from shared.runtime.observability.health_monitor import Watch
from shared.runtime.observability.health_server import Monitoring
from shared.runtime.observability.log_observer import LogObserver
from shared.runtime.observability.metrics import Meters, Metrics
from shared.runtime.ports.clock import VirtualClock
from shared.runtime.processing.observer import Several
from shared.runtime.service import Service

SECONDS_MAX = 240.0
LOOK_SECONDS = 0.05
PARTITIONS = topic_plan().partitions
STALE = timedelta(days=90)
Line = MutableMapping[str, Any]
_epochs = count()


class Bed:
    """One service with its pages. It does not run before `start`."""

    def __init__(self, system: System, stack: AsyncExitStack, patience: HealthThresholds) -> None:
        self.system = system
        self.access = KafkaAccess(system.kafka)
        self.begin = datetime(2026, 1, 5, 10, tzinfo=UTC) + timedelta(days=365 * next(_epochs))
        self.clock = VirtualClock(self.begin)
        self.meters = Meters()
        self.metrics = Metrics(self.meters, DECIDER.name)
        where = Environment(self.access, system.redis, self.clock, timedelta(0))
        self.service = Service(DECIDER, where, None, Several(LogObserver(DECIDER.name), self.metrics))
        self.watch = Watch([self.service], {DECIDER.name: self.metrics}, patience)
        self.pages = Monitoring("127.0.0.1", 0, self.watch, self.meters)
        self._stack = stack

    async def start(self) -> None:
        await self.service.start()
        self._stack.push_async_callback(self.service.stop)

    async def ask(self, page: str) -> httpx.Response:
        return await asyncio.to_thread(self.ask_from_a_thread, page)

    def ask_from_a_thread(self, page: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.pages.port}/{page}", timeout=SECONDS_MAX)

    async def until(self, page: str, status: int, reason: str = "") -> list[str]:
        """Wait until a page has that status, and a reason that holds these words; return all of its reasons."""
        said: list[str] = []
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while True:
                    answer = await self.ask(page)
                    said = answer.json()["reasons"]
                    if answer.status_code == status and (not reason or any(reason in one for one in said)):
                        assert answer.json()["ok"] is (status == 200)
                        return said
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"/{page} never was {status} with {reason!r}; last reasons: {said}") from None

    async def metric(self, line: str) -> float:
        """Return a sample by how its line begins."""
        found = [row for row in (await self.ask("metrics")).text.splitlines() if row.startswith(line)]
        assert len(found) == 1, (line, found)
        return float(found[0].rpartition(" ")[2])

    async def say(self, *events: Event) -> None:
        async with AIOKafkaProducer(**self.access.connection(), acks="all") as producer:
            await publish(producer, events)

    def sent(self, member: str) -> Event:
        data = InviteSent(invite_id=f"{member}-i", contact=Contact(id="zoe", name="Zoe"))
        return Event(id=f"{member}/sent", member=member, time=self.begin, logged=self.begin, data=data, source="/test")


@pytest.fixture(name="patience")
def seeing_patience() -> HealthThresholds:
    return PATIENCE


@pytest.fixture(autouse=True)
def seeing_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"LOOK_SECONDS": 0.05, "PROBE_SECONDS": 0.1, "PROBE_SECONDS_MAX": 1.0}.items():
        monkeypatch.setattr(watching, name, seconds)


@pytest.fixture(name="bed")
async def seeing_bed(own_system: System, patience: HealthThresholds) -> AsyncIterator[Bed]:
    async with AsyncExitStack() as stack:
        bed = Bed(own_system, stack, patience)
        bed.watch.start()
        stack.push_async_callback(bed.watch.stop)
        bed.pages.start()
        stack.push_async_callback(bed.pages.stop)
        yield bed


@contextmanager
def stopped(system: System, server: str) -> Iterator[None]:
    """Let a server stand: it holds its connections and answers nothing."""
    pid = system.addresses.processes[server]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not condition():  # noqa: ASYNC110 - what is waited for rings nobody
            await asyncio.sleep(LOOK_SECONDS)
