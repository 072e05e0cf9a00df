"""Every client of the store sends a command once. A commit whose reply was lost must not be run again by the library.

redis-py's clients send again by themselves, up to ten times, where they are not told otherwise: one's own success then
comes back as "fenced". So the server here takes each command and hangs up, and the commands that arrive are counted. (A
client on a pool does so by what its connections are told; that each is told stands in the last test.)
"""

from __future__ import annotations

import ast
import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from shared.runtime.redis.store import connect
from shared.runtime.redis.store_copy import NoCopy, copy_store

ROOT = Path(__file__).parents[5]
MAKERS = {"Redis", "RedisCluster", "StrictRedis", "ConnectionPool", "BlockingConnectionPool"}
HANDSHAKE = {b"CLIENT", b"SELECT", b"AUTH", b"HELLO"}


@asynccontextmanager
async def hanging_up() -> AsyncIterator[tuple[int, Counter[bytes]]]:
    """Yield the port of a server that takes a command and hangs up, and how often it got each."""
    heard: Counter[bytes] = Counter()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await reader.readline()).startswith(b"*"):
                words = []
                for _ in range(int(head[1:])):
                    size = int((await reader.readline())[1:])
                    words.append((await reader.readexactly(size + 2))[:-2])
                if words[0].upper() not in HANDSHAKE:
                    heard[words[0].upper()] += 1
                    return
                writer.write(b"+OK\r\n")
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def test_the_stores_client_sends_a_command_once() -> None:
    async with hanging_up() as (port, heard):
        client = connect(f"redis://127.0.0.1:{port}/0")
        with pytest.raises(RedisError):
            await client.execute_command("GET", "a")  # type: ignore[no-untyped-call]  # redis has no types there
        await client.aclose()
    assert heard == {b"GET": 1}


async def test_a_copy_is_asked_for_once(tmp_path: Path) -> None:
    async with hanging_up() as (port, heard):
        with pytest.raises(NoCopy):
            await copy_store(f"redis://127.0.0.1:{port}/0", tmp_path / "copy")
    assert heard == {b"SYNC": 1}


def test_every_client_that_the_product_makes_is_told_not_to_send_again() -> None:
    """A client that somebody adds is seen here: whatever makes one says `retry=`, and there is one kind of it."""
    made, retries = [], []
    for path in [path for room in ("rapport", "services", "shared") for path in ROOT.glob(f"{room}/**/*.py")]:
        text = path.read_text()
        if not any(name in text for name in (*MAKERS, "Retry", "super().__init__")):
            continue  # to parse all of them would take seconds
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if (name.split(".")[0] in MAKERS and not name.endswith(".from_pool")) or (
                name == "super().__init__" and path.name == "cluster.py"
            ):
                made.append((path.name, {keyword.arg for keyword in node.keywords}))
            elif name == "Retry":
                retries.append(ast.unparse(node))
    assert {name for name, _ in made} == {"store.py", "store_copy.py", "cluster.py"}
    assert all("retry" in told for _, told in made), made
    assert set(retries) == {"Retry(NoBackoff(), 0)"}
