"""The data folder: everything of one embedded system, and never two systems at once.

Two files are locked (flock), and the kernel unlocks them however a process ends: `owner.lock` by the owner alone, so it
tells a live owner from a dead one; `system.lock` by its servers, too, who inherit it, so the folder is free only when
the last of them has ended. `system.json` says where a running system is; it is believed only while its owner lives.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shared.embedded.folder.errors import EmbeddedError, InUse
from shared.embedded.folder.private import write_private

if TYPE_CHECKING:
    from shared.runtime.kafka.connection import KafkaAccess

TAKE_OVER_S_MAX = 65.0
"""How long the servers of an owner that is gone may take to end (see `supervisor.GENTLE_S`)."""
LOOKED_AT_S_MAX = 0.5
"""Who asks whether a system is running holds the owner's lock for an instant: as long as this, it is asked again."""
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of a running embedded system are."""

    kafka: str
    """host:port; who enters is `access`."""
    redis: str = field(repr=False)
    """redis://:password@host:port/0"""
    smtp: str
    """smtp://host:port"""
    pid: int = 0
    """The process that owns the system."""
    processes: Mapping[str, int] = field(default_factory=dict)
    """The servers' process ids by name (kafka, valkey)."""
    given_up: Mapping[str, str] = field(default_factory=dict)
    """Servers that end again and again, with the reason that their log gives; each is tried again every minute."""
    user: str = ""
    """Who enters Kafka, by SASL/PLAIN."""
    password: str = field(default="", repr=False)

    def access(self) -> KafkaAccess:
        """Return how to reach and enter Kafka."""
        from shared.runtime.kafka.connection import KafkaAccess

        return KafkaAccess.by_password(self.kafka, self.user, self.password)


def running(data_dir: Path) -> Addresses | None:
    """Return where the system of this folder is, or None when none is running (or it is not ready yet)."""
    try:
        text = (data_dir / "system.json").read_text()
        descriptor = os.open(data_dir / "owner.lock", os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _lock(descriptor) else Addresses(**json.loads(text))
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
        self._owned = os.open(self.path / "owner.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self.descriptor = os.open(self.path / "system.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(notice)
        except BaseException:
            self._close()
            raise

    def write(self, addresses: Addresses) -> None:
        """Say where the system is."""
        draft = self.path / "system.json.new"
        write_private(draft, json.dumps(asdict(addresses), indent=2) + "\n")
        draft.replace(self.path / "system.json")

    def release(self) -> None:
        """Give the folder back. It stays locked while a server lives."""
        (self.path / "system.json").unlink(missing_ok=True)
        os.ftruncate(self._owned, 0)
        self._close()

    def _close(self) -> None:
        os.close(self.descriptor)
        os.close(self._owned)

    def _make(self) -> None:
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True, mode=0o700)
            for name in ("kafka", "valkey", "logs", "mail"):
                (self.path / name).mkdir(exist_ok=True, mode=0o700)
                (self.path / name).chmod(0o700)  # it may be older than this rule
        except OSError as error:
            raise EmbeddedError(
                f"The data folder {self.path} cannot be made ({error.strerror}). Name another in RAPPORT_DATA_DIR."
            ) from None

    def _take(self, notice: Callable[[str], None]) -> None:
        if not _lock_within(self._owned, LOOKED_AT_S_MAX):
            raise InUse(
                f"The data folder {self.path} is in use by process {self._former() or '(just starting)'}."
                " Stop that one first, or name another folder in RAPPORT_DATA_DIR."
            )
        if not _lock_within(self.descriptor, TAKE_OVER_S_MAX):
            raise EmbeddedError(
                f"Servers of an earlier run still use {self.path}{self._survivors()}. End them with `kill -9`,"
                " then start again."
            )
        if former := self._former():
            notice(f"process {former} left {self.path} without stopping; its data is taken over")
        (self.path / "system.json").unlink(missing_ok=True)
        os.ftruncate(self._owned, 0)
        os.pwrite(self._owned, f"{os.getpid()}\n".encode(), 0)

    def _former(self) -> int:
        text = os.pread(self._owned, 32, 0).strip()
        return int(text) if text.isdigit() else 0

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


def _lock_within(descriptor: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _lock(descriptor):
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_S)
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
