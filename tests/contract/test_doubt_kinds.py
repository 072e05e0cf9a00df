"""What a doubt is counted as, by the real log and store and by the fakes alike."""

from __future__ import annotations

import pytest

from shared.runtime.ports.errors import DoubtKind
from shared.runtime.ports.interfaces import Changes, Doubt, Store
from shared.runtime.redis.store import RedisStore, connect
from shared.testing.fake_store import FakeStore
from tests.contract.log_bed import (
    Bed,
    any_bed,  # noqa: F401 - the fixture `bed`
    say,
)


@pytest.fixture(params=["fake", "valkey"])
def store(request: pytest.FixtureRequest) -> Store:
    return FakeStore() if request.param == "fake" else request.getfixturevalue("valkey")


async def test_a_commit_under_another_head(store: Store) -> None:
    await store.claim(3, "a:0", "w1")
    await store.claim(3, "b:0", "w2")
    with pytest.raises(Doubt) as doubt:
        await store.commit(3, "a:0", "a:1", Changes())
    assert doubt.value.kind is DoubtKind.HEAD_AT_COMMIT


async def test_an_append_of_who_was_fenced(bed: Bed) -> None:
    sleeper, owner = await bed.log(), await bed.log()
    late = await sleeper.fence(0)
    await say(await owner.fence(0), bed.own, "theirs")
    with pytest.raises(Doubt) as doubt:
        await say(late, bed.own, "mine")
    assert doubt.value.kind is DoubtKind.LOG_FENCED


async def test_a_store_that_is_not_there() -> None:
    store = RedisStore(connect("redis://127.0.0.1:1/0"), "invites")
    with pytest.raises(Doubt) as doubt:
        await store.meta(0)
    assert doubt.value.kind is DoubtKind.STORE_UNREACHABLE
    await store.close()
