"""The fake and Valkey tell the same of random commits, and a member stays compact."""

from __future__ import annotations

import random

import pytest

from shared.runtime.ports.interfaces import Changes, MemberChange, Store, Uncertain
from shared.runtime.redis.store import RedisStore
from shared.testing.fakes.fake_store import FakeStore
from tests.contract.test_store import FAR_MS, P, acquired, of_one, store
from tests.depth import blocks

__all__ = ["store"]


def _random_changes(chance: random.Random) -> Changes:
    keys = ["", "!", "a", "b", "ключ", "d"]
    instants = [None, 0, 5, 5, 7, 1_700_000_000_000, 1_700_000_000_001, FAR_MS]
    members = {
        f"m{chance.randrange(5)}": MemberChange(
            wipe=chance.random() < 0.1,
            puts={
                key: chance.randbytes(chance.choice((0, 3, 70, 200)))
                for key in chance.sample(keys, chance.randrange(3))
            },
            deletes=chance.sample(keys, chance.randrange(4)),
            wakes={key: chance.choice(instants) for key in chance.sample(keys[2:], chance.randrange(3))},
            sweep=chance.choice((None, None, True, False)),
        )
        for _ in range(chance.randrange(4))
    }
    return Changes({"number": str(chance.randrange(9))}, members, wipe=chance.random() < 0.05)


async def test_what_is_known_of_a_member_stays_compact(real: RedisStore) -> None:
    """A time limit on one field turns a small hash into a table for ever, half as large again (Valkey 9).

    Broken on purpose by HEXPIRE in commit.lua: red.
    """
    fencing_token = await acquired(real, of_one("m", puts={"": b"p", "!": b"n", "a": b"x"}, wakes={"a": 5}, sweep=True))
    await real.commit(
        P, fencing_token, "h:2", of_one("m", puts={"a": b"y"}, deletes=["b"], wakes={"a": 7}, sweep=False)
    )
    for kind in ("m", "w"):
        key = f"{{{real._service}:{P}}}:{kind}:m"
        found = await real._client.execute_command("OBJECT", "ENCODING", key)  # type: ignore[no-untyped-call]  # redis-py
        assert found == b"listpack"


async def _everything(store: Store) -> list[object]:
    keys = ["", "!", "a", "b", "ключ", "d"]
    return [
        dict(await store.meta(P)),
        await store.load(P, {f"m{number}": keys for number in range(5)}),
        [
            await store.due(P, at_ms, members_max, 5)
            for at_ms in (5, 1_700_000_000_000, FAR_MS)
            for members_max in (2, 9)
        ],
        await store.earliest(P),
        sorted(await store.sweeps(P, 100)),
        await store.members(P),
        await store.keys(P, [f"m{number}" for number in range(5)]),
        [await store.timers(P, f"m{number}") for number in range(5)],
    ]


async def _told(store: Store, operation: str, fencing_token: str, new: str, changes: Changes) -> object:
    try:
        if operation == "acquire":
            return dict(await store.acquire(P, new, "w"))
        return await store.commit(P, fencing_token, new, changes)
    except Uncertain as error:
        return str(error)


@pytest.mark.parametrize("seed", blocks(15))
async def test_the_fake_and_valkey_tell_the_same_story(seed: int, real: RedisStore) -> None:
    chance, fake, fencing_tokens = random.Random(seed), FakeStore(), ["?"]
    for number in range(40):
        operation = "acquire" if number == 0 or chance.random() < 0.1 else "commit"
        fencing_token = fencing_tokens[-1] if chance.random() < 0.9 else chance.choice(fencing_tokens)
        new, changes = f"h:{number}", _random_changes(chance)
        told = await _told(fake, operation, fencing_token, new, changes)
        assert await _told(real, operation, fencing_token, new, changes) == told
        assert await _everything(real) == await _everything(fake)
        if not isinstance(told, str):
            fencing_tokens.append(new)
