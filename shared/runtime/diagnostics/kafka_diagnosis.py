"""Why Kafka cannot be entered, in one line: which broker, which step, and where to look."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedSaslMechanismError,
    for_code,
)
from aiokafka.protocol.admin import SaslHandShakeRequest
from aiokafka.protocol.metadata import MetadataRequest

from shared.runtime.diagnostics.connection_probe import STEP_SECONDS_MAX, Kind, Trouble, speaks_tls, trouble_connecting
from shared.runtime.kafka.connection import KafkaAccess

PREFIX: Final = "RAPPORT_KAFKA"
SERVERS_MAX: Final = 10
"""Servers that are looked at: one that can be entered is enough."""


async def kafka_trouble(access: KafkaAccess) -> Trouble | None:
    """Return why none of the servers can be entered, or None when one can. Takes seconds where nothing answers."""
    found: list[Trouble] = []
    for server in access.servers.split(",")[:SERVERS_MAX]:
        host, _, port = server.rpartition(":")
        trouble = await _trouble_at(host.strip("[]"), int(port), access)
        if trouble is None:
            return None
        found.append(trouble)
    # A server that answers and refuses says more than one that is down.
    return next((trouble for trouble in found if not trouble.waiting_helps), found[0])


async def _trouble_at(host: str, port: int, access: KafkaAccess) -> Trouble | None:
    security: dict[str, Any] = {
        name: value for name, value in access.connection().items() if name != "bootstrap_servers"
    }
    trouble = await trouble_connecting(host, port, security.get("ssl_context"), PREFIX)
    if trouble is not None:
        if trouble.kind is Kind.NO_TLS:
            return Trouble(Kind.NO_TLS, f"{trouble.says}: leave {PREFIX}_TLS out, or look at the port in {PREFIX}")
        return trouble
    wants_login = security.get("sasl_mechanism")
    bare = {"ssl_context": security.get("ssl_context"), "security_protocol": _without_login(security)}
    try:
        mechanisms = await _offered(host, port, bare, wants_login or "PLAIN")
    except (KafkaError, OSError, TimeoutError, ValueError):
        return await _no_kafka(host, port, encrypted=bare["ssl_context"] is not None)
    if wants_login is None:
        return await _trouble_with_brokers(host, port, security, mechanisms)
    if mechanisms is None:
        says = f"{host}:{port} asks for no login on this port: leave {PREFIX}_SASL out, or look at the port in {PREFIX}"
        return Trouble(Kind.LOGIN, says)
    if wants_login not in mechanisms:
        says = f"{host}:{port} offers {', '.join(mechanisms)}, not {wants_login}; look at {PREFIX}_SASL"
        return Trouble(Kind.LOGIN, says)
    return await _trouble_with_brokers(host, port, security, mechanisms)


DENIED: Final = {
    TopicAuthorizationFailedError: "topic",
    GroupAuthorizationFailedError: "group",
    TransactionalIdAuthorizationFailed: "transactional_id",
    ClusterAuthorizationFailedError: "cluster",
}
"""Kafka's errors that mean "this principal may not", and the kind of resource that each is about."""


def forbidden(error: BaseException | None) -> str | None:
    """Return what a principal may not, where the error or one behind it says so; else None."""
    while error is not None:
        if (kind := DENIED.get(type(error))) is not None:
            named = ", ".join(sorted(_names(error.args)))
            return (
                f"Kafka does not allow this principal what it tries on {f'{kind} {named}'.strip()}: an ACL is missing"
            )
        error = error.__cause__
    return None


def _names(given: Iterable[object]) -> set[str]:
    """Return the resources that an error names: aiokafka gives one, or a set of them, or a sentence."""
    found = set[str]()
    for one in given:
        if isinstance(one, str):
            found |= set(re.findall(r"rapport[a-z0-9.-]*[a-z0-9]", one))
        elif isinstance(one, Iterable):
            found |= _names(one)
    return found


def _without_login(security: dict[str, Any]) -> str:
    return "SSL" if security.get("ssl_context") is not None else "PLAINTEXT"


@asynccontextmanager
async def _connection(host: str, port: int, security: dict[str, Any]) -> AsyncIterator[Any]:
    connection = AIOKafkaConnection(host, port, request_timeout_ms=int(STEP_SECONDS_MAX * 1000), **security)
    try:
        await asyncio.wait_for(connection.connect(), 3 * STEP_SECONDS_MAX)
        yield connection
    finally:
        closed = connection.close()
        if closed is not None:
            with suppress(Exception):
                await asyncio.wait_for(closed, STEP_SECONDS_MAX)


async def _offered(host: str, port: int, bare: dict[str, Any], mechanism: str) -> list[str] | None:
    """Return the mechanisms of login that the port offers, or None when it asks for no login."""
    async with _connection(host, port, bare) as connection:
        reply = await connection.send(SaslHandShakeRequest(mechanism))
    if reply.error_code in {0, UnsupportedSaslMechanismError.errno}:
        return list(reply.enabled_mechanisms)
    if reply.error_code == IllegalSaslStateError.errno:
        return None
    raise for_code(reply.error_code)


async def _no_kafka(host: str, port: int, *, encrypted: bool) -> Trouble:
    if not encrypted and await speaks_tls(host, port):
        says = f"{host}:{port} speaks TLS on this port: set {PREFIX}_TLS=true, or look at the port in {PREFIX}"
        return Trouble(Kind.ONLY_TLS, says)
    return Trouble(Kind.SILENT, f"{host}:{port} does not answer as a Kafka does (not up yet, or something else)")


async def _trouble_with_brokers(
    host: str, port: int, security: dict[str, Any], mechanisms: Sequence[str] | None
) -> Trouble | None:
    """Log in, ask for the brokers, and try the addresses by which they are known."""
    where = f"{host}:{port}"
    try:
        async with _connection(host, port, security) as connection:
            metadata = await connection.send(MetadataRequest([]))
    except SaslAuthenticationFailed:
        says = f"{where} does not know this user with this password; look at {PREFIX}_USER and {PREFIX}_PASSWORD"
        return Trouble(Kind.PASSWORD, says)
    except (KafkaError, OSError, TimeoutError, ValueError) as error:
        if mechanisms is not None and security.get("sasl_mechanism") is None:
            says = f"{where} asks for a login ({', '.join(mechanisms)}): set {PREFIX}_SASL, _USER and _PASSWORD"
            return Trouble(Kind.LOGIN, says)
        return Trouble(Kind.SILENT, f"{where} does not answer ({type(error).__name__})")
    for _, name, number, *_ in metadata.brokers[:SERVERS_MAX]:
        if (name, number) == (host, port):
            continue
        trouble = await trouble_connecting(name, number, security.get("ssl_context"), PREFIX)
        if trouble is not None:
            says = f"{where} answers, and sends clients to {trouble.says} (advertised.listeners of the broker)"
            return Trouble(trouble.kind, says)
    return None
