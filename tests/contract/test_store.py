"""What every store keeps: the fake in memory, the one on a real Valkey and on a cluster of them pass the same suite."""

from __future__ import annotations

import random
from typing import Any

import pytest

from shared.runtime.ports.interfaces import Changes, MemberChange, Store, Uncertain
from shared.runtime.ports.limits import SWEEP_PAGE_KEYS_MAX
from shared.runtime.redis.store import WIPE_MEMBERS_MAX
from shared.testing.fakes.fake_store import FakeStore
from tests.docker.fixtures import STORES

P = 3
FAR_MS = 253_402_300_799_999  # the last instant that a datetime can say


@pytest.fixture(params=["fake", "valkey", "cluster", *STORES])
def store(request: pytest.FixtureRequest) -> Store:
    return FakeStore() if request.param == "fake" else request.getfixturevalue(request.param)


def of_one(member: str, **change: Any) -> Changes:
    return Changes(members={member: MemberChange(**change)})


async def acquired(store: Store, changes: Changes) -> str:
    await store.acquire(P, "h:0", "w1")
    await store.commit(P, "h:0", "h:1", changes)
    return "h:1"


async def test_a_new_partition_is_empty(store: Store) -> None:
    assert dict(await store.meta(P)) == {}
    assert await store.fencing_token(P) == ""
    assert (await store.load(P, {"m": ["", "a"]})).fencing_token == ""
    assert await store.earliest(P) is None
    assert await store.members(P) == []
    assert await store.keys(P, ["m"]) == {"m": []}
    assert await store.sweeps(P, 10) == []
    assert await store.due(P, FAR_MS, 10, 10) == []


async def test_a_recovery_returns_what_stands_there_under_the_new_fencing_token(store: Store) -> None:
    await store.acquire(P, "a:0", "w1")
    await store.commit(P, "a:0", "a:1", Changes(meta={"number": "7", "off:rapport.activity.v1": "12", "who": "Łukasz"}))
    meta = await store.acquire(P, "b:0", "w2")
    expected = {"head": "b:0", "owner": "w2", "number": "7", "off:rapport.activity.v1": "12", "who": "Łukasz"}
    assert dict(meta) == expected
    assert dict(await store.meta(P)) == expected
    assert await store.fencing_token(P) == "b:0"


async def test_a_recovery_shuts_out_older_fencing_tokens(store: Store) -> None:
    await store.acquire(P, "a:0", "w1")
    await store.acquire(P, "b:0", "w2")
    with pytest.raises(Uncertain, match="fencing token"):
        await store.commit(P, "a:0", "a:1", of_one("m", puts={"k": b"old"}))
    await store.commit(P, "b:0", "b:1", of_one("m", puts={"k": b"new"}))
    loaded = await store.load(P, {"m": ["k"]})
    assert (loaded.fencing_token, loaded.members["m"]["k"]) == ("b:1", b"new")


async def test_a_commit_under_another_fencing_token_writes_nothing(store: Store) -> None:
    fencing_token = await acquired(store, of_one("m", puts={"k": b"v"}, wakes={"k": 5}))
    changes = Changes(
        meta={"number": "9"},
        members={
            "m": MemberChange(wipe=True, puts={"n": b"x"}, wakes={"n": 1}, sweep=True),
            "n": MemberChange(puts={"": b"profile"}),
        },
    )
    for wrong in ("", "h:0", "h:2"):
        with pytest.raises(Uncertain):
            await store.commit(P, wrong, "x:1", changes)
        with pytest.raises(Uncertain):
            await store.commit(P, wrong, "x:1", Changes(wipe=True))
    assert dict(await store.meta(P)) == {"head": fencing_token, "owner": "w1"}
    assert await store.members(P) == ["m"]
    assert await store.due(P, 10, 10, 10) == [(5, "m", "k")]
    assert await store.sweeps(P, 10) == []


async def test_a_partition_that_nobody_acquired_takes_no_commit(store: Store) -> None:
    with pytest.raises(Uncertain):
        await store.commit(P, "", "h:1", of_one("m", puts={"k": b"v"}))
    assert dict(await store.meta(P)) == {}


async def test_a_load_tells_the_fencing_token_and_what_is_not_there(store: Store) -> None:
    fencing_token = await acquired(store, of_one("m", puts={"": b"profile", "!": b"notes", "a": b"1"}))
    loaded = await store.load(P, {"m": ["", "a", "b", "!"], "nobody": ["", "a"], "unasked": []})
    assert loaded.fencing_token == fencing_token
    assert loaded.members == {
        "m": {"": b"profile", "a": b"1", "b": None, "!": b"notes"},
        "nobody": {"": None, "a": None},
        "unasked": {},
    }


async def test_partitions_do_not_see_each_other(store: Store) -> None:
    await acquired(store, of_one("m", puts={"a": b"1"}, wakes={"a": 1}))
    await store.acquire(4, "g:0", "w")
    await store.commit(4, "g:0", "g:1", Changes(wipe=True))
    assert await store.members(4) == []
    assert await store.earliest(4) is None
    assert await store.members(P) == ["m"]


