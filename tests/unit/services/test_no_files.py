"""The pure deciders open no file: what they need of time zones is in memory before the first question."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.fields import zones

ROOT = Path(__file__).parents[3]


@pytest.mark.deep
def test_no_rule_opens_a_file_and_no_zone_is_pushed_out() -> None:
    assert _asked("loaded") == [0, 0, len(zones())]


@pytest.mark.deep
def test_without_the_zones_in_memory_rules_do_open_files() -> None:
    """So the hook sees what it is for."""
    opened, missed, _ = _asked("lazy")
    assert opened >= missed > 0


def _asked(how: str) -> list[int]:
    ask = [sys.executable, "-m", "tests.unit.services.opened_files", how]
    done = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    return [int(number) for number in done.stdout.split()]
