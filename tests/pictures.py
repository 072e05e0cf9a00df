"""Pictures of the digest for `docs/`, taken of a fixed sample: `.venv/bin/python -m tests.pictures`.

Needs Chromium and pngquant (Debian's packages of these names). Beside the pictures stands the fingerprint of what they show,
so that a test can tell when they are out of date, on a machine without a browser, too.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from services.digest.render import Mail, render
from services.digest.told import Appointment, DigestContent, Entry, Note, Parting, Quiet

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
FINGERPRINT = FOLDER / "digest.sha256"
AT = datetime(2026, 11, 23, 7, tzinfo=UTC)
DAY = timedelta(days=1)
SECONDS_MAX = 60
COLOURS = 64
"""Enough for letters on a plain ground, and a third of the bytes."""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-lcd-text", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


class Shot(NamedTuple):
    """One picture: how wide and high the screen is, and whether it is dark."""

    name: str
    width: int
    height: int
    dark: bool = False


SHOTS = (
    Shot("digest-desktop", 720, 2080),
    Shot("digest-phone", 390, 2450),
    Shot("digest-phone-dark", 390, 2450, dark=True),
)


def sample() -> DigestContent:
    """Return a digest that has everything a digest can have."""
    zoe = Note(
        AT - 11 * DAY, "Met at the compiler meetup. Collects clocks, and knows everybody in Lyon's robotics scene."
    )
    return DigestContent(
        name="Ada Adler",
        period="2026-W48",
        zone="Europe/Paris",
        at=AT,
        due=(
            Entry("c1/thank", "thank", "c1", "Zoé Moreau", AT, headline="Robotics engineer at Atelier Nord", note=zoe),
            Entry("c2/touch", "stay_in_touch", "c2", "Kwame Mensah", AT - DAY, headline="Head of data at Harbour",
                  note=Note(AT - 95 * DAY, "Moving to Ghent in the autumn. Ask how the children like it.")),
            Entry("c3/no", "no_answer_yet", "c3", "Priya Nair", AT - DAY, headline="Product lead at Fernway"),
            Entry("r1", "own_reminder", "c4", "Lin Zhou", AT + timedelta(hours=2), what="Send Lin the book list"),
        ),
        due_more=3,
        meetings=(
            Appointment("m1", "c4", ("Lin Zhou",), 1, "lunch", AT + 3 * DAY + timedelta(hours=4, minutes=30),
                        "Europe/Paris", "Café Luna", Note(AT - 6 * DAY, "She is looking for a first hire."), prepare=True),
            Appointment("m2", "c5", ("Omar Haddad",), 1, "online", AT + 4 * DAY + timedelta(hours=9),
                        "America/New_York"),
        ),
        coming=(Entry("c6/second", "second_meeting", "c6", "Sara Lund", AT + 2 * DAY),),
        coming_more=1,
        proposed=(
            Parting("i1", "p1", "Tom Berger", AT - 548 * DAY),
            Parting("i2", "p2", "Mei Tanaka", AT - 203 * DAY),
            Parting("i3", "p3", "Jonas Lindqvist", AT - 97 * DAY),
        ),
        proposed_more=9,
        proposed_at=AT,
        proposal_id="p",
        quiet=(Quiet("say_why", AT - DAY),),
    )  # fmt: skip


def fingerprint(mail: Mail) -> str:
    """Return what tells one mail from another."""
    return hashlib.sha256(f"{mail.subject}\n{mail.html}".encode()).hexdigest()


def take(shot: Shot, html: str, browser: str) -> None:
    """Take one picture. The page stands in a frame, since a window can not be as narrow as a phone."""
    with tempfile.TemporaryDirectory() as folder:
        page, frame = Path(folder, "mail.html"), Path(folder, "frame.html")
        page.write_text(html, encoding="utf-8")
        frame.write_text(
            '<!DOCTYPE html><meta name="color-scheme" content="light dark"><body style="margin:0">'
            f'<iframe src="mail.html" style="border:0;width:{shot.width}px;height:{shot.height}px"></iframe>',
            encoding="utf-8",
        )
        command = [
            browser, *FLAGS, f"--user-data-dir={folder}/browser", f"--window-size={shot.width},{shot.height}",
            f"--blink-settings=preferredColorScheme={0 if shot.dark else 1}",
            f"--screenshot={folder}/shot.png", frame.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS_MAX)
        smaller = [
            "pngquant",
            "--force",
            "--nofs",
            "--output",
            f"{FOLDER / shot.name}.png",
            str(COLOURS),
            f"{folder}/shot.png",
        ]
        subprocess.run(smaller, check=True, capture_output=True, timeout=SECONDS_MAX)


def main() -> int:
    """Take all pictures, and leave the fingerprint beside them."""
    browser = shutil.which("chromium")
    if browser is None or shutil.which("pngquant") is None:
        sys.stderr.write("needs chromium and pngquant on the path\n")
        return 1
    mail = render(sample())
    FOLDER.mkdir(exist_ok=True)
    for shot in SHOTS:
        take(shot, mail.html, browser)
    FINGERPRINT.write_text(fingerprint(mail) + "\n", encoding="ascii")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
