"""A file that somebody has uploaded: its content says what it is, and the importer that knows it reads it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from shared.importing.files.counted import Progress
from shared.importing.importer import FileImport, Given
from shared.importing.registry import importer_of


def read_upload(
    path: Path,
    *,
    member: str,
    now: datetime,
    me: str | None = None,
    own_zone: str | None = None,
    progress: Progress | None = None,
) -> FileImport:
    """Read and check the file at `path`, whichever of the registered kinds it is.

    `me`: the member's own address there, where the file does not tell whose it is: of a profile, or for mail. `own_zone`:
    that of the member's own clocks, for times of a calendar that name none. `progress` is
    told the bytes read and to read, where the kind tells them. `ArchiveError` when it is none of these or nothing of it can
    be read.
    """
    given = Given(member, now, () if me is None else (me,), own_zone=own_zone, progress=progress)
    return importer_of(path).read(path, given)
