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

`make mutants` breaks the deciders, the rules and the processing of a step in small ways, one at a time, and runs the tests
that call what is broken. A change that no test notices *survives*. `make mutants ARGS=--write` writes this page. It takes up
to an hour of two cores, so it is no part of CI.

Of each part 40 changes are drawn from all its files alike, by the seed 1. `N=24` draws so many, `PART=services/invites` takes
that part or file alone, `ARGS="--seed 2"` draws others, `ARGS=--again` tries what has survived once more, and
`ARGS="--minutes 5"` ends after five minutes. A change may take eight seconds of CPU and four times what its tests take with
nothing broken; one that takes longer is killed, as it runs in circles. `make mutants ARGS=guards` breaks the guards that
`tests/mutants/table.py` names.

What is broken: operators and comparisons are changed, conditions turned round, numbers made one higher (large ones twice as
large), statements, results and parts of rules left out. Texts, types, log lines and messages of errors are none of it, nor is
the number of a limit (`..._MAX`) or of a version: it is a choice, and a test that repeats it proves nothing. What cannot even
be imported does not count. The tests are those that need no Kafka and no store, and of the ones that call a function the
shortest, up to 4 seconds of CPU. What `make test-deep`, `make chaos` and the tests on real parts notice does not count.

The tool is our own (`tests/mutants`). mutmut changes only what stands in functions, and our rules are records in tables.
cosmic-ray starts pytest anew for each change, which takes longer than most of our tests. Here a process that has collected
the tests forks for each change and gives one function its broken code. What runs when modules are read (tables, and what is
called for them) is read anew in a process that has the libraries.

The table has 24 changes of each part, drawn anew by the seed 1. At first 20 of *invites* and of the projection were
killed, 24 of *followups* and of *digest*, and 23 of the processing. Then what had survived got a test or a reason, and
was tried again. Earlier draws by other seeds, of 44 to 66 changes a part, had 74 to 83 % before there were tests for what
they showed.
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
    return "\n".join([HEAD, *scores_of(results), "", "## What survives", "", *_survivors(results), ""])


def folder_of(file: str) -> str:
    """Return the folder under which a file is counted."""
    return PurePosixPath(file).parent.as_posix()


def scores_of(results: dict[str, FileResult]) -> Iterator[str]:
    """Yield the lines of the table: what was drawn, killed and survives, by folder."""
    yield "| folder | seed | drawn | killed | surviving | score |"
    yield "|---|---|---|---|---|---|"
    for folder in sorted({folder_of(file) for file, one in results.items() if one.tried}):
        yield _score(f"`{folder}`", [one for file, one in results.items() if folder_of(file) == folder])
    yield _score("all", list(results.values()))


def _score(name: str, results: list[FileResult]) -> str:
    tried, killed = sum(one.tried for one in results), sum(one.killed for one in results)
    seeds = ", ".join(sorted({str(one.seed) for one in results if one.tried}))
    return f"| {name} | {seeds} | {tried} | {killed} | {tried - killed} | {100 * killed // max(tried, 1)} % |"


def _survivors(results: dict[str, FileResult]) -> Iterator[str]:
    yield "| where | change | why |"
    yield "|---|---|---|"
    for file, result in sorted(results.items()):
        for one in result.survivors:
            where, _, change = one.named.removeprefix(f"{file} ").partition(": ")
            shown = change.replace("|", "\\|")
            yield f"| `{file}:{one.line}` {where} | `{shown}` | {REASONS.get(one.named, NOT_YET)} |"
