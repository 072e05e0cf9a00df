"""Let it go: an import of 150 pending invites up to 548 days old, one proposal, one yes, and quiet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from rapport.demo.scenes.scene import Scene, event_at
from shared.contracts import Event, InviteRetractionApproved, InviteSent, MemberJoined
from shared.importing import ZONE_SENT, read_archive

MONA, ZONE = "mona", "Europe/Paris"
START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
"""A Monday, after the hour of the weekly digest."""
IMPORTED_AT = START + timedelta(hours=1)
DAYS = 45
"""Long enough for a proposal to be repeated, were it still open."""
INVITES = 150
OLDEST_DAYS, YOUNGEST_DAYS = 548, 91
_COLUMNS = ("From", "To", "Sent At", "Message", "Direction", "inviterProfileUrl", "inviteeProfileUrl")


def script() -> Iterator[Event]:
    """Yield how Mona brings her old network along, and says yes to what the next digest tells of."""
    yield event_at(MONA, ZONE, "2026-01-05 11:00", MemberJoined(name="Mona Moss", email="mona@example.org", zone=ZONE))
    with TemporaryDirectory() as folder:
        write_archive(Path(folder))
        imported = list(read_archive(Path(folder), member=MONA, imported_at=IMPORTED_AT).events())
    yield from imported
    pending = tuple(event.data.invite_id for event in imported if isinstance(event.data, InviteSent))
    yield event_at(MONA, ZONE, "2026-01-13 12:10", InviteRetractionApproved(invite_ids=pending))


def write_archive(folder: Path) -> None:
    """Write a LinkedIn export with invites to people of whom none is a connection, evenly over the ages."""
    with (folder / "Invitations.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for number in range(INVITES):
            days = YOUNGEST_DAYS + number * (OLDEST_DAYS - YOUNGEST_DAYS) // (INVITES - 1)
            sent = (IMPORTED_AT - timedelta(days=days)).astimezone(ZoneInfo(ZONE_SENT))
            day = f"{sent.month}/{sent.day}/{sent:%y}, {sent.hour % 12 or 12}:{sent:%M %p}"
            me, them = (f"https://www.linkedin.com/in/{slug}" for slug in ("mona", f"person-{number}"))
            table.writerow(["Mona Moss", f"Person {number}", day, "", "OUTGOING", me, them])


SCENE = Scene(
    name="let-it-go",
    about="150 invites that nobody answered in up to a year and a half: one proposal, one yes, one mail, no blame.",
    start=START,
    days=DAYS,
    script=script,
    member=MONA,
    mail_text=True,
)
