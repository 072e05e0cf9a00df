"""A sample export of a fictional member, in LinkedIn's present form: what the demo imports.

Everybody in it is invented, and so is every company. Its days fit a story that begins on 5 January 2026: some invites
were accepted, and a good two dozen have waited for longer than 90 days.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def sample_archive() -> Path:
    """Return the folder of the sample export."""
    return Path(str(files("shared.importing.sample") / "sample-archive"))
