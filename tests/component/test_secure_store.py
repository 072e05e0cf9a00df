"""Every way into the store: TLS, users with few rights, a cluster; and what is said about the ways that do not lead in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.config.settings import Settings
from shared.runtime.diagnostics.connection_probe import Kind
from shared.runtime.diagnostics.redis_diagnosis import redis_trouble
from shared.runtime.ports.interfaces import Changes, MemberChange, Uncertain
from shared.runtime.redis.store import RedisStore, connect
from tests.component.secure_kafka import tls_before, write_files
from tests.valkey_cluster import Node, ValkeyCluster, free_ports, until, valkey_cluster

pytestmark = pytest.mark.deep

PAGE = (Path(__file__).parents[2] / "docs" / "connections.md").read_text(encoding="utf-8")


def user_of_the_page() -> list[str]:
    """The rules of the user that the documentation recommends."""
    found = re.search(r"^ACL SETUSER rapport (.*)$", PAGE.replace("\\\n", " "), re.MULTILINE)
    assert found is not None
    return found[1].replace(">secret", ">no-one-knows").split()


@dataclass(frozen=True, slots=True)
class Stores:
    """Servers: one that asks for nothing but has users, one that asks for a login, TLS before the first, a cluster."""

    folder: Path
    plain: Node
    locked: Node
    tls: int
    mutual: int
    cluster: ValkeyCluster

    def url(self, url: str, **files: str) -> str:
        """The URL that settings make of an address and files."""
        named = {name: str(self.folder / file) for name, file in files.items()}
        made = Settings.model_validate({"redis": url, **named}).redis_url()
        assert made is not None
        return made


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    folder = tmp_path_factory.mktemp("stores")
    write_files(folder)
    plain, locked = (Node(folder / name, port) for name, port in zip("ab", free_ports(2), strict=True))
    try:
        until(plain.answers, "it answers")
        until(locked.answers, "it answers")
        locked.ask("CONFIG", "SET", "requirepass", "no-one-knows")
        certificate, ca = folder / "broker.pem", folder / "ca.pem"
        with (
            valkey_cluster(folder / "cluster") as cluster,
            tls_before(plain.port, certificate) as tls,
            tls_before(plain.port, certificate, ca) as mutual,
        ):
            for node in [plain, *cluster.nodes]:
                node.ask("ACL", "SETUSER", "rapport", *user_of_the_page())
                node.ask("ACL", "SETUSER", "narrow", "on", ">pw", "~other:*", "+@all")
                node.ask("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@read")
            yield Stores(folder, plain, locked, tls, mutual, cluster)
    finally:
        plain.close()
        locked.close()


def cluster_url(stores: Stores, entry: str = "") -> str:
    return stores.cluster.url.replace("//", f"//{entry}")


WAYS: dict[str, Callable[[Stores], str]] = {
    "plain": lambda s: s.url(f"redis://127.0.0.1:{s.plain.port}"),
    "password": lambda s: s.url(f"redis://:no-one-knows@127.0.0.1:{s.locked.port}/0"),
    "user with few rights": lambda s: s.url(f"redis://rapport:no-one-knows@127.0.0.1:{s.plain.port}"),
    "tls": lambda s: s.url(f"rediss://127.0.0.1:{s.tls}/0", redis_ca="ca.pem"),
    "tls and user": lambda s: s.url(f"rediss://rapport:no-one-knows@127.0.0.1:{s.tls}", redis_ca="ca.pem"),
    "client certificate": lambda s: s.url(
        f"rediss://127.0.0.1:{s.mutual}", redis_ca="ca.pem", redis_certificate="client.pem", redis_key="client.key"
    ),
    "cluster": cluster_url,
    "cluster and user": lambda s: cluster_url(s, "rapport:no-one-knows@"),
    "one of them is down": lambda s: cluster_url(s, f"127.0.0.1:{free_ports(1)[0]},"),
}


@pytest.mark.parametrize("name", WAYS)
async def test_every_way_in_works_for_all_that_the_store_does(stores: Stores, name: str) -> None:
    url = WAYS[name](stores)
    assert await redis_trouble(url) is None
    store = RedisStore(connect(url), "invites")
    try:
        for partition in range(5):
            await store.acquire(partition, "a:0", "w")
            changes = {"m": MemberChange(puts={"": b"p", "a": b"1"}, wakes={"a": 5}, sweep=True)}
            assert await store.commit(partition, "a:0", "a:1", Changes({"number": "1"}, changes)) == 5
            assert (await store.load(partition, {"m": ["a"]})).members == {"m": {"a": b"1"}}
            assert await store.due(partition, 9, 9, 9) == [(5, "m", "a")]
            assert (await store.meta(partition))["number"] == "1"
            assert await store.earliest(partition) == 5
            assert await store.sweeps(partition, 9) == await store.members(partition) == ["m"]
            assert await store.keys(partition, ["m"]) == {"m": ["a"]}
            assert await store.wakes(partition, "m", 9) == [(5, "a")]
            deleting = {"m": MemberChange(puts={"b": b"2"}, deletes=["a"], wakes={"a": None}, sweep=False)}
            assert await store.commit(partition, "a:1", "a:2", Changes(members=deleting)) is None
            await store.commit(partition, "a:2", "a:3", Changes(members={"m": MemberChange(wipe=True)}))
            await store.commit(partition, "a:3", "a:4", Changes(wipe=True))
    finally:
        await store.close()


NOT_IN: dict[str, tuple[Callable[[Stores], str], Kind, str]] = {
    "nobody": (lambda _: f"redis://127.0.0.1:{free_ports(1)[0]}", Kind.UNREACHABLE, "connection refused"),
    "no such name": (lambda _: "redis://redis.invalid", Kind.UNREACHABLE, "redis.invalid:6379 cannot be reached"),
    "wrong password": (
        lambda s: f"redis://:guessed@127.0.0.1:{s.locked.port}",
        Kind.PASSWORD,
        "does not know this user with this password",
    ),
    "unknown user": (
        lambda s: f"redis://eve:guessed@127.0.0.1:{s.plain.port}",
        Kind.PASSWORD,
        "does not know this user",
    ),
    "no login": (lambda s: f"redis://127.0.0.1:{s.locked.port}", Kind.LOGIN, "asks for a login"),
    "login where none is asked for": (
        lambda s: f"redis://:guessed@127.0.0.1:{s.plain.port}",
        Kind.LOGIN,
        "asks for no login",
    ),
    "other keys": (
        lambda s: f"redis://narrow:pw@127.0.0.1:{s.plain.port}",
        Kind.FORBIDDEN,
        "keys that begin with {invites:",
    ),
    "no scripts": (lambda s: f"redis://reader:pw@127.0.0.1:{s.plain.port}", Kind.FORBIDDEN, "to run EVAL"),
    "untrusted": (
        lambda s: s.url(f"rediss://127.0.0.1:{s.tls}", redis_ca="stranger.pem"),
        Kind.UNTRUSTED,
        "look at RAPPORT_REDIS_CA",
    ),
    "other name": (
        lambda s: s.url(f"rediss://localhost:{s.tls}", redis_ca="ca.pem"),
        Kind.OTHER_NAME,
        "is for another host name, not for localhost",
    ),
    "tls to plaintext": (
        lambda s: s.url(f"rediss://127.0.0.1:{s.plain.port}", redis_ca="ca.pem"),
        Kind.NO_TLS,
        "begin RAPPORT_REDIS with redis://",
    ),
    "plaintext to tls": (
        lambda s: f"redis://127.0.0.1:{s.tls}",
        Kind.ONLY_TLS,
        "begin RAPPORT_REDIS with rediss://",
    ),
    "no client certificate": (
        lambda s: s.url(f"rediss://127.0.0.1:{s.mutual}", redis_ca="ca.pem"),
        Kind.CLIENT_CERTIFICATE,
        "look at RAPPORT_REDIS_CERTIFICATE",
    ),
    "one node of a cluster": (
        lambda s: f"redis://127.0.0.1:{s.cluster.nodes[0].port}",
        Kind.OTHER,
        "is a node of a Redis Cluster: begin RAPPORT_REDIS with redis+cluster://",
    ),
    "no cluster": (
        lambda s: f"redis+cluster://127.0.0.1:{s.plain.port}",
        Kind.OTHER,
        "is no Redis Cluster: begin RAPPORT_REDIS without +cluster",
    ),
    "wrong password of a cluster": (lambda s: cluster_url(s, "eve:guessed@"), Kind.PASSWORD, "does not know this user"),
    "no node of a cluster": (
        lambda _: f"redis+cluster://127.0.0.1:{free_ports(1)[0]}",
        Kind.UNREACHABLE,
        "connection refused",
    ),
}


@pytest.mark.parametrize("name", NOT_IN)
async def test_every_way_that_does_not_lead_in_is_told_apart(stores: Stores, name: str) -> None:
    made, kind, says = NOT_IN[name]
    url = made(stores)
    trouble = await redis_trouble(url)
    assert trouble is not None
    assert (trouble.kind, says in trouble.says, "\n" in trouble.says) == (kind, True, False), trouble.says
    assert "guessed" not in trouble.says
    store = RedisStore(connect(url, reply_seconds=2.0), "invites")
    try:
        with pytest.raises(Uncertain):
            await asyncio.gather(*(store.acquire(partition, "a:0", "w") for partition in range(8)))
    finally:
        await store.close()


async def test_a_server_that_loads_its_file_is_waited_for(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    from redis.exceptions import BusyLoadingError

    async def loading(*command: Any) -> Any:
        raise BusyLoadingError("loading")

    monkeypatch.setattr("redis.asyncio.Redis.execute_command", lambda self, *command: loading())
    trouble = await redis_trouble(f"redis://127.0.0.1:{stores.plain.port}")
    assert trouble is not None
    assert (trouble.kind, trouble.waiting_helps) == (Kind.NOT_READY, True)
