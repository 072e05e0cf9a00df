"""The worker processes as the driver sees them: each with a link to the store of its own, killed, stopped, started again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.contracts.topics import topic_plan
from tests.chaos.board import MOMENTS, Board
from tests.chaos.link import Link
from tests.chaos.worker import Orders

ROOT = Path(__file__).parents[2]
SESSION_TIMEOUT_MS = 3_000
"""A dead worker's partitions are free after this long, where the broker allows so little."""
CLOCK_MARGIN_MS = 250
"""By how much the workers' clocks may be off, which the driver makes use of."""
END_SECONDS_MAX = 60.0
ENDING = {"RAPPORT_SNAPSHOT_DAYS": 1, "RAPPORT_RETENTION_DAYS": 3}
"""Of the world's clock (`ending`)."""
HELD_SECONDS_MAX = 20.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Bearings:
    """Where the parts of the system are."""

    kafka: str
    redis: str
    smtp: str
    session_timeout_ms: int = SESSION_TIMEOUT_MS


@dataclass(slots=True)
class Style:
    """How workers of a run work."""

    services: Sequence[str]
    seed: int = 0
    sleeps: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    off: Sequence[str] = ()
    sabotaged: bool = False
    failing_polls: float = 0.0
    session_timeout_ms: int = 0
    """Where it is longer than that of the ground."""
    ends: bool = False
    """Whether the log ends: with snapshots, and a retention of some days of the world's clock."""
    webhooks: bool = False
    """Whether events are posted to a receiver of the run's own (`webhooks`)."""


class Crew:
    """All workers of a run."""

    def __init__(self, board: Board, board_path: Path, folder: Path, where: Bearings, style: Style) -> None:
        self.board, self.style = board, style
        self._board_path, self._folder, self._where = board_path, folder, where
        self.links: dict[int, Link] = {}
        self.stopped: set[int] = set()
        self.kills = 0
        self._ports: dict[int, int] = {}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._lives: Counter[int] = Counter()

    @property
    def awake(self) -> list[int]:
        """The workers that run and are not stopped."""
        return [number for number, one in self._processes.items() if one.poll() is None and number not in self.stopped]

    async def start(self, number: int) -> None:
        """Start a worker, under a number that no running one has."""
        if number not in self.links:
            store = urlsplit(self._where.redis)
            self.links[number] = Link(store.hostname or "", store.port or 0)
            self._ports[number] = await self.links[number].start()
        for name in ("skew_ms", "hold", "held"):
            self.board.write(number, name, 0)
        self._lives[number] += 1
        style = self.style
        orders = Orders(
            board=str(self._board_path),
            number=number,
            services=list(style.services),
            notes=str(self._folder / "notes.jsonl"),
            seed=style.seed * 1_000 + number * 100 + self._lives[number],
            sleeps=style.sleeps,
            off=list(style.off),
            sabotaged=style.sabotaged,
            failing_polls=style.failing_polls,
            ends=style.ends,
        )
        with (self._folder / f"worker-{number}.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(  # noqa: ASYNC220 - a few milliseconds
                [sys.executable, "-P", "-m", "tests.chaos.worker", json.dumps(asdict(orders))],
                cwd=ROOT,
                env=self._environment(number),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _environment(self, number: int) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
        store = urlsplit(self._where.redis)
        entry, at, _ = store.netloc.rpartition("@")
        return environment | {
            "RAPPORT_KAFKA": self._where.kafka,
            "RAPPORT_REDIS": store._replace(netloc=f"{entry}{at}127.0.0.1:{self._ports[number]}").geturl(),
            "RAPPORT_SMTP": self._where.smtp,
            "RAPPORT_SESSION_TIMEOUT_MS": str(max(self._where.session_timeout_ms, self.style.session_timeout_ms)),
            "RAPPORT_CLOCK_MARGIN_MS": str(CLOCK_MARGIN_MS),
            "RAPPORT_LOG_LEVEL": "warning",
            "RAPPORT_PARTITIONS": str(topic_plan().partitions),
            **({name: str(days) for name, days in ENDING.items()} if self.style.ends else {}),
        }

    def kill(self, number: int) -> None:
        """End a worker without warning, asleep or not."""
        process = self._processes[number]
        process.kill()
        process.wait()
        self.stopped.discard(number)
        self.kills += 1

    def stop(self, number: int) -> int:
        """Put a worker to sleep, in the middle of whatever it does; return what `wake` takes."""
        self._processes[number].send_signal(signal.SIGSTOP)
        self.stopped.add(number)
        return self._lives[number]

    def wake(self, number: int, life: int) -> None:
        """Let a worker go on, if it is still the one that was put to sleep."""
        if number in self.stopped and self._lives[number] == life:
            self._processes[number].send_signal(signal.SIGCONT)
            self.stopped.discard(number)

    async def hold(self, number: int, moment: str, seconds_max: float = HELD_SECONDS_MAX) -> None:
        """Let a worker run into a moment and stay there until `release`. Raises TimeoutError."""
        self.board.write(number, "hold", MOMENTS.index(moment))
        async with asyncio.timeout(seconds_max):
            while self.board.read(number, "held") != MOMENTS.index(moment):  # noqa: ASYNC110 - another process says it
                await asyncio.sleep(LOOK_SECONDS)

    def release(self, number: int) -> None:
        """Let a worker that is held go on."""
        self.board.write(number, "hold", 0)

    async def finish(self, number: int) -> None:
        """End a worker gently, as a deploy does, and wait for it."""
        process = self._processes[number]
        process.terminate()
        assert await asyncio.to_thread(process.wait, END_SECONDS_MAX) == 0, f"worker {number} did not end well"

    async def end(self) -> list[int]:
        """End all workers gently, and by force who does not; return those that did not end well."""
        bad = []
        for number in [*self.stopped]:
            self.wake(number, self._lives[number])
        for process in self._processes.values():
            process.terminate()
        for number, process in self._processes.items():
            try:
                if await asyncio.to_thread(process.wait, END_SECONDS_MAX) not in (0, -signal.SIGKILL):
                    bad.append(number)
            except subprocess.TimeoutExpired:
                bad.append(number)
                process.kill()
                process.wait()
        self._processes.clear()
        return bad

    async def close(self) -> None:
        """Leave nothing behind, however the run ended."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        for link in self.links.values():
            await link.stop()

    def owned(self, number: int) -> set[tuple[str, int]]:
        """Return services and partitions that nobody has recovered since this worker did."""
        last = {(note["service"], note["partition"]): note["worker"] for note in self.notes() if "recovered" in note}
        return {owned for owned, worker in last.items() if worker == number}

    def notes(self) -> list[dict[str, Any]]:
        """Return what the workers noted of their recoveries, uncertain outcomes and refusals."""
        path = self._folder / "notes.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
