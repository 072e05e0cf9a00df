"""How long a partition is without an owner: a rolling restart, a crash, scaling from one process to three and back.

Run `python tests/bench/bench_availability.py`. It starts a Kafka and a Valkey of its own and real processes of
`rapport run invites`, which a probe watches from outside: it publishes a small event to every partition each 50 ms and
looks when the partition's cursor in the store moves on. While nobody owns a partition its cursor stands; so a gap is the
time between two moves, wherever it is longer than GAP_SECONDS_MIN.
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from shared.contracts import ACTIVITY, Contact, Fact, InviteSent, codec, partition_for
from shared.contracts.topics import topic_plan
from shared.embedded import System, start

ROOT = Path(__file__).parents[2]
PROCESSES = 3
PARTITIONS = topic_plan().partitions
PROBE_SECONDS = 0.05
LOOK_SECONDS = 0.01
GAP_SECONDS_MIN = 0.25
"""Five probes: a cursor that moves more often than that has an owner at work, on a busy machine, too."""
CALM_SECONDS = 2.0
"""Without a gap, before and after every scenario."""
START_SECONDS_MAX = 60.0
GAP_SECONDS_MAX = 60.0
say = sys.stdout.write


class Probe:
    """Publishes to every partition, and notes when each cursor moved."""

    def __init__(self, system: System) -> None:
        self.moved: list[list[float]] = [[] for _ in range(PARTITIONS)]
        self._system = system
        self._events = [_event(partition) for partition in range(PARTITIONS)]
        self._cursors: list[bytes | None] = [None] * PARTITIONS

    async def run(self) -> None:
        """Publish and look until cancelled."""
        async with (
            AIOKafkaProducer(bootstrap_servers=self._system.kafka) as producer,
            Redis.from_url(self._system.redis) as store,
        ):
            await asyncio.gather(self._publish(producer), self._look(store))

    async def _publish(self, producer: AIOKafkaProducer) -> None:
        while True:
            for partition, (key, value, headers) in enumerate(self._events):
                await producer.send(ACTIVITY, value, key, partition=partition, headers=headers)
            await asyncio.sleep(PROBE_SECONDS)

    async def _look(self, store: Redis) -> None:
        while True:
            asked = store.pipeline(transaction=False)
            for partition in range(PARTITIONS):
                asked.hget(f"{{invites:{partition}}}:meta", f"off:{ACTIVITY}")
            found = await asked.execute()
            now = time.monotonic()
            for partition, cursor in enumerate(found):
                if cursor != self._cursors[partition]:
                    self._cursors[partition] = cursor
                    self.moved[partition].append(now)
            await asyncio.sleep(LOOK_SECONDS)

    async def calm(self, seconds: float = CALM_SECONDS) -> None:
        """Wait until no partition had a gap for so long, beginning now."""
        async with asyncio.timeout(GAP_SECONDS_MAX):
            await asyncio.sleep(seconds)
            while True:
                if all(self._is_calm(moves, time.monotonic() - seconds) for moves in self.moved):
                    return
                await asyncio.sleep(LOOK_SECONDS)

    @staticmethod
    def _is_calm(moves: Sequence[float], since: float) -> bool:
        recent = [at for at in moves if at >= since]
        edges = [since, *recent, time.monotonic()]
        return all(later - earlier < GAP_SECONDS_MIN for earlier, later in pairwise(edges))

    def gaps(self, begin: float) -> list[list[float]]:
        """Return the gaps of each partition since an instant, in seconds."""
        return [
            [
                later - earlier
                for earlier, later in pairwise(moves)
                if later > begin and later - earlier > GAP_SECONDS_MIN
            ]
            for moves in self.moved
        ]


def _event(partition: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return an event of a member of that partition. The same each time, so that nothing follows from the second one."""
    member = next(f"probe-{n}" for n in count() if partition_for(f"probe-{n}", PARTITIONS) == partition)
    now = datetime.now(UTC)
    invite = InviteSent(invite_id="probe", contact=Contact(id="nobody", name="Nobody"))
    return codec.encode(Fact(id="probe", member=member, time=now, logged=now, data=invite, source="/probe"))


