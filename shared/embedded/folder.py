"""The data folder: everything of one embedded system, and never two systems at once.

`system.lock` is locked (flock) by the owner, and its servers inherit the lock: the folder counts as free only when the
last process of a system has ended, however it ended. `system.json` says where a running system is; it is believed only
while the folder is locked and its owner lives.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shared.embedded.errors import EmbeddedError

TAKE_OVER_S_MAX = 20.0
"""How long the servers of an owner that is gone may take to end (see `supervisor.GENTLE_S`)."""
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of a running embedded system are."""

    kafka: str
    """host:port"""
    redis: str
    """redis://host:port/0"""
    smtp: str
    """smtp://host:port"""
    pid: int = 0
    """The process that owns the system."""
    processes: Mapping[str, int] = field(default_factory=dict)
    """The servers' process ids by name (kafka, valkey)."""


def running(data_dir: Path) -> Addresses | None:
    """Return where the system of this folder is, or None when none is running (or it is not ready yet)."""
    try:
        text = (data_dir / "system.json").read_text()
        descriptor = os.open(data_dir / "system.lock", os.O_RDWR)
    except OSError:
        return None
    try:
        addresses = Addresses(**json.loads(text))
        return None if _lock(descriptor) or not _lives(addresses.pid) else addresses
    except (ValueError, TypeError):  # not written by us
        return None
    finally:
        os.close(descriptor)


class Folder:
    """A data folder that is ours until `release`."""

    def __init__(self, path: Path, notice: Callable[[str], None]) -> None:
        """Take the folder, or raise `EmbeddedError` when a live system has it. `notice` hears of a dead one."""
        self.path = path.absolute()
        self._make()
        self.descriptor = os.open(self.path / "system.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(notice)
        except BaseException:
            os.close(self.descriptor)
            raise

    def write(self, addresses: Addresses) -> None:
        """Say where the system is."""
        draft = self.path / "system.json.new"
        draft.write_text(json.dumps(asdict(addresses), indent=2) + "\n")
        draft.replace(self.path / "system.json")

    def release(self) -> None:
        """Give the folder back. It stays locked while a server lives."""
        (self.path / "system.json").unlink(missing_ok=True)
        os.ftruncate(self.descriptor, 0)
        os.close(self.descriptor)

    def _make(self) -> None:
        try:
            for name in ("kafka", "valkey", "logs", "mail"):
                (self.path / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise EmbeddedError(
                f"The data folder {self.path} cannot be made ({error.strerror}). Name another in RAPPORT_DATA_DIR."
            ) from None

    def _take(self, notice: Callable[[str], None]) -> None:
        deadline = time.monotonic() + TAKE_OVER_S_MAX
        while not _lock(self.descriptor):
            owner = _pid(os.pread(self.descriptor, 32, 0))
            if owner and _lives(owner):
                raise EmbeddedError(
                    f"The data folder {self.path} is in use by process {owner}. Stop that one first,"
                    " or name another folder in RAPPORT_DATA_DIR."
                )
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Servers of an earlier run still use {self.path}{self._survivors()}."
                    " End them with `kill`, then start again."
                )
            time.sleep(LOOK_S)
        if (former := _pid(os.pread(self.descriptor, 32, 0))) and (self.path / "system.json").exists():
            notice(f"process {former} left {self.path} without stopping; its data is taken over")
        (self.path / "system.json").unlink(missing_ok=True)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"{os.getpid()}\n".encode(), 0)

    def _survivors(self) -> str:
        try:
            pids = json.loads((self.path / "system.json").read_text())["processes"].values()
        except (OSError, ValueError, KeyError, AttributeError):
            return ""
        return f" (perhaps {', '.join(str(pid) for pid in pids if _lives(pid))})"


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(text: bytes) -> int:
    return int(text) if text.strip().isdigit() else 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
