"""How deep the tests look.

`make test` takes the first of each law's histories, `make test-deep` all that it leaves out, and
`make test-deep DEPTH=whole` all there are, with what takes ten minutes by itself, and Hypothesis draws new examples in it.

Deep are the tests that take long by nature: whole years, thousands of histories, processes that are killed, servers with
logins and certificates of their own, disks that are full, and guards that are broken on purpose.
"""

from __future__ import annotations

import os
from typing import Any, Final

import pytest

DEPTH: Final = os.environ.get("RAPPORT_TEST_DEPTH", "")
DEEP: Final = DEPTH in {"deep", "whole"}
SHARE: Final = {"deep": 6, "whole": 1}.get(DEPTH, 16)
"""Of the examples of a law, one in so many is tried."""


def examples(number: int) -> int:
    """Return how many of a law's `number` examples are tried; one at least."""
    return max(1, number // SHARE)


def blocks(number: int) -> list[Any]:
    """Return the numbers of a law's blocks of histories, for `parametrize`: all after the first are deep."""
    return [0, *(pytest.param(block, marks=pytest.mark.deep) for block in range(1, number))]


WHOLE: Final = pytest.mark.skipif(DEPTH != "whole", reason="takes ten minutes: make test-deep DEPTH=whole")
"""For what is too long for every run."""
