"""Why a server cannot be entered, found out by trying: clients say "unable to bootstrap" for most of it.

A probe walks the way that a client walks, one step after the other, and names the first that fails: the name, the port,
TLS, the certificate. What comes after TLS is Kafka's or the store's own (`kafka_diagnosis.py`, `redis_diagnosis.py`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

STEP_SECONDS_MAX: Final = 5.0
"""For one step of a probe."""
ALERT_SECONDS_MAX: Final = 1.0
"""How long a server that dislikes our certificate takes to say so: it does after the handshake."""
OTHER_NAME_CODES: Final = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


class Kind(StrEnum):
    """What kind of trouble it is."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    NOT_READY = "not ready"
    UNTRUSTED = "untrusted"
    OTHER_NAME = "other name"
    NO_TLS = "no tls"
    ONLY_TLS = "only tls"
    CLIENT_CERTIFICATE = "client certificate"
    PASSWORD = "password"  # noqa: S105 - the kind of trouble, not a password
    LOGIN = "login"
    FORBIDDEN = "forbidden"
    OTHER = "other"


WAITING_HELPS: Final = frozenset({Kind.UNREACHABLE, Kind.SILENT, Kind.NOT_READY})


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in the way. `says` is one line with the way out, and shows no secret."""

    kind: Kind
    says: str

    @property
    def waiting_helps(self) -> bool:
        """Whether it may end by itself."""
        return self.kind in WAITING_HELPS


def unverified() -> ssl.SSLContext:
    """Return TLS that trusts anybody: good for nothing but to find out whether a port speaks it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def _connected(host: str, port: int, context: ssl.SSLContext | None) -> AsyncIterator[asyncio.StreamReader]:
    async with asyncio.timeout(STEP_SECONDS_MAX):
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        yield reader
    finally:
        writer.transport.abort()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), STEP_SECONDS_MAX)


async def speaks_tls(host: str, port: int) -> bool:
    """Say whether the port answers a TLS handshake at all."""
    try:
        async with _connected(host, port, unverified()):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # it speaks TLS, and wants a certificate of ours or another version
    except (OSError, TimeoutError):
        return False


async def trouble_connecting(host: str, port: int, context: ssl.SSLContext | None, prefix: str) -> Trouble | None:
    """Try name, port and TLS; `prefix` begins the names of the settings (RAPPORT_KAFKA, RAPPORT_REDIS)."""
    where = f"{host}:{port}"
    try:
        async with _connected(host, port, None):
            pass
    except socket.gaierror:
        return Trouble(Kind.UNREACHABLE, f"{where} cannot be reached: the name is not known; look at {prefix}")
    except TimeoutError:
        return Trouble(Kind.UNREACHABLE, f"{where} cannot be reached: no answer; look at {prefix} and the network")
    except OSError as error:
        reason = error.strerror if error.strerror and "Connect call" not in error.strerror else "connection refused"
        return Trouble(Kind.UNREACHABLE, f"{where} cannot be reached: {reason.lower()}; look at {prefix}")
    return None if context is None else await _trouble_with_tls(host, port, context, prefix)


async def _trouble_with_tls(host: str, port: int, context: ssl.SSLContext, prefix: str) -> Trouble | None:
    where = f"{host}:{port}"
    try:
        async with _connected(host, port, context) as reader:
            return await _trouble_after_tls(reader, where, prefix)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in OTHER_NAME_CODES:
            return Trouble(Kind.OTHER_NAME, f"{where}: its certificate is for another host name, not for {host}")
        says = f"{where}: its certificate is not trusted ({error.verify_message}); look at {prefix}_CA"
        return Trouble(Kind.UNTRUSTED, says)
    except ssl.SSLError as error:
        if "ALERT" in (error.reason or ""):
            reason = (error.reason or "").lower().replace("_", " ")
            says = f"{where} does not take our certificate ({reason}); look at {prefix}_CERTIFICATE"
            return Trouble(Kind.CLIENT_CERTIFICATE, says)
        return Trouble(Kind.NO_TLS, f"{where} speaks no TLS on this port")
    except TimeoutError:
        return Trouble(Kind.NO_TLS, f"{where} does not answer to TLS: perhaps it speaks none on this port")
    except OSError:
        return Trouble(Kind.NO_TLS, f"{where} speaks no TLS on this port")


async def _trouble_after_tls(reader: asyncio.StreamReader, where: str, prefix: str) -> Trouble | None:
    """Wait a moment for what a server says that dislikes our certificate; one that likes it waits for our first word."""
    try:
        async with asyncio.timeout(ALERT_SECONDS_MAX):
            ended = not await reader.read(1)
    except TimeoutError:
        return None
    except ConnectionError:
        ended = True
    if not ended:
        return None
    says = f"{where} ends the connection after the TLS handshake: perhaps it asks for a certificate of ours"
    return Trouble(Kind.CLIENT_CERTIFICATE, f"{says}; look at {prefix}_CERTIFICATE")
