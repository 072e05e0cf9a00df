"""Where the store is, as its URL says: one server, or the nodes of a Redis Cluster to begin with.

redis://user:password@host:6379/0              one Redis or Valkey
rediss://...                                   the same over TLS
redis+cluster://user:password@a:6379,b:6379    a Redis Cluster: any of its nodes, several for when one is down
rediss+cluster://...                           the same over TLS
unix:///run/valkey.sock                        a socket of this machine
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit, urlunsplit

PORT: Final = 6379
CLUSTER: Final = "+cluster"
SCHEMES: Final = ("redis", "rediss", f"redis{CLUSTER}", f"rediss{CLUSTER}", "unix")
NODES_MAX: Final = 100
DATABASE_MAX: Final = 2**31 - 1
TEXTS: Final = frozenset(
    {
        "client_name",
        "ssl_ca_certs",
        "ssl_ca_path",
        "ssl_certfile",
        "ssl_check_hostname",
        "ssl_cert_reqs",
        "ssl_keyfile",
        "ssl_password",
    }
)
SECONDS: Final = frozenset({"socket_connect_timeout", "socket_timeout"})
"""Options of a URL that redis-py knows and that mean something here; any other it would pass on to what knows it not."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """What a URL of the store says."""

    nodes: tuple[tuple[str, int], ...]
    """Host and port of each server that is named; none for a socket."""
    cluster: bool
    tls: bool
    url: str = field(repr=False)
    """The URL as redis-py reads it: one server (of a cluster the first), with user, password and options."""

    @property
    def named(self) -> str:
        """The servers as people read them, without user and password."""
        return ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.nodes)


def redis_address(url: str) -> RedisAddress:
    """Read a URL of the store; `ValueError` with the reason, which shows nothing of the URL."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"must begin with {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    check_encoding(url)
    _check_options(parts.query, of_socket=parts.scheme == "unix")
    if parts.scheme == "unix":
        if parts.path in {"", "/"} or parts.netloc.rpartition("@")[2]:
            raise ValueError("must name the socket's path after three slashes, as unix:///run/valkey.sock")
        return RedisAddress((), cluster=False, tls=False, url=url)
    entry, _, servers = parts.netloc.rpartition("@")
    cluster = parts.scheme.endswith(CLUSTER)
    if cluster and parts.path not in {"", "/", "/0"}:
        raise ValueError("a Redis Cluster has one database alone: leave the number at the end out")
    if not cluster:
        _check_database(parts.path.removeprefix("/"))
    named = servers.split(",") if cluster else [servers]
    if len(named) > NODES_MAX:
        raise ValueError(f"names more than {NODES_MAX} nodes")
    nodes = tuple(_node(server) for server in named)
    scheme = parts.scheme.removesuffix(CLUSTER)
    first = "@".join([*([entry] if entry else []), named[0]])
    plain = urlunsplit((scheme, first, "" if cluster else parts.path, parts.query, ""))
    return RedisAddress(nodes, cluster, scheme == "rediss", plain)


def check_encoding(url: str) -> None:
    """Refuse codes of an address that stand for nothing: `ValueError` with the reason."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", url):
        raise ValueError("has a % that begins no code of two hexadecimal digits: % itself is %25")
    try:
        unquote_to_bytes(url).decode()
    except UnicodeDecodeError:
        raise ValueError("has codes that are no UTF-8") from None


def _check_database(text: str) -> None:
    if text and not (re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= DATABASE_MAX):
        raise ValueError("the database at the end must be a number from 0")


def _check_options(query: str, *, of_socket: bool) -> None:
    options = TEXTS | SECONDS | ({"db"} if of_socket else frozenset())
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in options:
            raise ValueError(f"has an option that is not known; there are {', '.join(sorted(options))}")
        if name in SECONDS and not (re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6})?", value) and float(value) > 0):
            raise ValueError(f"{name} must be a number of seconds above 0")
        if name == "db":
            _check_database(value or "none")


def _node(server: str) -> tuple[str, int]:
    if "," in server:
        raise ValueError(f"several servers are a Redis Cluster: begin with redis{CLUSTER}:// or rediss{CLUSTER}://")
    parts = urlsplit(f"//{server}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("the port must be a number from 1 to 65535")
    if not parts.hostname:
        raise ValueError("names no host")
    return parts.hostname, port or PORT
