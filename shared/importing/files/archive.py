"""Open what a member has downloaded: a zip, the folder it was unpacked to, or one file of it.

Only files named like Connections.csv, Invitations.csv and messages.csv are looked at (numbered ones too); a single file
may have any name, its header says what it is. In a folder, links and special files are refused instead of followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from shared.importing.files.entries import NO_TALK, NOTHING_FOUND, ONLY_LIKE_MESSAGES, WANTED, Entry
from shared.importing.files.zipped import open_zip
from shared.importing.limits import ENTRIES_MAX, UNPACKED_BYTES_MAX
from shared.importing.refusals import ArchiveError, FileRefused, shown

ZIP_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


@contextmanager
def open_archive(path: Path) -> Iterator[list[Entry]]:
    """Open the archive at `path` and give its wanted files, sorted by name; `ArchiveError` says why it is refused."""
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        yield _files_of(path)
    elif not stat.S_ISREG(mode):
        raise ArchiveError(f"{shown(path.name)}: is neither a file nor a folder")
    elif _starts_like_a_zip(path):
        with open_zip(path) as entries:
            yield entries
    elif path.suffix.lower() == ".zip":
        raise ArchiveError(f"{shown(path.name)}: is no zip archive")
    else:
        yield [_file(path)]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise ArchiveError(f"{shown(path.name)}: there is no such file or folder") from None
    except (OSError, ValueError) as failure:
        raise ArchiveError(f"{shown(path.name)}: cannot be opened ({_why(failure)})") from None


def _starts_like_a_zip(path: Path) -> bool:
    with _opened(path) as file:
        return file.read(4) in ZIP_STARTS


def _files_of(folder: Path) -> list[Entry]:
    found: list[Entry] = []
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries, start=1):
                if count > ENTRIES_MAX:
                    raise ArchiveError(f"{shown(folder.name)}: has more than {ENTRIES_MAX:,} entries")
                if WANTED.fullmatch(entry.name):
                    found.append(_file_of(entry))
    except OSError as failure:
        raise ArchiveError(f"{shown(folder.name)}: cannot be read ({_why(failure)})") from None
    if not found:
        raise ArchiveError(f"{shown(folder.name)}: {NOTHING_FOUND}")
    if sum(entry.size for entry in found) > UNPACKED_BYTES_MAX:
        raise ArchiveError(f"{shown(folder.name)}: is larger than {UNPACKED_BYTES_MAX // 1024**2:,} MB")
    return sorted(found, key=lambda entry: entry.name)


def _file_of(entry: os.DirEntry[str]) -> Entry:
    path = Path(entry.path)
    if entry.is_symlink() or not entry.is_file():
        refused = "is a link, not a file" if entry.is_symlink() else "is not a file"
        return Entry(shown(entry.name), 0, None, lambda: _opened(path), refused)
    return _file(path)


def _file(path: Path) -> Entry:
    size = path.stat().st_size
    refused = NO_TALK if ONLY_LIKE_MESSAGES.fullmatch(path.name) else None
    if size > UNPACKED_BYTES_MAX:
        raise ArchiveError(f"{shown(path.name)}: is larger than {UNPACKED_BYTES_MAX // 1024**2:,} MB")
    return Entry(shown(path.name), size, None, lambda: _opened(path), refused)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as failure:
        raise FileRefused(f"{shown(path.name)}: cannot be opened ({_why(failure)})") from None


def _why(failure: Exception) -> str:
    return (failure.strerror if isinstance(failure, OSError) else None) or "not a path"
