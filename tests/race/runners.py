"""Who runs: services of ours as `rapport run` starts them, Kafka Streams, BullMQ. How each is built and started.

Versions are locked: npm by its lock file, Maven by exact versions. Node and Java 17 or newer with Maven must be there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from shared.contracts import FOLLOWUPS, INVITES
from tests.bench.bed import ROOT
from tests.race.job import CANCELLED, DUE, SCHEDULED, Read, read_followup, read_ignored, read_named

HERE = Path(__file__).parent
OUT = "race.out"
CLASSES = f"{HERE}/kstreams/target/race-1.jar:{HERE}/kstreams/target/libs/*"
BUILD_SECONDS_MAX = 900
NEEDED = {"npm": "Node.js 20 or newer", "node": "Node.js 20 or newer", "java": "Java 17 or newer", "mvn": "Maven"}


class NotBuilt(Exception):
    """A runner cannot be built here; the text says why."""


@dataclass(frozen=True, slots=True)
class Runner:
    """One that does the job."""

    name: str
    command: tuple[str, ...]
    guarantee: str
    lead: timedelta
    """From the sending of an invite to its timer."""
    out: str = OUT
    read: Read = read_named
    says: tuple[str, ...] = (SCHEDULED, CANCELLED, DUE)
    environment: Mapping[str, str] = field(default_factory=dict)


def _ours(service: str, out: str, lead: timedelta, read: Read, says: tuple[str, ...]) -> Runner:
    command = (str(Path(sys.executable).parent / "rapport"), "run", service)
    margin = {"RAPPORT_CLOCK_MARGIN_MS": "2", "RAPPORT_LOG_LEVEL": "warning", "RAPPORT_SMTP": "smtp://127.0.0.1:9"}
    return Runner(f"Rapport: {service}", command, "exactly once", lead, out, read, says, margin)


FOLLOWUPS_RUNNER = _ours("followups", FOLLOWUPS, timedelta(days=7), read_followup, (SCHEDULED, CANCELLED, DUE))
INVITES_RUNNER = _ours("invites", INVITES, timedelta(days=90), read_ignored, (DUE,))
STREAMS = Runner(
    "Kafka Streams 4.3.1",
    ("java", "-Xms512m", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", CLASSES, "race.Race"),
    "exactly once",
    timedelta(days=90),
)
BULLMQ = Runner("BullMQ 6.7.0", ("node", str(HERE / "bullmq" / "worker.mjs")), "at least once", timedelta(days=90))
ALL = (FOLLOWUPS_RUNNER, INVITES_RUNNER, STREAMS, BULLMQ)


def build() -> None:
    """Install and compile what is not ours. Raises NotBuilt with one line where something is missing or fails."""
    if missing := {what for program, what in NEEDED.items() if shutil.which(program) is None}:
        raise NotBuilt(f"the race needs {' and '.join(sorted(missing))}")
    _run(HERE / "bullmq", "npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts")
    _run(HERE / "kstreams", "mvn", "--quiet", "--batch-mode", "package")


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX, check=False)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["it says nothing"]
        raise NotBuilt(f"{' '.join(command)} failed in {folder.relative_to(ROOT)}: {last[0]}")


def environment(runner: Runner, kafka: str, redis: str, activity: str, folder: Path) -> dict[str, str]:
    """Return what a runner's process is told of where it is. A service of ours refuses settings that it does not know."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    if runner.environment:
        return bare | dict(runner.environment) | {"RAPPORT_KAFKA": kafka, "RAPPORT_REDIS": redis}
    lead = str(runner.lead // timedelta(milliseconds=1))
    there = {"KAFKA": kafka, "REDIS": redis, "ACTIVITY": activity, "OUT": runner.out, "FOLDER": str(folder)}
    return bare | there | {"APP": "race", "LEAD_MS": lead}
