"""Why the store cannot be used, in one line: which server, which step, and where to look."""

from __future__ import annotations

import re
import ssl
from typing import Any, Final

from redis.asyncio.connection import parse_url
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from shared.config.redis_address import RedisAddress, redis_address
from shared.runtime.diagnostics.connection_probe import Kind, Trouble, speaks_tls, trouble_connecting
from shared.runtime.redis.store import connect

PREFIX: Final = "RAPPORT_REDIS"
PROBE: Final = "return redis.call('EXISTS', KEYS[1])"
PROBE_KEYS: Final = tuple(f"{{invites:{number}}}:moving" for number in range(8))
"""Keys as ours are, and never there. Several, as one node of a cluster has some of them and redirects for the others."""


async def redis_trouble(url: str) -> Trouble | None:
    """Return why the store cannot be used, or None when it can. Takes seconds where nothing answers."""
    address = redis_address(url)
    found: list[Trouble] = []
    for host, port in address.nodes:
        trouble = await trouble_connecting(host, port, _context(address), PREFIX)
        if trouble is None:
            break
        found.append(trouble)
    else:
        if found:
            worst = next((trouble for trouble in found if not trouble.waiting_helps), found[0])
            if worst.kind is Kind.NO_TLS:
                return Trouble(Kind.NO_TLS, f"{worst.says}: begin {PREFIX} with redis:// in place of rediss://")
            return worst
    return await _trouble_inside(url, address)


def _context(address: RedisAddress) -> ssl.SSLContext | None:
    if not address.tls:
        return None
    options: dict[str, Any] = dict(parse_url(address.url))
    context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
    if certificate := options.get("ssl_certfile"):
        context.load_cert_chain(certificate, options.get("ssl_keyfile"))
    return context


async def _trouble_inside(url: str, address: RedisAddress) -> Trouble | None:
    """Log in and do what the store will do: run a script on a key as ours are."""
    client = connect(url)
    try:
        for key in PROBE_KEYS:
            await client.execute_command("EVAL", PROBE, 1, key)  # type: ignore[no-untyped-call]  # redis-py
        return None
    except (RedisError, OSError, TimeoutError) as error:
        return await _named(error, address)
    finally:
        await client.aclose()


async def _named(error: Exception, address: RedisAddress) -> Trouble:
    where, text = address.named or "the socket", str(error)
    if (named := _from_error(error, text)) is not None:
        kind, says = named
        return Trouble(kind, f"{where} {says}")
    if not address.tls and address.nodes and await speaks_tls(*address.nodes[0]):
        says = f"{where} speaks TLS on this port: begin {PREFIX} with rediss:// in place of redis://"
        return Trouble(Kind.ONLY_TLS, says)
    return Trouble(Kind.SILENT, f"{where} does not answer ({type(error).__name__})")


def _from_error(error: Exception, text: str) -> tuple[Kind, str] | None:
    """Return what a server that answers means, or None when it did not answer."""
    if isinstance(error, NoPermissionError):
        return Kind.FORBIDDEN, f"does not allow this user {_forbidden(text)}: see docs/connections.md"
    if "NOAUTH" in text or "Authentication required" in text:
        return Kind.LOGIN, f"asks for a login: {PREFIX} needs user and password"
    if "without any password" in text:
        return Kind.LOGIN, f"asks for no login: leave user and password out of {PREFIX}"
    if isinstance(error, AuthenticationError):
        return Kind.PASSWORD, f"does not know this user with this password; look at {PREFIX}"
    if isinstance(error, MovedError):
        return Kind.OTHER, f"is a node of a Redis Cluster: begin {PREFIX} with redis+cluster:// or rediss+cluster://"
    if isinstance(error, BusyLoadingError | ClusterError | ReadOnlyError):
        return Kind.NOT_READY, f"is not ready ({type(error).__name__.removesuffix('Error')})"
    if isinstance(error, OutOfMemoryError):
        return Kind.OTHER, "is out of memory (maxmemory), and takes nothing"
    if "MISCONF" in text:
        return Kind.OTHER, "cannot write to its disk (MISCONF), and takes nothing: look at its disk and its log"
    if isinstance(error, ResponseError):
        return Kind.OTHER, f"refuses ({type(error).__name__})"
    if "not enabled on this node" in text:
        return Kind.OTHER, f"is no Redis Cluster: begin {PREFIX} without +cluster"
    return None


def _forbidden(text: str) -> str:
    """Return what a user may not, as the server says it, without anything that was sent."""
    if command := re.search(r"to run the '([a-z| ]+)' command", text):
        return f"to run {command[1].upper()}"
    return "to touch keys that begin with {invites:, {followups: or {digest:" if "key" in text else "what we do"
