"""Break the guards of the table one after another, and say which of them no test has noticed (`make mutants ARGS=guards`).

First the tests run with nothing broken: a test that fails anyway notices nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.mutants.table import MUTANTS
from tests.mutants.trial import copied, noticed, tried

GOOD: Final = ("killed", "timed out")


def main(root: Path, argv: Sequence[str]) -> int:
    """Try all, or those whose description has the given words.

    Returns 1 where one survives, where its tests did not run, or where its guard is not what the table says any more.
    """
    parser = argparse.ArgumentParser(prog="guards", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("words", nargs="?", default="", help="try only those whose description has these words")
    words = parser.parse_args(argv).words
    wanted = [mutant for mutant in MUTANTS if words in mutant.about]
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="rapport-mutants-") as folder:
        copied(root, Path(folder))
        for tests in dict.fromkeys(mutant.tests for mutant in wanted):
            if noticed(Path(folder), tests) != "survived":
                sys.exit(f"{', '.join(tests)}: fails, or takes too long, with nothing broken: so it says nothing")
        for mutant in wanted:
            began = time.monotonic()
            verdict = tried(mutant, Path(folder))
            seen[verdict] += 1
            print(f"{verdict:<9} {time.monotonic() - began:5.0f} s  {mutant.about} ({mutant.file})", flush=True)
    good = sum(seen[one] for one in GOOD)
    print(f"{good} of {len(wanted)} noticed")
    return 0 if wanted and good == len(wanted) else 1
