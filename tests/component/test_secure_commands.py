"""The commands as people run them: each cause in one line, what may still come is waited for, the rest ends at once."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from rapport.cli import main
from shared.contracts import INVITES, REPLAY, TOPICS
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.acls import acl_plan, grant
from tests.component.secure_kafka import PASSWORD, SecureKafka, secure_kafka
from tests.valkey_cluster import Node, free_ports, until, valkey_cluster

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 240.0
pytestmark = [
    pytest.mark.deep,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # aiokafka waits for no connection to close
]
Environment = dict[str, str]
EVENT = (
    '{"id": "1", "source": "/t", "type": "rapport.promise.kept", "time": "2026-01-05T09:00:00Z", "memberid": "m",'
    ' "data": {"promise_id": "p", "contact_id": "c"}}\n'
)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """With the rights that the file lists, and without any topic."""
    with secure_kafka(tmp_path_factory.mktemp("commands")) as running:
        asyncio.run(grant(KafkaAccess(running.at("OPEN")), acl_plan()))
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    node = Node(tmp_path_factory.mktemp("store") / "valkey", free_ports(1)[0])
    try:
        until(node.answers, "it answers")
        yield f"redis://127.0.0.1:{node.port}"
    finally:
        node.close()


def settings(kafka: SecureKafka, store: str, user: str = "rapport-operator", **changed: str) -> Environment:
    """Enter by TLS and SCRAM."""
    given = {
        "KAFKA": kafka.at("SECURE"),
        "KAFKA_TLS": "true",
        "KAFKA_CA": kafka.file("ca.pem"),
        "KAFKA_SASL": "scram-sha-512",
        "KAFKA_USER": user,
        "KAFKA_PASSWORD": PASSWORD,
        "REDIS": store,
        "SMTP": "smtp://127.0.0.1:1",
        "PARTITIONS": "2",
    }
    return {f"RAPPORT_{name}": value for name, value in (given | changed).items()}


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Rapport = Callable[..., Ran]


@pytest.fixture
def rapport(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Rapport]:
    """The command line in this process: `rapport(environment, *arguments)`."""

    def ran(environment: Environment, *arguments: str) -> Ran:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(EVENT.encode())))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    yield ran
    gc.collect()  # here, where the warning of connections that aiokafka leaves to it is not an error


@contextmanager
def running(environment: Environment, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    rest = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    command = [sys.executable, "-c", "from rapport.entry import main; main()", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=rest | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """Read what it says to people until a line has these words."""
    assert process.stderr is not None
    read: list[str] = []
    for line in process.stderr:
        read.append(line)
        if words in line:
            return line
    raise AssertionError("".join(read))


CAUSES: dict[str, tuple[Callable[[SecureKafka, str], Environment], str]] = {
    "certificate": (
        lambda k, s: settings(k, s, KAFKA_CA=k.file("stranger.pem")),
        "{}: its certificate is not trusted (unable to get local issuer certificate); look at RAPPORT_KAFKA_CA",
    ),
    "password": (
        lambda k, s: settings(k, s, KAFKA_PASSWORD="guessed"),
        "{} does not know this user with this password; look at RAPPORT_KAFKA_USER and RAPPORT_KAFKA_PASSWORD",
    ),
    "unreachable": (
        lambda k, s: settings(k, s, KAFKA="127.0.0.1:1"),
        "127.0.0.1:1 cannot be reached: connection refused; look at RAPPORT_KAFKA",
    ),
}
COMMANDS = {
    "tail": ("tail", "activity", "--exit-at-end"),
    "show": ("show", "ada"),
    "export": ("export", "ada"),
    "rebuild": ("rebuild", "invites", "--yes"),
    "check": ("topics", "check"),
    "apply": ("topics", "apply"),
    "acls": ("topics", "acls"),
    "send": ("send", "-"),
    "run": ("run", "invites"),
}


@pytest.mark.parametrize(
    ("command", "cause"),
    [(command, cause) for command in COMMANDS for cause in CAUSES if (command, cause) != ("run", "unreachable")],
)
def test_every_command_names_the_cause_in_one_line(
    kafka: SecureKafka, store: str, rapport: Rapport, command: str, cause: str
) -> None:
    environment, says = CAUSES[cause]
    expected = f"rapport: Kafka: {says.format(kafka.at('SECURE'))}\n"
    assert rapport(environment(kafka, store), *COMMANDS[command]) == (1, "", expected)


def test_a_start_waits_for_a_kafka_that_is_not_there_yet_and_says_so_once(kafka: SecureKafka, store: str) -> None:
    port = free_ports(1)[0]
    with running(settings(kafka, store, KAFKA=f"127.0.0.1:{port}"), "run", "invites") as process:
        told = json.loads(line_with(process, "waiting: "))["event"]
        assert told == f"waiting: Kafka: 127.0.0.1:{port} cannot be reached: connection refused; look at RAPPORT_KAFKA"
        time.sleep(2)  # long enough for several looks: none of them may speak
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=SECONDS_MAX)[1] == ""
    assert process.returncode == 0


def test_a_service_without_rights_of_its_own_says_which_and_one_with_them_waits_for_its_topics_and_runs(
    kafka: SecureKafka, store: str, rapport: Rapport, tmp_path: Path
) -> None:
    mine = settings(kafka, store, "rapport-invites")
    with running(mine, "run", "invites") as process:
        line = json.loads(line_with(process, "waiting: "))["event"]
        assert INVITES in line
        assert f"{REPLAY}: not there, or not to be seen by this principal" in line
        assert "run `rapport topics apply` as one who may" in line
        applied = rapport(settings(kafka, store), "topics", "apply")
        assert (applied.code, len(applied.out.splitlines())) == (0, len(TOPICS)), applied.err
        line_with(process, "is ready: invites")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0

    ran = rapport(mine, "run", "followups")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    for right in ("Write on topic rapport.followups.v1", "Read on group rapport-followups"):
        assert f"{right} (for followups)" in ran.err

    found = {check["name"]: check for check in json.loads(rapport(mine, "doctor", "--json").out)["checks"]}
    assert (found["kafka"]["ok"], found["rights"]["ok"], found["store"]["ok"]) == (True, True, True)
    assert found["rights"]["says"].startswith("enough to run invites; followups lacks ")
    assert (found["invites"]["ok"], found["followups"]["ok"]) == (True, True)
    assert found["followups"]["says"].startswith("not looked at: this principal lacks Read on topic rapport.followups")
    assert found["rights"]["says"].endswith("; gateway lacks Write on topic rapport.activity.v1")

    event = tmp_path / "event.jsonl"
    event.write_text(EVENT)
    sent = rapport(mine, "send", str(event))
    assert sent.code == 1
    assert "Kafka does not allow this principal what it tries on topic rapport.activity.v1" in sent.err


def test_the_gateway_runs_under_a_principal_that_may_only_write_activity_and_under_no_other(
    kafka: SecureKafka, store: str, rapport: Rapport
) -> None:
    assert rapport(settings(kafka, store), "topics", "apply").code == 0
    port = free_ports(1)[0]
    door = {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LINK_SECRET": "only-for-tests-and-for-nothing-else",
        "GATEWAY": f"127.0.0.1:{port}",
    }
    with running(settings(kafka, store, "rapport-gateway", **door), "run", "gateway") as process:
        line_with(process, "is ready: gateway")
        checked = json.loads(rapport(settings(kafka, store, "rapport-gateway"), "doctor", "--json").out)["checks"]
        found = {check["name"]: check for check in checked}
        assert found["rights"]["ok"]
        assert found["rights"]["says"].startswith("enough to run gateway; invites lacks ")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0
    ran = rapport(settings(kafka, store, "rapport-invites", **door), "run", "gateway")
    assert ran.code == 1
    assert "Write on topic rapport.activity.v1 (for gateway)" in ran.err


def test_a_service_runs_on_a_cluster_and_the_commands_find_what_it_stores(
    kafka: SecureKafka, store: str, rapport: Rapport, tmp_path: Path
) -> None:
    assert rapport(settings(kafka, store), "topics", "apply").code == 0
    mine = settings(kafka, store, "rapport-invites")
    with (
        valkey_cluster(tmp_path / "cluster") as cluster,
        running(mine | {"RAPPORT_REDIS": cluster.url}, "run", "invites") as on,
    ):
        line_with(on, "is ready: invites")
        shown = rapport(settings(kafka, cluster.url), "show", "nobody")
        assert shown.err == "rapport: nothing is known of this member (or the services have not read it yet)\n"
        emptied = rapport(settings(kafka, cluster.url), "rebuild", "invites", "--yes")
        assert (emptied.code, "the store of 2 partitions is empty" in emptied.err) == (0, True), emptied.err
        checked = json.loads(rapport(settings(kafka, cluster.url), "doctor", "--json").out)["checks"]
        assert {check["name"]: check["ok"] for check in checked}["store"] is True


def test_the_store_is_told_apart_as_well(kafka: SecureKafka, store: str, rapport: Rapport) -> None:
    assert rapport(settings(kafka, store), "topics", "apply").code == 0
    wrong = store.replace("redis://", "redis://eve:guessed@")
    says = f"store: {store.removeprefix('redis://')} does not know this user with this password; look at RAPPORT_REDIS"
    for arguments in (("show", "ada"), ("rebuild", "invites", "--yes")):
        ran = rapport(settings(kafka, wrong), *arguments)
        assert (ran.code, ran.err) == (1, f"rapport: {says}\n")
    ran = rapport(settings(kafka, wrong, "rapport-invites"), "run", "invites")
    assert (ran.code, ran.err) == (1, f"rapport: {says}\n")
