"""Apache Kafka's jars: fetched once by Maven coordinate, kept, and never used unless their SHA-256 is known.

`kafka.lock` names every jar with its checksum. Jars lie in the user's cache folder (`$XDG_CACHE_HOME/rapport/jars`,
usually `~/.cache`), shared by all data folders. A jar is written beside its place and renamed, so whatever interrupts a
download leaves no half jar behind.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from shared.embedded.folder.errors import EmbeddedError

Progress = Callable[[str, int, int], None]
"""Called with (step, how much is done, of how much)."""

DOWNLOADS_AT_ONCE_MAX = 8
DOWNLOAD_TIMEOUT_S = 30
ATTEMPTS_MAX = 3
STEP = "downloading Apache Kafka (43 MB, once)"


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def lock() -> list[Jar]:
    """Return the jars that make Apache Kafka."""
    jars = []
    for line in Path(__file__).with_name("kafka.lock").read_text().splitlines():
        coordinate, digest = line.split()
        group, artifact, version = coordinate.split(":")
        jars.append(Jar(group, artifact, version, digest.removeprefix("sha256:")))
    return jars


def cache_folder() -> Path:
    """Return where jars are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rapport" / "jars"


def classpath(mirror: str | None, progress: Progress, cache: Path | None = None) -> str:
    """Return the Java class path of Apache Kafka; download from `mirror` (or Maven Central) what is missing.

    Every jar is checked at every start (0.05 s). `EmbeddedError` when one has another checksum than the lock says, or
    cannot be downloaded.
    """
    folder = cache or cache_folder()
    jars = lock()
    missing = [jar for jar in jars if not (folder / jar.name).exists()]
    for jar in jars:
        if jar not in missing:
            _check(jar, folder / jar.name, f"Delete it ({folder / jar.name}) and start again: it is downloaded afresh.")
    if missing:
        _download(missing, len(jars), folder, mirror, progress)
    return os.pathsep.join(str(folder / jar.name) for jar in jars)


def _check(jar: Jar, path: Path, way_out: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != jar.sha256:
        raise EmbeddedError(f"{jar.name} has SHA-256 {found}, but {jar.sha256} is expected: refused. {way_out}")


def _download(missing: list[Jar], total: int, folder: Path, mirror: str | None, progress: Progress) -> None:
    _make(folder)
    source = mirror.rstrip("/") if mirror else None
    done = total - len(missing)
    progress(STEP, done, total)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as workshop:
        pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE_MAX, thread_name_prefix="jars")
        try:
            for future in as_completed([pool.submit(_fetch, jar, source, Path(workshop), folder) for jar in missing]):
                future.result()
                done += 1
                progress(STEP, done, total)
        finally:
            pool.shutdown(cancel_futures=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"The cache folder {folder} cannot be made ({error.strerror}). Set XDG_CACHE_HOME to a folder of yours."
        ) from None


def _fetch(jar: Jar, source: str | None, workshop: Path, folder: Path) -> None:
    reason = ""
    for attempt in range(ATTEMPTS_MAX):
        try:
            path = _resolve(jar, source, workshop / f"{attempt}")
        except Exception as error:  # noqa: BLE001 - whatever jgo raises means "not got"
            reason = type(error).__name__
            continue
        _check(jar, path, f"It came from {_shown(source)}: name a mirror that serves the real file in RAPPORT_MAVEN.")
        path.replace(folder / jar.name)
        return
    raise EmbeddedError(
        f"{jar.name} could not be downloaded from {_shown(source)} ({reason}). Name a Maven mirror that this"
        f" machine reaches in RAPPORT_MAVEN, or copy the jars of a machine that has them into {folder}."
    )


def _shown(source: str | None) -> str:
    """Return the mirror's address without a password that it may carry."""
    if source is None:
        return "Maven Central"
    scheme, separator, rest = source.rpartition("://")
    return scheme + separator + rest.rpartition("@")[2]


def _resolve(jar: Jar, source: str | None, repository: Path) -> Path:
    from jgo.maven import MavenContext, PythonResolver

    context = MavenContext(
        resolver=PythonResolver(),
        repo_cache=repository,
        remote_repos={"source": source} if source else None,  # none: jgo's own, which is Maven Central
        timeout=DOWNLOAD_TIMEOUT_S,
    )
    return Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
