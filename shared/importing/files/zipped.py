"""Look into a zip without believing it: names, sizes and counts are checked before anything is unpacked.

Nothing is ever written to disk. What a header declares is checked here; the bytes that really come out are counted
again while they are read.
"""

from __future__ import annotations

import io
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from shared.importing.files.entries import NOTHING_FOUND, WANTED, Entry
from shared.importing.limits import (
    DEPTH_MAX,
    DIRECTORY_BYTES_MAX,
    ENTRIES_MAX,
    RATIO_FROM_BYTES,
    RATIO_MAX,
    UNPACKED_BYTES_MAX,
    ZIPPED_BYTES_MAX,
)
from shared.importing.refusals import ArchiveError, FileRefused, shown

ENCRYPTED: Final = 0x1
"""General purpose bit 0 (APPNOTE 4.4.4)."""
METHODS: Final = frozenset({ZIP_STORED, ZIP_DEFLATED})
TOO_MANY: Final = f"has more than {ENTRIES_MAX:,} entries"


class _Bounded(io.BufferedReader):
    """The zip's bytes. The table of contents is read in one go of a declared size, so a huge one is refused here."""

    def read(self, size: int | None = -1, /) -> bytes:
        whole = size is None or size < 0
        chunk = super().read(DIRECTORY_BYTES_MAX + 1 if whole else min(size or 0, DIRECTORY_BYTES_MAX + 1))
        if len(chunk) > DIRECTORY_BYTES_MAX:
            raise ArchiveError(TOO_MANY)
        return chunk


@contextmanager
def open_zip(path: Path) -> Iterator[list[Entry]]:
    """Open the zip at `path` and give its wanted files, sorted by name; `ArchiveError` says why it is refused."""
    label = shown(path.name)
    if path.stat().st_size > ZIPPED_BYTES_MAX:
        raise ArchiveError(f"{label}: is larger than {ZIPPED_BYTES_MAX // 1024**2} MB")
    with _Bounded(io.FileIO(path)) as file, _directory(file, label) as archive:
        infos = archive.infolist()
        if len(infos) > ENTRIES_MAX:
            raise ArchiveError(f"{label}: {TOO_MANY}")
        for info in infos:
            _check(info)
        if sum(info.file_size for info in infos) > UNPACKED_BYTES_MAX:
            raise ArchiveError(f"{label}: unpacks to more than {UNPACKED_BYTES_MAX // 1024**2:,} MB")
        found = [
            Entry(shown(info.filename), info.file_size, info.compress_size, _opener(archive, info), _refused(info))
            for info in infos
            if _wanted(info)
        ]
        if not found:
            raise ArchiveError(f"{label}: {NOTHING_FOUND}")
        if len({entry.name for entry in found}) < len(found):
            raise ArchiveError(f"{label}: has two entries of the same name")
        yield sorted(found, key=lambda entry: entry.name)


def _directory(file: io.BufferedReader, label: str) -> ZipFile:
    try:
        return ZipFile(file)
    except ArchiveError as refusal:
        raise ArchiveError(f"{label}: {refusal}") from None
    except (BadZipFile, OSError, EOFError, ValueError, OverflowError, NotImplementedError, struct.error):
        raise ArchiveError(f"{label}: is no zip archive, or a damaged one") from None


def _check(info: ZipInfo) -> None:
    """Refuse an entry that no export has, wanted or not: who packs one such entry is not trusted with the others."""
    name = info.orig_filename
    label = shown(name)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name[:2]:
        raise ArchiveError(f"{label}: this name leads out of the archive")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveError(f"{label}: is a link, not a file")
    if info.flag_bits & ENCRYPTED:
        raise ArchiveError(f"{label}: is encrypted")
    if info.file_size > RATIO_FROM_BYTES and info.file_size > RATIO_MAX * info.compress_size:
        raise ArchiveError(f"{label}: unpacks to more than {RATIO_MAX} times its size")


def _wanted(info: ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    return not info.is_dir() and len(path.parts) <= DEPTH_MAX and WANTED.fullmatch(path.name) is not None


def _refused(info: ZipInfo) -> str | None:
    return None if info.compress_type in METHODS else "is packed in a way that exports do not use"


def _opener(archive: ZipFile, info: ZipInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        try:
            return archive.open(info)
        except (BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error):
            raise FileRefused(f"{shown(info.filename)}: is damaged") from None

    return opened
