"""Hundreds of digests fall due in one minute, and the process that mails them ends in the middle: by a deploy, or killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from aiokafka import AIOKafkaProducer
from aiosmtpd.smtp import SMTP, Envelope, Session

from rapport.demo.clock_driver import publish
from shared.contracts import (
    DIGESTS,
    DigestSending,
    DigestSent,
    DigestUnknown,
    Event,
    EventData,
    MeetingScheduled,
    MemberJoined,
)
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.limits import EFFECTS_AT_ONCE_MAX
from shared.runtime.processing.reading import read_event
from tests.component.smtp_bed import Keeper, smtp_server
from tests.e2e.outside import records_of
from tests.e2e.processes import ROOT, environment

MEMBERS = 250
SMTP_SECONDS = 0.25
"""How long the mail server takes for one mail."""
SECONDS_MAX = 120.0
LOOK_SECONDS = 0.02
pytestmark = pytest.mark.deep
_mondays = (datetime(2031, 1, 6, 8, tzinfo=UTC) + timedelta(weeks=4 * number) for number in count())


class SlowKeeper(Keeper):
    """Keeps a mail at once, and takes its time to say so."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        reply = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(SMTP_SECONDS)
        return reply


class Monday:
    """One Monday, its members, and their mail server."""

    def __init__(self, system: System, keeper: Keeper, port: int) -> None:
        self.at = next(_mondays)
        self.names = [f"m{self.at:%Y%m%d}-{number}" for number in range(MEMBERS)]
        self.keeper = keeper
        self.access = KafkaAccess(system.kafka)
        self._places = [system.kafka, system.redis, f"smtp://127.0.0.1:{port}"]

    async def tell(self) -> None:
        """Let members join on Saturday who have a lunch on Tuesday."""
        at = self.at - timedelta(days=2)
        lunch = MeetingScheduled.model_validate(
            {"meeting_id": "m", "contact_ids": ["zoe"], "kind": "lunch", "minutes": 60, "zone": "UTC",
             "starts": f"{self.at + timedelta(days=1, hours=4):%Y-%m-%dT%H:%M}"}
        )  # fmt: skip
        events = []
        for name in self.names:
            joined = MemberJoined(name=name, email=f"{name}@example.org", zone="UTC")
            told: list[EventData] = [joined, lunch]
            events += [
                Event(id=f"{name}/{n}", member=name, time=at, logged=at, data=one, source="/test")
                for n, one in enumerate(told)
            ]
        async with AIOKafkaProducer(**self.access.connection(), acks="all") as producer:
            await publish(producer, events)

    @contextmanager
    def worker(self, minutes: float) -> Iterator[subprocess.Popen[bytes]]:
        """Run the service, so many minutes after eight."""
        instant = (self.at + timedelta(minutes=minutes)).isoformat()
        command = [sys.executable, "-P", "-m", "tests.e2e.monday_worker", *self._places, instant]
        with subprocess.Popen(command, cwd=ROOT, env=environment({"PYTHONPATH": str(ROOT)})) as process:
            try:
                yield process
            finally:
                process.kill()

    def mails(self) -> Counter[str]:
        """Return how many mails each member of this Monday has."""
        got = (letter.recipients[0].partition("@")[0] for letter in self.keeper.letters)
        return Counter(name for name in got if name in set(self.names))

    async def said(self) -> dict[type[EventData], Counter[str]]:
        found: dict[type[EventData], Counter[str]] = {
            kind: Counter() for kind in (DigestSending, DigestSent, DigestUnknown)
        }
        for records in (await records_of(self.access, [DIGESTS])).values():
            for record in records:
                event = read_event(record)
                if isinstance(event, Event) and type(event.data) in found and event.member in set(self.names):
                    found[type(event.data)][event.member] += 1
        return found


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():  # noqa: ASYNC110 - another process works
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def monday_of(system: System) -> AsyncIterator[Monday]:
    keeper = SlowKeeper()
    async with smtp_server(keeper) as port:
        monday = Monday(system, keeper, port)
        await monday.tell()
        yield monday


async def test_a_deploy_in_the_middle_loses_no_mail_and_no_outcome(own_system: System) -> None:
    async with monday_of(own_system) as monday:
        with monday.worker(0.1) as first:
            await until(lambda: len(monday.mails()) >= MEMBERS // 4)
            first.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(first.wait, SECONDS_MAX) == 0
        said = await monday.said()
        assert len(monday.mails()) < MEMBERS, "it was the middle"
        assert said[DigestSending] == said[DigestSent] == monday.mails(), "what was begun has its outcome"
        with monday.worker(20) as second:
            await until(lambda: len(monday.mails()) == MEMBERS)
            second.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(second.wait, SECONDS_MAX) == 0
        said = await monday.said()
        assert set(monday.mails().values()) == {1}
        assert said[DigestSent] == monday.mails()
        assert not said[DigestUnknown]


async def test_a_kill_in_the_middle_leaves_no_more_unknown_than_was_under_way(own_system: System) -> None:
    async with monday_of(own_system) as monday:
        with monday.worker(0.1) as first:
            await until(lambda: len(monday.mails()) >= MEMBERS // 4)
            os.kill(first.pid, signal.SIGKILL)
            await asyncio.to_thread(first.wait, SECONDS_MAX)
        said = await monday.said()
        begun = set(said[DigestSending]) - set(said[DigestSent])
        assert len(begun) <= EFFECTS_AT_ONCE_MAX
        with monday.worker(20) as second:  # so long after, nobody waits any more for an outcome
            await until(lambda: set(monday.mails()) | begun == set(monday.names))
            second.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(second.wait, SECONDS_MAX) == 0
        said = await monday.said()
        assert set(monday.mails().values()) == {1}
        assert set(said[DigestUnknown]) == begun
        assert set(said[DigestSent]) == set(monday.names) - begun
