"""How Kafka's jars come: from a mirror, once, checked; and what is said when they cannot."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.embedded import EmbeddedError, jars, start
from shared.embedded.ports import LOOPBACK, choose

Serve = Callable[[dict[str, bytes]], str]


def quiet(step: str, done: int, total: int) -> None:
    """Nobody looks."""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """A Maven mirror with the given files; return its address."""
    servers: list[ThreadingHTTPServer] = []

    def run(files: dict[str, bytes]) -> str:
        root = tmp_path / "mirror"
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        server = ThreadingHTTPServer((LOOPBACK, 0), partial(Quiet, directory=str(root)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://user:secret@{LOOPBACK}:{server.server_address[1]}/"

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A lock of two small jars; return their bytes by the path that a Maven repository gives them."""
    files = {"org/a/one/1.0/one-1.0.jar": b"first", "org/a/two/2.0/two-2.0.jar": b"second"}
    lines = []
    for path, content in files.items():
        *group, artifact, version, _ = path.split("/")
        lines.append(jars.Jar(".".join(group), artifact, version, hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(jars, "lock", lambda: lines)
    return files


def test_jars_come_from_the_mirror_once_and_are_kept(serve: Serve, small: dict[str, bytes], tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    cache = tmp_path / "cache"
    classpath = jars.classpath(serve(small), lambda _, done, total: steps.append((done, total)), cache)
    assert [Path(path).read_bytes() for path in classpath.split(":")] == [b"first", b"second"]
    assert steps == [(0, 2), (1, 2), (2, 2)]
    assert sorted(path.name for path in cache.iterdir()) == ["one-1.0.jar", "two-2.0.jar"], "nothing half done"

    assert jars.classpath("http://127.0.0.1:9", quiet, cache) == classpath, "the next time needs no mirror"


def test_a_mirror_that_serves_another_jar_is_refused(serve: Serve, small: dict[str, bytes], tmp_path: Path) -> None:
    small["org/a/two/2.0/two-2.0.jar"] = b"forged"
    with pytest.raises(EmbeddedError, match=r"two-2\.0\.jar has SHA-256 .*refused.*RAPPORT_MAVEN") as refusal:
        jars.classpath(serve(small), quiet, tmp_path / "cache")
    assert "secret" not in str(refusal.value)
    assert not (tmp_path / "cache" / "two-2.0.jar").exists()


def test_a_kept_jar_that_has_changed_is_refused_and_the_file_named(small: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "one-1.0.jar").write_bytes(b"first")
    (tmp_path / "two-2.0.jar").write_bytes(b"changed")
    with pytest.raises(EmbeddedError, match=rf"refused\. Delete it \({tmp_path}/two-2\.0\.jar\)"):
        jars.classpath(None, quiet, tmp_path)


def test_without_a_way_to_download_the_start_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with socket.socket() as closed:
        closed.bind((LOOPBACK, 0))  # bound, but nobody listens: refused for as long as we hold it
        mirror = f"http://{LOOPBACK}:{closed.getsockname()[1]}"
        said = rf"could not be downloaded from {mirror}.*RAPPORT_MAVEN.*cache"
        with pytest.raises(EmbeddedError, match=said), start(tmp_path / "data", mirror=mirror):
            pytest.fail("there is no Kafka to start")
    assert not (tmp_path / "data" / "system.json").exists()


def test_the_lock_names_each_jar_once_with_a_checksum() -> None:
    found = jars.lock()
    assert len({jar.name for jar in found}) == len(found) == 45
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in found)


def test_a_port_is_kept_from_run_to_run_unless_somebody_took_it(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = choose(file, ["kafka", "valkey"])
    assert choose(file, ["kafka", "valkey"]) == first
    with socket.create_server((LOOPBACK, first["kafka"])):
        other = choose(file, ["kafka", "valkey"])
    assert other["kafka"] != first["kafka"]
    assert other["valkey"] == first["valkey"]
