"""Where the time of a service goes on a backlog, as a picture: a flame graph of each into docs/pictures.

Run it: `python -m tests.bench.flame [SERVICE ...]`. It needs py-spy, which is no package of this project: it looks into a
process from outside. `PY_SPY` names it where it is not on the PATH.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from shared.runtime.kafka.connection import KafkaAccess
from tests.bench.bed import CHILD_SECONDS_MAX, ROOT, system
from tests.bench.network import EVENTS_PER_MEMBER, Network, fill, now

PICTURES = ROOT / "docs" / "pictures"
EVENTS = {"invites": 200_000, "followups": 100_000}
SAMPLES_A_SECOND = 200
SETTING = "PY_SPY"
NO_PY_SPY = f"py-spy is not there: `pipx install py-spy`, or name it in {SETTING}; then run this again"
FRAME_PERCENT_MIN = 0.4
"""Narrower ones are left out: nobody can read them, and they are most of the file."""
_TITLE = re.compile(r'(<text id="title"[^>]*>)[^<]*')
"""py-spy writes its whole command line there, with the paths of the machine."""
_FRAME = re.compile(r"<g><title>[^<]* \([\d,]+ samples?, ([\d.]+)%\)</title>.*?</g>", re.DOTALL)
say = sys.stdout.write


def py_spy() -> str:
    """Return the command; ends the run with what to do when it is not there."""
    found = shutil.which(os.environ.get(SETTING, "py-spy"))
    if found is None:
        raise SystemExit(NO_PY_SPY)
    return found


def record(spy: str, name: str, events: int) -> str:
    """Let a service read a backlog of its own from its beginning, and return the flame graph of its process."""
    with system() as running, tempfile.TemporaryDirectory() as folder:
        network = Network(events // EVENTS_PER_MEMBER)
        asyncio.run(fill(KafkaAccess(running.kafka), network.events(events, now())))
        picture = Path(folder) / "flame.svg"
        leg = [sys.executable, "-m", "tests.bench.service_leg", name, running.kafka, running.redis, str(events)]
        how = ["--rate", str(SAMPLES_A_SECOND), "--nolineno", "--output", str(picture)]
        command = [spy, "record", *how, "--", *leg]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=CHILD_SECONDS_MAX, check=False)
        if done.returncode:
            raise SystemExit(f"py-spy: {done.stderr.strip()}")
        return picture.read_text(encoding="utf-8")


def readable(svg: str, title: str) -> str:
    """Return the picture under a title of its own, without frames too narrow to read.

    What is left names no path of the machine: frames name files from their packages on.
    """
    wide = _FRAME.sub(lambda frame: frame[0] if float(frame[1]) >= FRAME_PERCENT_MIN else "", svg)
    return _TITLE.sub(rf"\g<1>{title}", wide)


def main() -> None:
    """Write a picture for each service that is named, or for those of the page."""
    spy = py_spy()
    for name in sys.argv[1:] or EVENTS:
        svg = record(spy, name, EVENTS.get(name, min(EVENTS.values())))
        path = PICTURES / f"flame-{name}.svg"
        svg = readable(svg, f"{name} on a backlog: samples of its process by function")
        path.write_text(svg, encoding="utf-8")
        say(f"{path.relative_to(ROOT)}: {len(svg) // 1024} kB\n")


if __name__ == "__main__":
    main()
