"""Every way into Kafka: those that work, and what is said about each that does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rapport.system.endpoints import topic_partitions
from shared.config.settings import Settings
from shared.runtime.diagnostics.connection_probe import Kind
from shared.runtime.diagnostics.kafka_diagnosis import kafka_trouble
from shared.runtime.kafka.connection import KafkaAccess
from tests.component.secure_kafka import PASSWORD, SecureKafka, secure_kafka
from tests.valkey_cluster import free_ports

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("secure")) as running:
        yield running


def access(kafka: SecureKafka, listener: str, **settings: Any) -> KafkaAccess:
    given = Settings(kafka=kafka.at(listener), **settings)
    assert given.kafka is not None
    return KafkaAccess(given.kafka, given.kafka_security())


def login(mechanism: str, **changed: str) -> dict[str, str]:
    return {"kafka_sasl": mechanism, "kafka_user": "admin", "kafka_password": PASSWORD} | changed


def tls(kafka: SecureKafka, ca: str = "ca.pem", **more: str) -> dict[str, Any]:
    return {"kafka_tls": True, "kafka_ca": kafka.file(ca)} | more


WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "open": ("OPEN", {}),
    "tls": ("TLS", {"tls": {}}),
    "client certificate": ("MTLS", {"tls": {"kafka_certificate": "client.pem", "kafka_key": "client.key"}}),
    "locked key": (
        "MTLS",
        {"tls": {"kafka_certificate": "client.pem", "kafka_key": "locked.key"}, "kafka_key_password": PASSWORD},
    ),
    "plain": ("LOGIN", login("plain")),
    "scram": ("LOGIN", login("scram-sha-256")),
    "plain over tls": ("SECURE", {"tls": {}, **login("plain")}),
    "scram-256 over tls": ("SECURE", {"tls": {}, **login("scram-sha-256")}),
    "scram-512 over tls": ("SECURE", {"tls": {}, **login("scram-sha-512")}),
}


def way(kafka: SecureKafka, name: str) -> KafkaAccess:
    listener, given = WAYS[name]
    settings: dict[str, Any] = {**given}
    if (files := settings.pop("tls", None)) is not None:
        settings |= tls(kafka, **{key: kafka.file(file) for key, file in files.items()})
    return access(kafka, listener, **settings)


@pytest.mark.parametrize("name", WAYS)
async def test_every_way_in_works_and_no_trouble_is_found(kafka: SecureKafka, name: str) -> None:
    wanted = way(kafka, name)
    assert isinstance(await topic_partitions(wanted), dict)
    assert await kafka_trouble(wanted) is None


NOT_IN: dict[str, tuple[Callable[[SecureKafka], KafkaAccess], Kind, str]] = {
    "untrusted": (lambda k: access(k, "TLS", **tls(k, "stranger.pem")), Kind.UNTRUSTED, "certificate is not trusted"),
    "untrusted login": (
        lambda k: access(k, "SECURE", **tls(k, "stranger.pem"), **login("plain")),
        Kind.UNTRUSTED,
        "RAPPORT_KAFKA_CA",
    ),
    "other name": (lambda k: access(k, "OTHERNAME", **tls(k)), Kind.OTHER_NAME, "is for another host name"),
    "tls to plaintext": (lambda k: access(k, "OPEN", **tls(k)), Kind.NO_TLS, "speaks no TLS on this port"),
    "tls to login": (
        lambda k: access(k, "LOGIN", **tls(k), **login("plain")),
        Kind.NO_TLS,
        "leave RAPPORT_KAFKA_TLS out",
    ),
    "plaintext to tls": (lambda k: access(k, "TLS"), Kind.ONLY_TLS, "set RAPPORT_KAFKA_TLS=true"),
    "login to tls": (lambda k: access(k, "SECURE", **login("plain")), Kind.ONLY_TLS, "set RAPPORT_KAFKA_TLS=true"),
    "no client certificate": (
        lambda k: access(k, "MTLS", **tls(k)),
        Kind.CLIENT_CERTIFICATE,
        "look at RAPPORT_KAFKA_CERTIFICATE",
    ),
    "wrong password": (
        lambda k: access(k, "SECURE", **tls(k), **login("scram-sha-256", kafka_password="guessed")),
        Kind.PASSWORD,
        "RAPPORT_KAFKA_PASSWORD",
    ),
    "wrong plain password": (
        lambda k: access(k, "LOGIN", **login("plain", kafka_password="guessed")),
        Kind.PASSWORD,
        "does not know this user",
    ),
    "unknown user": (
        lambda k: access(k, "LOGIN", **login("scram-sha-256", kafka_user="eve")),
        Kind.PASSWORD,
        "this user",
    ),
    "mechanism": (lambda k: access(k, "LOGIN", **login("scram-sha-512")), Kind.LOGIN, "not SCRAM-SHA-512"),
    "no login": (lambda k: access(k, "LOGIN"), Kind.LOGIN, "asks for a login (PLAIN, SCRAM-SHA-256)"),
    "login where none is asked for": (
        lambda k: access(k, "OPEN", **login("plain")),
        Kind.LOGIN,
        "leave RAPPORT_KAFKA_SASL",
    ),
    "nobody": (lambda k: KafkaAccess(f"127.0.0.1:{free_ports(1)[0]}"), Kind.UNREACHABLE, "connection refused"),
    "no such name": (lambda k: KafkaAccess("kafka.invalid:9092"), Kind.UNREACHABLE, "the name is not known"),
}


@pytest.mark.parametrize("name", NOT_IN)
async def test_every_way_that_does_not_lead_in_is_told_apart(kafka: SecureKafka, name: str) -> None:
    made, kind, says = NOT_IN[name]
    trouble = await kafka_trouble(made(kafka))
    assert trouble is not None
    assert (trouble.kind, says in trouble.says, "\n" in trouble.says) == (kind, True, False), trouble.says
    assert PASSWORD not in trouble.says
    assert "guessed" not in trouble.says


async def test_one_server_that_can_be_entered_is_enough(kafka: SecureKafka) -> None:
    assert await kafka_trouble(KafkaAccess(f"127.0.0.1:{free_ports(1)[0]},{kafka.at('OPEN')}")) is None


async def test_a_server_that_is_no_kafka_is_said_to_be_none() -> None:
    async def chat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.close()

    server = await asyncio.start_server(chat, "127.0.0.1", 0)
    try:
        trouble = await kafka_trouble(KafkaAccess(f"127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    finally:
        server.close()
    assert trouble is not None
    assert (trouble.kind, "does not answer as a Kafka does" in trouble.says) == (Kind.SILENT, True)
