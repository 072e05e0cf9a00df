"""What an import refuses: a whole archive, or one row of it."""

from __future__ import annotations

SHOWN_CHARS_MAX = 80


class ArchiveError(Exception):
    """The archive cannot be imported. Its text is one line for people: which file, and why."""


class FileRefused(ArchiveError):
    """One file of the archive cannot be imported; the others can."""


class OwnerUnknown(ArchiveError):
    """Nothing tells whose archive it is: a question that the importer answers, so nothing is imported before."""


class RowRefused(Exception):
    """One row cannot be imported. Its text names the column and the reason, never what the row says."""


def shown(name: str) -> str:
    """Return a file's name fit for one line of a message, whatever it was in a hostile archive."""
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= SHOWN_CHARS_MAX else plain[: SHOWN_CHARS_MAX - 1] + "…"
