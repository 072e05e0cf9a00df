"""Functions that are broken where they stand: one process collects the tests and forks for each change.

That spares each change the reading of all modules. What a module has found out when it was read, it has found out unbroken:
so a change that is not noticed here is tried again (`forked.py`) where its function is called then.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import os
import pickle
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from math import inf
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final

import pytest

from tests.mutants.changed import name_of
from tests.mutants.covering import OPTIONS, silenced
from tests.mutants.forked import TESTS_FAILED, Outcome, Trial, bounded, each_in_a_process, files_of
from tests.mutants.sites import broken

OUTCOMES: Final = "outcomes"
NOT_HERE: Final = 78
"""A code that pytest does not have: this change can not be made in place."""
Codes = dict[tuple[str, int], CodeType]
"""By a function's qualified name, and how many of that name stand before it."""
Live = dict[str, list[FunctionType]]
"""The functions of a file that were made when it was read."""


def tried_in_place(root: Path, trials: Sequence[Trial], jobs: int, until: float = inf) -> dict[Trial, Outcome]:
    """Return what comes of trials in place, as far as that can be said, and as far as they begin before `until`.

    `RuntimeError` where tests can not be collected.
    """
    with tempfile.TemporaryDirectory(prefix="rapport-in-place-") as place:
        child = os.fork()
        if child == 0:
            os._exit(_collected(root, trials, Path(place), _Pace(jobs, until)))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError("the tests can not be collected together")
        outcomes: dict[int, Outcome] = pickle.loads((Path(place) / OUTCOMES).read_bytes())
        return {trials[number]: outcome for number, outcome in outcomes.items()}


@dataclass(frozen=True, slots=True)
class _Pace:
    """How many at a time, and until when one may begin."""

    jobs: int
    until: float


def _collected(root: Path, trials: Sequence[Trial], place: Path, pace: _Pace) -> int:
    """In the child: read everything, collect the tests, try each, and write what comes of them, by number."""
    silenced()
    for file in {trial.site.file for trial in trials}:
        importlib.import_module(name_of(file))
    files = list(dict.fromkeys(file for trial in trials for file in files_of(trial.tests)))
    return int(pytest.main([*OPTIONS, "-s", *files], plugins=[_Tries(root, trials, place, pace)]))


def codes_of(code: CodeType) -> Codes:
    """Return the code of all functions of a module: those within others, too, which may have been made when it was read."""
    seen: Counter[str] = Counter()
    found: Codes = {}
    for one in _within(code):
        found[one.co_qualname, seen[one.co_qualname]] = one
        seen[one.co_qualname] += 1
    return found


def _within(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            if one.co_flags & inspect.CO_OPTIMIZED:  # else it is the body of a class
                yield one
            yield from _within(one)


def _begins(code: CodeType) -> set[int]:
    """Return the lines in which a function and those within it begin."""
    within = (one for one in code.co_consts if isinstance(one, CodeType))
    return {code.co_firstlineno}.union(*map(_begins, within))


class _Tries:
    """A plugin of pytest that tries mutants with what was collected, where else all of it would run."""

    def __init__(self, root: Path, trials: Sequence[Trial], place: Path, pace: _Pace) -> None:
        self._root, self._trials, self._place, self._pace = root, trials, place, pace
        self._live: Live = {}
        self._items: dict[str, pytest.Item] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._live = _functions({name_of(trial.site.file): trial.site.file for trial in self._trials})
        numbers = {trial: number for number, trial in enumerate(self._trials)}
        codes = {
            numbers[trial]: code
            for trial, code in each_in_a_process(
                self._trials,
                lambda trial: self._begun(session, trial, numbers[trial]),
                self._pace.jobs,
                self._pace.until,
            )
        }
        doubtful = self._in_doubt(session, {number for number, code in codes.items() if code == TESTS_FAILED})
        outcomes: dict[int, Outcome] = {
            number: "survived" if code == 0 else "killed"
            for number, code in codes.items()
            if code != NOT_HERE and number not in doubtful
        }
        (self._place / OUTCOMES).write_bytes(pickle.dumps(outcomes))
        return True

    def _in_doubt(self, session: pytest.Session, killed: set[int]) -> set[int]:
        """Return those whose test fails here with nothing broken, too."""
        said = {number: file.read_text() for number in killed if (file := self._place / str(number)).exists()}
        failing: set[str] = set()
        while left := [test for test in dict.fromkeys(said.values()) if test not in failing]:
            pid = os.fork()
            if pid == 0:
                os._exit(self._ended(session, left, "unbroken"))
            _, status = os.waitpid(pid, 0)
            if os.waitstatus_to_exitcode(status) == 0:
                break
            failing.add((self._place / "unbroken").read_text())
        return {number for number, test in said.items() if test in failing}

    def _begun(self, session: pytest.Session, trial: Trial, number: int) -> int:
        pid = os.fork()
        if pid == 0:
            code = NOT_HERE
            try:
                bounded(trial)
                if self._break(trial):
                    code = self._ended(session, trial.tests, str(number))
            finally:
                os._exit(code)
        return pid

    def _break(self, trial: Trial) -> bool:
        """Give the functions in question their new code; say whether the broken one is among them."""
        source = (self._root / trial.site.file).read_text(encoding="utf-8")
        before, after = _compiled(source), _compiled(broken(trial.site, source))
        changed = {before[name]: after[name] for name in before if before[name] != after.get(name, before[name])}
        found = [one for one in self._live[trial.site.file] if one.__code__ in changed]
        is_there = any(trial.site.begins in _begins(one.__code__) for one in found)
        try:
            for one in found:
                one.__code__ = changed[one.__code__]
        except ValueError:  # it closes over something else
            return False
        return is_there

    def _ended(self, session: pytest.Session, tests: Sequence[str], name: str) -> int:
        """Run tests until one fails, note which one, and return the code to end with."""
        items = [self._items[test] for test in tests]
        for item, following in zip_longest(items, items[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                (self._place / name).write_text(item.nodeid)
                return TESTS_FAILED
        return 0


@cache
def _compiled(source: str) -> Codes:
    return codes_of(compile(source, "", "exec", dont_inherit=True))


def _functions(file_by_module: dict[str, str]) -> Live:
    """Return the functions of modules that are alive."""
    live: Live = defaultdict(list)
    gc.unfreeze()  # what is frozen is not listed
    for one in gc.get_objects():
        if type(one) is FunctionType and (file := file_by_module.get(one.__module__)) is not None:
            live[file].append(one)
    gc.freeze()
    return live
