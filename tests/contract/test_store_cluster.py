"""What a store on a Redis Cluster keeps while slots move and nodes die: no half commit, no answer from the wrong node."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.crc import key_slot

from shared.runtime.ports.interfaces import Changes, Loaded, MemberChange, Uncertain
from shared.runtime.redis.store import CONNECTIONS_MAX, RedisStore, connect
from tests.valkey_cluster import NODE_TIMEOUT_MS, SOON_DEAD_MS, Node, ValkeyCluster, until, valkey_cluster

SECONDS_MAX = 120.0
MEMBERS = [f"m{number}" for number in range(6)]
ASKED = {member: ["", "a"] for member in MEMBERS}


@pytest.fixture(scope="module")
def with_replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    """Three primaries, the first with a replica: for the tests of this module alone, which end nodes."""
    with valkey_cluster(tmp_path_factory.mktemp("with-replica"), replicas=1) as cluster:
        yield cluster


@asynccontextmanager
async def _store(cluster: ValkeyCluster) -> AsyncIterator[RedisStore]:
    """A store that waits for as long as a busy machine may take: none of these tests is about how long that is."""
    store = RedisStore(connect(cluster.url, reply_seconds=SECONDS_MAX), "invites")
    try:
        yield store
    finally:
        await store.close()


def _partition_of(node: Node, cluster: ValkeyCluster) -> int:
    """Return a number that no other module uses, whose slot the node has."""
    return next(number for number in range(100, 1_000) if cluster.owner(f"{{invites:{number}}}") is node)


def _everybody(value: bytes) -> Changes:
    members = {
        member: MemberChange(puts={"": b"p", "a": value}, wakes={"a": 100 + number})
        for number, member in enumerate(MEMBERS)
    }
    return Changes(meta={"number": value.decode()}, members=members)


async def _acquired(store: RedisStore, partition: int, fencing_token: str) -> dict[str, str]:
    """Acquire as an owner does, again and again, and return what stands there."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        try:
            return dict(await store.acquire(partition, fencing_token, "w"))
        except Uncertain:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


def _values(loaded: Loaded) -> set[bytes | None]:
    return {found["a"] for found in loaded.members.values()}


async def test_a_commit_while_the_slot_moves_is_refused_whole_and_the_next_recovery_goes_on(
    three_primaries: ValkeyCluster,
) -> None:
    cluster = three_primaries
    partition = _partition_of(cluster.primaries[0], cluster)
    async with _store(cluster) as store:
        await store.acquire(partition, "a:0", "w")
        await store.commit(partition, "a:0", "a:1", _everybody(b"1"))
        moments = 0
        for _ in cluster.moved(f"{{invites:{partition}}}", cluster.primaries[1]):
            moments += 1
            for changes in (_everybody(b"2"), Changes(wipe=True)):
                with pytest.raises(Uncertain):
                    await store.commit(partition, "a:1", "a:2", changes)
            with pytest.raises(Uncertain):
                await store.acquire(partition, "b:0", "w")
            with suppress(Uncertain):
                assert _values(await store.load(partition, ASKED)) == {b"1"}
            with suppress(Uncertain):
                assert await store.members(partition) == MEMBERS
        assert moments == 1 + 2 * len(MEMBERS) + 2, "before the first key, and after each"
        assert await _acquired(store, partition, "c:0") == {"head": "c:0", "owner": "w", "number": "1"}
        assert _values(await store.load(partition, ASKED)) == {b"1"}
        assert await store.due(partition, 999, 10, 10) == [(100 + n, member, "a") for n, member in enumerate(MEMBERS)]
        assert await store.commit(partition, "c:0", "c:1", _everybody(b"3")) == 100
    assert cluster.owner(f"{{invites:{partition}}}") is cluster.primaries[1]


async def test_a_redirection_is_uncertain_once(three_primaries: ValkeyCluster) -> None:
    cluster = three_primaries
    partition = _partition_of(cluster.primaries[2], cluster)
    async with _store(cluster) as store:
        await store.acquire(partition, "a:0", "w")
        for _ in cluster.moved(f"{{invites:{partition}}}", cluster.primaries[0]):
            pass
        with pytest.raises(Uncertain):
            await store.load(partition, {})
        assert (await store.load(partition, {})).fencing_token == "a:0"


async def test_a_replica_takes_over_when_its_primary_dies(with_replica: ValkeyCluster) -> None:
    cluster = with_replica
    dies, replica = cluster.primaries[0], cluster.nodes[-1]
    partition, elsewhere = _partition_of(dies, cluster), _partition_of(cluster.primaries[1], cluster)
    async with _store(cluster) as store:
        for number in (partition, elsewhere):
            await store.acquire(number, "a:0", "w")
            await store.commit(number, "a:0", "a:1", _everybody(b"1"))
        until(lambda: replica.has_all_of(dies), "the replica has it")
        cluster.takes_for_dead_after(SOON_DEAD_MS)
        dies.kill()
        with pytest.raises(Uncertain):
            await store.commit(partition, "a:1", "a:2", _everybody(b"2"))
        assert (await _acquired(store, partition, "b:0"))["number"] == "1"
        cluster.takes_for_dead_after(NODE_TIMEOUT_MS)  # from here on a busy machine takes nobody for dead
        assert await _acquired(store, partition, "c:0") == {"head": "c:0", "owner": "w", "number": "1"}
        assert _values(await store.load(partition, ASKED)) == {b"1"}
        assert await store.commit(partition, "c:0", "c:1", _everybody(b"2")) == 100
        assert (await _acquired(store, elsewhere, "b:0"))["number"] == "1", "the others go on"
    assert key_slot(f"{{invites:{partition}}}".encode()) in {
        slot for first, last in replica.slots() for slot in range(first, last + 1)
    }
    async with _store(cluster) as store:  # a client that starts now passes the dead node over
        assert (await store.meta(partition))["head"] == "c:1"


async def test_who_finds_no_free_connection_waits(three_primaries: ValkeyCluster) -> None:
    async with _store(three_primaries) as store:
        loads = [store.load(number % 12, {"m": [""]}) for number in range(4 * CONNECTIONS_MAX)]
        assert {loaded.members["m"][""] for loaded in await asyncio.gather(*loads)} == {None}


async def test_a_cancelled_load_leaves_no_reply_for_the_next(three_primaries: ValkeyCluster) -> None:
    async with _store(three_primaries) as store:
        await store.acquire(5, "a:0", "w")
        await store.commit(5, "a:0", "a:1", Changes(members={"m": MemberChange(puts={"a": b"1", "b": b"2"})}))
        for rounds in range(30):
            load = asyncio.ensure_future(store.load(5, {"m": ["a"]}))
            for _ in range(rounds):
                await asyncio.sleep(0)
            load.cancel()
            with suppress(asyncio.CancelledError, Uncertain):
                await load
            assert (await store.load(5, {"m": ["b"]})).members == {"m": {"b": b"2"}}


async def test_one_server_that_is_no_cluster_says_so(valkey_port: int) -> None:
    store = RedisStore(connect(f"redis+cluster://127.0.0.1:{valkey_port}"), "invites")
    try:
        with pytest.raises(Uncertain, match="store: ConnectionError"):
            await store.meta(0)
    finally:
        await store.close()
