"""Rows of an archive that somebody has broken: each costs itself alone, and nothing of it is quoted."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.importing import ArchiveError, report
from tests.depth import examples
from tests.unit.shared.importing.test_importing_hostile import CONNECTED, GOOD, INVITED, names, read, with_rows


@pytest.mark.parametrize(
    ("bad", "reasons"),
    [
        ('"Eva,E,,,,,4 Apr 2021', ["a quote is opened and never closed"]),
        ("Eva,E,,4 Apr 2021", ["has 4 cells, the header has 7"]),
        ("Eva,E,,,,,,4 Apr 2021", ["has 8 cells, the header has 7"]),
        ("Eva,E,,,Acme, Inc,,4 Apr 2021", ["has 8 cells, the header has 7"]),
        (f"Eva,E,,,{'x' * 70_000},,4 Apr 2021", ["a cell is larger than 64 KB"]),
        (f"Eva,E,,,{'é' * 33_000},,4 Apr 2021", ["a cell is larger than 64 KB"]),
        (f"Eva,E,,,{'x' * 1_000_000},,4 Apr 2021", ["is longer than 128 KB, or a quote is never closed"]),
    ],
)
def test_a_broken_row_costs_itself_alone(tmp_path: Path, bad: str, reasons: list[str]) -> None:
    with_rows(tmp_path, "Anna,A,,,,,4 Apr 2021", bad, "Ben,B,,,,,4 Apr 2021", "Cora,C,,,,,4 Apr 2021")
    found, events = read(tmp_path)
    assert names(events) == ["Anna A", "Ben B", "Cora C"]
    rejected = found.report()["rows_rejected"]
    assert rejected == [{"file": "Connections.csv", "line": 3, "reason": reason} for reason in reasons]


def test_a_quote_that_a_later_row_seems_to_close_costs_its_row_alone(tmp_path: Path) -> None:
    with_rows(tmp_path, '"Eva,E,,,,,4 Apr 2021', "Ben,B,,,,,4 Apr 2021", 'Cora,C,,,"Acme, Inc",,4 Apr 2021')
    found, events = read(tmp_path)
    assert names(events) == ["Ben B", "Cora C"]
    assert [row["line"] for row in found.report()["rows_rejected"]] == [2]


def test_a_quote_never_closed_in_a_long_file_costs_its_row_alone(tmp_path: Path) -> None:
    with_rows(tmp_path, '"Eva,E,,,,,4 Apr 2021', *(f"Ben,{n},,,,,4 Apr 2021" for n in range(10_000)))
    found, events = read(tmp_path)
    assert len(names(events)) == 10_000
    assert [row["line"] for row in found.report()["rows_rejected"]] == [2]


def test_reasons_never_quote_the_row(tmp_path: Path) -> None:
    secret = "Zanzibar"
    rows = [f"{secret},A,{secret},,,,4 Apr 2021", f"{secret},A,,,,,{secret}", f"{secret * 40},,,,,,4 Apr 2021", secret]
    with_rows(tmp_path, "Ben,B,,,,,4 Apr 2021", *rows)
    rejected = read(tmp_path)[0].report()["rows_rejected"]
    assert len(rejected) == 4
    assert secret.lower() not in str(rejected).lower()


def test_the_list_of_rejected_rows_is_bounded_and_says_how_many_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "REJECTED_KEPT_MAX", 3)
    with_rows(tmp_path, "Ben,B,,,,,4 Apr 2021", *["Anna,A,,,,,soon"] * 5)
    said = read(tmp_path)[0].report()
    assert (len(said["rows_rejected"]), said["rows_rejected_more"], said["rows_read"]) == (3, 2, 6)


def test_the_csv_modules_global_limit_is_left_alone(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    read(with_rows(tmp_path, f"Eva,E,,,{'x' * 70_000},,4 Apr 2021", "Ben,B,,,,,4 Apr 2021"))
    assert csv.field_size_limit() == before == 128 * 1024


cells = st.text(max_size=40) | st.sampled_from(
    ["https://www.linkedin.com/in/x%00", "=1+1", "4 Apr 2021", "1/5/26, 9:00 AM", "OUTGOING", "INCOMING", '"', "\x00"]
)


@settings(max_examples=examples(150), deadline=None)
@given(rows=st.lists(st.lists(cells, min_size=7, max_size=7), min_size=1, max_size=6), header=st.booleans())
def test_whatever_the_cells_hold_each_row_is_imported_hidden_or_rejected(rows: list[list[str]], header: bool) -> None:
    text = io.StringIO()
    for row in rows:
        if header:
            row[6] = "4 Apr 2021"
        else:
            row[2], row[4] = "1/5/26, 9:00 AM", "OUTGOING"
    csv.writer(text).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(f"{CONNECTED if header else INVITED}\n{text.getvalue()}".encode())
        try:
            found, events = read(path)
        except ArchiveError:
            return
        said = found.report()
        assert said["rows_read"] == said["rows_imported"] + said["hidden_rows"] + len(said["rows_rejected"])
        assert events == list(found.events())


@settings(max_examples=examples(150), deadline=None)
@given(st.text(alphabet='",;\n\rab=\u2028é', max_size=200))
def test_whatever_stands_after_the_header_reading_ends(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Connections.csv").write_bytes(f"{GOOD}{text}\nBen,B,,,,,4 Apr 2021".encode())
        assert "Anna A" in names(read(Path(folder))[1])
