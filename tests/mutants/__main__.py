"""`make mutants`: a sample of all that can be broken; with `guards` in front, the guards that the table names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.mutants import guards, sample

ROOT: Final = Path(__file__).parents[2]

if __name__ == "__main__":
    sys.exit(guards.main(ROOT, sys.argv[2:]) if sys.argv[1:2] == ["guards"] else sample.main(ROOT, sys.argv[1:]))
