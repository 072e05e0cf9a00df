"""Which tests call which function: the tests of a folder run once, and each function says that it is called."""

from __future__ import annotations

import ast
import builtins
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.mutants.changed import Changed
from tests.mutants.sites import begins_of

CALLED: Final = "_mutants_called"
"""The name under which functions find what notes them."""
OPTIONS: Final = (
    "-q", "-x", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not deep and not docker",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # what a fork has imported already
    "--disable-plugin-autoload", "-p", "pytest_asyncio.plugin",  # the others take a second and a half for each mutant
)  # fmt: skip
SECONDS_OF_TESTS_MAX: Final = 4.0
"""CPU that the tests of one mutant may take, the shortest first: the few long laws beyond it are left out."""


@dataclass(slots=True)
class Covered:
    """What the tests of a folder call."""

    by_function: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    """By file and the line in which the function's code begins."""
    by_file: dict[str, set[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """CPU of each test."""
    when_read: set[tuple[str, int]] = field(default_factory=set)
    """Functions that are called when modules are read and tests are collected: what they say is kept, maybe."""

    def of(self, file: str, begins: int) -> list[str]:
        """Return the tests that call a function, shortest first.

        Of a body, and of what nobody calls, those that call something of the file, and then all others: what a table says may
        be noticed wherever it is read.
        """
        called = self.by_function.get((file, begins)) if begins else None
        near = called or self.by_file.get(file) or self.seconds.keys()
        far = set[str]() if called else self.seconds.keys() - near
        share = SECONDS_OF_TESTS_MAX / 2 if far else SECONDS_OF_TESTS_MAX
        chosen = self._shortest(near, share)
        return chosen + self._shortest(far, SECONDS_OF_TESTS_MAX - share)

    def _shortest(self, tests: Iterable[str], seconds_max: float) -> list[str]:
        """Return as many as take so long, one at least."""
        chosen: list[str] = []
        spent = 0.0
        for test in sorted(tests, key=lambda one: self.seconds.get(one, 0.0)):
            spent += self.seconds.get(test, 0.0)
            if spent > seconds_max and chosen:
                break
            chosen.append(test)
        return chosen

    def spent(self, tests: Sequence[str]) -> float:
        """Return the CPU that these tests take with nothing broken."""
        return sum(self.seconds.get(test, 0.0) for test in tests)


def covered(root: Path, folder: str, tests: Sequence[str]) -> Covered:
    """Run the tests, in a child process, and note what they call below a folder. `RuntimeError` where one fails."""
    with tempfile.TemporaryDirectory(prefix="rapport-covered-") as place:
        file = Path(place) / "covered"
        child = os.fork()
        if child == 0:
            os._exit(_noted(root, folder, tests, file))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError(f"{', '.join(tests)}: a test fails with nothing broken, so it says nothing")
        noted: Covered = pickle.loads(file.read_bytes())
        return noted


def _noted(root: Path, folder: str, tests: Sequence[str], file: Path) -> int:
    """Run the tests and write what they call; pytest's code."""
    silenced()
    called: set[tuple[str, int]] = set()
    setattr(builtins, CALLED, called.add)
    notes = _Notes(called)
    sys.meta_path.insert(0, Changed(root, folder, _noting))
    code = int(pytest.main([*OPTIONS, *tests], plugins=[notes]))
    file.write_bytes(pickle.dumps(notes.covered))
    return code


def silenced() -> None:
    """Let this process, which is a child, say nothing."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")


class _Notes:
    """A plugin of pytest that notes what is called while a test runs."""

    def __init__(self, called: set[tuple[str, int]]) -> None:
        self.covered = Covered()
        self._called = called

    def pytest_collection_finish(self) -> None:
        self.covered.when_read = set(self._called)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        self._called.clear()
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.covered.seconds[item.nodeid] = time.process_time() - began
            for file, begins in self._called:
                self.covered.by_function.setdefault((file, begins), set()).add(item.nodeid)
                self.covered.by_file.setdefault(file, set()).add(item.nodeid)


class _Noting(ast.NodeTransformer):
    """Lets each function of a file say that it is called: cheaper by far than to ask Python about every call."""

    def __init__(self, file: str) -> None:
        self._file = file

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._named(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._named(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        node.body = ast.Subscript(
            ast.Tuple([self._call(node.lineno), node.body], ast.Load()), ast.Constant(1), ast.Load()
        )
        return node

    def _named(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(self._call(begins_of(node))))
        return node

    def _call(self, begins: int) -> ast.Call:
        return ast.Call(
            ast.Name(CALLED, ast.Load()), [ast.Tuple([ast.Constant(self._file), ast.Constant(begins)], ast.Load())], []
        )


def _noting(file: str, source: str) -> ast.Module:
    noted = _Noting(file).visit(ast.parse(source))
    assert isinstance(noted, ast.Module)
    return ast.fix_missing_locations(noted)
