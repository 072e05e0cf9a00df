"""How long a partition is without an owner: a rolling restart, a crash, scaling from one process to three and back.

Run `python tests/bench/bench_availability.py`. It starts a Kafka and a Valkey of its own and real processes of
`rapport run invites`, which a probe watches from outside: it publishes a small event to every partition each 50 ms and
looks at the fencing token of each partition in the store: it moves with every commit, and is another after every recovery. A
gap is the time from the last commit of one recovery to the first one of the next, so it holds up to one such interval in
which all was well. A pause is the time between two commits of one recovery: an owner that keeps its partition stands while
its group decides.
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
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from shared.contracts import ACTIVITY, Contact, Event, InviteSent, partition_for
from shared.contracts.cloudevents import codec
from shared.contracts.topics import topic_plan
from shared.embedded import System, start

ROOT = Path(__file__).parents[2]
PROCESSES = 3
PARTITIONS = topic_plan().partitions
PROBE_SECONDS = 0.05
LOOK_SECONDS = 0.01
CALM_SECONDS = 2.0
"""So long nothing changes hands before and after every scenario."""
STILL_SECONDS = 1.0
"""A partition that was not committed for so long has no owner, or the machine is too busy to measure anything."""
START_SECONDS_MAX = 60.0
CALM_SECONDS_MAX = 120.0
say = sys.stdout.write


@dataclass(frozen=True, slots=True)
class Move:
    """A commit to a partition of the store, as it was seen."""

    at: float
    token: str
    """Of the recovery under which it was made."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """How long partitions had no owner in a scenario, in seconds."""

    scenario: str
    each: float
    """How many gaps a partition had."""
    middle: float
    longest: float
    together: float
    """All gaps of a partition, added up; the median of the partitions."""
    most: float
    pause: float
    """The longest time between two commits of one recovery: an owner that keeps its partition stands in a rebalance."""


class Probe:
    """Publishes to every partition, and notes when each was committed."""

    def __init__(self, system: System) -> None:
        self.moved: list[list[Move]] = [[] for _ in range(PARTITIONS)]
        self._system = system
        self._events = [_event(partition) for partition in range(PARTITIONS)]
        self._fencing_tokens: list[bytes | None] = [None] * PARTITIONS

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
                asked.hget(f"{{invites:{partition}}}:meta", "head")
            found = await asked.execute()
            now = time.monotonic()
            for partition, fencing_token in enumerate(found):
                token, _, commits = (fencing_token or b":0").decode().partition(":")
                if (
                    fencing_token != self._fencing_tokens[partition] and commits != "0"
                ):  # a recovery begins at 0, and ends with a commit
                    self._fencing_tokens[partition] = fencing_token
                    self.moved[partition].append(Move(now, token))
            await asyncio.sleep(LOOK_SECONDS)

    async def calm(self, seconds: float = CALM_SECONDS) -> None:
        """Wait until every partition is at work, and no other owner has come, for so long from now."""
        async with asyncio.timeout(CALM_SECONDS_MAX):
            await asyncio.sleep(seconds)
            while not all(self._is_calm(moves, time.monotonic() - seconds) for moves in self.moved):  # noqa: ASYNC110 - a store rings nobody
                await asyncio.sleep(LOOK_SECONDS)

    @staticmethod
    def _is_calm(moves: Sequence[Move], since: float) -> bool:
        recent = [move for move in moves if move.at >= since]
        return len({move.token for move in recent}) == 1 and recent[-1].at > time.monotonic() - STILL_SECONDS

    def longest_pause(self, begin: float) -> float:
        """Return the longest time since an instant between two commits of one recovery, in seconds."""
        moves = (pair for some in self.moved for pair in pairwise(some))
        return max(
            later.at - earlier.at for earlier, later in moves if later.at > begin and later.token == earlier.token
        )

    def gaps(self, begin: float) -> list[list[float]]:
        """Return the gaps of each partition since an instant, in seconds."""
        return [
            [
                later.at - earlier.at
                for earlier, later in pairwise(moves)
                if later.at > begin and later.token != earlier.token
            ]
            for moves in self.moved
        ]


def _event(partition: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return an event of a member of that partition. The same each time, so that nothing follows from the second one."""
    member = next(f"probe-{n}" for n in count() if partition_for(f"probe-{n}", PARTITIONS) == partition)
    now = datetime.now(UTC)
    invite = InviteSent(invite_id="probe", contact=Contact(id="nobody", name="Nobody"))
    return codec.encode(Event(id="probe", member=member, time=now, logged=now, data=invite, source="/probe"))


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
        command = [sys.executable, "-c", "from rapport.cli import main; main()", "run", "invites"]
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


async def measure() -> list[Gaps]:
    """Go through the scenarios on a system of its own."""
    with (
        tempfile.TemporaryDirectory() as name,
        start(Path(name), open_listener=True) as system,
        _fleet(system, Path(name)) as fleet,
    ):
        await asyncio.to_thread(fleet.add)
        probe = Probe(system)
        running = asyncio.create_task(probe.run())
        try:
            measured = [
                await _measure("scaling 1 to 3", scale_out, fleet, probe),
                await _measure(f"rolling restart of {PROCESSES}", rolling_restart, fleet, probe),
                await _measure("scaling 3 to 1", scale_in, fleet, probe),
            ]
            await scale_out(fleet, probe)
            return [*measured, await _measure("crash of 1 of 3", crash, fleet, probe)]
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def figures() -> dict[str, str]:
    """Return what the scenarios showed, by name."""
    return {
        f"{one.scenario}: seconds without an owner, one gap p50 / longest, together p50 / most; longest pause": (
            f"{one.middle:.2f} / {one.longest:.2f}, {one.together:.2f} / {one.most:.2f}; {one.pause:.2f}"
        )
        for one in asyncio.run(measure())
    }


@contextmanager
def _fleet(system: System, folder: Path) -> Iterator[Fleet]:
    fleet = Fleet(system, folder)
    try:
        yield fleet
    finally:
        fleet.end()


async def _measure(name: str, scenario: Callable[[Fleet, Probe], Awaitable[None]], fleet: Fleet, probe: Probe) -> Gaps:
    """Run a scenario between two calms; return the gaps of the partitions: single ones, and added up by partition."""
    await probe.calm()
    begin = time.monotonic()
    await scenario(fleet, probe)
    gaps = probe.gaps(begin)
    single = [gap for some in gaps for gap in some] or [0.0]
    whole = [sum(some) for some in gaps]
    each = len(single) / PARTITIONS
    together, most = statistics.median(whole), max(whole)
    return Gaps(name, each, statistics.median(single), max(single), together, most, probe.longest_pause(begin))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Print the figures as a table."""
    measured = asyncio.run(measure())
    say(f"{PARTITIONS} partitions, {os.cpu_count()} deciders, load {os.getloadavg()[0]:.1f}\n")
    say(_row("scenario", "gaps", "p50", "longest", "p50 together", "most together", "longest pause"))
    say("|---" * 7 + "|\n")
    for one in measured:
        seconds = (one.middle, one.longest, one.together, one.most, one.pause)
        say(_row(one.scenario, f"{one.each:.1f}", *(f"{figure:.2f} s" for figure in seconds)))


if __name__ == "__main__":
    main()
