"""Calendars: iCalendar, whoever wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shared.importing.calendar import read_calendar
from shared.importing.importer import Compared, FileImport, Given, Importer, Look, Sureness

_BEGINS: Final = (b"BEGIN:VCALENDAR", b"BEGIN:VEVENT")
"""An event may stand outside of a calendar."""


def _knows(look: Look) -> Sureness:
    begin = look.head[:64].lstrip(b"\xef\xbb\xbf \t\r\n").upper()
    return Sureness.CERTAIN if begin.startswith(_BEGINS) else Sureness.NO


def _read(path: Path, given: Given) -> FileImport:
    found = read_calendar(
        path, member=given.member, now=given.now, me=given.mail_addresses, zone=given.zone, own_zone=given.own_zone
    )
    return Compared("calendar", found.events, found.report, "event", "event")


IMPORTER: Final = Importer("calendar", "a calendar (.ics)", _knows, _read)
