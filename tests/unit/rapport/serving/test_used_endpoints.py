"""Two processes that start at once on one data folder: one system, whoever is first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rapport.serving import used_endpoints as module
from rapport.serving.used_endpoints import Endpoints, endpoints, for_clients, where
from shared import embedded
from shared.config.settings import Settings
from shared.embedded.folder.data_folder import Addresses, Folder
from shared.embedded.folder.entry import CLIENT_ENV, CLIENT_PROPERTIES
from shared.runtime.kafka.connection import KafkaAccess

SECRET = "a-password"
FIRST = Addresses(
    "127.0.0.1:9", f"redis://:{SECRET}@127.0.0.1:10/0", "smtp://127.0.0.1:11", 1, user="rapport", password=SECRET
)


class Screen(Console):
    """Where the second one says that it waits."""

    def __init__(self) -> None:
        super().__init__(stderr=True)
        self.said = threading.Event()

    def print(self, *words: Any, **style: Any) -> None:
        assert "another process is starting" in str(words[0])
        self.said.set()


def _first(folder: Path, then: str, screen: Screen) -> tuple[threading.Event, threading.Thread]:
    """Take the folder as a process does that starts, and be ready (or gone) once the second one waits."""
    taken, done = threading.Event(), threading.Event()

    def work() -> None:
        own = Folder(folder, lambda _: None)
        taken.set()
        screen.said.wait(60)
        if then == "ready":
            own.write(FIRST)
            done.wait(60)
        own.release()

    thread = threading.Thread(target=work)
    thread.start()
    assert taken.wait(60)
    return done, thread


def test_the_second_waits_for_the_first_and_joins_it(tmp_path: Path) -> None:
    screen = Screen()
    done, thread = _first(tmp_path, "ready", screen)
    try:
        with endpoints(Settings(data_dir=tmp_path), screen) as found:
            entry = found.kafka.connection()
            assert (entry["bootstrap_servers"], entry["sasl_plain_password"]) == (FIRST.kafka, SECRET)
            assert found.redis == FIRST.redis
    finally:
        done.set()
        thread.join()
    assert screen.said.is_set()


def test_the_second_starts_by_itself_when_the_first_does_not_come_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = list[Path]()

    @contextmanager
    def start(folder: Path, **given: Any) -> Iterator[Any]:
        own = Folder(folder, lambda _: None)  # refuses as the real one does while the first has it
        own.release()
        began.append(folder)
        yield type("Started", (), {"addresses": FIRST})

    monkeypatch.setattr(embedded, "start", start)
    screen = Screen()
    done, thread = _first(tmp_path, "gone", screen)
    with endpoints(Settings(data_dir=tmp_path), screen) as found:
        assert found.redis == FIRST.redis
    assert began == [tmp_path]
    done.set()
    thread.join()


def test_the_wait_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JOIN_SECONDS_MAX", 0.0)
    own = Folder(tmp_path, lambda _: None)
    with (
        pytest.raises(embedded.InUse, match="in use by process"),
        endpoints(Settings(data_dir=tmp_path), Console(stderr=True)),
    ):
        pytest.fail("two systems in one folder")
    own.release()


def test_the_ready_line_names_every_part_and_no_password(tmp_path: Path) -> None:
    found = Endpoints(FIRST.access(), FIRST.redis, FIRST.smtp, tmp_path)
    says = where(["invites", "digest"], Settings(monitoring="127.0.0.1:12"), found)
    assert says == (
        f"Kafka 127.0.0.1:9, store 127.0.0.1:10, metrics http://127.0.0.1:12/metrics, mails kept in {tmp_path / 'mail'}"
    )
    clients = for_clients(Settings(), found) or ""
    assert {str(tmp_path / name) in clients for name in (CLIENT_ENV, CLIENT_PROPERTIES)} == {True}
    assert SECRET not in says + clients + repr(found)
    mine = Settings.model_validate({"kafka": "k:9092", "redis": "redis://:x@r:1/0", "smtp": "smtp://u:x@m:25"})
    own = Endpoints(KafkaAccess("k:9092"), "redis://:x@r:1/0", "smtp://u:x@m:25")
    assert where(["digest", "gateway"], mine, own) == (
        "Kafka k:9092, store r:1, pages http://127.0.0.1:8080, mails to m:25"
    )
    assert for_clients(mine, own) is None