async def test_puts_come_after_deletes(store: Store) -> None:
    fencing_token = await acquired(store, of_one("m", puts={"a": b"1", "b": b"2"}))
    await store.commit(P, fencing_token, "h:2", of_one("m", puts={"a": b"3"}, deletes=["a", "b", "c"]))
    assert (await store.load(P, {"m": ["a", "b"]})).members["m"] == {"a": b"3", "b": None}
    assert await store.keys(P, ["m"]) == {"m": ["a"]}


async def test_the_earliest_wake_follows_every_commit(store: Store) -> None:
    await store.acquire(P, "0", "w")
    steps: list[tuple[Changes, int | None]] = [
        (of_one("m", puts={"": b"p"}), None),
        (of_one("m", puts={"a": b"1", "b": b"2"}, wakes={"a": 300, "b": 200}), 200),
        (of_one("n", puts={"a": b"1"}, wakes={"a": 100}), 100),
        (of_one("n", wakes={"a": None}), 200),
        (of_one("m", wakes={"b": 900}), 300),
        (of_one("m", wakes={"a": None, "c": None}), 900),
        (of_one("m", wakes={"b": -5}), -5),
        (of_one("m", wakes={"b": FAR_MS}), FAR_MS),
        (of_one("m", deletes=["b"], wakes={"b": None}), None),
    ]
    for number, (changes, expected) in enumerate(steps):
        assert await store.commit(P, str(number), str(number + 1), changes) == expected
        assert await store.earliest(P) == expected


async def test_a_member_of_whom_nothing_is_left_is_not_there(store: Store) -> None:
    fencing_token = await acquired(store, of_one("m", puts={"a": b"1"}, wakes={"a": 5}, sweep=True))
    assert await store.commit(P, fencing_token, "h:2", of_one("m", deletes=["a"])) is None
    assert await store.members(P) == []
    assert await store.sweeps(P, 10) == []
    assert await store.due(P, 10, 10, 10) == []
    assert await store.commit(P, "h:2", "h:3", of_one("n", wakes={"a": 5}, sweep=True)) is None
    assert await store.members(P) == []


async def test_due_items_come_in_the_order_of_their_instants(store: Store) -> None:
    changes = Changes(
        members={
            "late": MemberChange(puts={"x": b""}, wakes={"x": 50}),
            "m": MemberChange(puts={"a": b""}, wakes={"a": 30, "b": 10, "c": 40, "d": 30}),
            "n": MemberChange(puts={"a": b""}, wakes={"a": 20, "b": 41}),
        }
    )
    await acquired(store, changes)
    assert await store.due(P, 9, 10, 10) == []
    assert await store.due(P, 10, 10, 10) == [(10, "m", "b")]
    everything = [(10, "m", "b"), (30, "m", "a"), (30, "m", "d"), (40, "m", "c"), (20, "n", "a")]
    assert await store.due(P, 40, 10, 10) == everything
    assert await store.due(P, 40, 1, 10) == everything[:4]
    for items_max in range(6):
        assert await store.due(P, 40, 10, items_max) == everything[:items_max]


async def test_a_wiped_member_keeps_only_what_is_put_after_it(store: Store) -> None:
    fencing_token = await acquired(
        store, of_one("m", puts={"": b"p", "!": b"n", "a": b"1"}, wakes={"a": 5, "b": 6}, sweep=True)
    )
    assert (
        await store.commit(P, fencing_token, "h:2", of_one("m", wipe=True, puts={"": b"erased"}, wakes={"z": 9})) == 9
    )
    assert (await store.load(P, {"m": ["", "!", "a"]})).members["m"] == {"": b"erased", "!": None, "a": None}
    assert await store.due(P, 10, 10, 10) == [(9, "m", "z")]
    assert await store.sweeps(P, 10) == []
    assert await store.commit(P, "h:2", "h:3", of_one("m", wipe=True)) is None
    assert await store.members(P) == []


async def test_sweeps_are_owed_until_they_are_done(store: Store) -> None:
    members = {f"m{number}": MemberChange(puts={"": b"p"}, sweep=True) for number in range(3)}
    fencing_token = await acquired(store, Changes(members=members))
    assert sorted(await store.sweeps(P, 10)) == ["m0", "m1", "m2"]
    assert len(await store.sweeps(P, 2)) == 2
    await store.commit(
        P, fencing_token, "h:2", Changes(members={"m0": MemberChange(sweep=False), "m1": MemberChange()})
    )
    assert sorted(await store.sweeps(P, 10)) == ["m1", "m2"]


