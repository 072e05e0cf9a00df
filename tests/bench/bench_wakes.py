"""Wakes: how many of those that are due at once are said in a second, and how late they are at 1,000 due a second.

Run it: `python -m tests.bench.bench_wakes [BURST] [SECONDS]`. Each wake is an invite of *invites* that nobody answered
for 90 days and becomes `rapport.invite.ignored`, one event each. Lateness is taken twice: of the instant that the event
gives as its time, and of its arrival at a read_committed consumer in another process.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts import ACTIVITY, INVITES, Contact, Event, InviteIgnored, InviteSent, MemberPreferencesSet
from shared.contracts.cloudevents import codec
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import from_ms, to_ms
from tests.bench.bed import ROOT, percentile, system
from tests.bench.network import BATCH_BYTES, FILL_RECORDS, PARTITIONS, append, now

BURST = 10_000
SECONDS = 20
PER_SECOND = 1_000
STALE = timedelta(days=90)
MEMBERS = 500
AHEAD = timedelta(seconds=15)
"""From the telling to the first wake: everything is read by then."""
READ_SECONDS_MAX = 240.0
say = sys.stdout.write


def invites(first: datetime, count: int, every: timedelta) -> Iterator[Event]:
    """Yield members who want to hear of no proposals, and invites that fall due one after the other."""
    wishes = MemberPreferencesSet.model_validate({"retraction": {"policy": "never"}})
    told = now()
    for number in range(MEMBERS):
        yield Event(f"wishes-{number}", f"m-{number}", told, told, wishes, "/product")
    for number in range(count):
        at = first + number * every - STALE
        data = InviteSent(invite_id=f"i-{number}", contact=Contact(id=f"c-{number}", name="Ada"))
        yield Event(f"sent-{number}", f"m-{number % MEMBERS}", at, told, data, "/product")


@dataclass(slots=True)
class Wakes:
    """What came of the wakes of one run."""

    said: list[float] = field(default_factory=list)
    """By how many ms each event's own instant was late."""
    seen: list[float] = field(default_factory=list)
    """By how many ms its arrival at a consumer was late."""
    seconds: float = 0.0
    """From the first that was due until the last was seen."""
    cpu_us: float = 0.0
    """Of the service, for each wake."""


async def wake(running: System, count: int, every: timedelta) -> Wakes:
    """Let so many wakes fall due, one `every` so often, and see them come."""
    access = KafkaAccess(running.kafka)
    first = from_ms(to_ms(now() + AHEAD))
    events = invites(first, count, every)
    async with AIOKafkaProducer(**access.connection(), acks="all", max_batch_size=BATCH_BYTES) as producer:
        while chunk := list(islice(events, FILL_RECORDS)):
            await append(producer, ACTIVITY, chunk)
    command = [sys.executable, "-m", "tests.bench.service_leg", "invites", running.kafka, running.redis, str(count)]
    service = await asyncio.create_subprocess_exec(*command, "wakes", cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    reader = access.reader(isolation_level="read_committed", auto_offset_reset="earliest", fetch_max_wait_ms=5)
    wakes = Wakes()
    async with reader, asyncio.timeout(READ_SECONDS_MAX):
        reader.assign([TopicPartition(INVITES, number) for number in range(PARTITIONS)])
        while len(wakes.said) < count:
            await _take(reader, first, every, wakes)
        wakes.seconds = time.time() - first.timestamp()
    told, _ = await service.communicate()
    wakes.cpu_us = json.loads(told.splitlines()[-1])["cpu_us"]
    return wakes


async def _take(reader: AIOKafkaConsumer, first: datetime, every: timedelta, wakes: Wakes) -> None:
    for records in (await reader.getmany(timeout_ms=20)).values():
        arrived = time.time()
        for record in records:
            event = codec.decode(record.key, record.value, record.headers, from_ms(record.timestamp), INVITES)
            assert event is not None
            assert isinstance(event.data, InviteIgnored)
            due = first + int(event.data.invite_id[2:]) * every
            wakes.said.append((event.time - due) / timedelta(milliseconds=1))
            wakes.seen.append(1000 * (arrived - due.timestamp()))


def measure(count: int, every: timedelta) -> Wakes:
    """Do it on a system of its own."""
    with system() as running:
        return asyncio.run(wake(running, count, every))


def figures(burst: int = BURST, seconds: int = SECONDS) -> dict[str, str]:
    """Return what the two runs showed, by name."""
    at_once = measure(burst, timedelta(0))
    steady = measure(seconds * PER_SECOND, timedelta(seconds=1) / PER_SECOND)
    said, seen = (
        " / ".join(f"{percentile(values, part):,.0f}" for part in (0.5, 0.99)) for values in (steady.said, steady.seen)
    )
    return {
        f"{burst:,} wakes due at once: said and seen, a second": f"{burst / at_once.seconds:,.0f}",
        f"{PER_SECOND:,} wakes due a second: instant late by, ms, p50 / p99": said,
        "seen by a consumer late by, ms, p50 / p99": seen,
        "CPU of a wake at that pace, us": f"{steady.cpu_us:,.0f}",
    }


def main() -> None:
    """Measure and print."""
    burst = int(sys.argv[1]) if len(sys.argv) > 1 else BURST
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    for name, value in figures(burst, seconds).items():
        say(f"{name}: {value}\n")


if __name__ == "__main__":
    main()
