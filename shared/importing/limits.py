"""The bounds of an import. An archive is input from outside: whatever lies beyond one of these is refused by name."""

from __future__ import annotations

from typing import Final

ZIPPED_BYTES_MAX: Final = 200 * 1024**2
"""A Complete archive of a busy member, media included, has tens of megabytes."""
UNPACKED_BYTES_MAX: Final = 1024**3
"""All entries together, as declared, and again all bytes that are really read."""
ENTRIES_MAX: Final = 2_000
DIRECTORY_BYTES_MAX: Final = 1024**2
"""A zip's table of contents: some 500 bytes for each of `ENTRIES_MAX`. It is read whole, before any is counted."""
RATIO_MAX: Final = 100
"""Unpacked to packed bytes, for each entry. Exports stay under 20, deflate reaches 1,032."""
RATIO_FROM_BYTES: Final = 64 * 1024
"""Below this an entry is no bomb, whatever its ratio."""
DEPTH_MAX: Final = 2
"""An export has its files at the root; archives that were packed again have them in one folder."""

CELL_BYTES_MAX: Final = 64 * 1024
RECORD_CHARS_MAX: Final = 128 * 1024
"""One row with all its lines. It equals the csv module's own limit for a field, which is global and left alone."""
HEADER_LINES_MAX: Final = 10
"""The header row stands within the first so many lines, after at most three lines of notes."""
ROWS_MAX: Final = 200_000
"""All files together: LinkedIn allows 30,000 connections. It bounds what an import remembers of its rows."""
RECIPIENTS_MAX: Final = 10
"""A message to more people than these is no word to any one of them."""
OWNER_ROWS_MAX: Final = 1_000
"""Rows that are looked at to learn whose archive it is."""
REJECTED_KEPT_MAX: Final = 1_000
"""Rejected rows that a report lists; of further ones it says how many."""

SENT_AHEAD_DAYS_MAX: Final = 2
"""A row may lie so far after the import, for clocks and zones that differ; beyond it the date was misread."""
PROFILE_URL_CHARS_MAX: Final = 2_048
READ_BYTES: Final = 64 * 1024
