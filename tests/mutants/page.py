"""docs/reference/mutation.md: what of the sample was killed, and why the rest was not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec

from tests.mutants.reasons import REASONS

RESULTS: Final = "tests/mutants/sample.json"
PAGE: Final = "docs/reference/mutation.md"
NOT_YET: Final = "nobody has looked at it yet"
HEAD: Final = """\
# Mutation score

`make mutants ARGS="sample --write"` breaks the deciders, the rules and the processing of a step in small ways, one at a time,
and runs the tests that call what is broken. A change that no test notices *survives*. The command writes this page. It takes
half an hour of a core, so it is no part of CI. `ARGS="sample services/invites"` tries what begins so, `--size 30` more of
each file. `make mutants` alone breaks the guards that `tests/mutants/table.py` names.

Of each file a fixed sample is tried: operators and comparisons changed, conditions turned round, numbers one higher (large
ones twice as large), statements, results and parts of rules left out. Texts, types, log lines and messages of errors are none
of it, nor is the number of a limit (`..._MAX`) or of a version: it is a choice, and a test that repeats it proves nothing.
What cannot even be imported does not count. The tests are those that need no Kafka and no store, and of the ones that call a
function the shortest, up to 4 seconds of CPU. What `make test-deep`, `make chaos` and the tests on real parts notice does not
count. `ARGS="sample --again"` tries what has survived once more.

The tool is our own (`tests/mutants`). mutmut changes only what stands in functions, and our rules are records in tables.
cosmic-ray starts pytest anew for each change, which takes longer than most of our tests. Here a process that has collected
the tests forks for each change and gives one function its broken code. What runs when modules are read (tables, and what is
called for them) is read anew in a process that has the libraries.

Each folder was drawn with the seed that stands beside it. The first time, before there was a test for what had survived, 55
of 66 were killed of `services/followups` (seed 5, two of each file), 37 of 50 of `services/digest` (seed 3, three of each)
and 34 of 44 of `services/gateway/projection` (seed 6, seven of each). Then tests were written, and what had survived was
tried again: the table says what is killed now. `services/invites` was drawn without a seed (0), four of each file.
The runs were started folder by folder, those that tried again with test files of a person's choice, so no single command
gives this table. `shared/runtime/processing` is not measured yet: ask for it by name.
"""


class Survivor(msgspec.Struct, order=True):
    """A change that no test noticed."""

    line: int
    named: str


class FileResult(msgspec.Struct):
    """What came of the changes of one file."""

    seed: int
    """With which they were drawn."""
    tried: int
    killed: int
    survivors: list[Survivor]


def page(results: dict[str, FileResult]) -> str:
    """Return the page for the results of all files."""
    return "\n".join([HEAD, *_scores(results), "", "## What survives", "", *_survivors(results), ""])


def folder_of(file: str) -> str:
    """Return the folder under which a file is counted."""
    return PurePosixPath(file).parent.as_posix()


def _scores(results: dict[str, FileResult]) -> Iterator[str]:
    yield "| folder | seed | tried | killed | score |"
    yield "|---|---|---|---|---|"
    for folder in sorted({folder_of(file) for file in results}):
        yield _score(f"`{folder}`", [one for file, one in results.items() if folder_of(file) == folder])
    yield _score("all", list(results.values()))


def _score(name: str, results: list[FileResult]) -> str:
    seeds = ", ".join(sorted({str(one.seed) for one in results}))
    tried, killed = sum(one.tried for one in results), sum(one.killed for one in results)
    return f"| {name} | {seeds} | {tried} | {killed} | {100 * killed // max(tried, 1)} % |"


def _survivors(results: dict[str, FileResult]) -> Iterator[str]:
    yield "| where | change | why |"
    yield "|---|---|---|"
    for file, result in sorted(results.items()):
        for one in result.survivors:
            where, _, change = one.named.removeprefix(f"{file} ").partition(": ")
            shown = change.replace("|", "\\|")
            yield f"| `{file}:{one.line}` {where} | `{shown}` | {REASONS.get(one.named, NOT_YET)} |"
