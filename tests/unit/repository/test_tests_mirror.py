"""Where a test stands: unit tests of a folder in the folder of the same path below `tests/unit`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
APART: Final = {"repository": "of the repository itself: its pages, its commands, its tools, how its code looks"}
"""Folders of tests that mirror no folder, and what they are about."""


def of_no_folder(tests: Iterable[str]) -> set[str]:
    """Return the folders of unit tests that name no folder of the sources."""
    return {folder for one in tests if (folder := str(Path(one).parent)) not in APART and not _is_source(folder)}


def _is_source(folder: str) -> bool:
    return folder != "." and any((ROOT / folder).glob("*.py"))


def test_each_folder_of_unit_tests_mirrors_a_folder_of_the_sources() -> None:
    """Seen to fail with a file in `tests/unit/webhooks`: it belongs to `tests/unit/rapport/webhooks`."""
    tests = [file.relative_to(ROOT / "tests/unit").as_posix() for file in (ROOT / "tests/unit").rglob("*.py")]
    assert of_no_folder(tests) == set(), "move it to where the folder that it tests stands, or name it in APART"
    assert {Path(one).parts[0] for one in tests} == {"rapport", "services", "shared", *APART}


def test_a_folder_that_mirrors_nothing_is_found() -> None:
    assert of_no_folder(["repository/a.py", "shared/texts/a.py", "texts/a.py", "a.py"]) == {"texts", "."}
