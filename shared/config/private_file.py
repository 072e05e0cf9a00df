"""A file that commands change and processes read anew: keys of the API, endpoints of webhooks.

One process at a time changes it, and it is replaced whole: whoever reads sees the old one or the new one.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import BaseModel

LOCK_SECONDS_MAX: Final = 10.0
"""How long another process is waited for: it reads, and writes some kilobytes."""
LOOK_SECONDS: Final = 0.02


class PrivateFileUnreadable(Exception):
    """The file cannot be read; the message says which, and why."""


def version_of(path: Path) -> tuple[int, int, int]:
    """Return what is another one when the file is: to read it anew. OSError."""
    about = path.stat()
    return about.st_mtime_ns, about.st_size, about.st_ino


def content_of(path: Path, bytes_max: int) -> bytes | None:
    """Return what the file holds; None where there is no file. `PrivateFileUnreadable`, also where it is longer."""
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PrivateFileUnreadable(f"{path}: {error.strerror}") from error
    if len(content) > bytes_max:
        raise PrivateFileUnreadable(f"{path}: is longer than {bytes_max} bytes")
    return content


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Let nobody else change the file meanwhile. OSError where that cannot be had within `LOCK_SECONDS_MAX`.

    A file beside it is locked, as the file itself is replaced; it stays, for one that is deleted is no lock for who waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _given_to_owner_of(path.parent, descriptor)
        _lock(descriptor, lock)
        yield
    finally:
        os.close(descriptor)


def replace(path: Path, text: str) -> None:
    """Put another file in the place of this one, of the same mode and, where that is possible, owner."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    write_private(beside, text)
    with suppress(FileNotFoundError):
        about = path.stat()
        _give(beside, about)
        beside.chmod(stat.S_IMODE(about.st_mode))
    beside.replace(path)


def replace_list(path: Path, name: str, entries: Sequence[BaseModel]) -> None:
    """Put another file in the place of this one: entries as JSON, for people to read, below one name."""
    written = {name: [one.model_dump(mode="json", exclude_none=True) for one in entries]}
    replace(path, json.dumps(written, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _give(to: Path | int, about: os.stat_result) -> None:
    """Give a file to an owner and group. Only root may give one away, so this does what it can."""
    with suppress(PermissionError):
        os.chown(to, about.st_uid, about.st_gid)


def _given_to_owner_of(folder: Path, descriptor: int) -> None:
    """Let whoever owns the folder lock, too, where root was the first."""
    about = folder.stat()
    if os.geteuid() == 0 and os.fstat(descriptor).st_uid != about.st_uid:
        _give(descriptor, about)


def _lock(descriptor: int, lock: Path) -> None:
    deadline = time.monotonic() + LOCK_SECONDS_MAX
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise OSError(errno.EBUSY, "another process is changing the file beside it", str(lock)) from None
            time.sleep(LOOK_SECONDS)
        else:
            return
