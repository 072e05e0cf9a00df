"""All files on the embedded system go to one process of a run."""

from __future__ import annotations

from pathlib import Path

from tests.sharing import GROUP, ON_EMBEDDED, OneProcessForEmbedded

ROOT = Path(__file__).parents[3]


def test_each_file_that_is_named_is_there() -> None:
    assert [file for file in sorted(ON_EMBEDDED) if not (ROOT / file).is_file()] == []


def test_they_are_given_out_as_one_and_all_others_by_file() -> None:
    given = OneProcessForEmbedded.__new__(OneProcessForEmbedded)._split_scope
    assert {given(f"{file}::test_a[b::c]") for file in ON_EMBEDDED} == {GROUP}
    assert given("tests/unit/a.py::test_a") == "tests/unit/a.py"
