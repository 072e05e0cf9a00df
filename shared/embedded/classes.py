"""Archives of Java's classes as they are in memory: with them Kafka starts on half the processor time.

Java knows two kinds, one on top of the other. The base holds the classes of the runtime itself; many runtimes come with
one, that of the wheel does not, so it is made here once (2 s). The top holds Kafka's classes and is written by the first
Kafka that ends. Java itself checks that both fit, and goes without them if they do not.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from shared.embedded.folder.private import UMASK

BASE_S_MAX = 120
RUNTIMES_MAX = 4
"""Archives are kept for so many pairs of runtime and jars, 60 MB each; those that were made first go first."""
UNFINISHED_S_MAX = 3600.0
"""What is not finished by then was left by a Kafka that was killed while it wrote."""


class Options(NamedTuple):
    """Options of Java."""

    read: list[str]
    """To start from what is there."""
    write: list[str]
    """To leave behind, at its end, what is not there yet."""


def archived(java: Sequence[str], classpath: str, folder: Path) -> Options:
    """Return the options for `java` (the program and its options) and these jars; the archives lie in `folder`.

    Blocking: 2 s when the base is made. Whatever fails costs the archive and nothing else.
    """
    if os.pathsep in str(folder):  # it parts the two names
        return Options([], [])
    with suppress(OSError, subprocess.SubprocessError):
        runtime = (Path(java[0]).parents[1] / "lib" / "modules").stat()
        key = repr([*java, runtime.st_size, runtime.st_mtime_ns, classpath])
        name = f"classes-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        base, top = folder / f"{name}.base.jsa", folder / f"{name}.top.jsa"
        if not base.exists():
            _make_base(java, base)
            _forget(folder)
        if not top.exists() and not _adopted(top):
            return Options([f"-XX:SharedArchiveFile={base}"], [f"-XX:ArchiveClassesAtExit={_unfinished(top)}"])
        return Options([f"-XX:SharedArchiveFile={base}{os.pathsep}{top}"], [])
    return Options([], [])


def _unfinished(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.{os.getpid()}-{time.monotonic_ns()}")


def _make_base(java: Sequence[str], base: Path) -> None:
    made = _unfinished(base)
    command = [*java, "-Xshare:dump", f"-XX:SharedArchiveFile={made}"]
    subprocess.run(command, check=True, capture_output=True, timeout=BASE_S_MAX, stdin=subprocess.DEVNULL, umask=UMASK)
    made.replace(base)


def _adopted(top: Path) -> bool:
    """Give the archive that a Kafka has left behind its name. Java writes its first bytes last."""
    for made in sorted(top.parent.glob(f"{top.name}.*")):
        with made.open("rb") as file:
            finished = any(file.read(4))
        if finished:
            made.replace(top)
            return True
        if time.time() - made.stat().st_mtime > UNFINISHED_S_MAX:
            made.unlink()
    return False


def _forget(folder: Path) -> None:
    bases = sorted(folder.glob("classes-*.base.jsa"), key=lambda base: base.stat().st_mtime)
    for base in bases[:-RUNTIMES_MAX]:
        for old in folder.glob(f"{base.name.partition('.')[0]}.*"):
            old.unlink(missing_ok=True)
