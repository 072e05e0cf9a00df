"""A partition whose wipe was cut short, at every step of it, by the fake and by Valkey alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from redis.exceptions import ConnectionError as NotConnected

from shared.runtime.ports.interfaces import Changes, MemberChange, Store, Uncertain
from shared.runtime.redis.store import RedisStore
from shared.testing.fakes.fake_store import FakeStore
from tests.contract.test_store_uncertain import MEMBERS, DiesAtStep, P
from tests.docker.fixtures import STORES


def _mortal_fake() -> tuple[Store, Callable[[int], None]]:
    faults = DiesAtStep()

    def die_after(steps: int) -> None:
        faults.steps = steps

    return FakeStore(faults), die_after


def _mortal_valkey(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Callable[[int], None]]:
    whole, left = store._client.execute_command, [1_000_000]

    async def execute_command(*command: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise NotConnected("dead")
        return await whole(*command)  # type: ignore[no-untyped-call]  # redis-py

    monkeypatch.setattr(store._client, "execute_command", execute_command)
    return store, lambda calls: left.__setitem__(0, calls)


@pytest.fixture(params=["fake", "valkey", "cluster", *STORES])
def mortal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Callable[[int], None]]:
    """A store, and how many calls (the fake: steps) it survives from now on."""
    if request.param == "fake":
        return _mortal_fake()
    return _mortal_valkey(request.getfixturevalue(request.param), monkeypatch)


async def test_a_partition_wiped_half_way_is_wiped_on_by_whoever_acquires_it(
    mortal: tuple[Store, Callable[[int], None]],
) -> None:
    store, die_after = mortal
    members = {
        f"m{number:04}": MemberChange(puts={"": b"p"}, wakes={"": number}, sweep=True) for number in range(MEMBERS)
    }
    seen = set[str]()
    for calls in range(10):
        die_after(1_000_000)
        meta = await store.acquire(P, f"a{calls}:0", "w")
        assert "wiping" not in meta
        await store.commit(P, f"a{calls}:0", f"a{calls}:1", Changes(meta={"number": "7"}, members=members))
        die_after(calls)
        try:
            await store.commit(P, f"a{calls}:1", f"a{calls}:2", Changes(wipe=True, meta={"begin": "1"}))
        except Uncertain:
            seen.add(await _acquired_after_death(store, die_after, calls))
        else:
            seen.add("done")
    assert seen - {"begun"} == {"untouched", "empty", "done"}


async def _acquired_after_death(store: Store, die_after: Callable[[int], None], calls: int) -> str:
    """Acquire, dying once more in the middle, and say what stood there: all of it, nothing, or what the commit says."""
    die_after(1)
    with pytest.raises(Uncertain):
        await _acquire_twice(store, f"b{calls}")
    die_after(1_000_000)
    meta = dict(await store.acquire(P, f"c{calls}:0", "w"))
    del meta["head"], meta["owner"]
    count = len(await store.members(P))
    assert (meta, count) in (({"number": "7"}, MEMBERS), ({}, 0), ({"begin": "1"}, 0))
    assert (await store.earliest(P) is None) == (count == 0)
    assert (await store.sweeps(P, 10) == []) == (count == 0)
    assert "wiping" not in await store.meta(P)
    return {"number": "untouched", "begin": "begun"}.get(next(iter(meta), ""), "empty")


async def _acquire_twice(store: Store, fencing_token: str) -> None:
    for number in range(2):
        await store.acquire(P, f"{fencing_token}:{number}", "w")


async def test_a_half_wiped_partition_says_so(real: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    members = {f"m{number:04}": MemberChange(puts={"": b"p"}) for number in range(MEMBERS)}
    await real.acquire(P, "a:0", "w")
    await real.commit(P, "a:0", "a:1", Changes(meta={"number": "7"}, members=members))
    _, die_after = _mortal_valkey(real, monkeypatch)
    die_after(2)  # NOSCRIPT is not among them: another test of this server may have flushed the scripts
    with pytest.raises(Uncertain, match="ConnectionError"):
        await real.commit(P, "a:1", "a:2", Changes(wipe=True))
    die_after(1_000_000)
    assert dict(await real.meta(P)) == {"head": "a:2", "wiping": "1"}
    assert 0 < len(await real.members(P)) < MEMBERS
