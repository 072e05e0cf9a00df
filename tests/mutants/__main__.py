"""Try the mutants of the table one after another, and say which of them no test has noticed (`make mutants`).

With `sample` in front it tries a sample of all that can be broken instead (`tests/mutants/sample.py`).

First the tests run with nothing broken: a test that fails anyway notices nothing.

Ends with 1 where one survives, where its tests did not run, or where its guard is not what the table says any more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tests.mutants import sample
from tests.mutants.table import MUTANTS
from tests.mutants.trial import copied, noticed, tried

ROOT: Final = Path(__file__).parents[2]
GOOD: Final = ("killed", "timed out")


def main() -> None:
    """Try all, or those whose description has the given words; or the sample."""
    if sys.argv[1:2] == ["sample"]:
        sys.exit(sample.main(ROOT, sys.argv[2:]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="?", default="", help="try only those whose description has these words")
    wanted = [mutant for mutant in MUTANTS if parser.parse_args().words in mutant.about]
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="rapport-mutants-") as folder:
        copied(ROOT, Path(folder))
        for tests in dict.fromkeys(mutant.tests for mutant in wanted):
            if noticed(Path(folder), tests) != "survived":
                sys.exit(f"{', '.join(tests)}: fails, or takes too long, with nothing broken: so it says nothing")
        for mutant in wanted:
            began = time.monotonic()
            verdict = tried(mutant, Path(folder))
            seen[verdict] += 1
            print(f"{verdict:<9} {time.monotonic() - began:5.0f} s  {mutant.about} ({mutant.file})", flush=True)
    print(f"{sum(seen[one] for one in GOOD)} of {len(wanted)} noticed")
    if not wanted or sum(seen[one] for one in GOOD) < len(wanted):
        sys.exit(1)


if __name__ == "__main__":
    main()
