"""`rapport run`, as it is, in a process of its own: on the driver's clock, slow at bad moments, with a guard off if told.

Everything is done to it from outside, before it starts: the product has no hooks. The only argument is a JSON object:
board and number of the worker, services, sleeps by moment, guards that are off, a seed, and a file for what it notes.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rapport import composition
from rapport.cli import main
from rapport.serving import running
from shared.runtime import projecting, task
from shared.runtime.kafka.log import KafkaLog
from shared.runtime.ports.clock import Ring, SystemClock
from shared.runtime.ports.interfaces import Refused
from shared.runtime.processing.partition_task import PartitionTask
from shared.runtime.recovery import recover as recovery
from shared.runtime.recovery.recover import recover
from shared.runtime.snapshot_model import snapshot_form
from shared.runtime.snapshots import snapshot_round
from shared.runtime.step import step
from tests.chaos import moments, variants
from tests.chaos.board import Board
from tests.simulation.sabotage import SABOTAGED

CHUNK_BYTES = 400
"""Of a part of a snapshot where the log ends."""
DOSE_MEMBERS = 2
LOOK_SECONDS = 0.02
"""How often a worker looks whether the world's clock was moved, to ring whoever waits for an instant."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the driver wants of a worker."""

    board: str
    number: int
    services: Sequence[str]
    notes: str
    """A file to which recoveries, uncertain outcomes and refusals are added, one JSON object a line."""
    seed: int
    sleeps: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By moment, how probably and for how many seconds at most it sleeps there."""
    off: Sequence[str] = ()
    """Names of `variants.GUARDS`."""
    sabotaged: bool = False
    """Whether rules fail for some invites (`tests/simulation/sabotage.py`)."""
    ends: bool = False
    """Whether there are snapshots: then a member has several parts, and a round several doses."""
    failing_polls: float = 0.0
    """How probably a poll raises after it has fetched."""


class BoardClock(SystemClock):
    """The world's time, and this worker's error on top of it."""

    def __init__(self, board: Board, worker: int) -> None:
        self._board, self._worker = board, worker
        self._rings: list[tuple[asyncio.AbstractEventLoop, Ring]] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def now(self) -> datetime:
        """Return the present instant, UTC, truncated to milliseconds."""
        instant = self._board.now() + timedelta(milliseconds=self._board.read(self._worker, "skew_ms"))
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    def seconds_until(self, instant: datetime) -> float:
        """Return the seconds until `instant`, 0.0 when it has come."""
        return max(0.0, (instant - self.now()).total_seconds())

    def listen(self, ring: Ring) -> Ring:
        """Call `ring` whenever the clock is moved; return what ends that."""
        entry = asyncio.get_running_loop(), ring
        self._rings.append(entry)
        return lambda: self._rings.remove(entry) if entry in self._rings else None

    def _watch(self) -> None:
        expected, driver = self.now(), os.getppid()
        while True:
            time.sleep(LOOK_SECONDS)
            if os.getppid() != driver:
                os._exit(1)  # whoever could end this worker is gone
            now = self.now()
            if now - expected > timedelta(seconds=1):
                for loop, ring in list(self._rings):
                    if not loop.is_closed():
                        loop.call_soon_threadsafe(ring)
            expected = now


def watch_recoveries(board: Board, worker: int, notes: Path) -> None:
    """Count recoveries, uncertain outcomes and refusals, and note whose and why."""

    def note(owner: PartitionTask[Any, Any], kind: str, reason: str) -> None:
        line = {"worker": worker, "service": owner.decider.name, "partition": owner.partition, kind: reason}
        with notes.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def watched(work: Any, done: str | None) -> Any:
        async def watch(owner: PartitionTask[Any, Any]) -> None:
            try:
                await work(owner)
            except Refused as refusal:
                board.count(worker, "refusals")
                note(owner, "refused", str(refusal))
                raise
            except Exception as error:
                board.count(worker, "uncertain")
                note(owner, "uncertain", f"{type(error).__name__}: {error}")
                raise
            if done:
                board.count(worker, done)
                note(owner, "recovered", owner.fencing_token)

        return watch

    moments.put(task, "recover", watched(recover, "recoveries"))
    moments.put(task, "step", watched(step, None))
    moments.put(projecting, "recover", watched(projecting.recover, "recoveries"))
    moments.put(projecting, "step", watched(projecting.step, None))


def watch_the_end(board: Board, worker: int) -> None:
    """Count stores that are restored from snapshots, doses and rounds of snapshots, and deletions from the log."""
    written = snapshot_round._Dose.written

    def over(dose: snapshot_round._Dose) -> None:
        turn = dose.state.round
        written(dose)
        if turn is not None and dose.state.round is None:
            board.count(worker, "rounds")

    def counted(where: object, name: str, what: str) -> None:
        call = getattr(where, name)

        async def count(*arguments: Any) -> Any:
            result = await call(*arguments)
            board.count(worker, what)
            return result

        moments.put(where, name, count)

    moments.put(snapshot_round._Dose, "written", over)
    counted(recovery, "restore", "restored")
    counted(snapshot_round, "_write", "snapshots")
    counted(KafkaLog, "delete", "deletions")


def work(orders: Orders) -> None:
    """Do to the product what was ordered, and run it."""
    board = Board(Path(orders.board))
    moments.put(running, "SystemClock", lambda: BoardClock(board, orders.number))
    watch_recoveries(board, orders.number, Path(orders.notes))
    if orders.ends:
        moments.put(snapshot_form, "SNAPSHOT_CHUNK_BYTES_MAX", CHUNK_BYTES)
        moments.put(snapshot_round, "SNAPSHOT_DOSE_MEMBERS_MAX", DOSE_MEMBERS)
    for name in orders.off:
        variants.GUARDS[name].switch_off()
    watch_the_end(board, orders.number)  # of what stands in a guard's place, too
    moments.Moments(board, orders.number, orders.sleeps, orders.seed).install()
    if orders.failing_polls:
        moments.fail_polls(orders.failing_polls, orders.seed)
    if orders.sabotaged:
        composition.DECIDERS["invites"] = SABOTAGED
    sys.argv = ["rapport", "run", *orders.services]
    main()


if __name__ == "__main__":
    work(Orders(**json.loads(sys.argv[1])))
