"""`make mutants` tells a test that notices from one that does not, and its table names what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.table import MUTANTS
from tests.mutants.trial import Mutant, Verdict, mutated, tried

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.about)
def test_each_mutant_breaks_what_stands_there_and_names_tests_that_are_there(mutant: Mutant) -> None:
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    compile(mutated(mutant, source), mutant.file, "exec")
    assert all((ROOT / test).exists() for test in mutant.tests)


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ("assert not allowed(10)", "killed"),
        ("assert allowed(5)", "survived"),
        ("while allowed(10): pass", "timed out"),
        ("this is no Python", "broken"),
    ],
)
def test_a_mutant_that_no_test_notices_survives(tmp_path: Path, test: str, verdict: Verdict) -> None:
    source = "def allowed(number):\n    return number < 10\n"
    (tmp_path / "guard.py").write_text(source)
    (tmp_path / "test_guard.py").write_text(f"from guard import allowed\n\ndef test_it():\n    {test}\n")
    mutant = Mutant("a bound", "guard.py", "number < 10", "number <= 10", ("test_guard.py",))
    assert tried(mutant, tmp_path, seconds_max=4 if verdict == "timed out" else 60) == verdict
    assert (tmp_path / "guard.py").read_text() == source, "the copy is mended again"


def test_a_guard_that_moved_is_told() -> None:
    mutant = Mutant("a bound", "guard.py", "number < 10", "number <= 10", ())
    with pytest.raises(ValueError, match="stands there 0 times, not once"):
        mutated(mutant, "number > 10")
