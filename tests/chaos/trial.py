"""A trial by a seed: load, faults as they are planned, calm, judgement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.chaos.bed import Bed, laid
from tests.chaos.check import Findings
from tests.chaos.crew import Style
from tests.chaos.faults import Faults
from tests.chaos.plan import SLEEPS, WORKERS, Fault, Jump, schedule

SECONDS: Final = 120.0
"""Of load in a short trial: with start and judgement, it takes about three minutes."""
LONG_SECONDS: Final = 1_080.0
FAULTS_MIN: Final = 15
"""In that time; a shorter trial needs as many fewer."""
RATE: Final = 160.0
"""Events a second."""
MEMBERS: Final = 240
CALM_SECONDS_MAX: Final = 300.0
CALM_SHARE_MAX: Final = 0.5
"""Of the load's time, where that is longer: a store that was emptied just before the end is read back from its begin."""
SERVICES: Final = ("invites", "followups", "digest")
VIOLATIONS_SHOWN_MAX: Final = 40


async def trial(seed: int, seconds: float, *, target: str, keep: Path | None, only: str | None) -> int:
    """Run a trial and print what came of it; return the exit code."""
    began = time.monotonic()
    say(f"seed {seed}: {seconds:.0f} s of load, {RATE:.0f} events/s, {WORKERS} workers of {', '.join(SERVICES)}")
    style = Style(SERVICES, seed, SLEEPS)
    async with laid(style, seed=seed, rate=RATE, members=MEMBERS, keep=keep, target=target) as bed:
        await bed.start(WORKERS)
        await bed.load.begin()
        faults = Faults(bed.crew, bed.ground, bed.board)
        loading = asyncio.create_task(bed.load.run(seconds))
        await play(
            faults,
            [
                what
                for what in schedule(seed, seconds)
                if not (only and isinstance(what, Fault)) or what.kind.startswith(only)
            ],
        )
        await loading
        over = time.monotonic()
        findings = await bed.judge(max(CALM_SECONDS_MAX, seconds * CALM_SHARE_MAX))
        say(f"load and faults ended after {over - began:.0f} s, calm {bed.calm_at - over:.0f} s later, "
            f"judged in {time.monotonic() - bed.calm_at:.0f} s")  # fmt: skip
        report(bed, faults)
    least = int(FAULTS_MIN * min(seconds, SECONDS) / SECONDS)
    if only is None and faults.deaths < least:
        findings.violations.append(f"only {faults.deaths} faults happened, {least} are the least")
    return verdict(findings, began)


def verdict(findings: Findings, began: float) -> int:
    """Print the violations; return the exit code. `began`: on the monotonic clock."""
    for violation in findings.violations[:VIOLATIONS_SHOWN_MAX]:
        say(f"  VIOLATION {violation}")
    say(f"violations: {len(findings.violations)} ({time.monotonic() - began:.0f} s in all)")
    return 1 if findings.violations else 0


async def play(faults: Faults, planned: Iterable[Fault | Jump]) -> None:
    """Let everything happen when it is planned."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for what in planned:
        await asyncio.sleep(max(0.0, began + what.at - loop.time()))
        if isinstance(what, Fault):
            say(f"  {what.at:6.1f} s  {what.kind} (worker {what.worker}, {what.seconds:.1f} s)")
        faults.begin(what)
    await faults.over()


def report(bed: Bed, faults: Faults) -> None:
    """Print what happened."""
    say(f"kills: {bed.crew.kills} of workers; faults: {sum(faults.done.values())}")
    for kind, count in sorted(faults.done.items()):
        say(f"  {count:3} {kind}")
    say(f"  {sum(link.lost for link in bed.crew.links.values()):3} replies of the store that were lost")
    report_workers(bed)


def report_workers(bed: Bed) -> None:
    """Print what became of the workers, and what was told and said."""
    findings, counts, board = bed.findings, bed.load.counts, bed.board
    say(f"workers: {board.total('recoveries')} recoveries, {board.total('uncertain')} uncertain outcomes, "
        f"{board.total('refusals')} refusals, {board.total('slept')} sleeps at bad moments")  # fmt: skip
    for kind in ("uncertain", "refused"):
        for reason, count in bed.reasons(kind).most_common(14):
            say(f"  {count:4} {kind}: {reason}")
    say(f"events: {findings.events} on the log, of {counts['events']} told ({len(bed.load.acknowledged)} acknowledged); "
        + ", ".join(f"{count} {name}" for name, count in sorted(counts.items()) if name != "events"))  # fmt: skip
    say(f"own events: {findings.own_events}, {findings.wakes} of them at wakes, {findings.retracted} retractions, "
        f"{findings.dead_letters} dead letters, {findings.parked} parked; {findings.mails} mails left")  # fmt: skip


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 - it is a command
