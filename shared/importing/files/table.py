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

from shared.importing.files.counted import CountedBytes
from shared.importing.files.resaved import CR_LF, SEPARATED, SEPARATORS, Encoding, is_broken, unwrapped
from shared.importing.limits import CELL_BYTES_MAX, HEADER_LINES_MAX, READ_BYTES, RECORD_CHARS_MAX
from shared.importing.refusals import FileRefused, RowRefused, shown

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
        self.unwrapped = 0
        """How many lines were one cell with a row in it."""
        self._text = text
        self._in_one_cell = False
        self._outer = ""
        self._outers: tuple[str, ...] = SEPARATORS
        self._padded = True
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
        return self._without_its_cell(line)

    def _without_its_cell(self, line: str) -> str:
        """Return a line as it was before a spreadsheet put it into one cell. Only the first line of a row can tell."""
        if len(self.taken) == 1:
            self._in_one_cell = False
        elif not self._in_one_cell:
            return line
        found = unwrapped(line, self._outers, padded=self._padded)
        if found is None:
            return line
        self._in_one_cell = True
        self.unwrapped += 1
        self._outer = found[1]
        return found[0]

    def settle(self, separator: str) -> None:
        """Take note of how the header stood: rows stand like it, and some of a plain one stand in one cell."""
        self._padded, self.unwrapped = self._in_one_cell, int(self._in_one_cell)
        self._outers = (self._outer if self._in_one_cell else separator,)

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
        """Return a cell by its column's name in lower case without spaces; empty when the file has no such column."""
        place = self.columns.get(column)
        return "" if place is None else self.cells[place]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, with the reason."""

    line: int
    reason: str


class Table:
    """One CSV file: its columns, then its rows, once. `FileRefused` when it has no known header."""

    def __init__(
        self, name: str, stream: CountedBytes, encoding: Encoding, headers: tuple[frozenset[str], ...]
    ) -> None:
        self.name = name
        self.notes = list(encoding.notes)
        """What a spreadsheet has made of the file, as far as the header tells."""
        self.columns: dict[str, int] = {}
        self.empty = False
        self._separator = ","
        buffered = io.BufferedReader(stream, READ_BYTES)
        errors = "surrogateescape" if encoding.name == "utf-8-sig" else "replace"
        self._lines = _Lines(io.TextIOWrapper(buffered, encoding=encoding.name, errors=errors, newline=""))
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
                    self._lines.settle(separator)
                    self._note(line, separator)
                    self.columns = {name: place for place, name in reversed(list(enumerate(names))) if name}
                    return
        if not self.empty:
            raise FileRefused(
                f"{shown(self.name)}: no header row within the first {HEADER_LINES_MAX} lines; "
                "known are Connections.csv (First Name, Last Name, Connected On), "
                "Invitations.csv (From, To, Sent At, Direction) and messages.csv (FROM, TO, DATE, CONTENT)"
            )

    def _note(self, header: str, separator: str) -> None:
        if header.endswith(("\r", "\r\n")):
            self.notes.append(CR_LF)
        if separator != SEPARATORS[0]:
            self.notes.append(SEPARATED)

    @property
    def rows_in_one_cell(self) -> int:
        """How many lines so far were one cell with a row in it, the header's too."""
        return self._lines.unwrapped


def check_cells(row: Row) -> None:
    """Refuse a row with a cell over the limit, or with bytes that are not UTF-8."""
    for cell in row.cells:
        if is_broken(cell):
            raise RowRefused("holds bytes that are not UTF-8")
        if len(cell) > CELL_CHARS_SURE and len(cell.encode()) > CELL_BYTES_MAX:
            raise RowRefused(f"a cell is larger than {CELL_BYTES_MAX // 1024} KB")


def _names(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    return [compact(cell) for cell in cells]


def compact(name: str) -> str:
    """Return a column's name in lower case without spaces: about 2016 `First Name` was written `FirstName`."""
    return "".join(name.replace("\ufeff", "").replace("_", "").split()).casefold()
