"""The client of a Redis Cluster. It refuses to be redirected: whoever should have been asked instead is asked next time.

A partition's keys lie in one slot, and the slot on one node. When it moves, or its node is replaced, the old node answers
with a redirection. redis-py would follow it; here it is an error, and the owner recovers: the new node
may know less than the old one (a failover loses what was not replicated), a list that was begun on one node is not
continued on another, and nothing is asked of a node that has received only a part of the slot. The redirection is
noted, so the recovery goes to the right node.
"""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisClusterException, RedisError

from shared.config.redis_address import RedisAddress


class ClusterClient(RedisCluster):
    """A client that sends each command to one node, once."""

    RedisClusterRequestTTL = 1
    """Sendings of one command, redirections included."""

    def __init__(self, address: RedisAddress, calls_max: int, wait_seconds: float, **settings: Any) -> None:
        """Begin with the nodes of `address`. At most `calls_max` calls at once; others wait up to `wait_seconds`."""
        entry: dict[str, Any] = dict(parse_url(address.url))
        for name in ("host", "port", "db", "connection_class"):
            entry.pop(name, None)
        super().__init__(
            startup_nodes=[ClusterNode(host, port) for host, port in address.nodes],
            max_connections=calls_max,
            retry=Retry(NoBackoff(), 0),
            ssl=address.tls,
            **settings,
            **entry,
        )
        self._room = asyncio.Semaphore(calls_max)
        self._wait_seconds = wait_seconds

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        """Send a command to the node that has its key. Every error is a `RedisError`, a redirection, too."""
        # The pool of a node that is full would raise, not wait.
        await asyncio.wait_for(self._room.acquire(), self._wait_seconds)
        try:
            await self.initialize()
            return await super().execute_command(*args, **kwargs)
        except RedisClusterException as error:  # no RedisError: no node answers, or some slots are on none
            raise _cause(error) from error
        finally:
            self._room.release()

    async def aclose(self) -> None:
        """Close all connections, those as well that redis-py leaves for the next look at the cluster."""
        await super().aclose()
        for nodes in ("nodes_cache", "startup_nodes"):
            await self.nodes_manager.aclose(nodes)


def _cause(error: RedisClusterException) -> RedisError:
    """Return why the last node that was asked did not answer, or that it does not know of a cluster."""
    return error.__cause__ if isinstance(error.__cause__, RedisError) else NotConnected(str(error))
