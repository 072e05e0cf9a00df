"""The sample of mutants: what can be broken, what is noticed, and the page that says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.mutants.drawing import shares
from tests.mutants.page import NOT_YET, PAGE, RESULTS, FileResult, page
from tests.mutants.reasons import REASONS
from tests.mutants.sites import broken, sites

ROOT = Path(__file__).parents[3]
RESULT_BY_FILE = msgspec.json.decode((ROOT / RESULTS).read_bytes(), type=dict[str, FileResult])


def ways(folder: Path, source: str) -> set[str]:
    """Return each way in which a source can be broken."""
    (folder / "guard.py").write_text(source, encoding="utf-8")
    return {broken(site, source) for site in sites(folder, "guard.py", 1)}


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("return a < b", {"return (a <= b)", "return None"}),
        ("return a and not b", {"return (a or not b)", "return a and (b)", "return None"}),
        ("total += 1", {"pass", "total += 2"}),
        ("kept = 5_000", {"kept = 10000"}),
        ("kept = min(a, b)", {"kept = max(a, b)"}),
        ("kept = a if b else None", {"kept = (None)"}),
        ("call(a)", {"pass"}),
        ("return False", {"return True"}),
        ("raise ValueError(f'{a + 1}')", set()),
        ("log.info('kept', number=1)", set()),
        ("kept: Literal[1] = a", set()),
        ("return 'é' if a == b else None", {"return (None)", "return 'é' if (a != b) else None", "return None"}),
    ],
)
def test_a_line_is_broken_in_each_way_that_is_a_decision(tmp_path: Path, line: str, instead: set[str]) -> None:
    around = "def f(a, b):\n    {}\n"
    assert ways(tmp_path, around.format(line)) == {around.format(one) for one in instead}


def test_a_part_of_a_record_in_a_table_is_left_out(tmp_path: Path) -> None:
    assert ways(tmp_path, "RULE = Rule('thank', after=days, again=True)\n") == {
        "RULE = Rule('thank', after=days, again=False)\n",
        "RULE = Rule('thank', after=days)\n",
        "RULE = Rule('thank', again=True)\n",
    }


@pytest.mark.parametrize("name", ["KEPT_MAX", "STATE_VERSION"])
def test_the_number_of_a_limit_or_a_version_is_a_choice_and_no_decision(tmp_path: Path, name: str) -> None:
    assert ways(tmp_path, f"{name}: Final = 500\n") == set()
    assert ways(tmp_path, "LAPSE_DAYS: Final = 3\n") == {"LAPSE_DAYS: Final = 4\n"}
    assert ways(tmp_path, f"{name}: Final = days(3)\n") == {f"{name}: Final = days(4)\n"}, "it follows from another"


def test_the_sample_of_a_file_stays_when_other_lines_come(tmp_path: Path) -> None:
    functions = [f"def f{number}(a, b):\n    return a < b\n" for number in range(20)]
    (tmp_path / "guard.py").write_text("".join(functions))
    before = [site.named for site in sites(tmp_path, "guard.py", 1)]
    (tmp_path / "guard.py").write_text("# more\n\n" + "".join(reversed(functions)))
    assert [site.named for site in sites(tmp_path, "guard.py", 1)] == before
    assert before != sorted(before), "drawn, not taken from the top"
    assert before != [site.named for site in sites(tmp_path, "guard.py", 2)], "another seed draws others"


def test_each_file_has_its_share_and_a_short_one_leaves_it_to_the_others() -> None:
    shared = shares({"a": 9, "b": 9, "c": 1, "d": 9}, 9, seed=1)
    assert sorted(shared.values()) == [1, 2, 3, 3]
    assert shared["c"] == 1, "it has no more"
    assert sum(shares({"a": 2, "b": 3}, 40, seed=1).values()) == 5
    by_seed = {tuple(sorted(shares(dict.fromkeys("abcdef", 9), 1, seed).items())) for seed in range(20)}
    assert len(by_seed) > 3, "another seed gives what is left to others"


GUARD = """
def allowed(a):
    return a < 10

def counted():
    return 20

class Kept:
    @property
    def days(self):
        return 7

def captured():
    return 5

COUNTED = counted()
SHARE = 1 / (3 - 2)
"""
GUARDED = """
from guard import COUNTED, Kept, allowed, captured

def test_it():
    assert allowed(5) and not allowed(11)

def test_kept():
    assert Kept().days == 7

def test_counted():
    assert Kept().days and COUNTED == 20

def test_captured(pytestconfig):
    assert captured() and pytestconfig.option.capture != "no"

def test_other():
    pass
"""
TRIED = """
import sys
from pathlib import Path
from tests.mutants.covering import covered
from tests.mutants.forked import Trial, tried
from tests.mutants.in_place import tried_in_place
from tests.mutants.sites import sites
root = Path(sys.argv[1])
calls = covered(root, ".", ["test_guard.py"])
found = sites(root, "guard.py", 1)
trials = [Trial(site, tuple(calls.of(site.file, site.begins)), 0.0) for site in found]
at_once = {
    trial: outcome for trial, outcome in tried_in_place(root, trials, 2).items()
    if (trial.site.file, trial.site.begins) not in calls.when_read
}
for trial, outcome in at_once.items():
    print(trial.site.change, outcome, "at once", len(trial.tests))
for trial, outcome in tried(root, [trial for trial in trials if trial not in at_once], 2):
    print(trial.site.change, outcome, len(trial.tests))
"""


@pytest.mark.deep
def test_what_is_noticed_is_killed_and_what_cannot_be_imported_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "guard.py").write_text(GUARD)
    (tmp_path / "test_guard.py").write_text(GUARDED)
    said = subprocess.run(
        [sys.executable, "-c", TRIED, str(tmp_path)],
        cwd=tmp_path, env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert "a < 10 -> a <= 10 survived at once 1" in said, "only the test that calls it is run"
    assert "return a < 10 -> return None killed at once 1" in said
    assert "7 -> 8 killed at once 2" in said
    assert "20 -> 21 killed 5" in said, "it was found out when the module was read: not in place"
    assert "2 -> 3 stillborn 5" in said
    assert "5 -> 6 survived 1" in said, "a test that fails in place with nothing broken notices nothing"


def test_the_page_is_what_the_command_has_written() -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")
    assert written == page(RESULT_BY_FILE), "run `make mutants ARGS=--write`, or undo the change of the page"
    assert NOT_YET not in written, (
        "write a test for what survives, or say in tests/mutants/reasons.py why there is none"
    )
    survivors = {one.named for result in RESULT_BY_FILE.values() for one in result.survivors}
    assert REASONS.keys() <= survivors, "a reason for what does not survive any more"
    assert all(result.killed + len(result.survivors) == result.tried for result in RESULT_BY_FILE.values())
