"""The logs of the embedded servers: one run back is kept, and the end of it tells why a server ended."""

from __future__ import annotations

import shutil
from pathlib import Path

LOG_LINES_SHOWN_MAX = 5
LOG_BYTES_READ = 64 * 1024
"""Of the end of a server's log, to find out why it ended."""
LOG_REASON_CHARS_MAX = 200
FREE_BYTES_MIN = 8 * 1024 * 1024
"""With less than this on its disk Kafka does not even start."""
DISK_IS_FULL = "the disk is full; make room"
DISK_FULL = ("No space left on device", "Disk quota exceeded")
"""How the system's errors ENOSPC and EDQUOT stand in the logs of both servers."""


def reason_of(log: Path) -> str:
    """Return why a server ended, as far as the disk and the end of its log tell: a full disk, else the log's last line."""
    try:
        if shutil.disk_usage(log.parent).free < FREE_BYTES_MIN:  # then the log itself could not say so
            return DISK_IS_FULL
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_BYTES_READ))
            text = file.read().decode(errors="replace")
    except OSError:
        return f"see {log}"
    if any(sign in text for sign in DISK_FULL):
        return DISK_IS_FULL
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("\t", " "))]
    return lines[-1][:LOG_REASON_CHARS_MAX] if lines else f"see {log}"


def turn(log: Path) -> None:
    """Keep the log of the run before this one, and no older one."""
    if log.exists():
        log.replace(log.with_suffix(".before.log"))


def last_lines(log: Path) -> str:
    """Return the end of a server's log on one line."""
    try:
        return " / ".join(log.read_text(errors="replace").strip().splitlines()[-LOG_LINES_SHOWN_MAX:]) or f"see {log}"
    except OSError:
        return f"see {log}"
