"""One runner does the job once, on a Kafka and a store of its own.

A phase ends when all that must be said was seen by a read_committed consumer. CPU is that of the runner's process and of
the store, without the broker, from just before the phase until a moment after its end, so that what is committed behind the
last output counts. Of the first phase only the second half counts: code is warm then, and a JVM has compiled it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.contracts import ACTIVITY, Event
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.bench.network import BATCH_BYTES, FILL_RECORDS, PARTITIONS, append, now
from tests.race.job import CANCELLED, DUE, SCHEDULED, Invites, Output, whole_second
from tests.race.processes import cpu_seconds, resident_mb
from tests.race.runners import OUT, Runner, environment

PHASE_SECONDS_MAX = 300.0
SETTLE_SECONDS = 0.5
"""After the last output: Kafka Streams commits each 100 ms, BullMQ's consumer each second while it reads."""
REST_CORES = 0.2
"""A process that uses less than so many cores has nothing to do."""
AHEAD_SECONDS = 12.0
SCHEDULED_PER_SECOND = 1_500
"""The slowest that anybody schedules: the timers of the last phase are due no sooner."""


@dataclass(slots=True)
class Heat:
    """What one run showed."""

    cpu_us: dict[str, float] = field(default_factory=dict)
    """CPU of an event, by phase."""
    per_second: dict[str, float] = field(default_factory=dict)
    """Events a second by the clock, by phase."""
    resident_mb: float = 0.0
    lost: int = 0
    twice: int = 0


class NotAtRest(Exception):
    """Timers fell due before all of them were scheduled: the machine is too slow for this size."""


class Track:
    """The processes and the outputs of a heat while it runs."""

    def __init__(
        self, runner: Runner, process: asyncio.subprocess.Process, store: int, reader: AIOKafkaConsumer
    ) -> None:
        self._runner = runner
        self._process = process
        self._store = store
        self._reader = reader
        self.seen: Counter[Output] = Counter()
        self.counts: Counter[str] = Counter()

    def cpu(self) -> float:
        """Return the CPU so far, of runner and store, in s."""
        return cpu_seconds(self._process.pid) + cpu_seconds(self._store)

    def resident_mb(self) -> float:
        return resident_mb(self._process.pid)

    async def until(self, kind: str, count: int) -> None:
        """Read until so many different outputs of a kind were seen."""
        async with asyncio.timeout(PHASE_SECONDS_MAX):
            while self.counts[kind] < count:
                if self._process.returncode is not None:
                    raise RuntimeError(f"{self._runner.name} ended with {self._process.returncode}")
                await self.read()

    async def read(self) -> None:
        for records in (await self._reader.getmany(timeout_ms=20)).values():
            for record in records:
                output = self._runner.read(record)
                if output is not None:
                    self.seen[output] += 1
                    self.counts[output[1]] += self.seen[output] == 1

    async def rest(self, latest: float) -> None:
        """Wait until the runner has nothing to do. Raises NotAtRest when that is not before `latest` (of `perf_counter`)."""
        before = cpu_seconds(self._process.pid)
        while perf_counter() < latest - 1:
            await asyncio.sleep(1)
            after = cpu_seconds(self._process.pid)
            if after - before < REST_CORES:
                return
            before = after
        raise NotAtRest(f"{self._runner.name}: timers fell due before all were scheduled; take fewer events")


async def run(runner: Runner, system: System, folder: Path, events: int) -> Heat:
    """Let a runner schedule so many, cancel a third of them, and fire a third as many at one instant."""
    heat = Heat()
    part = events // 3
    lying, due = Invites("lying", events), Invites("due", part)
    async with _producer(system) as tell:
        await tell(lying.wishes())
        await tell(due.wishes())
        await tell(lying.sent(now()))
        async with _track(runner, system, folder) as track:
            expected: set[Output] = set()
            if SCHEDULED in runner.says:
                await _schedule(track, heat, events)
                await _cancel(track, heat, tell, lying, part)
                expected = lying.outputs(SCHEDULED) | lying.outputs(CANCELLED, part) | due.outputs(SCHEDULED)
            await _fire(track, heat, tell, due, runner)
            heat.resident_mb = track.resident_mb()
            expected |= due.outputs(DUE)
            heat.lost = len(expected - track.seen.keys())
            heat.twice = sum(count - 1 for output, count in track.seen.items() if output in expected)
    return heat


Tell = Callable[[Iterator[Event]], Coroutine[None, None, None]]


async def _schedule(track: Track, heat: Heat, events: int) -> None:
    await track.until(SCHEDULED, events // 2)
    await _phase(track, heat, SCHEDULED, events, events - track.counts[SCHEDULED])


async def _cancel(track: Track, heat: Heat, tell: Tell, lying: Invites, count: int) -> None:
    telling = asyncio.ensure_future(tell(lying.declined(count)))
    await _phase(track, heat, CANCELLED, count, count)
    await telling


async def _fire(track: Track, heat: Heat, tell: Tell, due: Invites, runner: Runner) -> None:
    ahead = AHEAD_SECONDS + due.count / SCHEDULED_PER_SECOND
    at = whole_second(now() + timedelta(seconds=ahead))
    latest = perf_counter() + (at - now()).total_seconds()
    scheduled = track.counts[SCHEDULED]
    await tell(due.sent(at - runner.lead))
    if SCHEDULED in runner.says:
        await track.until(SCHEDULED, scheduled + due.count)
    await track.rest(latest)
    await track.read()
    await asyncio.sleep(max(0.0, latest - perf_counter() - 0.2))
    await _phase(track, heat, DUE, due.count, due.count, begun=latest)


async def _phase(track: Track, heat: Heat, kind: str, total: int, measured: int, begun: float | None = None) -> None:
    cpu, begun = track.cpu(), begun or perf_counter()
    await track.until(kind, total)
    heat.per_second[kind] = measured / (perf_counter() - begun)
    await asyncio.sleep(SETTLE_SECONDS)
    heat.cpu_us[kind] = 1e6 * (track.cpu() - cpu) / measured


@asynccontextmanager
async def _producer(system: System) -> AsyncIterator[Tell]:
    access = KafkaAccess(system.kafka)
    async with AIOKafkaProducer(**access.connection(), acks="all", max_batch_size=BATCH_BYTES) as producer:

        async def tell(events: Iterator[Event]) -> None:
            while chunk := list(islice(events, FILL_RECORDS)):
                await append(producer, ACTIVITY, chunk)

        yield tell


@asynccontextmanager
async def _track(runner: Runner, system: System, folder: Path) -> AsyncIterator[Track]:
    access = KafkaAccess(system.kafka)
    if runner.out == OUT:
        await _make_topic(access, OUT)
    reader = access.reader(isolation_level="read_committed", auto_offset_reset="earliest", fetch_max_wait_ms=5)
    where = environment(runner, system.kafka, system.redis, ACTIVITY, folder)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *runner.command, env=where, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            async with reader:
                reader.assign([TopicPartition(runner.out, number) for number in range(PARTITIONS)])
                yield Track(runner, process, system.addresses.processes["valkey"], reader)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _make_topic(access: KafkaAccess, name: str) -> None:
    admin = AIOKafkaAdminClient(**access.connection())
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    finally:
        await admin.close()
