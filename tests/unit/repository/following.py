"""Follows the pages of `docs/how-to` as a reader would, in a copy of the sources: writes what they say, runs what they show.

A comment above a block of code says what becomes of it:

- `new file PATH`: it is the file.
- `at the end of PATH`, `in PATH, below: LINE`: it is added there; the line stands in the file once.
- `in PATH, instead of: LINE`: it takes the line's place.
- `run`: it is run, once everything is written.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
COPIED: Final = ("rapport", "services", "shared", "deploy", "tests/contract/golden")
BLOCK: Final = re.compile(
    r"(?:^<!-- (?P<what>[^\n]+) -->\n)?^```(?P<kind>[a-z]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
SECONDS_MAX: Final = 120


class Reader:
    """Somebody who has a copy of the sources, and does what pages say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: dict[str, set[str]] = {}
        """By page: the files that it has written."""
        self._to_run: list[str] = []
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def follow(self, page: Path) -> None:
        """Do what a page says; `ValueError` where that is not possible."""
        touched = self.touched.setdefault(page.name, set())
        for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
            what, text = block["what"] or "", block["text"]
            if what == "run":
                self._to_run.append(text)
            elif what:
                touched.add(self._write(page.name, what, text))
            else:
                raise ValueError(f"{page.name}: nothing says what becomes of a block of {block['kind']}")

    def run(self) -> None:
        """Run all that is to be run, in one process; `AssertionError` with its error where it fails."""
        script = "\n".join(f"exec(compile({text!r}, 'page', 'exec'), {{}})" for text in self._to_run)
        ran = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(self.folder)!r})\n{script}"],
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=SECONDS_MAX,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr

    def _write(self, page: str, what: str, text: str) -> str:
        if found := re.fullmatch(r"new file (\S+)", what):
            path = self.folder / found[1]
            if path.exists():
                raise ValueError(f"{page}: {found[1]} is there already")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif found := re.fullmatch(r"at the end of (\S+)", what):
            path = self.folder / found[1]
            path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
        elif found := re.fullmatch(r"in (\S+), (below|instead of): (.+)", what):
            path = self.folder / found[1]
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            places = [number for number, line in enumerate(lines) if line.strip() == found[3]]
            if len(places) != 1:
                raise ValueError(f"{page}: the line {found[3]!r} stands {len(places)} times in {found[1]}")
            lines[places[0] : places[0] + 1] = [lines[places[0]], text] if found[2] == "below" else [text]
            path.write_text("".join(lines), encoding="utf-8")
        else:
            raise ValueError(f"{page}: nobody knows what to do with {what!r}")
        return found[1]
