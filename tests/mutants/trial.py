"""One mutant: the sources copied, one text in them replaced, and the tests that should notice run against the copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

SECONDS_MAX: Final = 300.0
"""How long the tests of one mutant may take: one that makes them hang is noticed, too."""
COPIED: Final = ("rapport", "services", "shared", "tests", "docs", "pyproject.toml")
LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "*.svg", "*.png")
OPTIONS: Final = ("-q", "-x", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not deep and not docker")
TESTS_FAILED: Final = 1
"""Pytest's code for that; another one but 0 means that they did not run."""

Verdict = Literal["killed", "survived", "timed out", "broken", "moved"]
"""`broken`: the tests did not run at all, so it says nothing about them. `moved`: the guard is no more what it was."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A guard, and what stands there instead of it."""

    about: str
    """What breaks without it."""
    file: str
    before: str
    """Stands in the file once."""
    after: str
    tests: tuple[str, ...]
    """Those that should notice."""


class GuardMoved(ValueError):
    """A mutant of the table does not fit the sources any more."""


def mutated(mutant: Mutant, source: str) -> str:
    """Return the source with the guard broken. `GuardMoved` where the guard does not stand there exactly once."""
    if (count := source.count(mutant.before)) != 1:
        raise GuardMoved(f"{mutant.file}: {mutant.before!r} stands there {count} times, not once")
    return source.replace(mutant.before, mutant.after)


def copied(root: Path, to: Path) -> None:
    """Copy what tests need to run."""
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, to / name, ignore=LEFT_OUT)
        elif (root / name).exists():
            shutil.copy(root / name, to / name)


def tried(mutant: Mutant, copy: Path, seconds_max: float = SECONDS_MAX) -> Verdict:
    """Run the tests of a mutant in a copy of the sources, and mend the copy again."""
    file = copy / mutant.file
    source = file.read_text(encoding="utf-8")
    try:
        file.write_text(mutated(mutant, source), encoding="utf-8")
        return noticed(copy, mutant.tests, seconds_max)
    except GuardMoved:
        return "moved"
    finally:
        file.write_text(source, encoding="utf-8")


def noticed(copy: Path, tests: Sequence[str], seconds_max: float = SECONDS_MAX) -> Verdict:
    """Run tests against a copy of the sources as it stands. With no mutant in it, they say `survived`."""
    command = [sys.executable, "-B", "-m", "pytest", *OPTIONS, *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        code = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=seconds_max, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return "timed out"
    return {0: "survived", TESTS_FAILED: "killed"}.get(code, "broken")  # type: ignore[return-value]  # of a Literal's texts