class Fleet:
    """Processes of one service, as an operator starts and stops them."""

    def __init__(self, system: System, folder: Path) -> None:
        self.running: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._numbers = count(1)
        own = {"RAPPORT_KAFKA": system.kafka, "RAPPORT_REDIS": system.redis, "RAPPORT_SMTP": system.smtp}
        self._environment = {n: v for n, v in os.environ.items() if not n.startswith("RAPPORT_")} | own

    def add(self) -> None:
        """Start a process and wait until it says that it is ready."""
        log = self._folder / f"process-{next(self._numbers)}.log"
        command = [sys.executable, "-c", "from shared.cli.app import main; main()", "run", "invites"]
        with log.open("wb") as out:
            self.running.append(subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=out, stderr=out))
        deadline = time.monotonic() + START_SECONDS_MAX
        while "is ready" not in log.read_text():
            if time.monotonic() > deadline:
                raise TimeoutError(log.read_text())
            time.sleep(LOOK_SECONDS)

    def remove(self, number: signal.Signals) -> None:
        """End the oldest process, and wait until it has gone."""
        process = self.running.pop(0)
        process.send_signal(number)
        process.wait(START_SECONDS_MAX)

    def end(self) -> None:
        """Kill what is left."""
        for process in self.running:
            process.kill()
            process.wait()


async def rolling_restart(fleet: Fleet, probe: Probe) -> None:
    """Each process in turn: stop it, wait until it has left, start another."""
    for _ in range(PROCESSES):
        await asyncio.to_thread(fleet.remove, signal.SIGTERM)
        await asyncio.to_thread(fleet.add)
        await probe.calm()


async def crash(fleet: Fleet, probe: Probe) -> None:
    """One of three is killed, and not started again."""
    await asyncio.to_thread(fleet.remove, signal.SIGKILL)
    await probe.calm()


async def scale_out(fleet: Fleet, probe: Probe) -> None:
    """From one process to three."""
    while len(fleet.running) < PROCESSES:
        await asyncio.to_thread(fleet.add)
    await probe.calm()


async def scale_in(fleet: Fleet, probe: Probe) -> None:
    """From three processes to one."""
    while len(fleet.running) > 1:
        await asyncio.to_thread(fleet.remove, signal.SIGTERM)
    await probe.calm()


async def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name, start(Path(name)) as system, _fleet(system, Path(name)) as fleet:
        await asyncio.to_thread(fleet.add)
        probe = Probe(system)
        running = asyncio.create_task(probe.run())
        try:
            say(f"{PARTITIONS} partitions, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
            say(_row("scenario", "gaps", "p50", "longest", "p50 together", "most together"))
            say("|---" * 6 + "|\n")
            await _measure("scaling 1 to 3", scale_out, fleet, probe)
            await _measure(f"rolling restart of {PROCESSES}", rolling_restart, fleet, probe)
            await _measure("scaling 3 to 1", scale_in, fleet, probe)
            await scale_out(fleet, probe)
            await _measure("crash of 1 of 3", crash, fleet, probe)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


@contextmanager
def _fleet(system: System, folder: Path) -> Iterator[Fleet]:
    fleet = Fleet(system, folder)
    try:
        yield fleet
    finally:
        fleet.end()


async def _measure(name: str, scenario: Callable[[Fleet, Probe], Awaitable[None]], fleet: Fleet, probe: Probe) -> None:
    """Run a scenario between two calms; print the gaps of the partitions: single ones, and added up by partition."""
    await probe.calm()
    begin = time.monotonic()
    await scenario(fleet, probe)
    gaps = probe.gaps(begin)
    single = [gap for some in gaps for gap in some] or [0.0]
    whole = [sum(some) for some in gaps]
    figures = (statistics.median(single), max(single), statistics.median(whole), max(whole))
    say(_row(name, f"{len(single) / PARTITIONS:.1f}", *(f"{seconds:.2f} s" for seconds in figures)))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    asyncio.run(main())
