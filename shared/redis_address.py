"""Where the store is, as its URL says: one server, or the nodes of a Redis Cluster to begin with.

redis://user:password@host:6379/0              one Redis or Valkey
rediss://...                                   the same over TLS
redis+cluster://user:password@a:6379,b:6379    a Redis Cluster: any of its nodes, several for when one is down
rediss+cluster://...                           the same over TLS
unix:///run/valkey.sock                        a socket of this machine
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit

PORT: Final = 6379
CLUSTER: Final = "+cluster"
SCHEMES: Final = ("redis", "rediss", f"redis{CLUSTER}", f"rediss{CLUSTER}", "unix")
NODES_MAX: Final = 100


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
    if parts.scheme == "unix":
        return RedisAddress((), cluster=False, tls=False, url=url)
    entry, _, servers = parts.netloc.rpartition("@")
    cluster = parts.scheme.endswith(CLUSTER)
    if cluster and parts.path not in {"", "/", "/0"}:
        raise ValueError("a Redis Cluster has one database alone: leave the number at the end out")
    named = servers.split(",") if cluster else [servers]
    if len(named) > NODES_MAX:
        raise ValueError(f"names more than {NODES_MAX} nodes")
    nodes = tuple(_node(server) for server in named)
    scheme = parts.scheme.removesuffix(CLUSTER)
    first = "@".join([*([entry] if entry else []), named[0]])
    plain = urlunsplit((scheme, first, "" if cluster else parts.path, parts.query, ""))
    return RedisAddress(nodes, cluster, scheme == "rediss", plain)


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
