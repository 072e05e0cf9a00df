"""The fixtures of servers in containers, for tests marked `docker`. Each server is started once for a process of the run.

`testcontainers` is imported only where a test asks for a container: the other tests do without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from shared.runtime.redis.store import RedisStore, connect

if TYPE_CHECKING:
    from tests.docker.containers import ApacheKafka, Contained

STORES = [pytest.param(name, marks=pytest.mark.docker) for name in ("valkey_9", "redis_7", "redis_7_cluster")]
"""The stores in containers, as parameters of a fixture that other tests have, too."""
APACHE_KAFKA = pytest.param("apache kafka", marks=pytest.mark.docker)
"""The same for the log."""


def kafka_servers(request: pytest.FixtureRequest) -> str:
    """Return Kafka as host:port: that of a container where the fixture's parameter says so, else the embedded one."""
    if request.param == APACHE_KAFKA.values[0]:
        return str(request.getfixturevalue("apache_kafka").servers)
    return str(request.getfixturevalue("embedded").kafka)


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine that answers; the test is skipped, with the reason, where there is none."""
    from tests.docker.containers import no_engine

    if reason := no_engine():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def apache_kafka(engine: None) -> Iterator[ApacheKafka]:
    """Apache Kafka without topics. Shared: use topics of your own, or `contained`."""
    from tests.docker.containers import ApacheKafka, running

    broker = ApacheKafka()
    with running(broker):
        yield broker


@pytest.fixture(scope="session")
def valkey_9_url(engine: None) -> Iterator[str]:
    yield from _one_server("VALKEY")


@pytest.fixture(scope="session")
def redis_7_url(engine: None) -> Iterator[str]:
    yield from _one_server("REDIS")


@pytest.fixture(scope="session")
def redis_7_cluster_url(engine: None) -> Iterator[str]:
    from tests.docker.containers import RedisCluster, running

    cluster = RedisCluster()
    with running(cluster):
        yield cluster.url


def _one_server(image: str) -> Iterator[str]:
    from tests.docker import containers

    server, url = containers.one_server(getattr(containers, image))
    with containers.running(server):
        yield url


@pytest.fixture
async def contained(apache_kafka: ApacheKafka, valkey_9_url: str) -> Contained:
    """Kafka with all topics, and Valkey, for one test alone: both are empty at its begin."""
    from tests.docker.containers import Contained, fresh_topics

    await fresh_topics(apache_kafka.servers)
    await _emptied(valkey_9_url)
    return Contained(apache_kafka, valkey_9_url)


@pytest.fixture
async def valkey_9(valkey_9_url: str) -> AsyncIterator[RedisStore]:
    """The store of a service on an empty Valkey 9."""
    async for store in _store(valkey_9_url):
        yield store


@pytest.fixture
async def redis_7(redis_7_url: str) -> AsyncIterator[RedisStore]:
    """The store of a service on an empty Redis 7."""
    async for store in _store(redis_7_url):
        yield store


@pytest.fixture
async def redis_7_cluster(redis_7_cluster_url: str) -> AsyncIterator[RedisStore]:
    """The store of a service on an empty Redis Cluster of three primaries."""
    async for store in _store(redis_7_cluster_url):
        yield store


async def _store(url: str) -> AsyncIterator[RedisStore]:
    await _emptied(url)
    store = RedisStore(connect(url), "invites")
    try:
        yield store
    finally:
        await store.close()


async def _emptied(url: str) -> None:
    client = connect(url)
    await client.flushall()
    await client.aclose()
