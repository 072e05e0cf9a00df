"""What a store does when something dies: deaths in the middle of a wipe, lost requests and replies, flushed scripts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis

from shared.runtime.ports.interfaces import Changes, MemberChange, Uncertain
from shared.runtime.redis.store import WIPE_MEMBERS_MAX, RedisStore, connect
from shared.testing.fakes.fake_store import FakeStore

P = 3
MEMBERS = 2 * WIPE_MEMBERS_MAX + 1


class DiesAtStep:
    """Lets so many steps pass, then loses every message."""

    def __init__(self) -> None:
        self.steps = 1_000_000
        self.seen: list[str] = []

    async def step(self, where: str) -> None:
        self.seen.append(where)
        self.steps -= 1
        if self.steps < 0:
            raise Uncertain(f"lost at {where}")


class _Proxy:
    """Stands between client and server. It can lose one reply, or keep all until they are let go."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.commits = 0
        self.lose_reply = False
        self.replies_pass = asyncio.Event()
        self.replies_pass.set()
        self.reply_came = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
        back = asyncio.ensure_future(self._back(up_reader, writer))
        try:
            with suppress(ConnectionError):
                while sent := await reader.read(65_536):
                    self.commits += sent.count(b"EVALSHA")
                    up_writer.write(sent)
        finally:
            back.cancel()
            await asyncio.wait({back})
            up_writer.close()
            writer.close()

    async def _back(self, up_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # the client has gone meanwhile, as it should
            await self._pass_replies(up_reader, writer)

    async def _pass_replies(self, up_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while reply := await up_reader.read(65_536):
            self.reply_came.set()
            if self.lose_reply:
                self.lose_reply = False  # a second attempt would get through
                writer.close()
                return
            await self.replies_pass.wait()
            writer.write(reply)


@asynccontextmanager
async def _through_proxy(port: int, reply_seconds: float) -> AsyncIterator[tuple[_Proxy, RedisStore]]:
    proxy = _Proxy(port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    store = RedisStore(connect(url, reply_seconds=reply_seconds), "invites")
    try:
        yield proxy, store
    finally:
        proxy.replies_pass.set()
        await store.close()
        server.close()


async def test_a_commit_whose_reply_is_lost_is_uncertain_and_never_runs_again(
    valkey: RedisStore, valkey_port: int
) -> None:
    await valkey.acquire(P, "a:0", "w")
    await valkey.commit(P, "a:0", "a:1", Changes())
    async with _through_proxy(valkey_port, 5.0) as (proxy, store):
        assert (await store.meta(P))["head"] == "a:1"
        proxy.lose_reply = True
        with pytest.raises(Uncertain, match="ConnectionError"):
            await store.commit(P, "a:1", "a:2", Changes(members={"m": MemberChange(puts={"k": b"v"})}))
        assert not proxy.lose_reply
        assert proxy.commits == 1
        assert (await store.load(P, {"m": ["k"]})).members["m"] == {"k": b"v"}
        assert (await store.meta(P))["head"] == "a:2"


async def test_a_reply_that_does_not_come_in_time_is_uncertain(valkey: RedisStore, valkey_port: int) -> None:
    await valkey.acquire(P, "z:9", "w")
    await valkey.commit(P, "z:9", "a:0", Changes())
    async with _through_proxy(valkey_port, 1.0) as (proxy, store):
        await store.meta(P)
        proxy.replies_pass.clear()
        with pytest.raises(Uncertain, match="TimeoutError"):
            await store.commit(P, "a:0", "a:1", Changes(meta={"number": "1"}))
        with pytest.raises(Uncertain):
            await store.load(P, {"m": [""]})
        with pytest.raises(Uncertain):
            await store.fencing_token(P)
        assert proxy.commits <= 3  # the commit, and the load with its script unknown or not
    assert dict(await valkey.meta(P)) == {"head": "a:1", "owner": "w", "number": "1"}


async def test_a_cancelled_commit_goes_on_and_leaves_the_store_usable(valkey: RedisStore, valkey_port: int) -> None:
    await valkey.acquire(P, "a:0", "w")
    await valkey.commit(P, "a:0", "a:1", Changes())
    async with _through_proxy(valkey_port, 5.0) as (proxy, store):
        await store.meta(P)
        proxy.replies_pass.clear()
        proxy.reply_came.clear()
        commit = asyncio.ensure_future(store.commit(P, "a:1", "a:2", Changes(wipe=True, meta={"number": "2"})))
        await proxy.reply_came.wait()
        commit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await commit
        proxy.replies_pass.set()
        await asyncio.wait(store._writing)
        assert dict(await store.meta(P)) == {"head": "a:2", "number": "2"}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "redis+cluster://127.0.0.1:1,127.0.0.1:2"])
async def test_nobody_answers_is_uncertain_on_every_call(url: str) -> None:
    store = RedisStore(connect(url), "invites")
    calls = [
        store.meta(P),
        store.acquire(P, "a:0", "w"),
        store.load(P, {}),
        store.due(P, 1, 1, 1),
        store.commit(P, "a:0", "a:1", Changes()),
        store.earliest(P),
        store.sweeps(P, 1),
        store.members(P),
        store.keys(P, ["m"]),
    ]
    for call in calls:
        with pytest.raises(Uncertain, match="ConnectionError"):
            await call
    await store.close()


async def test_flushed_scripts_are_sent_again(real: RedisStore) -> None:
    for number in range(3):
        await real._client.script_flush()
        await real.acquire(P, f"{number}:0", "w")
        await real._client.script_flush()
        await real.commit(P, f"{number}:0", f"{number}:1", Changes(meta={"number": str(number)}))
        await real._client.script_flush()
        assert (await real.load(P, {"m": [""]})).fencing_token == f"{number}:1"
    assert (await real.meta(P))["number"] == "2"


async def test_a_full_server_refuses_a_commit_whole(real: RedisStore) -> None:
    await real.acquire(P, "a:0", "w")
    await real.commit(P, "a:0", "a:1", Changes(members={"m": MemberChange(puts={"k": b"v"}, wakes={"k": 1})}))
    everywhere = {} if isinstance(real._client, Redis) else {"target_nodes": "all"}
    await real._client.config_set("maxmemory", "1", **everywhere)
    try:
        changes = Changes({"number": "1"}, {"m": MemberChange(wipe=True, puts={"secret": b"word"}, deletes=["k"])})
        with pytest.raises(Uncertain, match=r"^store: it is full \(maxmemory\)$"):
            await real.commit(P, "a:1", "a:2", changes)
    finally:
        await real._client.config_set("maxmemory", "0", **everywhere)
    assert dict(await real.meta(P)) == {"head": "a:1", "owner": "w"}
    assert (await real.load(P, {"m": ["k"]})).members["m"] == {"k": b"v"}


async def test_a_wake_that_cannot_be_exact_is_refused_before_anything_is_sent(real: RedisStore) -> None:
    await real.acquire(P, "a:0", "w")
    with pytest.raises(ValueError, match="wakes"):
        await real.commit(P, "a:0", "a:1", Changes(members={"m": MemberChange(wakes={"k": 2**60})}))
    assert (await real.meta(P))["head"] == "a:0"


@pytest.mark.parametrize("service", ["", "a}b", "Ä", "x" * 65])
async def test_a_service_whose_name_would_break_the_hash_tag_is_refused(service: str) -> None:
    with pytest.raises(ValueError, match="service"):
        RedisStore(connect("redis://127.0.0.1:1"), service)


async def test_the_fake_goes_back_to_an_older_copy_or_to_nothing() -> None:
    store = FakeStore()
    await store.acquire(P, "a:0", "w")
    await store.commit(P, "a:0", "a:1", Changes(members={"m": MemberChange(puts={"k": b"1"}, wakes={"k": 9})}))
    older = store.snapshot()
    await store.commit(P, "a:1", "a:2", Changes(members={"m": MemberChange(puts={"k": b"2"}, wakes={"k": 5})}))
    newer = store.snapshot()
    for snapshot, fencing_token, value, earliest in (
        (older, "a:1", b"1", 9),
        (None, "", None, None),
        (newer, "a:2", b"2", 5),
        (older, "a:1", b"1", 9),
    ):
        store.restore(snapshot)
        loaded = await store.load(P, {"m": ["k"]})
        assert (loaded.fencing_token, loaded.members["m"]["k"], await store.earliest(P)) == (
            fencing_token,
            value,
            earliest,
        )
    await store.commit(P, "a:1", "b:2", Changes(wipe=True))
    store.restore(older)
    assert await store.members(P) == ["m"]


@pytest.mark.parametrize(("steps", "applied"), [(0, False), (1, True)])
async def test_the_fake_loses_the_request_or_the_reply(steps: int, applied: bool) -> None:
    faults = DiesAtStep()
    store = FakeStore(faults)
    await store.acquire(P, "a:0", "w")
    faults.steps = steps
    with pytest.raises(Uncertain, match="lost"):
        await store.commit(P, "a:0", "a:1", Changes(meta={"number": "1"}))
    faults.steps = 1_000_000
    assert ("number" in await store.meta(P)) is applied
    assert faults.seen[:3] == ["store.acquire", "store.acquire.reply", "store.commit"]


def test_the_fake_runs_without_an_event_loop() -> None:
    call = FakeStore().acquire(P, "a:0", "w")
    with pytest.raises(StopIteration) as ended:
        call.send(None)
    assert dict(ended.value.value) == {"head": "a:0", "owner": "w"}
