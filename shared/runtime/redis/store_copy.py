"""A copy of the whole store as one file, taken from a server that goes on working.

The server is asked as a replica asks: it forks, writes all it holds as of one instant (RDB) and sends that. So every
partition in it is as it was between two commits, which is all that a restore needs: what came later is read back from
the log. This needs the right to `SYNC` and nothing on the server's machine; of a Redis Cluster each primary has its own.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

CHUNK_BYTES = 1024 * 1024
CONNECT_SECONDS_MAX = 5.0
SILENCE_SECONDS_MAX = 60.0
"""Without a byte. While it writes, the server sends an empty line every ten seconds or more often."""
MAGIC = (b"REDIS", b"VALKEY")

FORMAT_BYTES = 9
"""How the format is named, at a copy's begin: `REDIS0011`, `VALKEY080`."""
HEAD_BYTES = 64
"""Within them the server names itself and its version."""
_NAMED = re.compile(rb"(redis|valkey)-ver[\x00-\x3f]([0-9.]+)")

Progress = Callable[[int, int], None]
"""(bytes that came, bytes in all)"""


class NoCopy(Exception):
    """The server gave no copy; the message says why, in the server's own words where it has some."""


async def copy_store(url: str, file: Path, progress: Progress = lambda done, total: None) -> int:
    """Write a copy of the server at `url` to `file`, whole or not at all; return its bytes. Raises `NoCopy`."""
    part = file.with_name(f"{file.name}.part")
    try:
        pool = ConnectionPool.from_url(
            url, socket_connect_timeout=CONNECT_SECONDS_MAX, protocol=2, retry=Retry(NoBackoff(), 0)
        )
    except ValueError as error:  # the address of a whole cluster
        raise NoCopy("each server has a copy of its own: name one as redis:// or rediss://") from error
    connection: Any = pool.make_connection()  # type: ignore[no-untyped-call]  # redis has no types there
    try:
        await connection.connect()
        await connection.send_command("SYNC")
        size = await _receive(_stream(connection), part, progress)
        part.replace(file)
        return size
    except (RedisError, OSError, EOFError, TimeoutError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise NoCopy(f"{error.filename}: {error.strerror}") from error
        reason = str(error) if isinstance(error, RedisError | OSError) and str(error) else type(error).__name__
        raise NoCopy(reason) from error
    finally:
        part.unlink(missing_ok=True)
        await connection.disconnect(nowait=True)


def maker_of(file: Path) -> str:
    """Return which server wrote a copy, and its format, as the copy itself says: `valkey 9.1.2, format VALKEY080`."""
    with file.open("rb") as copy:
        head = copy.read(HEAD_BYTES)
    named = _NAMED.search(head)
    server = f"{named[1].decode()} {named[2].decode()}" if named else "an unnamed server"
    return f"{server}, format {head[:FORMAT_BYTES].decode(errors='replace')}"


def _stream(connection: Any) -> asyncio.StreamReader:
    """What follows is no reply that a client would understand, so it is read past the client's parser."""
    stream: asyncio.StreamReader | None = connection._reader  # noqa: SLF001 - there is no public way to the bytes
    assert stream is not None, "it is connected"
    return stream


async def _receive(stream: asyncio.StreamReader, part: Path, progress: Progress) -> int:
    size = await _announced(stream)
    done = 0
    with part.open("xb") as out:
        while done < size:
            async with asyncio.timeout(SILENCE_SECONDS_MAX):
                chunk = await stream.read(min(CHUNK_BYTES, size - done))
            if not chunk:
                raise NoCopy(f"the connection ended after {done:,} of {size:,} bytes")
            if not done and not chunk.startswith(MAGIC):
                raise NoCopy("what the server sent is no copy of a Redis or Valkey")
            out.write(chunk)
            done += len(chunk)
            progress(done, size)
        out.flush()
        os.fsync(out.fileno())
    return size


async def _announced(stream: asyncio.StreamReader) -> int:
    """Return how many bytes the server announces; empty lines say that it is still writing."""
    while True:
        async with asyncio.timeout(SILENCE_SECONDS_MAX):
            line = await stream.readline()
        if not line:
            raise NoCopy("the connection ended before the copy began")
        if line.startswith(b"-"):
            raise NoCopy(line[1:].decode(errors="replace").strip())
        if line.startswith(b"$") and line[1:].strip().isdigit():
            return int(line[1:])
        if line.strip():
            raise NoCopy("the server answers with something else than a copy")
