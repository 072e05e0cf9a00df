"""From the start of a process to ready: `rapport run invites` on a Kafka and a Valkey that are up.

Run it: `python -m tests.bench.bench_start [RUNS]`. Ready means that all twelve partitions are recovered. It is asked for
from the outside, by the line that people see.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from shared.embedded import System
from tests.bench.bed import ROOT, Runs, system

RUNS = 5
READY_SECONDS_MAX = 60.0
say = sys.stdout.write


def start_to_ready(running: System) -> float:
    """Start a service, wait until it says that it is ready, stop it; return the seconds."""
    environment = {**os.environ, "RAPPORT_KAFKA": running.kafka, "RAPPORT_REDIS": running.redis}
    command = [sys.executable, "-P", "-m", "rapport.cli", "run", "invites"]
    begun = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "is ready" in line:
                break
        took = time.perf_counter() - begun
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        process.wait(READY_SECONDS_MAX)
    return took


def measure(runs: int = RUNS) -> Runs:
    """Return the seconds of several starts one after the other: the first on an empty store, then on a known one."""
    figures = Runs()
    with system() as running:
        for _ in range(runs):
            figures.add(start_to_ready(running))
    return figures


def main() -> None:
    """Measure and print."""
    runs = measure(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
    say(f"start to ready: {runs.shown('{:.2f}')} s, {len(runs.values)} runs\n")


if __name__ == "__main__":
    main()
