"""How deep the tests look: `make test` takes the first of each law's histories, `make test-deep` all that it leaves out.

Deep are the tests that take long by nature: whole years, thousands of histories, processes that are killed, servers with
logins and certificates of their own, disks that are full, and guards that are broken on purpose.
"""

from __future__ import annotations

import os
from typing import Any, Final

import pytest

DEEP: Final = os.environ.get("RAPPORT_TEST_DEPTH") == "deep"
SHARE: Final = 8
"""Of the examples of a law, `make test` takes one in so many."""


def examples(number: int) -> int:
    """Return how many of a law's `number` examples are tried; one at least."""
    return number if DEEP else max(1, number // SHARE)


def blocks(number: int) -> list[Any]:
    """Return the numbers of a law's blocks of histories, for `parametrize`: all after the first are deep."""
    return [0, *(pytest.param(block, marks=pytest.mark.deep) for block in range(1, number))]
