"""Rows out of a CSV file whose beginning, separator and health are not known.

The header is found by its names, so notes before it do not matter. One broken row costs itself alone: when a quote is
never closed, only the line where it was opened is given up, and reading goes on with the next one.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.importing.counted import CountedBytes
from shared.importing.limits import CELL_BYTES_MAX, HEADER_LINES_MAX, READ_BYTES, RECORD_CHARS_MAX
from shared.importing.refusals import ArchiveError, RowRefused, shown

SEPARATORS: Final = (",", ";", "\t")
UTF16_STARTS: Final = (b"\xff\xfe", b"\xfe\xff")
NEVER_CLOSED: Final = "a quote is opened and never closed"
TOO_LONG: Final = f"is longer than {RECORD_CHARS_MAX // 1024} KB, or a quote is never closed"
CELL_CHARS_SURE: Final = CELL_BYTES_MAX // 4
"""A cell of so many characters is within the limit, whatever they are."""


class _TooLong(Exception):
    pass


class _Lines:
    """Physical lines with their numbers, which can be given back. An iterator that outlives its own exceptions."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.taken: list[tuple[int, str]] = []
        self.ended = False
        self.number = 0
        self._text = text
        self._again: deque[tuple[int, str]] = deque()
        self._chars = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = self._again.popleft() if self._again else self._read()
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append((number, line))
        self._chars += len(line)
        if self._chars > RECORD_CHARS_MAX:
            raise _TooLong
        return line

    def begin(self) -> None:
        """Begin another row."""
        self.taken, self._chars, self.ended = [], 0, False

    def give_back_all_but_first(self) -> None:
        """Begin another row with the second line of this one."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.begin()

    def _read(self) -> tuple[int, str]:
        line = self._text.readline(RECORD_CHARS_MAX + 1)
        if line:
            self.number += 1
        rest = line
        while len(rest) > RECORD_CHARS_MAX and rest[-1] not in "\r\n":
            rest = self._text.readline(RECORD_CHARS_MAX + 1)  # the rest of a line that is refused already
        return self.number, line


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells by column, with the line where it begins."""

    line: int
    cells: list[str]
    columns: dict[str, int]

    def __getitem__(self, column: str) -> str:
        """Return a cell by its column's name in lower case; empty when the file has no such column."""
        place = self.columns.get(column)
        return "" if place is None else self.cells[place]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, with the reason."""

    line: int
    reason: str


class Table:
    """One CSV file: its columns, then its rows, once. `ArchiveError` when it is not UTF-8 or has no known header."""

    def __init__(self, name: str, stream: CountedBytes, headers: tuple[frozenset[str], ...]) -> None:
        self.name = name
        self.columns: dict[str, int] = {}
        self.empty = False
        self._separator = ","
        buffered = io.BufferedReader(stream, READ_BYTES)
        if buffered.peek(2)[:2] in UTF16_STARTS:
            raise ArchiveError(f"{shown(name)}: is UTF-16 text; save it as UTF-8")
        self._lines = _Lines(io.TextIOWrapper(buffered, encoding="utf-8-sig", newline=""))
        self._find_header(headers)

    def rows(self) -> Iterator[Row | BadRow]:
        """Read all rows. Blank lines, and lines of nothing but separators, are none."""
        lines = self._lines
        reader = csv.reader(lines, delimiter=self._separator)
        width = len(self._header)
        while True:
            lines.begin()
            try:
                cells = next(reader)
                broken = NEVER_CLOSED if lines.ended and cells else self._fault(cells, width)
            except StopIteration:
                return
            except UnicodeDecodeError:
                raise self._not_utf8() from None
            except _TooLong:
                cells, broken = [], TOO_LONG
            except csv.Error:
                cells, broken = [], "is no CSV"
            line = lines.taken[0][0]
            if broken is not None:
                lines.give_back_all_but_first()
                yield BadRow(line, broken)
            elif any(cells):
                yield Row(line, cells, self.columns)

    def _fault(self, cells: list[str], width: int) -> str | None:
        if len(cells) != width and any(cells) and (len(cells) < width or any(cells[width:])):
            return f"has {len(cells)} cells, the header has {width}"
        return None

    def _find_header(self, headers: tuple[frozenset[str], ...]) -> None:
        self._header: list[str] = []
        blank = True
        for _ in range(HEADER_LINES_MAX):
            self._lines.begin()
            try:
                line = next(self._lines, None)
            except UnicodeDecodeError:
                raise self._not_utf8() from None
            except _TooLong:
                blank = False
                continue
            if line is None:
                self.empty = blank
                break
            blank = blank and not line.strip()
            for separator in SEPARATORS:
                names = _names(line, separator)
                if any(header <= set(names) for header in headers):
                    self._header, self._separator = names, separator
                    self.columns = {name: place for place, name in reversed(list(enumerate(names))) if name}
                    return
        if not self.empty:
            raise ArchiveError(
                f"{shown(self.name)}: no header row within the first {HEADER_LINES_MAX} lines; "
                "known are Connections.csv (First Name, Last Name, Connected On), "
                "Invitations.csv (From, To, Sent At, Direction) and messages.csv (FROM, TO, DATE, CONTENT)"
            )

    def _not_utf8(self) -> ArchiveError:
        near = self._lines.number + 1
        return ArchiveError(f"{shown(self.name)}: is not UTF-8 text (near line {near}); save it as UTF-8")


def check_cells(row: Row) -> None:
    """Refuse a row with a cell over the limit."""
    for cell in row.cells:
        if len(cell) > CELL_CHARS_SURE and len(cell.encode()) > CELL_BYTES_MAX:
            raise RowRefused(f"a cell is larger than {CELL_BYTES_MAX // 1024} KB")


def _names(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    return [" ".join(cell.replace("\ufeff", "").split()).casefold() for cell in cells]
