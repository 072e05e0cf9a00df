"""The embedded servers are their owner's alone: other accounts of the machine reach the ports, and get no further."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from confluent_kafka.admin import AdminClient
from redis import Redis
from redis.exceptions import AuthenticationError

from shared.config.settings import Settings
from shared.embedded import Addresses, System, ports
from shared.embedded.folder.entry import CLIENT_ENV, CLIENT_PROPERTIES, password_of

pytestmark = pytest.mark.deep

SECONDS_MAX = 60.0
NOBODY = 65_534
KNOCK = """
import asyncio, json, os, socket, sys
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

async def enters(port):
    client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{port}", request_timeout_ms=3000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()

nobody, valkey, *kafkas = map(int, sys.argv[1:])
"loopback".encode("idna")  # codecs and modules are loaded before: nobody may not be allowed to read them
asyncio.run(enters(kafkas[-1]))
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(nobody)
    os.setuid(nobody)
    assert os.geteuid() == nobody
with socket.create_connection(("127.0.0.1", valkey), timeout=10) as connection:
    connection.sendall(b"PING\\r\\n")
    print(json.dumps([connection.recv(64).decode(), *[asyncio.run(enters(port)) for port in kafkas]]))
"""
"""What another account can try: it has no password, and cannot read it."""


def _ports(addresses: Addresses) -> tuple[int, int]:
    return urlsplit(addresses.redis).port or 0, urlsplit(f"kafka://{addresses.kafka}").port or 0


def _knocked(*at: int) -> list[object]:
    """Knock without a password, as `nobody` where this is root."""
    ran = subprocess.run(
        [sys.executable, "-c", KNOCK, *map(str, [NOBODY, *at])],
        capture_output=True, check=False, timeout=SECONDS_MAX, cwd="/", text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found: list[object] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_nobody_enters_without_the_password(embedded: System) -> None:
    """The open listener, which only tests have, shows that it is the password that keeps the others out."""
    valkey, kafka = _ports(embedded.addresses)
    controller = json.loads((embedded.folder / "ports.json").read_text())["controller"]
    answer, *entered = _knocked(valkey, kafka, controller, int(embedded.kafka.rpartition(":")[2]))
    assert str(answer).startswith("-NOAUTH")
    assert entered == [False, False, True]


def test_a_wrong_password_is_no_password(embedded: System) -> None:
    valkey, _ = _ports(embedded.addresses)
    with pytest.raises(AuthenticationError), Redis(host=ports.LOOPBACK, port=valkey, password="a" * 43) as client:
        client.ping()


def test_no_command_line_has_the_password_and_its_files_are_their_owners(embedded: System) -> None:
    password = embedded.addresses.password
    assert len(password) == 43
    for name, pid in embedded.addresses.processes.items():
        lines = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert password.encode() not in lines, name
    assert password not in repr(embedded.addresses)
    with_it = [
        path
        for path in embedded.folder.rglob("*")
        if path.is_file() and "log" not in path.parts and password.encode() in path.read_bytes()
    ]
    assert {path.name for path in with_it} == {
        "password", "system.json", "server.properties", "valkey.conf", CLIENT_PROPERTIES, CLIENT_ENV,
    }  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) for path in with_it} == {0o600}
    assert not any(password.encode() in log.read_bytes() for log in (embedded.folder / "logs").iterdir())


def test_clients_of_others_enter_by_the_files_of_the_data_folder(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in (embedded.folder / CLIENT_ENV).read_text().splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    settings = Settings()
    assert settings.kafka == embedded.addresses.kafka
    with Redis.from_url(settings.redis_url() or "") as client:
        assert client.ping()
    given = dict(line.split("=", 1) for line in (embedded.folder / CLIENT_PROPERTIES).read_text().splitlines())
    login = dict(part.split("=", 1) for part in given.pop("sasl.jaas.config").rstrip(";").split()[2:])
    entry = {f"sasl.{name}": value.strip('"') for name, value in login.items()}  # as librdkafka names them
    topics = AdminClient({**given, **entry}).list_topics(timeout=SECONDS_MAX).topics
    assert "rapport.activity.v1" in topics


def test_a_password_stays_and_one_that_others_could_read_is_closed(tmp_path: Path) -> None:
    first = password_of(tmp_path)
    (tmp_path / "password").chmod(0o644)
    assert password_of(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "password").stat().st_mode) == 0o600
    (tmp_path / "password").write_text("short")
    assert password_of(tmp_path) not in (first, "short")
