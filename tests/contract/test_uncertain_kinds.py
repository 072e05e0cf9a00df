"""What an uncertain outcome is counted as, by the real log and store and by the fakes alike."""

from __future__ import annotations

import pytest

from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Changes, Store, Uncertain
from shared.runtime.redis.store import RedisStore, connect
from shared.testing.fakes.fake_store import FakeStore
from tests.contract.log_bed import (
    Bed,
    any_bed,  # noqa: F401 - the fixture `bed`
    say,
)


@pytest.fixture(params=["fake", "valkey"])
def store(request: pytest.FixtureRequest) -> Store:
    return FakeStore() if request.param == "fake" else request.getfixturevalue("valkey")


async def test_a_commit_under_another_fencing_token(store: Store) -> None:
    await store.acquire(3, "a:0", "w1")
    await store.acquire(3, "b:0", "w2")
    with pytest.raises(Uncertain) as error:
        await store.commit(3, "a:0", "a:1", Changes())
    assert error.value.kind is UncertainKind.FENCED_AT_COMMIT


async def test_an_append_of_who_was_fenced(bed: Bed) -> None:
    sleeper, owner = await bed.log(), await bed.log()
    late = await sleeper.fence(0)
    await say(await owner.fence(0), bed.own, "theirs")
    with pytest.raises(Uncertain) as error:
        await say(late, bed.own, "mine")
    assert error.value.kind is UncertainKind.LOG_FENCED


async def test_a_store_that_is_not_there() -> None:
    store = RedisStore(connect("redis://127.0.0.1:1/0"), "invites")
    with pytest.raises(Uncertain) as error:
        await store.meta(0)
    assert error.value.kind is UncertainKind.STORE_UNREACHABLE
    await store.close()
