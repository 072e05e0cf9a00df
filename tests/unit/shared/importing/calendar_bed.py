"""Calendars in a few lines, and what an import makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.contracts import Event
from shared.importing.calendar import CalendarImport, Existing, existing_of, read_calendar

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ME = "ada@network.example"
MEMBER = "ada"
ZOE = "ATTENDEE;CN=Zoe Okafor;PARTSTAT=ACCEPTED:mailto:zoe@firm.example"


def event(*lines: str, starts: str = "DTSTART:20261105T100000Z", uid: str = "1") -> str:
    """Return an event with Zoe."""
    people = () if any(line.startswith("ATTENDEE") for line in lines) else (ZOE,)
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", starts, *people, *lines, "END:VEVENT"))


def calendar(*parts: str) -> str:
    """Return a calendar of these components and properties."""
    return "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", *parts, "END:VCALENDAR", ""))


def read(folder: Path, content: str | bytes, **options: Any) -> CalendarImport:
    """Import a calendar for Ada, whose address is known."""
    file = folder / "calendar.ics"
    file.write_bytes(content if isinstance(content, bytes) else content.replace("\n", "\r\n").encode())
    given: dict[str, Any] = {"member": MEMBER, "now": NOW, "me": [ME]} | options
    return read_calendar(file, **given)


def told(folder: Path, content: str | bytes, before: Sequence[Event] = (), **options: Any) -> list[Event]:
    """Return the events of an import, given what was told before."""
    return list(read(folder, content, **options).events(existing_of(before)))


def data(events: Sequence[Event], kind: str) -> list[Any]:
    """Return what events of a type say: `meeting.scheduled`."""
    return [one.data for one in events if one.type == f"rapport.{kind}"]


def aside(folder: Path, content: str, **options: Any) -> dict[str, int]:
    """Return what an import leaves out, by the reason."""
    found: dict[str, int] = read(folder, content, **options).report()["set_aside"]
    return found


def refused(folder: Path, content: str, **options: Any) -> list[str]:
    """Return why events were rejected."""
    return [one["reason"] for one in read(folder, content, **options).report()["events_rejected"]]


__all__ = [
    "MEMBER", "NOW", "Existing", "aside", "calendar", "data", "event", "read", "refused", "told",
]  # fmt: skip
