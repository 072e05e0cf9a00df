"""A log that ends while everything dies: snapshots every day, a retention of three, on a clock on which days take seconds.

Workers are killed in the midst of a snapshot's parts, between two deletions, and while they restore a store that was emptied;
the store comes back as it was before anything was deleted. A reader of the run's own has all that was ever said, so that the
checker judges what is gone, too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from services.gateway.projection.decider import PROJECTION
from shared.contracts.topics import topic_plan
from tests.chaos.bed import Bed, laid
from tests.chaos.crew import LOOK_SECONDS, Style
from tests.chaos.trial import report_workers, say, verdict

SERVICES: Final = ("invites", "followups", "digest", PROJECTION.name)
WORKERS: Final = 2
MEMBERS: Final = 24
RATE: Final = 8.0
"""Events a second."""
SLEEPS: Final[Mapping[str, tuple[float, float]]] = {"restore": (0.2, 0.1)}
"""Else a store of so few members is restored before anything can happen."""
CALM_SECONDS_MAX: Final = 240.0
COMES_SECONDS_MAX: Final = 180.0
"""In which what is waited for happens on a busy machine."""
PARTITIONS: Final = 4
SESSION_TIMEOUT_MS: Final = 12_000
"""On a busy machine a worker that starts keeps others from their heartbeats: with 3 s the group never came to rest."""
STEP: Final = timedelta(hours=12)
STEP_SECONDS: Final = 0.5
STEP_SECONDS_MAX: Final = 3.0
"""So long the world waits for snapshots or deletions until that much time passes: no day goes by unworked."""
KILLS: Final = 3
ENOUGH: Final = 4
"""Deletions, or partitions that are restored, until the next accident."""


async def trial(seed: int, keep: Path | None) -> int:
    """Let the log end once, with every guard on, and print what came of it; return the exit code.

    Called under `few_partitions`.
    """
    began = time.monotonic()
    say(f"seed {seed}: the log ends; {WORKERS} workers of {', '.join(SERVICES)}")
    style = Style(SERVICES, seed, SLEEPS, session_timeout_ms=SESSION_TIMEOUT_MS, ends=True)
    async with laid(style, seed=seed, rate=RATE, members=MEMBERS, keep=keep) as bed:
        await bed.start(WORKERS)
        say(f"started after {time.monotonic() - began:.0f} s")
        await log_that_ends(bed)
        over = time.monotonic()
        findings = await bed.judge(CALM_SECONDS_MAX)
        say(f"accidents ended after {over - began:.0f} s, calm {bed.calm_at - over:.0f} s later, "
            f"judged in {time.monotonic() - bed.calm_at:.0f} s")  # fmt: skip
        report_workers(bed)
        say(await what_ended(bed))
    return verdict(findings, began)


@contextmanager
def few_partitions() -> Iterator[None]:
    """Let topics have few partitions while the block runs: 48 recoveries take a busy machine a minute."""
    plan = topic_plan()
    before = plan.partitions
    plan.__dict__["partitions"] = PARTITIONS  # it is frozen
    try:
        yield
    finally:
        plan.__dict__["partitions"] = before


async def log_that_ends(bed: Bed) -> None:
    """Let days pass until the log has ended, and kill whoever writes snapshots, deletes or restores."""
    await bed.load.begin()
    await bed.ground.copy_store()
    loading = asyncio.create_task(bed.load.run(COMES_SECONDS_MAX * 10))
    try:
        await _killed_at(bed, 0, "snapshot")
        await _killed_at(bed, 1, "delete")
        await _passing(bed, _more(bed, "deletions", ENOUGH))
        await bed.ground.empty_store()
        await _killed_at(bed, 0, "restore")
        await _passing(bed, _more(bed, "restored", ENOUGH))
        await bed.ground.put_store_back()
        await _passing(bed, _more(bed, "restored", ENOUGH))
    finally:
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)


async def killed_amid_snapshots(bed: Bed, guarded: bool) -> None:
    """Kill whoever writes snapshots, and empty the store before a round has made up for it.

    Not before most partitions have a mark: without one all of the log is read.
    """
    await bed.load.begin()
    loading = asyncio.create_task(bed.load.run(COMES_SECONDS_MAX * 10))
    try:
        await _passing(bed, _more(bed, "rounds", 2 * PARTITIONS * len(SERVICES)), COMES_SECONDS_MAX * 2)
        for _ in range(KILLS):
            await _held_at(bed, 0, "snapshot")
            bed.crew.kill(0)
            await bed.ground.empty_store()
            before = bed.board.total("restored") + bed.board.total("refusals")
            await bed.crew.start(0)
            await _passing(bed, lambda: bed.board.total("restored") + bed.board.total("refusals") > before)  # noqa: B023
    finally:
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)


async def _killed_at(bed: Bed, worker: int, moment: str) -> None:
    """Let days pass until a worker comes to a moment, and kill it there."""
    await _held_at(bed, worker, moment)
    bed.crew.kill(worker)
    await bed.crew.start(worker)


async def _held_at(bed: Bed, worker: int, moment: str) -> None:
    """Let days pass until a worker comes to a moment, and leave it there."""
    holding = asyncio.create_task(bed.crew.hold(worker, moment, COMES_SECONDS_MAX))
    await _passing(bed, holding.done)
    await holding


async def _passing(bed: Bed, done: Callable[[], bool], seconds_max: float = COMES_SECONDS_MAX) -> None:
    """Let days pass until it is so. Raises TimeoutError."""
    async with asyncio.timeout(seconds_max):
        while not done():
            before, until = _worked(bed), time.monotonic() + STEP_SECONDS_MAX
            bed.board.jump(STEP)
            await asyncio.sleep(STEP_SECONDS)
            while _worked(bed) == before and time.monotonic() < until and not done():  # noqa: ASYNC110 - others work
                await asyncio.sleep(LOOK_SECONDS)


def _worked(bed: Bed) -> int:
    return sum(map(bed.board.total, ("snapshots", "deletions", "restored")))


def _more(bed: Bed, what: str, count: int) -> Callable[[], bool]:
    before = bed.board.total(what)
    return lambda: bed.board.total(what) >= before + count


async def what_ended(bed: Bed) -> str:
    """Say what was deleted and restored."""
    assert bed.recorder is not None, "a log that ends is recorded"
    records, begins = bed.recorder.records, await bed.recorder.begins()
    gone = sum(one.offset < begins[at] for at, found in records.items() if at in begins for one in found)
    return (
        f"the log: {bed.board.total('snapshots')} doses of snapshots, {bed.board.total('deletions')} deletions, {gone} of "
        f"{sum(map(len, records.values()))} records gone, {bed.board.total('restored')} partitions restored from snapshots"
    )
