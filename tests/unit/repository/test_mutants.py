"""`make mutants` tells a test that notices from one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.trial import GuardMoved, Mutant, Verdict, mutated, tried


@pytest.mark.deep
@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ("assert not allowed(10)", "killed"),
        pytest.param("assert allowed(5)", "survived", marks=pytest.mark.deep),
        pytest.param("while allowed(10): pass", "timed out", marks=pytest.mark.deep),
        pytest.param("this is no Python", "broken", marks=pytest.mark.deep),
    ],
)
def test_a_mutant_that_no_test_notices_survives(tmp_path: Path, test: str, verdict: Verdict) -> None:
    source = "def allowed(number):\n    return number < 10\n"
    (tmp_path / "guard.py").write_text(source)
    (tmp_path / "test_guard.py").write_text(f"from guard import allowed\n\ndef test_it():\n    {test}\n")
    mutant = Mutant("a bound", "guard.py", "number < 10", "number <= 10", ("test_guard.py",))
    assert tried(mutant, tmp_path, seconds_max=4 if verdict == "timed out" else 60) == verdict
    assert (tmp_path / "guard.py").read_text() == source, "the copy is mended again"


def test_a_guard_that_moved_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    (tmp_path / "guard.py").write_text("number > 10")
    mutant = Mutant("a bound", "guard.py", "number < 10", "number <= 10", ("test_guard.py",))
    with pytest.raises(GuardMoved, match="stands there 0 times, not once"):
        mutated(mutant, "number > 10")
    assert tried(mutant, tmp_path) == "moved"
    assert (tmp_path / "guard.py").read_text() == "number > 10"
