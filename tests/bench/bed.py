"""What the benchmarks share: the real Kafka and Valkey in a folder of their own, children that measure themselves, figures.

A child is a process of its own with nothing else in it, so that its CPU time is that of what is measured. Times on a
busy machine say little; CPU time per event hardly depends on what else runs, so both are always shown.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from shared import embedded
from shared.contracts.topics import topic_plan
from shared.embedded import System
from shared.process.by_settings import tune_collector
from shared.process.logs import set_up_logs
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics

CHILD_SECONDS_MAX = 600.0
LOOK_SECONDS = 0.02
WARM_PART = 0.15
"""Of the work that passes before a measurement begins: connections, code that was not run yet, caches."""
ROOT = Path(__file__).parents[2]


@contextmanager
def system() -> Iterator[System]:
    """Start the embedded system in a folder that goes away, with all topics."""
    set_up_logs(logging.WARNING, "console")
    with (
        tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder,
        embedded.start(Path(folder), open_listener=True) as running,
    ):
        asyncio.run(ensure_topics(KafkaAccess(running.kafka), topic_plan().on_virtual_clock()))
        yield running


def child(module: str, *arguments: str | int) -> dict[str, Any]:
    """Run a module of the benchmarks in a process of its own and return what it measured."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=CHILD_SECONDS_MAX)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def tell(**figures: float) -> None:
    """Hand figures from a child to its parent."""
    sys.stdout.write(json.dumps(figures) + "\n")


@dataclass(slots=True)
class Meter:
    """Wall and CPU time of this process between two counts of work, the first after warming up."""

    total: int
    begun: tuple[int, float, float] | None = None
    ended: tuple[int, float, float] | None = None

    def look(self, count: int) -> bool:
        """Note where things stand; return whether all is done."""
        if self.begun is None and count >= self.total * WARM_PART:
            self.begun = (count, time.perf_counter(), time.process_time())
        if self.ended is None and count >= self.total:
            self.ended = (count, time.perf_counter(), time.process_time())
        return self.ended is not None

    async def watch(self, count: Callable[[], int]) -> None:
        """Look until all is done."""
        tune_collector()
        while not self.look(count()):  # noqa: ASYNC110 - what is measured must not know that it is
            await asyncio.sleep(LOOK_SECONDS)

    def figures(self) -> dict[str, float]:
        """Return events a second, and microseconds of CPU and of wall time an event."""
        assert self.begun is not None and self.ended is not None  # noqa: PT018 - one statement: it is measured
        count = self.ended[0] - self.begun[0]
        wall, cpu = self.ended[1] - self.begun[1], self.ended[2] - self.begun[2]
        return {"per_second": count / wall, "cpu_us": 1e6 * cpu / count, "measured": count}


@dataclass(slots=True)
class Runs:
    """One figure over several runs."""

    values: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        self.values.append(value)

    @property
    def middle(self) -> float:
        return median(self.values)

    def shown(self, form: str = "{:,.0f}") -> str:
        """Return median and range."""
        low, high = form.format(min(self.values)), form.format(max(self.values))
        return f"{form.format(self.middle)} ({low} to {high})"


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest value that is at least as large as that part of all."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
