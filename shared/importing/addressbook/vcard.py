"""Cards of a vCard file, versions 2.1 to 4.0, whoever wrote it.

Of a card it takes names, addresses and days. A line is read as it is written: values are not cut at commas, a value of
version 2.1 in quoted-printable goes on in further lines, and a group (`item1.`) joins a day with its label, as Apple has it.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.importing.addressbook.cards import ANNIVERSARY, BIRTHDAY, CARDS_MAX, Card
from shared.importing.addressbook.days import day_of_year
from shared.importing.existing.person import Person, address_of, clean
from shared.importing.refusals import ArchiveError, RowRefused

_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_CHARSET: Final = re.compile(r"CHARSET=\"?([A-Z0-9_-]{1,40})")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_PARTS: Final = re.compile(r'((?:[^:"]++|"[^"]*+")*+):(.*)', re.DOTALL)
"""The colon that counts is the first one outside of quotes, so nothing is tried a second time."""
_BEGIN: Final = "BEGIN:VCARD"
_QUOTED: Final = "QUOTED-PRINTABLE"
_APPLES_ANNIVERSARY: Final = "_$!<anniversary>!$_"


@dataclass(frozen=True, slots=True)
class _Line:
    group: str
    name: str
    parameters: str
    value: str


def cards(content: bytes, label: str) -> list[Card]:
    """Return the cards of a file; `ArchiveError` when it is cut off or has more than `CARDS_MAX`."""
    text = _FOLD.sub(b"", content).decode("utf-8-sig", errors="surrogateescape")
    starts = text.upper().count(_BEGIN)
    if starts > CARDS_MAX:
        raise ArchiveError(f"{label}: has more than {CARDS_MAX:,} cards")
    if starts != text.upper().count("END:VCARD"):
        raise ArchiveError(f"{label}: is cut off: a card in it has no end")
    return [_card(number, lines) for number, lines in enumerate(_each(_joined(text)), start=1)]


def is_vcard(content: bytes) -> bool:
    """Whether a file is one of vCards, by its first line."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[: len(_BEGIN)].upper() == _BEGIN.encode()


def _each(lines: Iterable[str]) -> Iterator[list[_Line]]:
    inside: list[_Line] | None = None
    for text in lines:
        if (line := _line(text)) is None:
            continue
        if line.name == "BEGIN" and line.value.strip().upper() == "VCARD":
            inside = []
        elif line.name == "END" and inside is not None:
            yield inside
            inside = None
        elif inside is not None:
            inside.append(line)


def _joined(text: str) -> Iterator[str]:
    """Give the lines, each value in quoted-printable with the lines that it goes on in."""
    begun: list[str] = []
    for line in text.split("\n"):
        bare = line.removesuffix("\r")
        if (begun or _QUOTED in bare.partition(":")[0].upper()) and bare.endswith("="):
            begun.append(bare[:-1])
        elif begun:
            yield "".join([*begun, bare])
            begun = []
        else:
            yield bare


def _line(text: str) -> _Line | None:
    if (found := _PARTS.fullmatch(text)) is None:
        return None
    name, _, parameters = found[1].partition(";")
    group, _, bare = name.rpartition(".")
    return _Line(group.lower(), bare.strip().upper(), parameters.upper(), _value(found[2], parameters.upper()))


def _value(written: str, parameters: str) -> str:
    """Return a value as text, in the letters that version 2.1 names beside it; else in UTF-8."""
    content = written.encode("utf-8", errors="surrogateescape")
    if _QUOTED in parameters:
        content = quopri.decodestring(content)
    charset = _CHARSET.search(parameters)
    try:
        return content.decode(charset[1] if charset else "utf-8", errors="replace")
    except (LookupError, UnicodeError):
        return content.decode("utf-8", errors="replace")


def _card(number: int, lines: list[_Line]) -> Card:
    addresses = tuple(dict.fromkeys(one for line in lines if line.name == "EMAIL" and (one := address_of(line.value))))
    labels = {line.group: line.value.strip().lower() for line in lines if line.name == "X-ABLABEL" and line.group}
    days: dict[str, tuple[int, int]] = {}
    faults = []
    for line in lines:
        if (label := _label(line, labels)) is None or "VALUE=TEXT" in line.parameters:
            continue
        try:
            if (day := day_of_year(line.value, line.name)) is not None:
                days.setdefault(label, day)
        except RowRefused as refusal:
            faults.append(str(refusal))
    return Card(number, Person(addresses, _name(lines)), days, tuple(faults))


def _label(line: _Line, labels: dict[str, str]) -> str | None:
    """Return what a day is called, for a line that holds one."""
    match line.name:
        case "BDAY":
            return BIRTHDAY
        case "ANNIVERSARY" | "X-ANNIVERSARY" | "X-EVOLUTION-ANNIVERSARY":
            return ANNIVERSARY
        case "X-ABDATE":
            label = labels.get(line.group, "")
            return (
                ANNIVERSARY
                if label == _APPLES_ANNIVERSARY
                else clean(label.removeprefix("_$!<").removesuffix(">!$_")) or None
            )
        case _:
            return None


def _name(lines: list[_Line]) -> str:
    """Return the formatted name, else given name and family name."""
    named = next((clean(_ESCAPE.sub(r"\1", line.value)) for line in lines if line.name == "FN"), "")
    if named:
        return named
    for line in lines:
        if line.name == "N":
            family, given = [*re.split(r"(?<!\\);", line.value), "", ""][:2]
            return clean(_ESCAPE.sub(r"\1", f"{given} {family}"))
    return ""
