"""The race: `make race` (ARGS="--rounds 3 --events 30000 --write"). Prints a table; with `--write` it goes into the docs.

Runners take turns within a round, each on a Kafka and a store of its own, so that what else the machine does meets all
of them. CPU is the figure; times by the clock are what was left over.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench.bed import system
from tests.race import page
from tests.race.heat import Heat, NotAtRest, run
from tests.race.runners import ALL, NotBuilt, Runner, build

say = sys.stdout.write


def one(runner: Runner, events: int) -> Heat:
    """Let one runner run on a system of its own."""
    with system() as running, tempfile.TemporaryDirectory(prefix="rapport-race-") as folder:
        try:
            return asyncio.run(run(runner, running, Path(folder), events))
        except (RuntimeError, TimeoutError):
            say((Path(folder) / "log").read_text(encoding="utf-8", errors="replace")[-2000:])
            raise


def main() -> None:
    """Build, run, print."""
    parser = argparse.ArgumentParser(prog="make race", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--only", default="", help="part of a runner's name")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    if not sys.platform.startswith("linux"):
        raise SystemExit("the race counts CPU as Linux does, and runs on Linux only")
    try:
        build()
        heats: dict[str, list[Heat]] = {}
        for number in range(chosen.rounds):
            for runner in (runner for runner in ALL if chosen.only in runner.name):
                heat = one(runner, chosen.events)
                heats.setdefault(runner.name, []).append(heat)
                say(f"round {number + 1}, {runner.name}: {page.line(heat)}\n")
                sys.stdout.flush()
    except (NotBuilt, NotAtRest) as refused:
        raise SystemExit(str(refused)) from None
    rows = page.table(heats, chosen.events)
    say("\n".join(rows) + "\n")
    if chosen.write:
        page.write(rows)


if __name__ == "__main__":
    main()
