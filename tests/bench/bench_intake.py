"""How old an event is when it is applied, while a service drains timers that are all overdue.

Run it: `python -m tests.bench.bench_intake [SERVICE] [TIMERS]`. Invites that nobody answered (or reminders that members
asked for) fall due at one instant, on a real Kafka and Valkey. From then on some events a second come in until the last
timer is said. The age of each is taken from outside: from its sending until the cursor in the store has passed it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from shared.contracts import (
    ACTIVITY,
    Contact,
    Event,
    FollowupRequested,
    InviteSent,
    MemberPreferencesSet,
    partition_for,
)
from shared.contracts.cloudevents import codec
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import to_ms
from tests.bench.bed import ROOT, percentile, system
from tests.bench.bench_wakes import STALE
from tests.bench.network import BATCH_BYTES, FILL_RECORDS, PARTITIONS, append, now

TIMERS: Final = {"invites": 200_000, "followups": 60_000}
READ_SECONDS: Final = {"invites": 150e-6, "followups": 1e-3}
"""For each timer, from its telling until it is due: everything is read by then."""
MEMBERS: Final = 2_000
PER_SECOND: Final = 500
LOOK_SECONDS: Final = 0.005
DRAIN_SECONDS_MAX: Final = 300.0
say = sys.stdout.write


def stale_invites(first: datetime) -> Iterator[Event]:
    """Yield invites that count as ignored at an instant, of members who want to hear of no proposals."""
    yield from _of_members(MemberPreferencesSet.model_validate({"retraction": {"policy": "never"}}))
    for number in count():
        data = InviteSent(invite_id=f"i-{number}", contact=Contact(id=f"c-{number}", name="Ada"))
        yield Event(f"sent-{number}", f"m-{number % MEMBERS}", first - STALE, now(), data, "/product")


def reminders(first: datetime) -> Iterator[Event]:
    """Yield reminders that members have asked for at an instant, none of them in quiet hours."""
    quiet = {"from": f"{first + timedelta(hours=11):%H:%M}", "to": f"{first + timedelta(hours=13):%H:%M}"}
    yield from _of_members(MemberPreferencesSet.model_validate({"quiet_hours": quiet}))
    for number in count():
        asked = {"followup_id": f"r-{number}", "contact_id": f"c-{number}", "what": "Call", "due": first.isoformat()}
        data = FollowupRequested.model_validate(asked)
        yield Event(f"asked-{number}", f"m-{number % MEMBERS}", now(), now(), data, "/product")


def _of_members(wishes: MemberPreferencesSet) -> Iterator[Event]:
    for number in range(MEMBERS):
        yield Event(f"wishes-{number}", f"m-{number}", now(), now(), wishes, "/product")


TOLD: Final[dict[str, Callable[[datetime], Iterator[Event]]]] = {"invites": stale_invites, "followups": reminders}


@dataclass(slots=True)
class Intake:
    """What was sent while timers are drained, and how old it was when it was applied."""

    waiting: dict[int, deque[tuple[int, float]]] = field(default_factory=lambda: defaultdict(deque))
    """By partition: (offset, when it was sent), in order."""
    ages: list[float] = field(default_factory=list)
    """In seconds."""
    seconds: float = 0.0
    """From the instant at which all was due until the last was said; 0 until then."""

    async def send(self, producer: AIOKafkaProducer) -> None:
        """Send so many events a second until all is said."""
        begun, number = time.monotonic(), 0
        while not self.seconds:
            await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
            member, at = f"m-{number % MEMBERS}", now()
            data = InviteSent(invite_id=f"new-{number}", contact=Contact(id=f"n-{number}", name="Ada"))
            key, value, headers = codec.encode(Event(f"new-{number}", member, at, at, data, "/product"))
            partition, sent = partition_for(member, PARTITIONS), time.monotonic()
            done = await producer.send(ACTIVITY, value, key, partition, to_ms(at), headers)
            done.add_done_callback(lambda made, p=partition, s=sent: self.waiting[p].append((made.result().offset, s)))
            number += 1

    async def look(self, store: Redis, service: str) -> None:
        """See what the service has applied, until all is said."""
        while not self.seconds:
            cursors = await _cursors(store, service)
            seen = time.monotonic()
            for partition, cursor in enumerate(cursors):
                row = self.waiting[partition]
                while row and row[0][0] < cursor:
                    self.ages.append(seen - row.popleft()[1])
            await asyncio.sleep(LOOK_SECONDS)


async def _cursors(store: Redis, service: str) -> list[int]:
    async with store.pipeline(transaction=False) as asked:
        for partition in range(PARTITIONS):
            asked.hget(f"{{{service}:{partition}}}:meta", f"off:{ACTIVITY}")
        return [int(found or 0) for found in await asked.execute()]


async def drain(running: System, service: str, timers: int) -> Intake:
    """Let so many timers fall due at one instant, and send events until all are said."""
    access, intake = KafkaAccess(running.kafka), Intake()
    first = (now() + timedelta(seconds=10 + timers * READ_SECONDS[service])).replace(
        microsecond=0
    )  # as reminders have it
    store: Any = Redis.from_url(running.redis)
    async with AIOKafkaProducer(**access.connection(), acks="all", max_batch_size=BATCH_BYTES) as producer:
        told = islice(TOLD[service](first), MEMBERS + timers)
        while chunk := list(islice(told, FILL_RECORDS)):
            await append(producer, ACTIVITY, chunk)
        leg = ("service_leg", service, running.kafka, running.redis, str(timers), "wakes")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"tests.bench.{leg[0]}", *leg[1:], cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        await asyncio.sleep((first - now()).total_seconds())
        read = sum(await _cursors(store, service))
        assert read == MEMBERS + timers, f"only {read} were read when the timers fell due: give them longer"
        beside = [asyncio.create_task(intake.send(producer)), asyncio.create_task(intake.look(store, service))]
        async with asyncio.timeout(DRAIN_SECONDS_MAX):
            assert process.stdout is not None
            await process.stdout.readline()
        intake.seconds = (datetime.now(UTC) - first).total_seconds()
        await asyncio.gather(*beside)
        await process.communicate()
    await store.aclose()
    return intake


def figures(service: str, timers: int) -> dict[str, str]:
    """Return what the run showed, by name."""
    with system() as running:
        intake = asyncio.run(drain(running, service, timers))
    assert intake.ages, "all was said before an event came in"
    shown = " / ".join(f"{1000 * percentile(intake.ages, part):,.0f}" for part in (0.5, 0.99, 1.0))
    return {
        f"{service}: {timers:,} overdue timers, said a second": f"{timers / intake.seconds:,.0f}",
        f"age of {len(intake.ages):,} events that come in meanwhile, ms, p50 / p99 / at most": shown,
    }


def main() -> None:
    """Measure and print."""
    service = sys.argv[1] if len(sys.argv) > 1 else "invites"
    timers = int(sys.argv[2]) if len(sys.argv) > 2 else TIMERS[service]
    for name, value in figures(service, timers).items():
        say(f"{name}: {value}\n")


if __name__ == "__main__":
    main()
