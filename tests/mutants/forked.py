"""One broken function in a process of its own: a fork of one that has the libraries, and that reads the file broken.

No file is written: the module that holds the change is compiled from the changed text when the tests import it.
"""

from __future__ import annotations

import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final, Literal

import pytest

from tests.mutants.changed import Changed, name_of
from tests.mutants.covering import OPTIONS, silenced
from tests.mutants.sites import Site, broken

Outcome = Literal["killed", "survived", "stillborn"]
"""`stillborn`: what is broken cannot even be imported, so no test is needed; it does not count."""
STILLBORN: Final = 77
"""A code that pytest does not have."""
TESTS_FAILED: Final = 1
NOT_COLLECTED: Final = 2
"""A module of tests that fails when it is imported notices, too."""
MEMORY_MAX: Final = 4 << 30
CPU_SECONDS_MIN: Final = 8
SLOWER_MAX: Final = 4
"""How many times the CPU that its tests need a mutant may take. Beyond it, it is killed: it runs in circles."""
SECONDS_MAX: Final = 600
"""By the clock, for one that waits for what never comes; many times what the tests need on a machine that has other work."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A change, and the tests that should notice it."""

    site: Site
    tests: tuple[str, ...]
    seconds: float
    """What they take with nothing broken."""

    @property
    def cpu_seconds_max(self) -> int:
        return CPU_SECONDS_MIN + int(self.seconds * SLOWER_MAX)


def tried(root: Path, trials: Sequence[Trial], jobs: int, until: float = inf) -> Iterator[tuple[Trial, Outcome]]:
    """Try each, so many at a time, and give what came of it; in the order in which they end. None begins after `until`."""
    for trial, code in each_in_a_process(trials, lambda trial: _begun(root, trial), jobs, until):
        yield trial, _outcome(code)


def each_in_a_process(
    trials: Sequence[Trial], begun: Callable[[Trial], int], jobs: int, until: float = inf
) -> Iterator[tuple[Trial, int]]:
    """Begin each in a process, so many at a time, and give with which code it ended; below 0 by a signal.

    Once the monotonic clock is past `until`, no further one begins: those are left out.
    """
    waiting, running = list(reversed(trials)), dict[int, Trial]()
    while waiting or running:
        if time.monotonic() > until:
            waiting.clear()
        while waiting and len(running) < jobs:
            trial = waiting.pop()
            running[begun(trial)] = trial
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                yield running.pop(pid), os.waitstatus_to_exitcode(status)
        time.sleep(0.02)


def _outcome(code: int) -> Outcome:
    if code not in (0, STILLBORN, TESTS_FAILED) and code >= 0:  # below it is a signal
        raise RuntimeError(f"pytest ended with {code}: the tests did not run")
    return "survived" if code == 0 else "stillborn" if code == STILLBORN else "killed"


def _begun(root: Path, trial: Trial) -> int:
    """Fork, and return the child's id."""
    pid = os.fork()
    if pid == 0:
        os._exit(_ended(root, trial))
    return pid


def bounded(trial: Trial) -> None:
    """In the child: take no more than a trial may, and end by a signal beyond it."""
    signal.alarm(SECONDS_MAX)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (trial.cpu_seconds_max, trial.cpu_seconds_max))


def _ended(root: Path, trial: Trial) -> int:
    """In the child: read the file broken, run the tests, and return the code to end with."""
    bounded(trial)
    silenced()
    sys.meta_path.insert(0, Changed(root, trial.site.file, lambda _, source: broken(trial.site, source)))
    try:
        importlib.import_module(name_of(trial.site.file))
    except BaseException:  # noqa: BLE001 - whatever it is, it is no module
        return STILLBORN
    code = int(pytest.main([*OPTIONS, *files_of(trial.tests)], plugins=[_Only(trial.tests)]))
    return TESTS_FAILED if code == NOT_COLLECTED else code


def files_of(tests: Sequence[str]) -> list[str]:
    """Return the files in which tests stand."""
    return list(dict.fromkeys(test.split("::")[0] for test in tests))


class _Only:
    """A plugin of pytest that keeps these tests alone, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._turn = {test: turn for turn, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._turn), key=lambda item: self._turn[item.nodeid]
        )
