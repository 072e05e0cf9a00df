"""A calendar's bytes as components, whatever wrote them.

Lines may end in LF alone, a line may be folded in the middle of a letter (RFC 5545 folds octets), the file may begin with a
byte order mark, an event may stand outside of a calendar, and Outlook writes the name of a zone with a colon and without
quotes. What icalendar would read silently as nothing is an error here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from icalendar import Calendar, Component

from shared.importing.calendar.limits import CALENDAR_BYTES_MAX, EVENTS_MAX
from shared.importing.refusals import ArchiveError, shown

_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_BARE_ZONE: Final = re.compile(r';TZID=([^":;\r\n]{0,100}\([^)"\r\n]{0,100}+\)[^":;\r\n]{0,200}+):(?=\d{8})')
"""`;TZID=(UTC+01:00) Berlin:20260301T100000`: the last colon before the digits is the one that counts.

Such names have some 60 characters. Without an end to each part a line of brackets takes the square of its length."""
_PATH_ZONE: Final = re.compile(r";TZID=(tzone://[^\":;\r\n]{0,100}):(?=\d{8})", re.IGNORECASE)
"""`;TZID=tzone://Microsoft/Utc:20260310T090000`, as Exchange writes it: the first colon is of the name."""
_ZONE_OF_UTC: Final = re.compile(r";TZID=(?:\"[^\"\r\n]{0,200}\"|[^\":;\r\n]{0,200})(?=:\d{8}T\d{6}Z)")
"""`;TZID=Europe/Berlin:20260310T090000Z`: what stands in UTC has no zone (RFC 5545, 3.2.19), and icalendar drops the Z."""
_OTHERS: Final = frozenset({"VALARM", "VTODO", "VJOURNAL", "VFREEBUSY"})
"""What no import asks for. For one line of them that icalendar cannot read it refuses the whole file."""
BEGIN: Final = "BEGIN:VCALENDAR"
END: Final = "END:VCALENDAR"


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; `ArchiveError` when it cannot be read or is larger than `CALENDAR_BYTES_MAX`."""
    try:
        with path.open("rb") as file:
            content = file.read(CALENDAR_BYTES_MAX + 1)
    except OSError as error:
        raise ArchiveError(f"{shown(path.name)}: cannot be read: {error.strerror}") from error
    if len(content) > CALENDAR_BYTES_MAX:
        raise ArchiveError(f"{shown(path.name)}: is larger than {CALENDAR_BYTES_MAX // 1024**2} MB")
    return content


def calendars(content: bytes, label: str) -> list[Calendar]:
    """Return the calendars of a file; `ArchiveError` when there is none, it is cut off, or has more than `EVENTS_MAX`."""
    text = _text(content, label)
    if BEGIN not in text and "BEGIN:VEVENT" in text:
        text = f"{BEGIN}\r\nVERSION:2.0\r\nPRODID:-\r\n{text.strip()}\r\n{END}\r\n"
    if text.count("BEGIN:VEVENT") > EVENTS_MAX:
        raise ArchiveError(f"{label}: has more than {EVENTS_MAX:,} events")
    if BEGIN not in text:
        raise ArchiveError(f"{label}: is no calendar: it has no line {BEGIN}")
    if text.count(BEGIN) != text.count(END):
        raise ArchiveError(f"{label}: is cut off: a calendar in it has no end")
    try:
        with warnings.catch_warnings():  # of a vendor's path before a zone's name: `zones` reads that itself
            warnings.simplefilter("ignore")
            found: Any = Calendar.from_ical("\r\n".join(_of_meetings(text.split("\r\n"))), multiple=True)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise ArchiveError(f"{label}: is no calendar that can be read") from error
    if not found:
        raise ArchiveError(f"{label}: is no calendar that can be read")
    return list(found)


def _of_meetings(lines: Iterable[str]) -> Iterator[str]:
    """Give the lines that are of no other component than calendars, zones and events."""
    inside = ""
    for line in lines:
        word, _, name = line.strip().upper().partition(":")
        if not inside and word == "BEGIN" and name in _OTHERS:
            inside = name
        if not inside:
            yield line
        elif word == "END" and name == inside:
            inside = ""


def text_of(component: Component, name: str) -> str:
    """Return a property as text, the first where it stands several times; empty where it does not stand."""
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value).replace("\ufeff", "").strip()


def _text(content: bytes, label: str) -> str:
    unfolded = _FOLD.sub(b"", content).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = unfolded.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{label}: is not UTF-8 (byte {error.start})") from None
    for bare in (_BARE_ZONE, _PATH_ZONE):
        text = bare.sub(r';TZID="\1":', text)
    return _ZONE_OF_UTC.sub("", text).replace("\n", "\r\n")
