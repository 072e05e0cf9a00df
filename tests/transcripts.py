"""The transcripts of the scenes in `docs/`, as `rapport demo` prints them: `.venv/bin/python -m tests.transcripts`.

It plays every scene that is told as a transcript, which takes a minute or two, and writes what was printed to `docs/scenes`.
Then it fills in anew the days that `docs/scenes.md` shows. Read what has changed before you keep it.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rapport.demo.scenes import SCENES
from rapport.names import NETWORK
from tests.e2e.processes import ROOT, command, environment

FOLDER = ROOT / "docs" / "scenes"
PAGE = ROOT / "docs" / "scenes.md"
TOLD = {name: FOLDER / f"{name}.txt" for name in SCENES if name != NETWORK}
"""The scenes that are told as a transcript, and where it stands."""
SECONDS_MAX = 900
"""A scene takes half a minute, and ten times as long on a machine that is busy with other tests."""
_SHOWN = re.compile(r"(^<!-- ([a-z-]+): (\d+ \w+) to (\d+ \w+) -->\n```text\n).*?(^```$)", re.MULTILINE | re.DOTALL)
_DAY = re.compile(r"^\w+day, (\d+ \w+) \d{4}", re.MULTILINE)


def play(scene: str, folder: Path) -> str:
    """Return what `rapport demo` prints; its Kafka and Valkey have their data in `folder`."""
    ran = subprocess.run(
        command("demo", "--scene", scene),
        cwd=ROOT,
        env=environment({"RAPPORT_DATA_DIR": str(folder)}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS_MAX,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def with_days(page: str, told: Mapping[str, str]) -> str:
    """Return the page with the days that it shows of each transcript, as its comments name them."""
    return _SHOWN.sub(lambda one: f"{one[1]}{_days(told[one[2]], one[3], one[4])}{one[5]}", page)


def _days(told: str, first: str, last: str) -> str:
    """Return what a transcript tells from one day to another; an end of the last day that it has is the end of it all."""
    begins = {day[1]: day.start() for day in _DAY.finditer(told)}
    after = [begin for begin in begins.values() if begin > begins[last]]
    return told[begins[first] : min(after, default=len(told))]


def main() -> None:
    """Play all, and write what was told."""
    for name, path in TOLD.items():
        with tempfile.TemporaryDirectory() as folder:
            path.write_text(play(name, Path(folder)), encoding="utf-8")
    told = {name: path.read_text(encoding="utf-8") for name, path in TOLD.items()}
    PAGE.write_text(with_days(PAGE.read_text(encoding="utf-8"), told), encoding="utf-8")


if __name__ == "__main__":
    main()