async def test_members_and_keys_are_listed_whole(store: Store) -> None:
    many = {f"m{number:05}": MemberChange(puts={"": b"p"}) for number in range(5_100)}
    many["m00000"].puts.update({f"k{number:05}": b"v" for number in range(3_000)} | {"!": b"n"})
    await acquired(store, Changes(members=many))
    assert sorted(await store.members(P)) == sorted(many)
    assert await store.keys(P, ["m00000"]) == {"m00000": [f"k{number:05}" for number in range(3_000)]}
    assert await store.keys(P, []) == {}


async def test_keys_of_several_members_are_listed_whole_a_page_at_a_time(store: Store) -> None:
    sizes = {f"m{number}": number % 7 for number in range(40)}
    sizes |= {"large": 2_500} | {f"n{number}": 100 for number in range(30)} | {"last": 3}
    puts = {member: {f"k{key:05}": b"v" * (key % 2 * 100 + 1) for key in range(size)} for member, size in sizes.items()}
    members = {member: MemberChange(puts={"": b"p", **items}) for member, items in puts.items()}
    await acquired(store, Changes(members=members))
    left, asked = ["nobody", *sizes], 0
    while left:
        keys = await store.keys(P, left)
        assert left[0] in keys, "the first one's at least"
        assert keys == {member: sorted(puts.get(member, {})) for member in keys}
        assert sum(map(len, keys.values())) < 2 * SWEEP_PAGE_KEYS_MAX + sizes["large"] * ("large" in keys)
        left, asked = [member for member in left if member not in keys], asked + 1
    assert 4 <= asked <= 6
    few = [member for member in sizes if sizes[member] < 7]
    assert list(await store.keys(P, few)) == few


async def test_a_large_commit_is_written_and_loaded_whole(store: Store) -> None:
    keys = [f"k{number:05}" for number in range(5_000)]
    puts = {key: key.encode() * 3 for key in keys}
    fencing_token = await acquired(store, of_one("m", puts=puts, wakes={key: int(key[1:]) for key in keys}))
    assert (await store.load(P, {"m": [*keys, "none"]})).members["m"] == {**puts, "none": None}
    for size in (1_998, 1_999, 2_000, 2_001, 4_001):
        assert (await store.load(P, {"m": keys[:size]})).members["m"] == {key: puts[key] for key in keys[:size]}
    absent = [f"none{number}" for number in range(9_000)]
    assert (await store.load(P, {"m": [*absent, *keys]})).members["m"] == {**dict.fromkeys(absent), **puts}
    assert len(await store.due(P, FAR_MS, 10, 10_000)) == 5_000
    assert await store.timers(P, "m") == {key: int(key[1:]) for key in keys}
    silent: dict[str, int | None] = dict.fromkeys(keys)
    assert await store.commit(P, fencing_token, "h:2", of_one("m", deletes=keys[1:], wakes=silent)) is None
    assert await store.keys(P, ["m"]) == {"m": ["k00000"]}


async def test_values_are_bytes_and_keys_are_text_of_any_kind(store: Store) -> None:
    big = random.Random(1).randbytes(400_000)
    puts = {
        "bytes": bytes(range(256)),
        "empty": b"",
        "big": big,
        "b" * 300: b"a" * 40,
        "ключ {} 🙂\n": b"\xff\x00\xfe",
        "a\x00b": b"null",
    }
    await acquired(store, of_one("ü {x}:w", puts=puts, wakes=dict.fromkeys(puts, 1)))
    assert (await store.load(P, {"ü {x}:w": list(puts)})).members["ü {x}:w"] == puts
    assert await store.members(P) == ["ü {x}:w"]
    assert await store.keys(P, ["ü {x}:w"]) == {"ü {x}:w": sorted(puts)}
    assert await store.timers(P, "ü {x}:w") == dict.fromkeys(puts, 1)
    assert await store.timers(P, "nobody") == {}
    assert await store.due(P, 1, 1, 10) == [(1, "ü {x}:w", key) for key in sorted(puts)]


async def test_wiping_a_partition_leaves_only_what_the_commit_says(store: Store) -> None:
    members = {
        f"m{number:04}": MemberChange(puts={"": b"p", "a": b"1"}, wakes={"a": number}, sweep=True)
        for number in range(2 * WIPE_MEMBERS_MAX + 1)
    }
    fencing_token = await acquired(store, Changes(meta={"number": "7"}, members=members))
    changes = of_one("m0001", puts={"b": b"2"}, wakes={"b": 77})
    changes.wipe, changes.meta = True, {"begin": "1"}
    assert await store.commit(P, fencing_token, "h:2", changes) == 77
    assert dict(await store.meta(P)) == {"head": "h:2", "begin": "1"}
    assert await store.members(P) == ["m0001"]
    assert await store.sweeps(P, 10) == []
    loaded = await store.load(P, {"m0001": ["", "a", "b"], "m0002": [""]})
    assert loaded.members == {"m0001": {"": None, "a": None, "b": b"2"}, "m0002": {"": None}}
    assert await store.due(P, FAR_MS, 10, 10) == [(77, "m0001", "b")]
