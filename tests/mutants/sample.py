"""A sample of everything that can be broken: some changes of each file, tried against the tests that call it.

`make mutants ARGS="sample"` tries all; `ARGS="sample services/invites"` what begins so; `--size` so many of each file;
`--seed` others of them; `--again` those alone that have survived; `--write` writes the figures into
docs/reference/mutation.md. Ends with 1 where the score is below `SCORE_MIN`.
"""

from __future__ import annotations

import argparse
import gc
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.mutants.covering import Covered, covered
from tests.mutants.forked import Outcome, Trial, tried
from tests.mutants.in_place import tried_in_place
from tests.mutants.page import PAGE, RESULTS, FileResult, Survivor, page
from tests.mutants.parts import LIBRARIES, chosen
from tests.mutants.sites import Site, sites

SIZE: Final = 4
"""How many changes of each file are tried, where it has as many."""
SEED: Final = 1
JOBS: Final = 2
SCORE_MIN: Final = 0.85


def main(root: Path, argv: Sequence[str]) -> int:
    """Try the sample, say what survives, and return the code to end with."""
    parser = argparse.ArgumentParser(prog="sample", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("prefixes", nargs="*", help="folders and files; all without")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--seed", type=int, default=SEED, help="draws which changes are tried")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--again", action="store_true", help="try what has survived, as far as it still stands there")
    parser.add_argument("--write", action="store_true", help="write the page")
    asked = parser.parse_args(argv)
    results: dict[str, FileResult] = {}
    known = _known(root) if asked.again else {}
    for part, found in chosen(root, asked.prefixes):
        files = [file for file in found if not asked.again or (file in known and known[file].survivors)]
        if not files:
            continue
        _import([*LIBRARIES, *part.imported])
        print(f"{part.folder}: its tests run once with nothing broken", flush=True)
        calls = covered(root, part.folder, part.tests)
        results |= _again(root, files, known, calls, asked.jobs) if asked.again else _results(root, files, calls, asked)
        if asked.write:
            _write(root, {file: results[file] for file in files})
    killed, number = sum(one.killed for one in results.values()), sum(one.tried for one in results.values())
    print(f"{killed} of {number} killed: {killed / max(number, 1):.1%}")
    return 0 if number and killed >= SCORE_MIN * number else 1


def _import(names: Sequence[str]) -> None:
    """Import once what every mutant needs."""
    for name in names:
        importlib.import_module(name)
    gc.freeze()  # a fork then shares it


def _results(root: Path, files: Sequence[str], calls: Covered, asked: argparse.Namespace) -> dict[str, FileResult]:
    """Try `asked.size` changes of each file; where one cannot even be imported, the next one instead of it."""
    left = {file: sites(root, file, asked.seed) for file in files}
    results = {file: FileResult(asked.seed, 0, 0, []) for file in files}
    while trials := [
        _trial(site, calls) for file in files for site in _taken(left[file], asked.size - results[file].tried)
    ]:
        for trial, outcome in _tried(root, trials, calls, asked.jobs):
            _count(results[trial.site.file], trial, outcome)
    return _told(results)


def _again(
    root: Path, files: list[str], known: dict[str, FileResult], calls: Covered, jobs: int
) -> dict[str, FileResult]:
    """Try what has survived in each file. What does not stand there any more does not count."""
    results = {file: FileResult(known[file].seed, known[file].killed, known[file].killed, []) for file in files}
    named = {one.named for file in files for one in known[file].survivors}
    trials = [_trial(site, calls) for file in files for site in sites(root, file, 0) if site.named in named]
    for trial, outcome in _tried(root, trials, calls, jobs):
        _count(results[trial.site.file], trial, outcome)
    return _told(results)


def _count(result: FileResult, trial: Trial, outcome: Outcome) -> None:
    if outcome == "stillborn":
        return
    result.tried += 1
    result.killed += outcome == "killed"
    if outcome == "survived":
        result.survivors.append(Survivor(trial.site.line, trial.site.named))
        print(f"  survived, {len(trial.tests)} tests: line {trial.site.line} of {trial.site.named}", flush=True)


def _told(results: dict[str, FileResult]) -> dict[str, FileResult]:
    for file, result in results.items():
        result.survivors.sort()
        print(f"  {result.killed:3} of {result.tried:3}  {file}", flush=True)
    return results


def _tried(root: Path, trials: Sequence[Trial], calls: Covered, jobs: int) -> Iterator[tuple[Trial, Outcome]]:
    """Try each in place, and those of which that says nothing with all modules read anew."""
    known = {
        trial: outcome
        for trial, outcome in tried_in_place(root, trials, jobs).items()
        if outcome == "killed" or (trial.site.file, trial.site.begins) not in calls.when_read
    }
    yield from known.items()
    yield from tried(root, [trial for trial in trials if trial not in known], jobs)


def _taken(left: list[Site], number: int) -> list[Site]:
    """Take so many from the front."""
    taken = left[:number]
    del left[: len(taken)]
    return taken


def _trial(site: Site, calls: Covered) -> Trial:
    tests = calls.of(site.file, site.begins)
    return Trial(site, tuple(tests), calls.spent(tests))


def _write(root: Path, new: dict[str, FileResult]) -> None:
    """Put the results of these files beside those of the others, and write the page."""
    known = dict(sorted((_known(root) | new).items()))
    (root / RESULTS).write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n")
    (root / PAGE).write_text(page(known), encoding="utf-8")


def _known(root: Path) -> dict[str, FileResult]:
    file = root / RESULTS
    return msgspec.json.decode(file.read_bytes(), type=dict[str, FileResult]) if file.exists() else {}
