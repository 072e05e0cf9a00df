"""What a spreadsheet has made of a file that was opened and saved again, and how it is read all the same.

Everything that may be misread is announced: a file in another encoding, rows that stand in one cell, days in another
order. Whoever imports sees it in the report, and can take the original instead.
"""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from typing import Final

from shared.importing.files.counted import CountedBytes
from shared.importing.limits import READ_BYTES
from shared.importing.refusals import FileRefused, shown

WINDOWS: Final = "is Windows-1252 text: if names look wrong, save it as UTF-8"
UTF16: Final = "is UTF-16 text"
MARK: Final = "begins with a byte order mark"
CR_LF: Final = "has lines that end in CR LF or CR"
SEPARATED: Final = "has another separator than the comma"
ONE_CELL: Final = "has rows that stand in one cell"
DOTTED: Final = "has days in digits with dots or dashes: they are read day first"
DAY_ALONE: Final = "has times that are a day alone: read as its first minute; the original file has the minute"

SEPARATORS: Final = (",", ";", "\t")
_UTF16_STARTS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SURROGATES: Final = ("\udc80", "\udcff")
"""The letters that stand for bytes which are not UTF-8 (PEP 383)."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are read."""

    name: str
    notes: tuple[str, ...] = ()


def encoding_of(name: str, stream: CountedBytes) -> Encoding:
    """Read a file to its end and return its encoding; `FileRefused` when there is none.

    A file with letters beyond ASCII that are UTF-8 is UTF-8, even if single bytes are broken: they cost their rows.
    One where most of them are not is what Excel writes on Windows.
    """
    start, good, bad, undefined = b"", 0, 0, False
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while chunk := stream.read(READ_BYTES):
        if not start:
            start = chunk[:3].ljust(3, b" ")
            if start[:2] in _UTF16_STARTS:
                return Encoding("utf-16", (UTF16,))
        text = decoder.decode(chunk)
        if not text.isascii():
            beyond = [letter for letter in text if letter > "\x7f"]
            escaped = [letter for letter in beyond if _SURROGATES[0] <= letter <= _SURROGATES[1]]
            good, bad = good + len(beyond) - len(escaped), bad + len(escaped)
            undefined = undefined or any(ord(letter) - 0xDC00 in _UNDEFINED for letter in escaped)
    bad += len(decoder.decode(b"", final=True))
    marked = start == codecs.BOM_UTF8
    if bad > good - marked and not marked:
        if undefined:
            raise FileRefused(f"{shown(name)}: is neither UTF-8 nor Windows-1252 text; save it as UTF-8")
        return Encoding("cp1252", (WINDOWS,))
    return Encoding("utf-8-sig", (MARK,) if marked else ())


_UNDEFINED: Final = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})
"""Bytes that stand for nothing in Windows-1252."""


def is_broken(text: str) -> bool:
    """Tell whether a text holds bytes that are not UTF-8."""
    return not text.isascii() and any(_SURROGATES[0] <= letter <= _SURROGATES[1] for letter in text)


def unwrapped(line: str, outers: tuple[str, ...], *, padded: bool) -> tuple[str, str] | None:
    """Return the row that stands in the one cell of a line, and the separator around it; None for any other line.

    Excel makes one quoted cell of a row when it opens a file whose separator is not its own, with each quote doubled.
    Where rows are `padded`, it has also filled them up with its separator, and cut them at each one in the text.
    """
    bare = line.rstrip("\r\n")
    for outer in outers:
        if not (bare.startswith('"') or padded):
            continue
        try:
            cells = next(csv.reader([bare], delimiter=outer, strict=True), [])
        except csv.Error:
            continue
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) == 1 or (padded and outer != "," and cells):
            inner = outer.join(cells)
            if inner != bare and any(separator in inner for separator in SEPARATORS):
                return inner + line[len(bare) :], outer
    return None
