"""How long an import of 30,000 connections and as many messages takes beside plainly reading the CSV, and its memory.

Run it: `python tests/bench/bench_import.py [CONNECTIONS]`. The multiple hardly depends on the machine; the time does.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from shared.importing import read_archive

CONNECTIONS = 30_000
INVITES_PER_CONNECTION = 6
NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
PROFILE = "https://www.linkedin.com/in/"


def build(path: Path, connections: int) -> None:
    """Write an export: every sixth connection came by an invite, and as many invites are open."""
    people, invites = io.StringIO(), io.StringIO()
    write = csv.writer(people, lineterminator="\n").writerow
    write(["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"])
    invite = csv.writer(invites, lineterminator="\n").writerow
    invite(["From", "To", "Sent At", "Message", "Direction", "inviterProfileUrl", "inviteeProfileUrl"])
    for n in range(connections):
        day = NOW - timedelta(days=n % 3000 + 2)
        write(["Anna", f"Adler {n}", f"{PROFILE}anna-{n}", "", f"Company {n % 900}", "Engineer", f"{day:%d %b %Y}"])
        if n % INVITES_PER_CONNECTION == 0:
            sent = f"{day.month}/{day.day}/{day:%y}, 2:37 PM"
            for slug in (f"anna-{n}", f"open-{n}"):
                invite(["Me", f"Name {n}", sent, "Hello, again", "OUTGOING", f"{PROFILE}me", PROFILE + slug])
    letters = io.StringIO()
    letter = csv.writer(letters, lineterminator="\n").writerow
    letter(
        ["CONVERSATION ID", "FROM", "SENDER PROFILE URL", "TO", "RECIPIENT PROFILE URLS", "DATE", "CONTENT", "FOLDER"]
    )
    for n in range(connections):
        at = f"{NOW - timedelta(minutes=n + 1):%Y-%m-%d %H:%M:%S} UTC"
        letter([f"c{n % 997}", "Me", f"{PROFILE}me", f"Adler {n}", f"{PROFILE}anna-{n}", at, "Hello,\nagain", "INBOX"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Connections.csv", people.getvalue())
        archive.writestr("Invitations.csv", invites.getvalue())
        archive.writestr("messages.csv", letters.getvalue())


def read_plainly(path: Path) -> int:
    """Read all rows with the csv module alone."""
    rows = 0
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                rows += sum(1 for _ in csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline="")))
    return rows


def import_all(path: Path) -> int:
    """Read all events."""
    return sum(1 for _ in read_archive(path, member="m1", imported_at=NOW).events())


def main() -> None:
    """Measure and print."""
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else CONNECTIONS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        build(path, connections)
        begun = perf_counter()
        rows = read_plainly(path)
        plain = perf_counter() - begun
        begun = perf_counter()
        events = import_all(path)
        whole = perf_counter() - begun
        tracemalloc.start()
        import_all(path)
        _, peak = tracemalloc.get_traced_memory()
    sys.stdout.write(
        f"{rows:,} lines, {events:,} events: {whole:.2f} s, {whole / plain:.0f} times plain reading ({plain:.3f} s)\n"
    )
    sys.stdout.write(f"memory at its peak: {peak / 1024**2:.1f} MB, {peak / rows:.0f} bytes a row\n")


if __name__ == "__main__":
    main()
