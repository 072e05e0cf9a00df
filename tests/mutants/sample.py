"""A sample of everything that can be broken: so many changes of each part, tried against the tests that call it.

`make mutants` tries 40 of each part; `N=12` so many; `PART=services/invites` of what begins so. In `ARGS`: `--seed 2` others
of them; `--again` those alone that have survived; `--minutes 5` what can be tried in that time; `--write` puts the figures
into docs/reference/mutation.md. Ends with 1 where the score of a part is below `SCORE_MIN`.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.mutants.covering import Covered, covered
from tests.mutants.drawing import shares
from tests.mutants.forked import Outcome, Trial, tried
from tests.mutants.in_place import tried_in_place
from tests.mutants.page import PAGE, RESULTS, FileResult, Survivor, page, scores_of
from tests.mutants.parts import LIBRARIES, chosen
from tests.mutants.sites import Site, sites

NUMBER: Final = 40
"""How many changes of each part are tried."""
MINUTES: Final = 60.0
"""How long all of them may take. What is not tried by then is counted and told, and no figures are written."""
SEED: Final = 1
JOBS: Final = 2
SCORE_MIN: Final = 0.85


def main(root: Path, argv: Sequence[str]) -> int:
    """Try the sample, say what survives, and return the code to end with."""
    parser = argparse.ArgumentParser(prog="sample", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("prefixes", nargs="*", help="folders and files; all without")
    parser.add_argument("--number", type=int, default=NUMBER, help="of each part")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--seed", type=int, default=SEED, help="draws which changes are tried")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--again", action="store_true", help="try what has survived, as far as it still stands there")
    parser.add_argument("--write", action="store_true", help="write the page")
    asked = parser.parse_args(argv)
    until = time.monotonic() + asked.minutes * 60
    tries = _Tries(root, asked.seed, asked.jobs, until)
    scores, late = [], False
    for part, files in chosen(root, asked.prefixes):
        known = _known(root)
        survived = [file for file in files if file in known and known[file].survivors]
        if asked.again and not survived:
            continue
        _import([*LIBRARIES, *part.imported])
        print(f"{part.folder}: its tests run once with nothing broken", flush=True)
        calls = covered(root, part.folder, part.tests)
        results = tries.again(survived, known, calls) if asked.again else tries.drawn(files, asked.number, calls)
        scores.append(_shown(part.folder, results))
        if late := time.monotonic() > until:
            print(
                f"the {asked.minutes:g} minutes are over: what was not tried by then is not counted, nothing is written"
            )
            break
        if asked.write:
            _write(root, results)
    return 0 if scores and min(scores) >= SCORE_MIN and not late else 1


def _shown(folder: str, results: dict[str, FileResult]) -> float:
    """Print the table of a part, and return its score."""
    print("\n".join(scores_of(results)), flush=True)
    number, killed = sum(one.tried for one in results.values()), sum(one.killed for one in results.values())
    print(f"{folder}: {killed} of {number} killed", flush=True)
    return killed / max(number, 1)


def _import(names: Sequence[str]) -> None:
    """Import once what every mutant needs."""
    for name in names:
        importlib.import_module(name)
    gc.freeze()  # a fork then shares it


class _Tries:
    """Tries changes until a time is over."""

    def __init__(self, root: Path, seed: int, jobs: int, until: float) -> None:
        self._root, self._seed, self._jobs, self._until = root, seed, jobs, until

    def drawn(self, files: Sequence[str], number: int, calls: Covered) -> dict[str, FileResult]:
        """Try so many changes of all files; where one cannot even be imported, the next one of its file instead of it."""
        left = {file: sites(self._root, file, self._seed) for file in files}
        wanted = shares({file: len(found) for file, found in left.items()}, number, self._seed)
        results = {file: FileResult(self._seed, 0, 0, []) for file in files}
        while trials := [
            _trial(site, calls)
            for file in files
            for site in _taken(left[file], wanted[file] - results[file].tried)
            if time.monotonic() < self._until
        ]:
            self._try(trials, calls, results)
        return results

    def again(self, files: list[str], known: dict[str, FileResult], calls: Covered) -> dict[str, FileResult]:
        """Try what has survived in each file. What does not stand there any more does not count."""
        results = {file: FileResult(known[file].seed, known[file].killed, known[file].killed, []) for file in files}
        named = {one.named for file in files for one in known[file].survivors}
        trials = [_trial(site, calls) for file in files for site in sites(self._root, file, 0) if site.named in named]
        self._try(trials, calls, results)
        return results

    def _try(self, trials: Sequence[Trial], calls: Covered, results: dict[str, FileResult]) -> None:
        """Try each in place, and those of which that says nothing with all modules read anew."""
        known = {
            trial: outcome
            for trial, outcome in tried_in_place(self._root, trials, self._jobs, self._until).items()
            if outcome == "killed" or (trial.site.file, trial.site.begins) not in calls.when_read
        }
        anew = [trial for trial in trials if trial not in known]
        for trial, outcome in [*known.items(), *tried(self._root, anew, self._jobs, self._until)]:
            _count(results[trial.site.file], trial, outcome)
        for result in results.values():
            result.survivors.sort()


def _count(result: FileResult, trial: Trial, outcome: Outcome) -> None:
    if outcome == "stillborn":
        return
    result.tried += 1
    result.killed += outcome == "killed"
    if outcome == "survived":
        result.survivors.append(Survivor(trial.site.line, trial.site.named))
        print(f"  survived, {len(trial.tests)} tests: line {trial.site.line} of {trial.site.named}", flush=True)


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
    known = {file: one for file, one in sorted((_known(root) | new).items()) if one.tried and (root / file).exists()}
    (root / RESULTS).write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=1) + b"\n")
    (root / PAGE).write_text(page(known), encoding="utf-8")


def _known(root: Path) -> dict[str, FileResult]:
    file = root / RESULTS
    return msgspec.json.decode(file.read_bytes(), type=dict[str, FileResult]) if file.exists() else {}
