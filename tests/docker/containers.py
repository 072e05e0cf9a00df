"""Servers in containers for the tests: Apache Kafka, Valkey, Redis and a Redis Cluster, each from its public image.

Their ports are published on loopback alone and chosen beforehand, so that a server that is started again is where it was.
Whatever starts here is removed where its `with` ends, also after a failure.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import docker  # type: ignore[import-untyped]  # it ships no types
from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]  # as above
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from shared.contracts.topic_names import TOPICS
from shared.contracts.topics import TopicPlan, topic_plan
from shared.embedded.servers import kafka_answers
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics
from tests.valkey_cluster import free_ports

KAFKA = "apache/kafka:4.3.1"
VALKEY = "valkey/valkey:9"
REDIS = "redis:7"
LABEL = "rapport.tests"
"""What our containers carry, with the name of the run: who started it can find what it left behind."""
RUN = os.environ.get("TEST_RUN", "by-hand")
LOOPBACK = "127.0.0.1"
INSIDE_PORT = 19092
"""Of Kafka, for programs in its container."""
START_SECONDS_MAX = 240
LOOK_SECONDS = 0.1
TOPICS_SECONDS_MAX = 30.0


def no_engine() -> str | None:
    """Return why there is no Docker engine to be had, or None; then also leave out what this engine does not have."""
    try:
        client = docker.from_env()
        try:
            client.ping()
            # Ryuk removes what a killed test run leaves behind. Where its image is not there, the `with`s have to do.
            client.images.get(testcontainers_config.ryuk_image)
        finally:
            client.close()
    except ImageNotFound:
        testcontainers_config.ryuk_disabled = True
    except DockerException as error:
        return f"no Docker engine answers ({type(error).__name__})"
    return None


class Server(DockerContainer):
    """A container with ports of its own on loopback, the same inside and outside unless said otherwise."""

    def __init__(self, image: str, ready: str, ports: dict[int, int]) -> None:
        """Take the line of the log that says that it is ready, and the ports: inside -> outside."""
        super().__init__(image)
        self.with_kwargs(labels={LABEL: RUN})
        published: dict[str, Any] = {str(inside): (LOOPBACK, outside) for inside, outside in ports.items()}
        self.ports.update(published)
        self.waiting_for(LogMessageWaitStrategy(ready).with_startup_timeout(START_SECONDS_MAX))

    def tell(self, *command: str, env: dict[str, str] | None = None) -> str:
        """Run a program in the container and return what it prints; it must end well."""
        code, output = self.get_wrapped_container().exec_run(list(command), environment=env or {})
        assert code == 0, output.decode(errors="replace")
        return str(output.decode())


class ApacheKafka(Server):
    """One node of Kafka, broker and controller."""

    def __init__(self) -> None:
        [self.port] = free_ports(1)
        super().__init__(KAFKA, "Kafka Server started", {9092: self.port})
        self.servers = f"{LOOPBACK}:{self.port}"
        self.with_envs(
            KAFKA_NODE_ID="1",
            KAFKA_PROCESS_ROLES="broker,controller",
            KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
            KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
            KAFKA_LISTENERS=f"OUTSIDE://:9092,INSIDE://:{INSIDE_PORT},CONTROLLER://:9093",
            KAFKA_ADVERTISED_LISTENERS=f"OUTSIDE://{self.servers},INSIDE://localhost:{INSIDE_PORT}",
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="OUTSIDE:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            KAFKA_INTER_BROKER_LISTENER_NAME="INSIDE",
            KAFKA_LOG_DIRS="/var/lib/kafka/data",
            KAFKA_HEAP_OPTS="-Xms128M -Xmx512M",
            KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
            KAFKA_CONTROLLED_SHUTDOWN_ENABLE="false",  # why: docker-compose.yml
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
            KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
            KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
            KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
        )
        # Builds of the image whose defaults are read-only hand that on to the copies that the start script writes to.
        writable = "chmod -R u+w /etc/kafka/docker /opt/kafka/config"
        self.with_command(["sh", "-c", f"{writable} && exec /etc/kafka/docker/run"])

    def restart(self) -> None:
        """Stop it in peace, start it again, and wait until it answers."""
        self.get_wrapped_container().restart(timeout=30)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not kafka_answers(self.port):
            assert time.monotonic() < deadline, f"Kafka does not answer within {START_SECONDS_MAX} s"
            time.sleep(LOOK_SECONDS)

    def tool(self, name: str, *arguments: str) -> Sequence[str]:
        """Return the command that runs one of Kafka's tools in the container."""
        return (f"/opt/kafka/bin/{name}.sh", "--bootstrap-server", f"localhost:{INSIDE_PORT}", *arguments)


class RedisCluster(Server):
    """Three primaries in one container. They announce loopback, where each is under the same port inside and outside."""

    def __init__(self) -> None:
        self.nodes = free_ports(3)
        super().__init__(REDIS, "cluster is ready", {port: port for port in self.nodes})
        buses = [port + 1 if port + 1 not in self.nodes else port + 4 for port in self.nodes]  # inside alone
        servers = " & ".join(
            f"redis-server --port {port} --protected-mode no --dir /tmp --save '' --cluster-enabled yes"
            f" --cluster-config-file nodes-{port}.conf --cluster-node-timeout 60000 --cluster-port {bus}"
            f" --cluster-announce-ip {LOOPBACK} --cluster-announce-port {port} --cluster-announce-bus-port {bus}"
            for port, bus in zip(self.nodes, buses, strict=True)
        )
        everybody = " ".join(f"{LOOPBACK}:{port}" for port in self.nodes)
        up = " && ".join(f"until redis-cli -p {port} ping; do sleep 0.1; done" for port in self.nodes)
        joined = f"redis-cli --cluster create {everybody} --cluster-yes"
        agree = " && ".join(f"until {_sees_all(port)}; do sleep 0.1; done" for port in self.nodes)
        self.with_command(["sh", "-c", f"{servers} & {up} && {joined} && {agree} && echo cluster is ready; wait"])

    @property
    def url(self) -> str:
        """How our store reaches it."""
        return f"redis+cluster://{','.join(f'{LOOPBACK}:{port}' for port in self.nodes)}"


def _sees_all(port: int) -> str:
    return f"redis-cli -p {port} cluster info | grep -q cluster_state:ok"


def one_server(image: str) -> tuple[Server, str]:
    """Make a single Valkey or Redis, and say how our store reaches it."""
    [port] = free_ports(1)
    return Server(image, "Ready to accept connections", {6379: port}), f"redis://{LOOPBACK}:{port}/0"


@contextmanager
def running(server: Server) -> Iterator[None]:
    """Start a server, wait until it is ready, and remove it with its data at the end, however that comes."""
    try:
        server.start()
        yield
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class Contained:
    """Kafka and Valkey in containers, with fresh topics and an empty store."""

    broker: ApacheKafka
    redis: str
    """A URL."""

    @property
    def kafka(self) -> str:
        """Kafka as host:port."""
        return self.broker.servers


async def fresh_topics(servers: str, names: Collection[str] = TOPICS, plan: TopicPlan | None = None) -> None:
    """Delete these topics of ours and create them again, empty and under other identities; for virtual clocks unless told."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        async with asyncio.timeout(TOPICS_SECONDS_MAX):
            while present := [one["topic"] for one in await admin.describe_topics() if one["topic"] in names]:
                await admin.delete_topics(present)
    finally:
        await admin.close()
    await ensure_topics(KafkaAccess(servers), plan or topic_plan().on_virtual_clock())
