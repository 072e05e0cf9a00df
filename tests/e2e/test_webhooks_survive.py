"""`rapport run` posts webhooks to a receiver that is killed in the middle and started again: nothing is lost, order stays."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from rapport.demo.clock_driver import publish
from rapport.webhooks.delivering.endpoints import add_endpoint
from shared.contracts import FOLLOWUPS, Event, FollowupRequested, MemberJoined
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.e2e.outside import records_of
from tests.e2e.processes import ROOT, processes
from tests.valkey_cluster import free_ports

pytestmark = pytest.mark.deep
SECONDS_MAX = 180.0
LOOK_SECONDS = 0.05
MEMBERS, REMINDERS = 8, 10
EVENTS = MEMBERS * REMINDERS
IN_THE_MIDDLE = EVENTS // 3


def told() -> list[Event]:
    """Members who each ask for some reminders: each is planned, and that is an event."""
    now = datetime.now(UTC)
    events: list[Event] = []
    for member in (f"member-{number}" for number in range(MEMBERS)):
        joined = MemberJoined(name="Ada", zone="Europe/London")
        asked = [
            FollowupRequested.model_validate({"followup_id": f"f-{number}", "what": "Call", "due": "2199-12-01T09:00"})
            for number in range(REMINDERS)
        ]
        events += [
            Event(id=f"{member}-{number}", member=member, time=now, logged=now, data=data, source="/test")
            for number, data in enumerate([joined, *asked])
        ]
    return events


@contextmanager
def receiver(port: int, secret: str, taken: Path, most: int) -> Iterator[None]:
    """Run a receiver that hangs after so many events; it is killed at the end, as nobody tells a machine that fails."""
    command = [sys.executable, str(Path(__file__).with_name("webhook_receiver.py")), str(port), str(taken), str(most)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "SECRET": secret}) as process:
        try:
            yield
        finally:
            process.kill()


def lines(taken: Path) -> list[dict[str, str]]:
    """What was taken until now; a line that was cut off by the kill was never answered, and comes again."""
    found = taken.read_text(encoding="utf-8").splitlines(keepends=True) if taken.exists() else []
    return [json.loads(line) for line in found if line.endswith("}\n")]


async def until_taken(count: int, process: subprocess.Popen[bytes], *taken: Path) -> None:
    """Wait until so many events were taken, in all of these files together."""
    async with asyncio.timeout(SECONDS_MAX):
        while len({one["id"] for file in taken for one in lines(file)}) < count:
            assert process.poll() is None, "the services have ended by themselves"
            await asyncio.sleep(LOOK_SECONDS)


async def test_a_receiver_that_is_killed_gets_all_of_it_in_each_members_order(
    own_system: System, tmp_path: Path
) -> None:
    """Post without waiting for the answer, or step over what is not taken, and the killed one's share is missing."""
    [port] = free_ports(1)
    file, first, second = tmp_path / "webhooks.json", tmp_path / "first", tmp_path / "second"
    url = f"http://127.0.0.1:{port}/"
    secret = add_endpoint(file, "own", url, ["rapport.followup.*"], datetime.now(UTC), private=True).secret
    places = {
        "RAPPORT_KAFKA": own_system.kafka,
        "RAPPORT_REDIS": own_system.redis,
        "RAPPORT_SMTP": own_system.smtp,
        "RAPPORT_WEBHOOKS": str(file),
        "RAPPORT_SESSION_TIMEOUT_MS": "1000",
    }
    access = KafkaAccess(own_system.kafka)
    with processes([], places, tmp_path / "log") as services:
        async with AIOKafkaProducer(**access.connection(), acks="all") as producer:
            await publish(producer, told())
        with receiver(port, secret, first, IN_THE_MIDDLE):
            await until_taken(IN_THE_MIDDLE, services, first)
        with receiver(port, secret, second, EVENTS):
            await until_taken(EVENTS, services, first, second)
    order = list(dict.fromkeys((one["member"], one["id"]) for one in (*lines(first), *lines(second))))
    heard: dict[str, list[str]] = defaultdict(list)
    for member, identity in order:
        heard[member].append(identity)
    said: dict[str, list[str]] = defaultdict(list)
    for records in (await records_of(access, [FOLLOWUPS])).values():
        for record in records:
            headers = dict(record.headers)
            said[headers["ce_memberid"].decode()].append(headers["ce_id"].decode())
    assert heard == said
    assert sum(map(len, said.values())) == EVENTS
