"""What is kept of uploads in a real Valkey: one of a member, so many of a partition, each for its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.redis import uploads
from shared.runtime.redis.store import connect
from shared.runtime.redis.uploads import Changed, NoRoom, RedisUploads
from tests.valkey_cluster import ValkeyCluster


@pytest.fixture
async def kept(valkey_port: int) -> AsyncIterator[RedisUploads]:
    client = connect(f"redis://127.0.0.1:{valkey_port}")
    await client.flushall()
    yield RedisUploads(client, 1)
    await client.aclose()


async def test_a_member_has_one_and_another_takes_its_place(kept: RedisUploads) -> None:
    """Leave out the comparison with the id in the script, and the one before writes over the newer."""
    assert await kept.status("ada") is None
    assert await kept.begin("ada", "1", b"a")
    assert await kept.note("ada", "1", b"b", b"events")
    assert await kept.note("ada", "1", b"c")
    assert (await kept.status("ada"), await kept.events("ada", "1")) == (b"c", b"events")
    assert await kept.begin("ada", "2", b"d")
    assert not await kept.note("ada", "1", b"e", b"others")
    assert (await kept.status("ada"), await kept.events("ada", "2"), await kept.events("ada", "1")) == (
        b"d",
        None,
        None,
    )
    await kept.drop("ada")
    assert await kept.status("ada") is None
    assert not await kept.note("ada", "2", b"f"), "what was dropped does not come back"


async def test_of_two_who_go_on_from_the_same_one_is_told_so(kept: RedisUploads) -> None:
    """Leave out the comparison with the status in the script, and both go on."""
    await kept.begin("ada", "1", b"a")
    assert await kept.note("ada", "1", b"b", instead_of=b"a")
    with pytest.raises(Changed):
        await kept.note("ada", "1", b"c", instead_of=b"a")
    assert await kept.status("ada") == b"b"


async def test_they_are_bounded_and_end_by_themselves(kept: RedisUploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "OF_PARTITION_MAX", 2)
    assert await kept.begin("ada", "1", b"a")
    assert await kept.begin("ben", "2", b"b")
    assert not await kept.begin("zoe", "3", b"c")
    assert await kept.begin("ada", "4", b"d"), "who has one has a place"
    await kept.drop("ben")
    monkeypatch.setattr(uploads, "SECONDS", 0.05)
    assert await kept.begin("zoe", "3", b"c")
    while await kept.status("zoe") is not None:  # noqa: ASYNC110 - Valkey ends it
        await asyncio.sleep(0.01)
    assert await kept.begin("ben", "5", b"e"), "whose time is over leaves room"


async def test_all_events_together_are_bounded(kept: RedisUploads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the sum in the script, and each partition keeps 16 times the largest import."""
    monkeypatch.setattr(uploads, "BYTES_MAX", 10)
    monkeypatch.setattr(uploads, "IMPORT_BYTES_MAX", 10)
    for member in ("ada", "ben"):
        assert await kept.begin(member, member, b"x")
    assert await kept.note("ada", "ada", b"x", b"123456")
    with pytest.raises(NoRoom):
        await kept.note("ben", "ben", b"x", b"123456")
    assert await kept.note("ada", "ada", b"x", b"1234567890"), "what it kept itself makes room"
    assert await kept.note("ben", "ben", b"x", uploads.NOTHING), "to be over needs no room"
    assert await kept.note("ada", "ada", b"x", uploads.NOTHING)
    assert await kept.begin("ben", "3", b"x")
    assert await kept.note("ben", "3", b"x", b"123456")


async def test_what_is_over_gives_its_place_back(kept: RedisUploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "OF_PARTITION_MAX", 1)
    assert await kept.begin("ada", "1", b"a")
    assert not await kept.begin("ben", "2", b"b")
    assert await kept.note("ada", "1", b"done", uploads.NOTHING)
    assert await kept.begin("ben", "2", b"b")
    assert await kept.status("ada") == b"done", "what it says of itself stays"


async def test_a_drop_means_one_import(kept: RedisUploads) -> None:
    """Leave out the comparison, and who drops one takes the next one along that has come meanwhile."""
    assert await kept.begin("ada", "2", b"a")
    await kept.drop("ada", "1")
    assert await kept.status("ada") == b"a"
    await kept.drop("ada", "2")
    assert await kept.status("ada") is None


async def test_a_store_that_is_not_there_is_uncertain() -> None:
    nobody = RedisUploads(connect("redis://127.0.0.1:1"), 1)
    with pytest.raises(Uncertain):
        await nobody.status("ada")
    with pytest.raises(Uncertain):
        await nobody.begin("ada", "1", b"")
    await nobody.close()


async def test_a_cluster_keeps_them_too(three_primaries: ValkeyCluster) -> None:
    kept = RedisUploads(connect(three_primaries.url), 12)
    for member in ("ada", "ben", "zoe"):
        assert await kept.begin(member, member, b"x")
        assert await kept.note(member, member, b"y", b"z")
        assert (await kept.status(member), await kept.events(member, member)) == (b"y", b"z")
        await kept.drop(member)
    await kept.close()
