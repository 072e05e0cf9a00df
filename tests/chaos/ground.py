"""What the workers stand on, and how it is hurt: the embedded Kafka and Valkey, as the product itself starts them.

Their supervisor starts again what dies. While files are put in the place of others it is itself asleep, so that nothing
starts too early.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from redis.asyncio import Redis

from shared.contracts.topics import topic_plan
from shared.embedded import System, start
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics
from tests.chaos.crew import Bearings

BACK_SECONDS_MAX = 90.0
DEAD_SECONDS_MAX = 20.0
LOOK_SECONDS = 0.05
SAMPLE_SECONDS = 0.1
SAMPLES_MAX = 600


class Ground(Protocol):
    """A Kafka and a store that can be hurt. What is hurt comes back by itself."""

    where: Bearings
    mails: list[bytes]
    """All that left."""

    async def kill(self, name: str) -> None:
        """End `kafka` or `valkey` without warning; return when it answers again."""

    async def restart(self, name: str) -> None:
        """End `kafka` or `valkey` gently; return when it answers again."""

    async def cut_store(self, seconds: float) -> int:
        """Kill the store and take away what it wrote in so many last seconds; return the bytes."""

    async def copy_store(self) -> None:
        """Keep a copy of the store's files."""

    async def put_store_back(self) -> None:
        """Kill the store and put the copy in its place."""

    async def empty_store(self) -> None:
        """Delete everything in the store."""


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[EmbeddedGround]:
    """Start the embedded system with all topics in a folder of its own, and end it."""
    with start(folder / "system", open_listener=True) as system:
        await ensure_topics(KafkaAccess(system.kafka), topic_plan().on_virtual_clock())
        ground = EmbeddedGround(system)
        sampling = asyncio.create_task(ground.sample())
        try:
            yield ground
        finally:
            sampling.cancel()


class EmbeddedGround:
    """The embedded system of a run."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.where = Bearings(system.kafka, system.redis, system.smtp)
        self.mails = system.mails.received
        self._sizes: list[tuple[float, Path, int]] = []
        """When the store's file was how long."""

    async def sample(self) -> None:
        """Remember how the store's file grows, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            with suppress(OSError, ValueError):
                newest = max(self._store_files().glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)
                self._sizes.append((loop.time(), newest, newest.stat().st_size))
                del self._sizes[:-SAMPLES_MAX]
            await asyncio.sleep(SAMPLE_SECONDS)

    async def kill(self, name: str) -> None:
        """End a server without warning; return when it answers again."""
        await self._end(name, signal.SIGKILL)

    async def restart(self, name: str) -> None:
        """End a server gently; return when it answers again."""
        await self._end(name, signal.SIGTERM)

    async def _end(self, name: str, how: signal.Signals) -> None:
        pid = self.system.addresses.processes[name]
        os.kill(pid, how)
        await self._until_back(name, pid)

    async def cut_store(self, seconds: float) -> int:
        """Take away what the store wrote in so many last seconds."""
        with self._dead("valkey") as pid:
            before = asyncio.get_running_loop().time() - seconds
            newest = self._sizes[-1][1]
            length = max((size for at, path, size in self._sizes if at <= before and path == newest), default=0)
            lost = newest.stat().st_size - length
            os.truncate(newest, length)
            self._sizes.clear()
        await self._until_back("valkey", pid)
        return lost

    async def copy_store(self) -> None:
        """Keep a copy of the store's files; the end of one that is being written may be torn, as after a crash."""
        copy = self.system.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        await asyncio.to_thread(shutil.copytree, self._store_files(), copy)

    async def put_store_back(self) -> None:
        """Put the copy in the place of the store's files."""
        with self._dead("valkey") as pid:
            shutil.rmtree(self._store_files())
            shutil.copytree(self.system.folder / "copy", self._store_files())
            self._sizes.clear()
        await self._until_back("valkey", pid)

    async def empty_store(self) -> None:
        """Delete everything in the store."""
        client = Redis.from_url(self.where.redis)
        try:
            await client.flushall()
        finally:
            await client.aclose()

    async def log_put_back(self, topic: str, partition: int, copy: Path) -> None:
        """End Kafka gently, put an older copy of a partition's folder in its place, and let it start."""
        folder = self.log_folder(topic, partition)
        with self._dead("kafka", signal.SIGTERM) as pid:
            shutil.rmtree(folder)
            shutil.copytree(copy, folder)
        await self._until_back("kafka", pid)

    def log_folder(self, topic: str, partition: int) -> Path:
        """Return where Kafka keeps a partition."""
        return self.system.folder / "kafka" / "log" / f"{topic}-{partition}"

    def _store_files(self) -> Path:
        return self.system.folder / "valkey" / "appendonlydir"

    @contextmanager
    def _dead(self, name: str, how: signal.Signals = signal.SIGKILL) -> Iterator[int]:
        """End a server, and keep its supervisor from starting it while the block runs; yield its process id."""
        supervisor = self.system._supervised._process
        pid = self.system.addresses.processes[name]
        supervisor.send_signal(signal.SIGSTOP)
        try:
            os.kill(pid, how)
            _wait_until_dead(pid)
            yield pid
        finally:
            supervisor.send_signal(signal.SIGCONT)

    async def _until_back(self, name: str, dead: int) -> None:
        async with asyncio.timeout(BACK_SECONDS_MAX):
            while self.system.addresses.processes[name] == dead or not await asyncio.to_thread(self.system.answers):
                assert name not in self.system.given_up, f"{name} died too often to be started again"
                await asyncio.sleep(LOOK_SECONDS)


def _wait_until_dead(pid: int) -> None:
    """Wait for a process that its sleeping parent can not bury yet."""
    import time

    deadline = time.monotonic() + DEAD_SECONDS_MAX
    while (state := Path(f"/proc/{pid}/stat")).exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline, f"process {pid} does not end"
        time.sleep(LOOK_SECONDS / 10)
